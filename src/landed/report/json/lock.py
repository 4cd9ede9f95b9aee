"""The lock file as JSON."""

from __future__ import annotations

from typing import Any

from landed.ops.examine import Examination
from landed.ops.lock import LockReport
from landed.ops.workspace import Workspace
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
        "added": list(report.added),
        "replaced": list(report.replaced),
        "kept": report.kept,
        "edited": list(report.edited),
    }


def render(report: Lock, page: Page) -> None:
    """Write the document."""
    say_json(lock_json(report.workspace, report.exam, report.report), page.out)
