"""Going back to a bookmark, as JSON: what would be lost, and what came of it."""

from __future__ import annotations

from typing import Any

from landed.core.given import Given
from landed.ops.undo import ROWS, Undone, UndoPlan
from landed.report.json.actions import actions_json
from landed.report.json.target import SCHEMA, spec_json
from landed.report.page import Page
from landed.report.reports import Undo
from landed.report.terminal import say_json


def undo_json(plan: UndoPlan, done: Undone | None) -> dict[str, Any]:
    """The plan (``restored`` is null: nothing was changed), or what came of it."""
    losses = plan.losses
    return {
        "schema": SCHEMA,
        "command": "undo",
        "target": spec_json(plan.spec),
        "dry_run": done is None,
        "bookmark": plan.bookmark,
        "timestamp": plan.timestamp,
        "lost": {
            "migrations": list(losses.unrecorded),
            "objects": list(losses.gone),
            "rows": ROWS,
        },
        "restored": {
            "migrations": list(losses.recorded),
            "objects": list(losses.back),
            "changed": list(losses.changed),
        },
        "known": {"ledger": losses.ledger_known, "schema": losses.schema_known},
        "back": done.back if done else None,
        "recorded": None if done is None else [row.name for row in done.after.ledger or ()],
        "note": done.note if done else "",
        "bookmarks": [
            {"bookmark": e.bookmark, "taken": e.when, "before": e.command, "files": list(e.files)}
            for e in plan.known
        ],
    }


def document(report: Undo, command: Given) -> dict[str, Any]:
    """The document, with what can be done next."""
    return undo_json(report.plan, report.done) | {"actions": actions_json([report.again], command)}


def render(report: Undo, page: Page) -> None:
    """Write the document."""
    say_json(document(report, page.command), page.out)
