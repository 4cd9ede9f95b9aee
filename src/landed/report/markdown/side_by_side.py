"""Several targets as Markdown: one table with a column for each, then what each of them needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from landed.core.next import landed
from landed.core.standing import Judgement
from landed.ops.side_by_side import Look
from landed.report.beside import Names, findings, groups, head
from landed.report.markdown.error import told
from landed.report.markdown.examined import BAD, GOOD, OPEN, about, advice, icon, remarkable, worst
from landed.report.markdown.inline import code, prose
from landed.report.markdown.sheet import Sheet
from landed.report.markdown.steps import sentence
from landed.report.markdown.verify import verdict
from landed.report.page import Page
from landed.report.reports import SideBySide
from landed.report.standings import summary


def render(report: SideBySide, page: Page) -> None:
    """Write the table, then a section for each target."""
    together = report.together
    verb = "status" if report.answers is None else "verify"
    sheet = Sheet(landed(verb, target=[look.asked for look in together.looks], json=True))
    sheet.add(f"### {_verdict(report)}")
    heads = ["File", *(prose(head(look, together)) for look in together.looks)]
    sheet.table(heads, _rows(report))
    lines = [sentence(text, page) for text in findings(together)]
    if lines:
        sheet.add("\\\n".join(lines))
    for index, look in enumerate(together.looks):
        _target(sheet, look, replace(page, command=page.command_for(look.asked)), report, index)
    sheet.write(page)


def _verdict(report: SideBySide) -> str:
    looks, answers = report.together.looks, report.answers
    if answers is None:
        marks = [worst(look.exam.judgements) if look.exam else BAD for look in looks]
        return f"{' '.join(marks)} landed status of {len(looks)} targets"
    proven = sum(answer is not None and answer.proven for answer in answers)
    return f"{GOOD if proven == len(looks) else BAD} {proven} of {len(looks)} targets proven"


def _rows(report: SideBySide) -> Iterator[list[str]]:
    known = report.together.known
    for names, row in groups(report.together, everything=report.everything):
        yield [_name(names), *(_cell(*pair) for pair in zip(row.cells, known, strict=True))]


def _name(names: Names) -> str:
    if isinstance(names, str):
        return code(names)
    return f"{code(names[0])} … {code(names[1])} ({names[2]})"


def _cell(cell: Judgement | None, known: bool) -> str:
    if not known:
        return f"{OPEN} not known"
    return "-" if cell is None else f"{icon(cell.standing)} {cell.standing}"


def _target(sheet: Sheet, look: Look, page: Page, report: SideBySide, index: int) -> None:
    if look.exam is None:
        assert look.error is not None
        sheet.add(f"#### {BAD} {prose(look.shown)}: could not find out")
        sheet.add(told(look.error, page))
        return
    answer = report.answers[index] if report.answers is not None else None
    label = prose(look.exam.workspace.spec.label)
    counts = f"{worst(look.exam.judgements)} {prose(summary(look.exam))}"
    sheet.add(f"#### {label}: {counts if answer is None else verdict(look.exam, answer)}")
    sheet.add(about(look.exam, page))
    advice(sheet, look.exam, page)
    remarkable(sheet, look.exam, page)
