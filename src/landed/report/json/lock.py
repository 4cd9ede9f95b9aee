"""The lock file as JSON."""

from __future__ import annotations

from typing import Any

from landed.core.advice import edited
from landed.core.given import Given
from landed.core.next import LOCK
from landed.ops.examine import Examination
from landed.ops.lock import LockReport
from landed.ops.workspace import Workspace
from landed.report.json.actions import actions_json
from landed.report.json.status import target_json
from landed.report.json.target import SCHEMA, spec_json
from landed.report.page import Page
from landed.report.reports import Lock
from landed.report.terminal import say_json


def lock_json(workspace: Workspace, exam: Examination | None, report: LockReport) -> dict[str, Any]:
    """What the lock file now says more; without an examination no database was asked."""
    nobody = {"present": False, "ledger_rows": None}
    return {
        "schema": SCHEMA,
        "command": "lock",
        "target": target_json(exam) if exam else spec_json(workspace.spec) | nobody,
        "path": report.path,
        "existed": not report.absent,
        "added": list(report.added),
        "replaced": list(report.replaced),
        "kept": report.kept,
        "edited": list(report.edited),
    }


def _next(report: Lock) -> list[str]:
    unwritten = report.check and (report.report.added or report.report.replaced or report.report.absent)
    return [*map(edited, report.report.edited), *([LOCK] if unwritten else [])]


def document(report: Lock, command: Given) -> dict[str, Any]:
    """The document, with what can be done next."""
    return lock_json(report.workspace, report.exam, report.report) | {
        "actions": actions_json(_next(report), command)
    }


def render(report: Lock, page: Page) -> None:
    """Write the document."""
    say_json(document(report, page.command), page.out)
