"""Repairs of the ledger and the lock file as text."""

from __future__ import annotations

from typing import IO

from landed.ops.examine import Examination
from landed.ops.lock import LockReport
from landed.ops.repair import RepairPlan
from landed.report.status_text import headline

_SIGNS = {"add": "+", "remove": "-", "rename": "~"}


def render_repair(exam: Examination, plan: RepairPlan, out: IO[str]) -> None:
    """Write the changes with their proof, and what is left alone with the reason."""
    print(headline(exam), file=out)
    for change in plan.changes:
        new = f" → {change.new_name}" if change.new_name else ""
        print(f"  {_SIGNS[change.action]} {change.action} {change.name}{new}", file=out)
        print(f"      {change.proof}", file=out)
    for name, why in plan.refused:
        print(f"  . left alone: {name}: {why}", file=out)
    if not plan.changes:
        print(
            "The ledger needs no repair." if not plan.refused else "Nothing can be repaired by proof.",
            file=out,
        )


def render_lock(report: LockReport, out: IO[str], *, check: bool) -> None:
    """Write what the lock file says more, or would."""
    verb = "lacks" if check else "now has"
    for name in report.added:
        print(f"  + {name}", file=out)
    for name in report.replaced:
        print(f"  ~ {name}", file=out)
    for name in report.edited:
        print(
            f"  x {name}  edited after it was applied; accept it with: landed lock --accept {name}", file=out
        )
    changed = len(report.added) + len(report.replaced)
    if changed:
        print(
            f"{report.path} {verb} {changed} more {'entry' if changed == 1 else 'entries'}.",
            file=out,
        )
    else:
        print(f"{report.path} is up to date ({report.kept} entries).", file=out)
