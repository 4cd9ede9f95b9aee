"""The protocol that every kind of database follows, and the values that cross it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from landed.core.migration import Migration
    from landed.core.timeline import DataCheck, Step
    from landed.engines.live import LiveState


class Applied(NamedTuple):
    """What running one migration came to: ``"applied"``, or ``"already"`` when another runner was first.

    ``note`` says what is worth knowing, such as that the reply was lost and the database read again.
    """

    name: str
    outcome: str
    statements: int
    seconds: float
    rows_named_lost: tuple[str, ...] = ()
    note: str = ""


class UndoPoint(NamedTuple):
    """The way back to the moment before a session's first write, where the platform has one.

    ``bookmark`` is Time Travel's; ``command`` restores it with landed, ``platform_command`` with
    wrangler. Everything written since would be lost.
    """

    bookmark: str
    command: str
    platform_command: str


class Consent(NamedTuple):
    """What the user allowed by name: ``drop-table:legacy_orders``, ``drop-column:t.c``, ``lose-rows:t``."""

    allowed: frozenset[str] = frozenset()


class Writer(Protocol):
    """An open writing session on a target."""

    @property
    def undo(self) -> UndoPoint | None:
        """The way back to before this session, where there is one."""
        ...

    def run(
        self,
        migration: Migration,
        step: Step,
        statements: Sequence[int],
        consent: Consent,
        *,
        record: bool = True,
    ) -> Applied:
        """Run the given statements (numbers) of a file in one transaction, prove the effects, record it.

        Raises NotProven (nothing of the file is left behind), NeedsConfirmation (a data-losing
        step was not named), Busy.
        """
        ...

    def change_ledger(
        self, add: Sequence[str], remove: Sequence[str], rename: Sequence[tuple[str, str]]
    ) -> None:
        """Change ledger rows, all in one transaction."""
        ...


class Target(Protocol):
    """A database: read it, run its data checks, or open it for writing."""

    def read(self) -> LiveState:
        """Schema and ledger in one reading; never writes. Raises CannotKnow."""
        ...

    def check(self, checks: Sequence[DataCheck]) -> list[tuple[bool | None, str]]:
        """Run read-only checks: (passed, or ``None`` when it could not be run; why)."""
        ...

    def writer(self) -> AbstractContextManager[Writer]:
        """Open for writing; creates the database where the platform's own tool would. Raises Busy."""
        ...
