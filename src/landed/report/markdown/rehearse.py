"""A rehearsal as Markdown: what fails and what happens to rows, file by file."""

from __future__ import annotations

from collections.abc import Iterator

from landed.core.counting import plural
from landed.core.findings import FileRehearsal, Rehearsal
from landed.core.next import landed
from landed.ops.rehearse_data import DataFile, DataRehearsal
from landed.report.heading import rehearsed_in
from landed.report.locks import heavy_files, lock_lines
from landed.report.markdown.error import told
from landed.report.markdown.examined import BAD, CARE, GOOD, OPEN, WAIT
from landed.report.markdown.inline import code, code_in_html, fenced, prose
from landed.report.markdown.sheet import Sheet, bullets, details
from landed.report.markdown.steps import step
from landed.report.page import Page
from landed.report.rehearsed import Finding, findings, row_count, short_change, size, summary
from landed.report.reports import Rehearse
from landed.report.standings import FOLD

_CHANGES = 40
_OUTCOMES = {
    "proven": (GOOD, "apply would run, prove and record it"),
    "refused": (BAD, "apply would roll it back"),
    "not run": (WAIT, "not reached"),
}


def render(report: Rehearse, page: Page) -> None:
    """Write the counts, the table of files, and what was found in some of them."""
    rehearsal = report.rehearsal
    sheet = Sheet(landed("rehearse", with_data=report.data is not None, json=True))
    sheet.add(f"### {_worst(rehearsal)} landed rehearse: {prose(summary(rehearsal).rstrip('.'))}")
    sheet.add(prose(rehearsed_in(report.workspace, rehearsal)))
    if rehearsal.notes:
        sheet.add(bullets(prose(note) for note in rehearsal.notes))
    sheet.table(("", "File", "What it does", "What was found"), _rows(rehearsal, report.everything))
    for file in rehearsal.files:
        if _speaks(file) or report.everything:
            sheet.add(_file(file, page))
    if report.data is not None:
        _data(sheet, report.data, page)
    sheet.write(page)


def _worst(rehearsal: Rehearsal) -> str:
    return BAD if rehearsal.found else OPEN if rehearsal.weak else GOOD


def _speaks(file: FileRehearsal) -> bool:
    return bool(file.found or file.weak or file.notes or any(lock.heavy for lock in file.locks))


def _icon(file: FileRehearsal) -> str:
    calm = CARE if heavy_files([file]) else GOOD
    return BAD if file.found else OPEN if file.weak else calm


def _rows(rehearsal: Rehearsal, everything: bool) -> Iterator[tuple[str, str, str, str]]:
    calm: list[FileRehearsal] = []
    for file in (*rehearsal.files, None):
        if file is not None and not _speaks(file):
            calm.append(file)
            continue
        if len(calm) > FOLD and not everything:
            first, last = calm[0].migration.name, calm[-1].migration.name
            yield GOOD, f"{code(first)} … {code(last)} ({len(calm)} files)", "", "nothing"
        else:
            yield from map(_row, calm)
        calm = []
        if file is not None:
            yield _row(file)


def _row(file: FileRehearsal) -> tuple[str, str, str, str]:
    found = list(dict.fromkeys(finding.label for finding in findings(file)))
    if heavy_files([file]):
        found.append("keeps others waiting")
    does = f"{plural(len(file.migration.statements), 'statement')}, {plural(len(file.changes), 'change')}"
    return _icon(file), code(file.migration.name), does, prose(", ".join(found) or "nothing")


def _file(file: FileRehearsal, page: Page) -> str:
    blocks = [block for found in findings(file) for block in _finding(found, page)]
    if file.notes:
        blocks.append(bullets(prose(note) for note in file.notes))
    if file.instead:
        blocks += [
            "Put this in place of its statements, it does the same and keeps every row:",
            fenced("\n".join(f"{sql};" for sql in file.instead), "sql"),
        ]
    locks = lock_lines(file)
    if locks:
        blocks += ["Locks:", fenced("\n".join(locks))]
    if file.changes:
        blocks += ["What it does:", changes(file.changes)]
    return details(f"{_icon(file)} {code_in_html(file.migration.name)}", blocks)


def _finding(found: Finding, page: Page) -> Iterator[str]:
    yield f"**{prose(found.label)}** at {code(found.place)}\\\n{prose(found.text)}"
    if found.details:
        yield fenced("\n".join(found.details))
    if found.advice:
        yield step(found.advice, page)


def changes(lines: tuple[str, ...]) -> str:
    """What a file does, one object a line."""
    shown = [" ".join(short_change(line).splitlines()) for line in lines[:_CHANGES]]
    if len(lines) > _CHANGES:
        shown.append(f"… and {len(lines) - _CHANGES} more")
    return fenced("\n".join(shown), "diff")


def _data(sheet: Sheet, data: DataRehearsal, page: Page) -> None:
    label = prose(data.examination.workspace.spec.label)
    if data.refusal is not None:
        sheet.add(f"#### {BAD} {label}: landed apply would not start")
        sheet.add(told(data.refusal, page))
    elif not data.files:
        sheet.add(f"#### {GOOD} {label}: nothing is pending")
    else:
        mark = BAD if data.found else GOOD
        pending = plural(len(data.files), "pending file")
        sheet.add(f"#### {mark} {label}: {pending} on a full copy of it ({size(data.size)})")
        for file in data.files:
            sheet.add(_data_file(file, page))


def _data_file(file: DataFile, page: Page) -> str:
    mark, said = _OUTCOMES[file.outcome]
    blocks = [bullets(prose(row_count(row)) for row in file.rows)] if file.rows else []
    if file.error is not None:
        blocks.append(told(file.error, page))
    if not blocks:
        return f"{mark} {code(file.item.migration.name)}: {said}"
    return details(f"{mark} {code_in_html(file.item.migration.name)}: {said}", blocks)
