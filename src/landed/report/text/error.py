"""An error that ends a command, as text: what happened first, what to do last."""

from __future__ import annotations

from landed.core.next import lines
from landed.report.page import Page
from landed.report.reports import Failed
from landed.report.terminal import say, say_next
from landed.report.text.style import paint


def render(report: Failed, page: Page) -> None:
    """Write it beside the report, which there is none of."""
    out = page.talk
    head = paint("landed:", "red", out) if report.expected else "landed:"
    place = f"{report.where}: " if report.where else ""
    say(f"{head} {place}{report.message}", out)
    for detail in report.details or report.for_people:
        for line in lines(detail):
            say(f"  {line}", out)
    advice = report.next or report.next_for_people
    if advice:
        say_next(advice, out)
