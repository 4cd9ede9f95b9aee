"""exec: one-off SQL on a target, reading without consent, writing with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from landed.core.applied import UndoPoint
from landed.ops.one_off import Executed, OneOff, warnings_of
from landed.ops.workspace import Workspace


def plan_execute(
    workspace: Workspace, sql: str, parameters: Sequence[str] = (), source: str | None = None
) -> OneOff:
    """Look at one-off SQL without running it; where only the server can tell, run what only reads.

    Raises UsageError for SQL without a statement or parameters that do not fit, CannotKnow when there
    is no database (none is created), NotProven for a statement that cannot be compiled.
    """
    return OneOff(workspace, workspace.engine.plan_one_off(sql, parameters, source))


def run_execute(plan: OneOff, *, on_undo: Callable[[UndoPoint], None] | None = None) -> Executed:
    """Run it: read-only where it only reads, else in one transaction that is all or nothing.

    ``on_undo`` is told the way back before anything is written, where there is one.
    Raises NotProven for a statement that fails, CannotKnow, Busy.
    """
    if plan.planned.read is not None:
        return Executed(plan, plan.planned.read)
    outcomes, undo = plan.workspace.engine.run_one_off(plan.planned, on_undo)
    touched = plan.touched
    for outcome in outcomes:
        touched |= outcome.touched
    late = tuple(w for w in warnings_of(plan.workspace, touched) if w not in plan.warnings)
    return Executed(plan, outcomes, late, undo)
