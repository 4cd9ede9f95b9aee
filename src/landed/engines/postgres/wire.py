"""Many statements in one round trip, and which of them failed: libpq's pipeline mode, driven in one place.

Client and server do not wake each other for every statement, and each answer belongs to its command.
"""

from __future__ import annotations

import re
import selectors
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.errors import LandedError

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn, PGresult

    from landed.core.migration import Statement

_PLACE = re.compile("%s")

_AHEAD = 128
"""Commands of a stream sent and not yet answered, at most: the server never waits, and memory stays small."""

_FLUSH_EVERY = 12

_ENDS_THE_SESSION = frozenset(("FATAL", "PANIC"))


class Command(NamedTuple):
    """One statement to send: its SQL, values for its ``%s`` places (``None``: no places, sent as it is).

    ``statement`` is the migration's own statement that it is; ``purpose`` says what landed's own are for:
    ``guard`` (fails when the file is recorded already), ``shape`` (when the history table is not what it
    was), ``moved`` (when its name means another), ``constraints``, ``check``, ``read``, ``prove``,
    ``record``, ``kept``, ``commit``, ``ledger``, or ``""``."""

    sql: str
    values: tuple[Any, ...] | None = None
    statement: Statement | None = None
    purpose: str = ""
    line: int = 0
    prepared: str = ""
    """The name of a statement that SQL has prepared, to be run with the values (texts) instead of ``sql``."""


class Answer(NamedTuple):
    """What the server gave for one command: the names of its columns, and its rows."""

    titles: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


class _Stopped(LandedError):
    """Why not all commands were run: ``error`` is the driver's, ``at`` the command's place, from 0."""

    def __init__(self, error: psycopg.Error, at: int, message: str) -> None:
        super().__init__(message, sqlstate=error.sqlstate)
        self.error = error
        self.at = at


class Refused(_Stopped):
    """The server refused one ``command``; those after it were not run."""

    def __init__(self, error: psycopg.Error, at: int = 0, command: Command | None = None) -> None:
        super().__init__(error, at, error.diag.message_primary or str(error).strip())
        self.command = command or Command("")


class Lost(_Stopped):
    """The connection ended before all answers were there; ``at`` is the first command without one."""

    def __init__(self, error: psycopg.Error, at: int = 0) -> None:
        said = error.diag.message_primary or str(error).removeprefix("consuming input failed: ")
        super().__init__(error, at, said.strip().partition("\n")[0] or "the connection was closed")


def send(connection: psycopg.Connection[Any], commands: Iterable[Command]) -> list[Answer]:
    """Run commands in order in one round trip; gives their answers. All is handed over at once: the server
    begins with the first ones while others are still being made.

    Nothing is prepared. Raises Refused with the first command that the server refused (the transaction, if
    one is open, is then in error), and Lost.
    """
    from psycopg.adapt import Transformer

    if commands == []:
        return []
    results: list[PGresult] = []
    _Flow(connection, iter(commands), lambda place, result: results.append(result)).run()
    rows = Transformer.from_context(connection)
    return [_answer(rows, result) for result in results]


def stream(
    connection: psycopg.Connection[Any],
    commands: Iterable[bytes],
    answered: Callable[[int, PGresult], None],
    progress: Callable[[], None] | None = None,
) -> int:
    """Run commands in order, each a statement without values; only so many are ahead of their answers. Gives
    their number.

    ``answered`` is called with the place of a command that succeeded and its result, while later ones run,
    ``progress`` after every one. Nothing more is sent once one is refused. Raises Refused and Lost.
    """
    flow = _Flow(connection, iter(commands), answered, ahead=_AHEAD, progress=progress)
    flow.run()
    return flow.sent


