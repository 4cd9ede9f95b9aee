"""What status and verify share in Markdown: the table of files, and the evidence of those to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from landed.core.standing import Judgement, Remedy, Standing
from landed.core.turns import next_steps
from landed.ops.examine import Examination
from landed.report.evidence import collapse, compare, place
from landed.report.heading import absent, headline
from landed.report.markdown.inline import code, code_in_html, fenced, prose
from landed.report.markdown.sheet import Sheet, bullets, details
from landed.report.markdown.steps import sentence, step
from landed.report.page import Page
from landed.report.standings import (
    FOLD,
    beginnings,
    is_plain,
    position,
    reason,
    runs,
    too_many,
    unexplained_objects,
)

GOOD, BAD, OPEN, WAIT, CARE = "✅", "❌", "❔", "⏳", "⚠️"
ICONS = {
    Standing.OK: GOOD,
    Standing.PENDING: WAIT,
    Standing.UNPROVABLE: OPEN,
    Standing.UNKNOWN: OPEN,
    Standing.UNRECORDED: CARE,
    Standing.OUT_OF_ORDER: CARE,
}
"""All other standings are bad."""
_STATEMENTS = 100
"""At most so many statements are shown: all of them, or none, as a part of them leads nowhere."""
_SHOWN = 8


def icon(standing: Standing) -> str:
    """The mark of a standing; the word stands beside it."""
    return ICONS.get(standing, BAD)


def worst(judgements: Iterable[Judgement]) -> str:
    """The mark of a whole history: the worst of its files'."""
    marks = {icon(j.standing) for j in judgements}
    return next((mark for mark in (BAD, CARE, OPEN, WAIT) if mark in marks), GOOD)


def about(exam: Examination, page: Page) -> str:
    """Which database, which files, which ledger."""
    lines = [prose(line) for line in (*headline(exam), position(exam)) if line]
    lines += [sentence(line, page) for line in absent(exam)]
    return "\\\n".join(lines)


def files(sheet: Sheet, exam: Examination, *, everything: bool = False) -> None:
    """The table of files with their standings, long runs of one kind in one row."""
    hidden = frozenset() if everything else frozenset(too_many(exam))
    shown = [j for j in exam.judgements if j.name not in hidden]
    if not shown:
        return
    groups = [[j] for j in shown] if everything else runs(shown)
    rows = [row for group in groups for row in _rows(group)]
    if hidden:
        rows.append(("", "…", f"and {len(hidden)} more rows without a file"))
    sheet.table(("", "File", "Standing"), rows)


def _rows(group: Sequence[Judgement]) -> Iterator[tuple[str, str, str]]:
    first, last = group[0], group[-1]
    if len(group) > FOLD:
        names = f"{code(first.name)} … {code(last.name)} ({len(group)} files)"
        yield icon(first.standing), names, f"**{first.standing}**"
        return
    for judgement in group:
        why = reason(judgement)
        text = f"**{judgement.standing}**" + (f" {prose(why)}" if why else "")
        yield icon(judgement.standing), code(judgement.name), text


def remarkable(sheet: Sheet, exam: Examination, page: Page) -> None:
    """What is to be said of files that are not plainly well, each to be opened by a click."""
    hidden = frozenset(too_many(exam))
    for judgement in exam.judgements:
        if judgement.name not in hidden and not is_plain(judgement):
            blocks = list(_evidence(exam, judgement, page))
            if blocks:
                head = f"{icon(judgement.standing)} {judgement.standing}: {code_in_html(judgement.name)}"
                sheet.add(details(head, blocks))
    _base(sheet, exam, page)
    _unexplained(sheet, exam)
    notes = [prose(note.text) for note in exam.notes[:_SHOWN]]
    if notes:
        more = [f"… and {len(exam.notes) - _SHOWN} more"] if len(exam.notes) > _SHOWN else []
        sheet.add(bullets([*notes, *more]))


def _evidence(exam: Examination, judgement: Judgement, page: Page) -> Iterator[str]:
    lines = [prose(note) for note in judgement.notes if not note.startswith("git ")]
    if judgement.standing not in (Standing.PENDING, Standing.OUT_OF_ORDER):
        found = collapse(e for e in judgement.evidence if not e.holds)
        for item in found[:_SHOWN]:
            at = f" ({code(place(judgement, item))})" if item.line else ""
            lines.append(f"{code(item.fact)}: {prose(compare(item))}{at}")
        if len(found) > _SHOWN:
            lines.append(f"… and {len(found) - _SHOWN} more")
    if lines:
        yield bullets(lines)
    remedy = judgement.remedy
    if remedy is not None and judgement.standing in (Standing.PARTIAL, Standing.PHANTOM):
        if remedy.cautions:
            yield bullets(prose(caution) for caution in remedy.cautions)
        if remedy.opens:
            yield from _keeping_shut(exam, remedy)
        elif remedy.sql:
            but = f" all but {', '.join(code(str(key)) for key in remedy.left)}" if remedy.left else ""
            yield f"This brings back{but or ' what the file says'}:"
            yield _sql(exam, remedy.sql)
        if remedy.instead and not remedy.opens:
            yield "To keep it as it is now, in a new migration:"
            yield _sql(exam, remedy.instead)
    if judgement.next and judgement.standing is not Standing.PENDING:
        yield step(judgement.next, page)


def _keeping_shut(exam: Examination, remedy: Remedy) -> Iterator[str]:
    if remedy.instead:
        yield "To keep it shut, in a new migration:"
        yield _sql(exam, remedy.instead)
    if remedy.sql:
        yield "What `resume` runs opens it again:"
        yield _sql(exam, remedy.sql)


def _sql(exam: Examination, statements: Sequence[str]) -> str:
    if len(statements) > _STATEMENTS:
        return f"{len(statements)} statements (`--json` shows them)"
    pasteable = exam.workspace.engine.pasteable
    return fenced("\n".join(f"{pasteable(sql, 0)};" for sql in statements), "sql")


def _base(sheet: Sheet, exam: Examination, page: Page) -> None:
    for text, way in beginnings(exam):
        sheet.add(f"{prose(text)}\n\n{step(way, page)}")
    wrong = collapse(e for e in exam.base.evidence if not e.holds) if exam.base is not None else []
    if wrong:
        lines = [f"{code(item.fact)}: {prose(compare(item))}" for item in wrong[:_SHOWN]]
        more = [f"… and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        head = f"{BAD} The starting schema is not what the database has ({len(wrong)})"
        sheet.add(details(head, [bullets([*lines, *more])]))


def _unexplained(sheet: Sheet, exam: Examination) -> None:
    objects = unexplained_objects(exam.unexplained)
    if not objects:
        return
    more = [f"… and {len(objects) - _SHOWN} more"] if len(objects) > _SHOWN else []
    blocks = [bullets([*(code(name) for name in objects[:_SHOWN]), *more])]
    from landed.ops.adopting import adoption, by_hand

    found = adoption(exam)
    if found is not None and found.sql:
        blocks += ["A new migration that makes what can be made:", _sql(exam, found.sql)]
    told = by_hand(exam)
    blocks.append(f"{told[0].upper()}{told[1:]}.")
    sheet.add(details(f"{CARE} In the database, but made by no migration ({len(objects)})", blocks))


def advice(sheet: Sheet, exam: Examination, page: Page) -> None:
    """What to do first."""
    steps = next_steps(exam.judgements)
    if steps:
        sheet.add(f"**Next**\n\n{step(steps[0], page)}")
