"""Many statements in one round trip, and which of them failed: libpq's pipeline mode, driven in one place.

Client and server do not wake each other for every statement, and each answer belongs to its command.
"""

from __future__ import annotations

import re
import select
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core import underway
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
    file: str = ""
    """Of a migration's own statement: its file."""
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
        commands: Iterator[Command] | Iterator[bytes],
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
        self._waiting: deque[Command | bytes] = deque()
        self._place = 0
        """Of the command that is not answered yet."""
        self._refused: Refused | None = None
        self._synced = self._done = False

    @property
    def sent(self) -> int:
        """How many commands were handed over."""
        return self._place + len(self._waiting)

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
                raise self._lost(error) from error
            except BaseException:
                # In the middle of a pipeline nothing can be said to the server any more.
                self._connection.close()
                raise
        if self._refused is not None:
            raise self._refused from self._refused.error

    def _lost(self, error: psycopg.Error) -> Lost:
        if self._refused is not None:
            return Lost(self._refused.error, self._refused.at)
        return Lost(error, self._place if self._waiting else max(self._place - 1, 0))

    def _exchange(self) -> None:
        pgconn, wait = self._pgconn, _waiting_for(self._pgconn.socket)
        while not self._done:
            if not self._synced:
                self._feed()
            if wait(bool(pgconn.flush())):
                pgconn.consume_input()
                self._take()

    def _feed(self) -> None:
        while self._ahead is None or len(self._waiting) < self._ahead:
            command = next(self._commands, None) if self._refused is None else None
            if command is None:
                self._pgconn.pipeline_sync()
                self._synced = True
                return
            self._waiting.append(command)
            if len(self._waiting) == 1:
                _show(command)
            if isinstance(command, bytes):
                self._pgconn.send_query_params(command, None)
                if self.sent % _FLUSH_EVERY == 0:
                    self._pgconn.send_flush_request()
            else:
                _queue(self._connection, self._pgconn, command)

    def _take(self) -> None:
        from psycopg.pq import ExecStatus as Is

        pgconn, waiting = self._pgconn, self._waiting
        while not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:  # the end of one command's results
                if not waiting and not self._synced:
                    return
                continue
            status = result.status
            if status == Is.PIPELINE_SYNC:
                self._done = True
                return
            if status in (Is.FATAL_ERROR, Is.PIPELINE_ABORTED, Is.COPY_IN, Is.COPY_OUT):
                self._not_done(result)
            elif self._refused is None:
                self._answered(self._place, result)
            if waiting:
                waiting.popleft()
                self._place += 1
                if waiting:
                    _show(waiting[0])
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
            command = self._waiting[0] if self._waiting else b""
            self._refused = Refused(error, self._place, command if isinstance(command, Command) else None)


def _show(command: Command | bytes) -> None:
    """The server is at this command, as far as its answers tell."""
    if isinstance(command, Command) and command.file:
        underway.began(command.file, command.statement)


def _waiting_for(socket: int) -> Callable[[bool], bool]:
    """Waits until there is something to read, or, if told so, until something can be written; says whether
    there is something to read."""
    if not hasattr(select, "poll"):
        return lambda writing: bool(select.select([socket], [socket] if writing else [], [])[0])
    ready = select.poll()
    ready.register(socket, select.POLLIN)
    registered = False

    def wait(writing: bool) -> bool:
        nonlocal registered
        if writing != registered:
            ready.modify(socket, select.POLLIN | (select.POLLOUT if writing else 0))
            registered = writing
        ((_, event),) = ready.poll()
        return bool(event & ~select.POLLOUT)

    return wait


def _queue(connection: psycopg.Connection[Any], pgconn: PGconn, command: Command) -> None:
    given = command.values or ()
    if command.prepared:
        pgconn.send_query_prepared(command.prepared.encode(), [str(value).encode() for value in given])
    elif command.values is None:
        pgconn.send_query_params(command.sql.encode(), None)
    else:
        from psycopg.adapt import PyFormat, Transformer

        values = Transformer.from_context(connection)
        dumped = values.dump_sequence(given, [PyFormat.TEXT] * len(given))
        number = count(1)
        sql = _PLACE.sub(lambda _: f"${next(number)}", command.sql)
        pgconn.send_query_params(sql.encode(), dumped, values.types, values.formats)
    if command.purpose == "commit":
        pgconn.flush()


def _answer(rows: Any, result: PGresult) -> Answer:
    if not result.nfields:
        return Answer()
    rows.set_pgresult(result)
    titles = tuple((result.fname(at) or b"").decode() for at in range(result.nfields))
    return Answer(titles, tuple(rows.load_rows(0, result.ntuples, tuple)))
