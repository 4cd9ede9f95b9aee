"""The clock of replays in this process: a thread that interrupts SQLite, however busy, when time is up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from threading import get_ident
from time import monotonic
from typing import TYPE_CHECKING

from landed.core import last_resort
from landed.core.errors import LimitReached
from landed.core.limits import DEFAULT, Limits, how_to_raise

if TYPE_CHECKING:
    import apsw

GRACE_SECONDS = 5.0
"""How long after its time a statement may go on unheard before the process is ended.

SQLite hears an interruption between two steps of its own machine; one call of a function (``instr`` of two
huge strings, a LIKE) is one step, and can take hours.
"""
_PULSE = 0.05

Place = tuple[str, str, str | None]
"""What was at work, where in it, and the file and line, for the error."""


class Clock:
    """The time that one command's replays may take: per statement, and together.

    ``landed.engines.sqlite.shadow.bounded`` starts and stops it around everything that runs a file's SQL.
    What that SQL does cannot stop the clock: it runs in another thread.
    """

    __slots__ = ("limits", "spent")

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self.spent = 0.0

    def start(self, connection: apsw.Connection, place: Callable[[], Place]) -> Run:
        """Begin a statement; what is returned goes to :meth:`stop`."""
        now = monotonic()
        left = self.limits.total_seconds - self.spent
        whole = left < self.limits.statement_seconds
        deadline = now + (left if whole else self.limits.statement_seconds)
        run = Run(connection, now, deadline, whole, self, place)
        _watch.begin(run)
        return run

    def stop(self, run: Run) -> bool:
        """End a statement; whether it was interrupted because its time was up."""
        _watch.end(run)
        if run.outer is None:
            self.spent += monotonic() - run.began
        return run.interrupted


class Run:
    """One statement, or one stretch of work, that the clock watches."""

    __slots__ = ("began", "clock", "connection", "deadline", "interrupted", "outer", "place", "whole")

    def __init__(
        self,
        connection: apsw.Connection,
        began: float,
        deadline: float,
        whole: bool,
        clock: Clock,
        place: Callable[[], Place],
    ) -> None:
        self.connection = connection
        self.began = began
        self.deadline = deadline
        self.whole = whole
        self.clock = clock
        self.place = place
        self.interrupted = False
        self.outer: Run | None = None

    def error(self) -> LimitReached:
        """Which limit stopped what, and how to raise it."""
        limits = self.clock.limits
        what, statement, where = self.place()
        took = (
            f"{limits.total_seconds:g} seconds are over, which all replays of a command may take"
            if self.whole
            else f"it took longer than {limits.statement_seconds:g} seconds"
        )
        field = "total_seconds" if self.whole else "statement_seconds"
        return reached(what, took, statement, where, field)


def reached(what: str, why: str, statement: str, where: str | None, field: str) -> LimitReached:
    """The error for a limit (a field of Limits) that stopped the replay of something."""
    return LimitReached(
        f"{what} was stopped: {why}.",
        details=[*([statement] if statement else []), "A limit was reached; nothing is known of the rest."],
        where=where,
        next=how_to_raise(field),
    )


class _Watch:
    """The thread that looks after all clocks of the process, and what it looks at."""

    def __init__(self) -> None:
        self.running: dict[int, Run] = {}
        """What each thread is at, by the thread's id."""
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._next_look = 0.0

    def begin(self, run: Run) -> None:
        me = get_ident()
        run.outer = self.running.get(me)
        if run.outer is not None and run.outer.deadline < run.deadline:
            run.deadline, run.whole = run.outer.deadline, run.outer.whole
        self.running[me] = run
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._look_after, name="landed-clock", daemon=True)
            self._thread.start()
        elif run.deadline < self._next_look:
            self._wake.set()

    def end(self, run: Run) -> None:
        if run.outer is not None:
            self.running[get_ident()] = run.outer
        else:
            self.running.pop(get_ident(), None)

    def _look_after(self) -> None:
        """Sleep until the next deadline, interrupt what is late, and again until it is heard."""
        while True:
            now = monotonic()
            runs = list(self.running.values())
            for run in runs:
                if now >= run.deadline:
                    _interrupt(run, now)
            coming = [_PULSE if r.deadline <= now else r.deadline - now for r in runs]
            # Where nothing runs, a look now and then: statements begin too often to wake a thread for each.
            pause = min(coming, default=1.0)
            self._next_look = now + pause
            self._wake.wait(pause)
            self._wake.clear()


_watch = _Watch()


def _interrupt(run: Run, now: float) -> None:
    run.interrupted = True
    try:
        run.connection.interrupt()
    except Exception:  # closed meanwhile
        return
    if now > run.deadline + GRACE_SECONDS and not last_resort.end(run.error()):
        run.deadline = now
