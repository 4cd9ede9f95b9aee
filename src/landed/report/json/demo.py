"""The steps of the tour as JSON."""

from __future__ import annotations

from landed.report.json.target import SCHEMA
from landed.report.page import Page
from landed.report.reports import Demo
from landed.report.terminal import say_json


def render(report: Demo, page: Page) -> None:
    """Write the document."""
    folder = None if report.folder is None else str(report.folder)
    body = {"schema": SCHEMA, "command": "demo", "folder": folder, "steps": list(report.steps), "actions": []}
    say_json(body, page.out)
