"""Errors as JSON: one that ends a command, or that of one of several targets."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from landed.core.errors import Code, LandedError, UsageError, Where
from landed.core.given import Given
from landed.core.next import Next
from landed.report.json.actions import actions_json
from landed.report.json.target import SCHEMA
from landed.report.page import Page
from landed.report.reports import MODULES, Failed
from landed.report.terminal import say_json


def failure_json(error: LandedError, command: Given) -> dict[str, Any]:
    """What happened, where, and what to do next."""
    where = error.where
    place = where if isinstance(where, Where) else None
    return {
        "kind": type(error).__name__,
        "code": error.code,
        "message": error.message,
        "where": where,
        "file": place and place.file,
        "line": place and place.line,
        "statement": place and place.statement,
        "sqlstate": error.sqlstate,
        "details": [command(detail) if isinstance(detail, Next) else detail for detail in error.details],
        "next": command(error.next) if error.next else None,
        "actions": actions_json([error.next], command),
    }


def error_json(error: LandedError, command: Given) -> dict[str, Any]:
    """The same of an error that ends a command, with its exit code and what would have been done."""
    return failure_json(error, command) | {
        "plan": _plan(error, command),
        "exit_code": error.exit_code,
    }


def _plan(error: LandedError, command: Given) -> dict[str, Any] | None:
    plan = error.plan
    if plan is None:
        return None
    made: dict[str, Any] = import_module(f"landed.report.json.{MODULES[type(plan)]}").document(plan, command)
    return made


def render(report: Failed, page: Page) -> None:
    """Write the document."""
    error = report.error
    if isinstance(error, LandedError):
        body = error_json(error, error.with_options or page.command)
    else:
        body = _unforeseen(report)
    say_json({"schema": SCHEMA, "error": body}, page.out)


def _unforeseen(report: Failed) -> dict[str, Any]:
    """What the command line's own rules say, or a defect."""
    return {
        "kind": type(report.error).__name__,
        "code": Code.USAGE if report.exit_code == UsageError.exit_code else Code.DEFECT,
        "message": report.message,
        "where": report.where,
        "file": None,
        "line": None,
        "statement": None,
        "sqlstate": None,
        "details": list(report.details),
        "next": report.next,
        "actions": [],
        "plan": None,
        "exit_code": report.exit_code,
    }
