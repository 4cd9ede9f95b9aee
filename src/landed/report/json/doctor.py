"""doctor's report as JSON."""

from __future__ import annotations

from typing import Any

from landed.core.check import Level
from landed.core.given import Given
from landed.ops.doctor import Diagnosis
from landed.report.json.actions import actions_json
from landed.report.json.target import SCHEMA, spec_json
from landed.report.page import Page
from landed.report.reports import Doctor
from landed.report.terminal import say_json


def doctor_json(diagnosis: Diagnosis, command: Given) -> dict[str, Any]:
    """All checks with their places; ``target`` is null where none could be resolved."""
    return {
        "schema": SCHEMA,
        "command": "doctor",
        "target": spec_json(diagnosis.spec) if diagnosis.spec else None,
        "checks": [
            {
                "area": check.area,
                "code": check.code,
                "label": check.label,
                "level": check.level,
                "value": check.value,
                "origin": check.origin,
                "problem": check.problem,
                "next": command(check.next) if check.next else None,
                "actions": actions_json([check.next], command),
            }
            for check in diagnosis.checks
        ],
        "errors": diagnosis.count(Level.ERROR),
        "warnings": diagnosis.count(Level.WARNING),
        "exit_code": diagnosis.exit_code,
        "actions": actions_json((check.next for check in diagnosis.checks), command),
    }


def document(report: Doctor, command: Given) -> dict[str, Any]:
    """The document, with what can be done next."""
    return doctor_json(report.diagnosis, command)


def render(report: Doctor, page: Page) -> None:
    """Write the document."""
    say_json(document(report, page.command), page.out)
