"""What is run, and what came of it, in words that every format shares."""

from __future__ import annotations

from landed.core.applied import Applied
from landed.core.plan import PlanItem
from landed.ops.apply import ApplyReport


def to_run(item: PlanItem) -> str:
    """How many statements of a file run, or which of them."""
    total = len(item.migration.statements)
    if item.whole:
        return f"{total} statement{'s' * (total != 1)}"
    numbers = ", ".join(map(str, item.statements)) or "none"
    return f"statements to run: {numbers} (of {total})"


def outcome(item: PlanItem, applied: Applied) -> str:
    """What came of one file."""
    what = "applied, proven, recorded" if item.record else "finished and proven"
    if applied.outcome == "already":
        what = "already applied by another runner"
    return f"{what} ({applied.note})" if applied.note else what


def what_was_done(report: ApplyReport) -> str:
    """What came of all of them, in a sentence."""
    done = [a for a in report.applied if a.outcome == "applied"]
    other = len(report.applied) - len(done)
    whole = all(item.whole and item.record for item in report.plan.items)
    verb = "applied" if whole else "finished"
    label = report.examination.workspace.spec.label
    text = f"{len(done)} file{'s' * (len(done) != 1)} {verb} and proven on {label}."
    return f"{text} {other} had been applied by another runner meanwhile." if other else text
