"""Repairs of the ledger as JSON."""

from __future__ import annotations

from typing import Any

from landed.core.applied import UndoPoint
from landed.core.given import Given
from landed.ops.examine import Examination
from landed.ops.repair import RepairPlan
from landed.report.json.actions import actions_json
from landed.report.json.status import SCHEMA, target_json
from landed.report.page import Page
from landed.report.reports import Repair
from landed.report.terminal import say_json


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


def document(report: Repair, command: Given) -> dict[str, Any]:
    """The document, with what can be done next."""
    return repair_json(report.exam, report.plan, done=report.done, undo=report.undo) | {
        "actions": actions_json([report.again], command)
    }


def render(report: Repair, page: Page) -> None:
    """Write the document."""
    say_json(document(report, page.command), page.out)
