"""The status of a target as Markdown."""

from __future__ import annotations

from landed.core.next import landed
from landed.report.markdown.examined import about, advice, files, remarkable, worst
from landed.report.markdown.inline import prose
from landed.report.markdown.sheet import Sheet
from landed.report.page import Page
from landed.report.reports import Status
from landed.report.standings import summary


def render(report: Status, page: Page) -> None:
    """Write the counts, the first step, the table of files, and what speaks against some of them."""
    exam = report.exam
    sheet = Sheet(landed("status", json=True))
    sheet.add(f"### {worst(exam.judgements)} landed status: {prose(summary(exam))}")
    sheet.add(about(exam, page))
    advice(sheet, exam, page)
    files(sheet, exam, everything=report.everything)
    remarkable(sheet, exam, page)
    sheet.write(page)
