"""The answer of ``verify`` as Markdown: yes or no first, then why."""

from __future__ import annotations

from landed.core.next import landed
from landed.ops.examine import Examination
from landed.ops.verify import Answer
from landed.report.markdown.examined import BAD, GOOD, OPEN, about, files, remarkable
from landed.report.markdown.inline import prose
from landed.report.markdown.sheet import Sheet
from landed.report.markdown.steps import step
from landed.report.page import Page
from landed.report.reports import Verify
from landed.report.standings import answered, first_step, unseen


def verdict(exam: Examination, answer: Answer) -> str:
    """Yes or no, and what about, in one line of Markdown."""
    word, about = answered(exam, answer)
    mark = BAD if not answer.proven else GOOD if answer.recorded else OPEN
    return f"{mark} {word}: {prose(about)}"


def render(report: Verify, page: Page) -> None:
    """Write the answer, the first step, the table of files, and what speaks against some of them."""
    sheet = Sheet(landed("verify", json=True))
    sheet.add(f"### {verdict(report.exam, report.answer)}")
    sheet.add(about(report.exam, page))
    if not report.answer.proven:
        sheet.add(f"**Next**\n\n{step(first_step(report.exam, report.answer), page)}")
    for line in unseen(report.answer):
        sheet.add(prose(line[:1].upper() + line[1:]))
    files(sheet, report.exam)
    remarkable(sheet, report.exam, page)
    sheet.write(page)
