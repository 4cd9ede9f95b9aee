"""An error as Markdown: what happened first, what to do last."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from landed.core.errors import LandedError
from landed.report.formats import knows
from landed.report.formats import render as render_as
from landed.report.markdown.inline import fenced, prose
from landed.report.markdown.steps import step
from landed.report.page import Page
from landed.report.reports import MODULES, Failed, Report
from landed.report.terminal import put


def told(error: LandedError, page: Page) -> str:
    """The error itself: where, what, what is behind it, what to do."""
    place = f"{error.where}: " if error.where else ""
    blocks = [prose(f"{place}{error.message}")]
    if error.details:
        blocks.append(fenced("\n".join(error.details)))
    if error.next:
        blocks.append(f"**Next**\n\n{step(error.next, page)}")
    return "\n\n".join(blocks)


_SAID = {
    1: "not proven",
    2: "the command or the configuration is wrong",
    3: "could not find out",
    4: "nothing was changed; consent is missing",
    130: "interrupted",
}


def render(report: Failed, page: Page) -> None:
    """Write it in place of the report, so that nobody takes silence for good news."""
    heading = f"### ❌ landed: {_SAID.get(report.exit_code, 'failed')}"
    error = report.error
    if isinstance(error, LandedError):
        if error.with_options is not None:
            page = replace(page, command=error.with_options)
        body = told(error, page)
    else:
        body = "\n\n".join(prose(line) for line in (report.message, *report.for_people))
    put(f"{heading}\n\n{body}\n", page.out)
    plan = error.plan if isinstance(error, LandedError) else None
    if plan is not None and knows("markdown", MODULES[type(plan)]):
        put("\n", page.out)
        render_as(cast(Report, plan), "markdown", page)
