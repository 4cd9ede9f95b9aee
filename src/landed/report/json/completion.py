"""A shell's completion script as JSON."""

from __future__ import annotations

from landed.report.json.target import SCHEMA
from landed.report.page import Page
from landed.report.reports import Completion
from landed.report.terminal import say_json


def render(report: Completion, page: Page) -> None:
    """Write the document."""
    body = {
        "schema": SCHEMA,
        "command": "completion",
        "shell": report.shell,
        "script": report.script,
        "actions": [],
    }
    say_json(body, page.out)
