"""Sending statements to a shadow without waiting for the answer to each, one synchronisation per call."""

from __future__ import annotations

import select
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from landed.core.errors import LandedError

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGresult

    from landed.engines.postgres.shadow.server.watched import Session

Answered = Callable[[int, "PGresult"], None]
"""Called with the place of a command that succeeded and its result."""

_AHEAD = 128
"""Commands sent and not yet answered, at most: the server never waits, and memory stays small."""

_FLUSH_EVERY = 12


class ConnectionLost(LandedError):
    """The shadow's session ended in the middle of a command."""

    def __init__(self, place: int, message: str, sqlstate: str | None) -> None:
        super().__init__(message)
        self.place = place
        self.sqlstate = sqlstate


class Refused(LandedError):
    """The server refused a command; what came after it was not run."""

    def __init__(self, place: int, message: str, sqlstate: str | None) -> None:
        super().__init__(message)
        self.place = place
        self.sqlstate = sqlstate


def send(connection: psycopg.Connection[Any], commands: Iterable[bytes], answered: Answered) -> None:
    """Run commands in order; each is one statement without parameters.

    ``answered`` is called while later commands run. Raises :class:`Refused` for the first command that
    fails, :class:`ConnectionLost` when the session is gone,
    :class:`landed.engines.postgres.shadow.server.stopped.Stopped` when a limit was reached.
    """
    from landed.engines.postgres.shadow.server.watched import Session

    session = connection if isinstance(connection, Session) else None
    flow = _Flow(connection.pgconn, iter(commands), answered, session)
    if session is not None:
        session.begin(stream=True)
    try:
        _run(connection, flow)
    finally:
        if session is not None:
            session.end(flow.place)
    if flow.refused is not None:
        if session is not None:
            session.refused(flow.refused.sqlstate, flow.refused.message, flow.refused.place)
        raise flow.refused


def _run(connection: psycopg.Connection[Any], flow: _Flow) -> None:
    pgconn = connection.pgconn
    try:
        pgconn.enter_pipeline_mode()
        flow.run()
        pgconn.exit_pipeline_mode()
    except ConnectionLost:
        raise
    except Exception as error:
        if _is_driver_error(error):
            raise flow.lost(str(error)) from None
        raise


class _Flow:
    def __init__(
        self, pgconn: Any, commands: Iterator[bytes], answered: Answered, session: Session | None
    ) -> None:
        self._pgconn = pgconn
        self._session = session
        self._commands = commands
        self._answered = answered
        self._waiting: deque[int] = deque()
        self._sent = 0
        self._synced = False
        self._done = False
        self.refused: Refused | None = None

    def run(self) -> None:
        pgconn = self._pgconn
        while not self._done:
            self._feed()
            more = pgconn.flush()
            readable, _, _ = select.select([pgconn.socket], [pgconn.socket] if more else [], [])
            if readable:
                pgconn.consume_input()
                self._take()

    @property
    def place(self) -> int:
        """Of the command that failed or, where none has, that is not answered yet."""
        if self.refused is not None:
            return self.refused.place
        return self._waiting[0] if self._waiting else max(self._sent - 1, 0)

    def _feed(self) -> None:
        while not self._synced and len(self._waiting) < _AHEAD:
            command = next(self._commands, None) if self.refused is None else None
            if command is None:
                self._pgconn.pipeline_sync()
                self._synced = True
                return
            self._pgconn.send_query_params(command, None)
            self._waiting.append(self._sent)
            self._sent += 1
            if self._sent % _FLUSH_EVERY == 0:
                self._pgconn.send_flush_request()

    def _take(self) -> None:
        from psycopg.pq import ConnStatus, ExecStatus

        pgconn = self._pgconn
        while not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:  # the end of one command's results
                if not self._waiting and not self._synced:
                    return
                continue
            status = result.status
            if status == ExecStatus.PIPELINE_SYNC:
                self._done = True
                return
            if status == ExecStatus.FATAL_ERROR:
                message, sqlstate = _told(result)
                if sqlstate.startswith("57P") or pgconn.status != ConnStatus.OK:
                    raise self.lost(message, sqlstate)
                if self.refused is None:
                    self.refused = Refused(self._waiting[0] if self._waiting else 0, message, sqlstate)
            elif status != ExecStatus.PIPELINE_ABORTED and self.refused is None:
                self._answered(self._waiting[0], result)
            if self._waiting:
                self._waiting.popleft()
            if self._session is not None:
                self._session.progress()

    def lost(self, message: str, sqlstate: str = "") -> ConnectionLost:
        place = self.place
        if self.refused is not None:
            message, sqlstate = self.refused.message, self.refused.sqlstate or ""
        told = message.removeprefix("consuming input failed: ").strip().partition("\n")[0]
        return ConnectionLost(place, told or "the connection was closed", sqlstate)


def _told(result: Any) -> tuple[str, str]:
    from psycopg.pq import DiagnosticField

    message = result.error_field(DiagnosticField.MESSAGE_PRIMARY) or result.error_message
    sqlstate = result.error_field(DiagnosticField.SQLSTATE) or b""
    return message.decode(errors="replace").strip(), sqlstate.decode()


def _is_driver_error(error: Exception) -> bool:
    import psycopg

    return isinstance(error, psycopg.Error)
