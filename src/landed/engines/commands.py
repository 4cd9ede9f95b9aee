"""Commands that are another thing on every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from landed.core.applied import UndoPoint
    from landed.core.check import Check
    from landed.core.findings import Rehearsal
    from landed.core.oneoff import Outcome, Planned
    from landed.core.timeline import Progress
    from landed.engines.base import DatabaseCopy


class Commands(Protocol):
    """Whole commands, or the engine's part of them."""

    def rehearse(self, *, progress: Progress | None = None) -> Rehearsal:
        """Run all files in order as ``apply`` would, without rows and with a row in every table that they
        reach. Touches no target. Raises ConfigError, CannotKnow."""
        ...

    def copied(self) -> AbstractContextManager[DatabaseCopy]:
        """A full copy of the database, made when it is entered. Raises UsageError at once where it is not
        copied; CannotKnow, Busy."""
        ...

    def plan_one_off(self, sql: str, parameters: Sequence[str], source: str | None) -> Planned:
        """Look at one-off SQL without running it; where only the server can tell, run what only reads.

        ``parameters`` are the values of its placeholders as written, ``source`` is the file it came from.
        Raises UsageError, CannotKnow when there is no database, NotProven for what cannot be compiled.
        """
        ...

    def run_one_off(
        self, plan: Planned, on_undo: Callable[[UndoPoint], None] | None
    ) -> tuple[tuple[Outcome, ...], UndoPoint | None]:
        """Run it: read-only where it only reads, else in one transaction that is all or nothing.

        ``on_undo`` is told the way back before anything is written, where there is one; it is also given
        back. Raises NotProven for a statement that fails, CannotKnow, Busy.
        """
        ...

    def remember(self, undo: UndoPoint, command: str, files: Sequence[str] = ()) -> None:
        """Write down the way back to before a command's first write, where the platform has one."""
        ...

    # -- doctor ---------------------------------------------------------------------------------

    def examine(self) -> list[Check]:
        """What doctor finds about the database and the way to it; what fails is one of the checks."""
        ...

    def where_replayed(self) -> Iterator[Check]:
        """What doctor finds about where files are replayed, once :meth:`examine` has looked."""
        ...

    @classmethod
    def software(cls) -> Iterator[Check]:
        """What landed's work on such a database stands on: libraries, and what they can do."""
        ...

    @classmethod
    def clients(cls, start: Path, *, pattern: bool) -> Iterator[Check]:
        """The platform's own client that is installed for the project in this folder; ``pattern`` says that
        the project chooses its migrations by one."""
        ...
