"""Plans, their execution, repairs and locks as JSON."""

from __future__ import annotations

from typing import Any

from landed.engines.base import UndoPoint
from landed.ops.apply import ApplyReport
from landed.ops.examine import Examination
from landed.ops.lock import LockReport
from landed.ops.plan import Plan
from landed.ops.repair import RepairPlan
from landed.ops.workspace import Workspace
from landed.report.json_status import SCHEMA, target_json
from landed.report.json_target import spec_json


def apply_json(exam: Examination, plan: Plan, report: ApplyReport | None, verb: str) -> dict[str, Any]:
    """A plan (``report`` is ``None``: nothing was run) or what came of it."""
    outcomes = {a.name: a for a in report.applied} if report else {}
    files = []
    for item in plan.items:
        applied = outcomes.get(item.migration.name)
        files.append(
            {
                "name": item.migration.name,
                "file": item.migration.file,
                "standing": item.standing,
                "statements": list(item.statements),
                "changes": list(item.changes),
                "outcome": applied.outcome if applied else None,
                "seconds": round(applied.seconds, 6) if applied else None,
                "note": (applied.note or None) if applied else None,
            }
        )
    return {
        "schema": SCHEMA,
        "command": verb,
        "target": target_json(exam),
        "dry_run": report is None,
        "plan": {"schema_digest": plan.schema, "notices": list(plan.notices)},
        "files": files,
        "undo": report.undo._asdict() if report and report.undo else None,
    }


def repair_json(
    exam: Examination, plan: RepairPlan, *, done: bool, undo: UndoPoint | None = None
) -> dict[str, Any]:
    """Changes of the ledger and what was left alone."""
    return {
        "schema": SCHEMA,
        "command": "repair",
        "target": target_json(exam),
        "dry_run": not done,
        "changes": [
            {"action": c.action, "name": c.name, "new_name": c.new_name, "proof": c.proof}
            for c in plan.changes
        ],
        "refused": [{"name": name, "why": why} for name, why in plan.refused],
        "reason": plan.reason,
        "undo": undo._asdict() if undo else None,
    }


def lock_json(workspace: Workspace, exam: Examination | None, report: LockReport) -> dict[str, Any]:
    """What the lock file now says more; without an examination no database was asked."""
    nobody = {"present": False, "ledger_rows": None}
    return {
        "schema": SCHEMA,
        "command": "lock",
        "target": target_json(exam) if exam else spec_json(workspace.spec) | nobody,
        "path": report.path,
        "added": list(report.added),
        "replaced": list(report.replaced),
        "kept": report.kept,
        "edited": list(report.edited),
    }
