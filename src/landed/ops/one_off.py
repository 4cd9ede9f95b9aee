"""One-off SQL before and after it runs, and what is worth a warning in it."""

from __future__ import annotations

from dataclasses import dataclass

from landed.core.applied import UndoPoint
from landed.core.oneoff import Outcome, Planned, Script, Touched
from landed.ops.workspace import Workspace


@dataclass(frozen=True, slots=True)
class OneOff:
    """One-off SQL before it runs: what it would touch, and what is worth a warning."""

    workspace: Workspace
    planned: Planned

    @property
    def script(self) -> Script:
        """The statements."""
        return self.planned.script

    @property
    def touched(self) -> Touched:
        """What they would touch."""
        return self.planned.touched

    @property
    def writes(self) -> bool:
        """Whether any statement may write, so that consent is needed."""
        return self.planned.writes

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know before saying yes."""
        return warnings_of(self.workspace, self.touched)


@dataclass(frozen=True, slots=True)
class Executed:
    """What came of it; ``warnings`` are those that were not known before, ``undo`` the way back."""

    plan: OneOff
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...] = ()
    undo: UndoPoint | None = None


def warnings_of(workspace: Workspace, touched: Touched) -> tuple[str, ...]:
    """What the user should know of SQL that touches this."""
    found = []
    ledger = workspace.ledger_table
    if ledger.lower() in touched.tables:
        found.append(
            f"this changes the ledger {ledger} by hand; landed repair changes it only where the schema "
            "proves it"
        )
    if touched.schema:
        found.append(
            "this changes the schema outside the migrations, and landed status will say so; a change that "
            "is to stay belongs in a migration file"
        )
    return tuple(found)
