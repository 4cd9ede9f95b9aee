"""A shell's completion script as it is."""

from __future__ import annotations

from landed.report.page import Page
from landed.report.reports import Completion
from landed.report.terminal import say_lines


def render(report: Completion, page: Page) -> None:
    """Write the script."""
    say_lines(report.script, page.out)
