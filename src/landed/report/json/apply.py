"""Plans and their execution as JSON."""

from __future__ import annotations

from typing import Any

from landed.core.given import Given
from landed.core.plan import Plan
from landed.ops.apply import ApplyReport
from landed.ops.examine import Examination
from landed.report.json.actions import actions_json
from landed.report.json.status import SCHEMA, target_json
from landed.report.page import Page
from landed.report.reports import Apply
from landed.report.terminal import say_json


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


def document(report: Apply, command: Given) -> dict[str, Any]:
    """The document, with what can be done next."""
    return apply_json(report.exam, report.plan, report.done, report.verb) | {
        "actions": actions_json([report.again], command)
    }


def render(report: Apply, page: Page) -> None:
    """Write the document."""
    say_json(document(report, page.command), page.out)
