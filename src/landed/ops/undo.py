"""undo: set a database back to an earlier moment, where its platform can, and read back what it is then."""

from __future__ import annotations

from landed.core.errors import UsageError
from landed.engines.contract import CanUndo
from landed.engines.undo import ROWS, Losses, Remembered, Undone, UndoPlan
from landed.ops.workspace import Workspace

__all__ = ["ROWS", "Losses", "Remembered", "UndoPlan", "Undone", "plan_undo", "run_undo"]


def plan_undo(workspace: Workspace, *, bookmark: str | None = None, timestamp: str | None = None) -> UndoPlan:
    """What restoring would lose, as far as it can be known; reads only.

    Without a bookmark or a time it is the last bookmark that landed took before a write. Raises
    UsageError for a database that cannot be set back or where no bookmark is known, CannotKnow.
    """
    return _able(workspace).plan_undo(bookmark=bookmark, timestamp=timestamp)


def run_undo(workspace: Workspace, plan: UndoPlan) -> Undone:
    """Restore, once, and read the database again.

    A bookmark of the present is taken first, so that the restore can be undone itself. Raises
    NotProven when the database is not as it was at the bookmark, Ambiguous when the reply was lost
    and nothing shows whether it happened, CannotKnow.
    """
    return _able(workspace).run_undo(plan)


def _able(workspace: Workspace) -> CanUndo:
    engine = workspace.engine
    if isinstance(engine, CanUndo):
        return engine
    raise UsageError(
        f"{workspace.spec.label} has no Time Travel: only hosted D1 databases have it",
        details=[engine.words.way_back],
        next=engine.words.way_back_next,
    )
