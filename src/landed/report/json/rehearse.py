"""A rehearsal as JSON (schema ``landed/2``)."""

from __future__ import annotations

from typing import Any

from landed.core.errors import LandedError
from landed.core.findings import FileRehearsal, Rehearsal
from landed.core.given import Given
from landed.ops.rehearse_data import DataFile, DataRehearsal
from landed.ops.workspace import Workspace
from landed.report.json.actions import actions_json
from landed.report.json.error import failure_json
from landed.report.json.target import SCHEMA, spec_json
from landed.report.page import Page
from landed.report.reports import Rehearse
from landed.report.terminal import say_json


def rehearse_json(
    workspace: Workspace, rehearsal: Rehearsal, data: DataRehearsal | None, command: Given
) -> dict[str, Any]:
    """Everything that ``rehearse`` found."""
    return {
        "schema": SCHEMA,
        "command": "rehearse",
        "mode": workspace.spec.mode,
        "rules": rehearsal.rules or None,
        "directory": str(workspace.directory),
        "files": [_file(f) for f in rehearsal.files],
        "counts": {
            "files": len(rehearsal.files),
            "with_findings": len(rehearsal.found),
            "depends_on_data": len(rehearsal.weak),
        },
        "notes": list(rehearsal.notes),
        "with_data": _data(data, command) if data is not None else None,
        "actions": actions_json(_next(data), command),
    }


def _file(file: FileRehearsal) -> dict[str, Any]:
    return {
        "name": file.migration.name,
        "file": file.migration.file,
        "statements": len(file.migration.statements),
        "instead": [f"{sql};" for sql in file.instead],
        "changes": list(file.changes),
        "failures": [
            {
                "statement": f.statement,
                "line": f.line,
                "message": f.message,
                "only_with_data": f.only_with_data,
                "weak": f.weak,
                "details": list(f.details),
                "advice": f.advice,
            }
            for f in file.failures
        ],
        "rows_lost": [
            {
                "table": loss.table,
                "before": loss.before,
                "after": loss.after,
                "through": loss.through,
                "statement": loss.statement or None,
                "line": loss.line or None,
                "advice": loss.advice,
            }
            for loss in file.rows_lost
        ],
        "rows_changed": [
            {
                "table": c.table,
                "column": c.column,
                "rows": c.rows,
                "kind": c.kind,
                "example": c.example,
                "through": c.through,
                "statement": c.statement or None,
                "line": c.line or None,
                "advice": c.advice,
            }
            for c in file.rows_changed
        ],
        "locks": [
            {
                "statement": lock.statement,
                "line": lock.line,
                "table": lock.table,
                "mode": lock.mode,
                "since": lock.since,
                "blocks": lock.blocks,
                "rewrite": lock.rewrite,
                "scan": lock.scan,
            }
            for lock in file.locks
        ],
        "notes": list(file.notes),
    }


def _next(data: DataRehearsal | None) -> list[str | None]:
    """What the copy of the rows has shown; what the files alone show is corrected in them."""
    errors = [] if data is None else [data.refusal, *(f.error for f in data.files)]
    return [error.next for error in errors if error is not None]


def _data(data: DataRehearsal, command: Given) -> dict[str, Any]:
    return {
        "target": spec_json(data.examination.workspace.spec),
        "copy_bytes": data.size,
        "refused": _error(data.refusal, command),
        "files": [_data_file(f, command) for f in data.files],
    }


def _data_file(file: DataFile, command: Given) -> dict[str, Any]:
    return {
        "name": file.item.migration.name,
        "file": file.item.migration.file,
        "outcome": file.outcome,
        "error": _error(file.error, command),
        "rows": [{"table": r.table, "before": r.before, "after": r.after} for r in file.rows],
        "seconds": round(file.seconds, 6),
    }


def _error(error: LandedError | None, command: Given) -> dict[str, Any] | None:
    if error is None:
        return None
    return failure_json(error, command)


def render(report: Rehearse, page: Page) -> None:
    """Write the document."""
    say_json(rehearse_json(report.workspace, report.rehearsal, report.data, page.command), page.out)
