"""Errors as JSON: one that ends a command, or that of one of several targets."""

from __future__ import annotations

from typing import Any

from landed.core.errors import LandedError
from landed.core.given import Given
from landed.report.json.target import SCHEMA
from landed.report.page import Page
from landed.report.reports import Failed
from landed.report.terminal import say_json


def error_json(error: LandedError, command: Given) -> dict[str, Any]:
    """What happened, where, and what to do next."""
    return {
        "kind": type(error).__name__,
        "message": error.message,
        "where": error.where,
        "details": list(error.details),
        "next": command(error.next) if error.next else None,
        "exit_code": error.exit_code,
    }


def render(report: Failed, page: Page) -> None:
    """Write the document."""
    say_json(
        {
            "schema": SCHEMA,
            "error": {
                "kind": type(report.error).__name__,
                "message": report.message,
                "where": report.where,
                "details": list(report.details),
                "next": report.next,
                "exit_code": report.exit_code,
            },
        },
        page.out,
    )
