"""Connections to a shadow whose waiting is timed; what takes too long is stopped from outside."""

from __future__ import annotations

from time import monotonic
from typing import Any, Protocol

import psycopg

from landed.engines.clock import Clock
from landed.engines.postgres.shadow.server.stopped import Stopped, by_error


class Watcher(Protocol):
    """Whoever looks after sessions while they wait, such as a
    :class:`~landed.engines.postgres.shadow.server.stopwatch.Stopwatch`."""

    clock: Clock
    """Takes the time that is spent waiting."""
    own: bool
    """Whether the server is landed's own, so that an error of its own limits is one of landed's."""

    def begin(self, session: Session) -> None:
        """A session waits for the server."""
        ...

    def end(self, session: Session) -> None:
        """It does not wait any more."""
        ...


class Session(psycopg.Connection[Any]):
    """A connection that a :class:`Watcher` looks after whenever it waits for the server.

    Everything that waits may raise :class:`Stopped`; the connection is closed then.
    """

    stopwatch: Watcher | None = None
    since: float | None = None
    """When the server was last given something to do, while it is waited for."""
    stream = False
    """Whether several commands are under way, so that ``since`` may be that of an earlier one."""
    memory: int | None = None
    """Memory of this process when the wait was first looked at."""
    verdict: Stopped | None = None
    told: float = 0.0
    """When the server was told to stop."""
    steps = 0
    """How often since, each time harder."""

    def begin(self, *, stream: bool = False) -> None:
        """The server is waited for from now on."""
        if self.stopwatch is not None:
            self.stream, self.memory, self.since = stream, None, monotonic()
            self.stopwatch.begin(self)

    def progress(self) -> None:
        """It has answered one command, and is at work at the next."""
        if self.stopwatch is not None and self.since is not None:
            now = monotonic()
            self.stopwatch.clock.spent += now - self.since
            self.since, self.memory = now, None

    def end(self, place: int | None = None) -> None:
        """It is not waited for any more. Raises :class:`Stopped` if it was stopped meanwhile."""
        if self.stopwatch is None:
            return
        self.progress()
        self.since = None
        self.stopwatch.end(self)
        if self.verdict is not None:
            self.verdict.place = place
            self.close()
            raise self.verdict

    def refused(self, sqlstate: str | None, message: str, place: int | None = None) -> None:
        """Raise :class:`Stopped` if what the server says is that a limit was reached."""
        if self.stopwatch is None or not self.stopwatch.own:
            return
        found = by_error(sqlstate, message, self.stopwatch.clock.limits, place)
        if found is not None:
            self.close()
            raise found

    def wait(self, *arguments: Any, **more: Any) -> Any:
        """As the driver's, with the time taken."""
        if self.stopwatch is None or self.since is not None:
            return super().wait(*arguments, **more)
        self.begin()
        try:
            return super().wait(*arguments, **more)
        finally:
            self.end()

    def execute(self, *arguments: Any, **more: Any) -> Any:
        """As the driver's; an error that says that a limit was reached is one of landed's."""
        try:
            return super().execute(*arguments, **more)
        except psycopg.Error as error:
            self.refused(error.sqlstate, error.diag.message_primary or str(error))
            raise