class _Flow:
    """One pipeline: fed, and read from, until the server has answered all; then it is left."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        commands: Iterator[Command | bytes],
        answered: Callable[[int, PGresult], None],
        ahead: int | None = None,
        progress: Callable[[], None] | None = None,
    ) -> None:
        self._connection = connection
        self._pgconn: PGconn = connection.pgconn
        self._commands = commands
        self._answered = answered
        self._ahead = ahead
        self._progress = progress
        self._waiting: deque[tuple[int, Command | bytes]] = deque()
        self._refused: Refused | None = None
        self._synced = self._done = False
        self.sent = 0

    def run(self) -> None:
        """Raises Refused, and Lost; the connection is closed after anything but Refused."""
        import psycopg

        with self._connection.lock:
            try:
                self._pgconn.enter_pipeline_mode()
                self._exchange()
                self._pgconn.exit_pipeline_mode()
            except psycopg.Error as error:
                self._connection.close()
                said = self._refused.error if self._refused is not None else error
                raise Lost(said, self._place) from error
            except BaseException:
                # In the middle of a pipeline nothing can be said to the server any more.
                self._connection.close()
                raise
        if self._refused is not None:
            raise self._refused from self._refused.error

    @property
    def _place(self) -> int:
        """Of the command that was refused or, where none was, that is not answered yet."""
        if self._refused is not None:
            return self._refused.at
        return self._waiting[0][0] if self._waiting else max(self.sent - 1, 0)

    def _exchange(self) -> None:
        pgconn = self._pgconn
        wanted = selectors.EVENT_READ
        with selectors.DefaultSelector() as ready:
            ready.register(pgconn.socket, wanted)
            while not self._done:
                self._feed()
                now = selectors.EVENT_READ | (selectors.EVENT_WRITE if pgconn.flush() else 0)
                if now != wanted:
                    ready.modify(pgconn.socket, now)
                    wanted = now
                if any(event & selectors.EVENT_READ for _, event in ready.select()):
                    pgconn.consume_input()
                    self._take()

    def _feed(self) -> None:
        while not self._synced and (self._ahead is None or len(self._waiting) < self._ahead):
            command = next(self._commands, None) if self._refused is None else None
            if command is None:
                self._pgconn.pipeline_sync()
                self._synced = True
                return
            self._waiting.append((self.sent, command))
            self.sent += 1
            _queue(self._connection, self._pgconn, command)
            if self._ahead is not None:
                if self.sent % _FLUSH_EVERY == 0:
                    self._pgconn.send_flush_request()
            elif isinstance(command, Command) and command.purpose == "commit":
                self._pgconn.flush()

    def _take(self) -> None:
        from psycopg.pq import ExecStatus as Is

        no_answers = (Is.FATAL_ERROR, Is.PIPELINE_ABORTED, Is.COPY_IN, Is.COPY_OUT)
        while not self._pgconn.is_busy():
            result = self._pgconn.get_result()
            if result is None:  # the end of one command's results
                if not self._waiting and not self._synced:
                    return
                continue
            if result.status == Is.PIPELINE_SYNC:
                self._done = True
                return
            if result.status in no_answers:
                self._not_done(result)
            elif self._refused is None:
                self._answered(self._place, result)
            if self._waiting:
                self._waiting.popleft()
            if self._progress is not None:
                self._progress()

    def _not_done(self, result: PGresult) -> None:
        """Take what is no answer. Raises psycopg.Error where it is the end of the session."""
        import psycopg
        from psycopg.errors import error_from_result
        from psycopg.pq import ConnStatus, ExecStatus

        if result.status in (ExecStatus.COPY_IN, ExecStatus.COPY_OUT):
            raise psycopg.OperationalError("COPY from or to the client")
        if result.status != ExecStatus.FATAL_ERROR:
            return  # not run, for what was refused before it
        error = error_from_result(result)
        if error.diag.severity_nonlocalized in _ENDS_THE_SESSION or self._pgconn.status != ConnStatus.OK:
            raise error
        if self._refused is None:
            command = self._waiting[0][1] if self._waiting else b""
            self._refused = Refused(error, self._place, command if isinstance(command, Command) else None)


def _queue(connection: psycopg.Connection[Any], pgconn: PGconn, command: Command | bytes) -> None:
    from psycopg.adapt import PyFormat, Transformer

    if isinstance(command, bytes):
        pgconn.send_query_params(command, None)
        return
    if command.values is None and not command.prepared:
        pgconn.send_query_params(command.sql.encode(), None)
        return
    given = command.values or ()
    if command.prepared:
        pgconn.send_query_prepared(command.prepared.encode(), [str(value).encode() for value in given])
        return
    values = Transformer.from_context(connection)
    dumped = values.dump_sequence(given, [PyFormat.TEXT] * len(given))
    number = count(1)
    sql = _PLACE.sub(lambda _: f"${next(number)}", command.sql)
    pgconn.send_query_params(sql.encode(), dumped, values.types, values.formats)


def _answer(rows: Any, result: PGresult) -> Answer:
    if not result.nfields:
        return Answer()
    rows.set_pgresult(result)
    titles = tuple((result.fname(at) or b"").decode() for at in range(result.nfields))
    return Answer(titles, tuple(rows.load_rows(0, result.ntuples, tuple)))
