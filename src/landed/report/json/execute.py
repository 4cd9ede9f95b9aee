"""Results of one-off SQL as JSON, without loss: every SQLite value can be told from every other."""

from __future__ import annotations

import math
from typing import Any, cast

from landed.core.given import Given
from landed.core.oneoff import Outcome, SqlValue
from landed.ops.one_off import Executed, OneOff
from landed.report.execute_types import typed_json
from landed.report.json.target import SCHEMA, spec_json
from landed.report.page import Page
from landed.report.reports import Exec, ExecPlan
from landed.report.terminal import say_json

_SAFE = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8259, section 6)."""


def execute_json(done: Executed) -> dict[str, Any]:
    """Per statement its columns, rows and the number of rows changed."""
    plan = done.plan
    return {
        "schema": SCHEMA,
        "command": "exec",
        "target": spec_json(plan.workspace.spec),
        "writes": plan.writes,
        "results": [_result(outcome) for outcome in done.outcomes],
        "warnings": [*plan.warnings, *done.warnings],
        "undo": done.undo._asdict() if done.undo else None,
        "actions": [],
    }


def plan_json(plan: OneOff) -> dict[str, Any]:
    """What would be run, for want of consent: nothing has a result yet."""
    return {
        "schema": SCHEMA,
        "command": "exec",
        "target": spec_json(plan.workspace.spec),
        "writes": plan.writes,
        "results": [],
        "warnings": list(plan.warnings),
        "undo": None,
        "actions": [],
    }


def _result(outcome: Outcome) -> dict[str, Any]:
    body: dict[str, Any] = {
        "statement": outcome.statement.number,
        "line": outcome.statement.line,
        "columns": list(outcome.columns),
        "rows": [[value_json(value) for value in row] for row in outcome.rows],
        "changes": outcome.changes if outcome.counted else None,
        "indirect_changes": outcome.indirect,
    }
    notices = [{"severity": severity, "message": message} for severity, message in outcome.notices]
    if outcome.types is None:
        return {**body, "notices": notices} if notices else body
    body["rows"] = [
        [typed_json(name, cast("str | None", value)) for name, value in zip(outcome.types, row, strict=True)]
        for row in outcome.rows
    ]
    # Triggers and foreign key actions are not counted by the server.
    body["indirect_changes"] = None
    return {**body, "types": list(outcome.types), "status": outcome.status, "notices": notices}


def value_json(value: SqlValue) -> Any:
    """A SQLite value: text, numbers and NULL as themselves where JSON can hold them.

    Blobs become ``{"base64": "…"}``, integers beyond 2**53 - 1 (which JavaScript and jq would round)
    ``{"integer": "…"}``, infinities ``{"real": "Infinity"}``.
    """
    if isinstance(value, bytes):
        from base64 import b64encode

        return {"base64": b64encode(value).decode("ascii")}
    if isinstance(value, int):
        return value if -_SAFE <= value <= _SAFE else {"integer": str(value)}
    if isinstance(value, float) and not math.isfinite(value):
        return {"real": "Infinity" if value > 0 else "-Infinity"}
    return value


def document(report: Exec | ExecPlan, command: Given) -> dict[str, Any]:
    """The document: what came of it, or what would be run."""
    return execute_json(report.done) if isinstance(report, Exec) else plan_json(report.plan)


def render(report: Exec | ExecPlan, page: Page) -> None:
    """Write the document."""
    say_json(document(report, page.command), page.out, data=True)
