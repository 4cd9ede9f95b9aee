"""A trial on a hosted database of its own, as JSON."""

from __future__ import annotations

from typing import Any

from landed.core.given import Given
from landed.ops.selftest import Left
from landed.report.json.actions import actions_json
from landed.report.json.target import SCHEMA
from landed.report.page import Page
from landed.report.reports import Removed, SelfTest
from landed.report.terminal import say_json


def _left(left: Left | None) -> dict[str, Any] | None:
    if left is None:
        return None
    return {"name": left.name, "id": left.id or None, "account": left.account, "made": left.made}


def document(report: SelfTest | Removed, command: Given) -> dict[str, Any]:
    """The document, with what can be done next."""
    if isinstance(report, Removed):
        left, done = report.left, report.done
        return {
            "schema": SCHEMA,
            "command": "selftest",
            "account": {"id": left.account, "name": None},
            "database": {"name": left.name, "id": left.id},
            "tried": False,
            "shown": [],
            "deleted": done,
            "left": [] if done else [_left(left)],
            "answers": None,
            "actions": actions_json([report.again], command),
        }
    plan, tried = report.plan, report.done
    remains = plan.left if tried is None or tried.left is None else (*plan.left, tried.left)
    return {
        "schema": SCHEMA,
        "command": "selftest",
        "account": {"id": plan.account, "name": plan.account_name or None},
        "database": {"name": plan.name, "id": tried.id if tried else None},
        "tried": tried is not None,
        "shown": [one._asdict() for one in (tried.shown if tried else ())],
        "deleted": tried is not None and tried.left is None,
        "left": [_left(one) for one in remains],
        "answers": str(tried.answers) if tried and tried.answers else None,
        "actions": actions_json([report.again, *(one.remove for one in remains)], command),
    }


def render(report: SelfTest | Removed, page: Page) -> None:
    """Write the document."""
    say_json(document(report, page.command), page.out)
