"""The status of a target as text: headline, one line per migration, evidence, next command."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

from landed.core.standing import Judgement, Standing
from landed.core.turns import next_steps
from landed.ops.examine import Examination
from landed.report.evidence import collapse, compare, place
from landed.report.heading import absent, headline
from landed.report.page import Page
from landed.report.reports import Status
from landed.report.standings import (
    FOLD,
    beginnings,
    is_plain,
    position,
    reason,
    runs,
    summary,
    too_many,
    unexplained_objects,
)
from landed.report.terminal import say, say_all, say_next
from landed.report.text.statements import Pasteable, render_adoption, render_remedy
from landed.report.text.style import paint, symbols

MARKS = {
    Standing.OK: ("good", "green"),
    Standing.PENDING: ("wait", "blue"),
    Standing.UNPROVABLE: ("open", "yellow"),
    Standing.UNKNOWN: ("open", "yellow"),
    Standing.UNRECORDED: ("bad", "yellow"),
    Standing.OUT_OF_ORDER: ("wait", "yellow"),
}
_BAD = ("bad", "red")
_SHOWN = 8

Command = Callable[[str], str]


def render_status(exam: Examination, out: IO[str], command: Command, *, everything: bool = False) -> None:
    """Write the status for a person."""
    say_all(headline(exam), out)
    say_all(map(command, absent(exam)), out)
    say(out=out)
    width = max((len(j.standing) for j in exam.judgements), default=0)
    hidden = frozenset() if everything else frozenset(too_many(exam))
    shown = [j for j in exam.judgements if j.name not in hidden]
    for run in [[j] for j in shown] if everything else runs(shown):
        _run(run, out, width, command, exam.workspace.engine.pasteable)
    if hidden:
        say(f"  … and {len(hidden)} more rows of the ledger without a file (--json shows all)", out)
    _base(exam, out, command)
    _unexplained(exam, out)
    say(out=out)
    _set_notes(exam, out)
    say(summary(exam), out)
    if at := position(exam):
        say(at, out)
    advice = next_steps(exam.judgements)
    if advice:
        say_next(command(advice[0]), out)


def render_remarkable(exam: Examination, out: IO[str], command: Command) -> None:
    """Write what one of several targets needs: only the migrations that are not plainly well."""
    say_all(headline(exam), out)
    say_all(map(command, absent(exam)), out)
    width = max((len(j.standing) for j in exam.judgements), default=0)
    hidden = frozenset(too_many(exam))
    for judgement in exam.judgements:
        well = judgement.standing is Standing.OK and not judgement.notes and not reason(judgement)
        well = well or judgement.name in hidden
        if not well and not is_plain(judgement):
            _line(judgement, out, width)
            _details(judgement, out, command, exam.workspace.engine.pasteable)
    _base(exam, out, command)
    _unexplained(exam, out)
    say(summary(exam), out)
    advice = next_steps(exam.judgements)
    if advice:
        say_next(command(advice[0]), out)


def _run(run: list[Judgement], out: IO[str], width: int, command: Command, pasteable: Pasteable) -> None:
    if len(run) <= FOLD:
        for judgement in run:
            _line(judgement, out, width)
            _details(judgement, out, command, pasteable)
        return
    mark, style = MARKS.get(run[0].standing, _BAD)
    label = paint(f"{symbols(out)[mark]} {run[0].standing:<{width}}", style, out)
    say(f"  {label}  {run[0].name} … {run[-1].name}  ({len(run)} files)", out)


def _line(judgement: Judgement, out: IO[str], width: int) -> None:
    mark, style = MARKS.get(judgement.standing, _BAD)
    label = paint(f"{symbols(out)[mark]} {judgement.standing:<{width}}", style, out)
    why = reason(judgement)
    say(f"  {label}  {judgement.name}" + (f"  {why}" if why else ""), out)


def _details(judgement: Judgement, out: IO[str], command: Command, pasteable: Pasteable) -> None:
    for note in judgement.notes:
        if not note.startswith("git "):
            say(f"      {paint(note, 'dim', out)}", out)
    quiet = judgement.standing in (Standing.PENDING, Standing.OUT_OF_ORDER)
    evidence = [] if quiet else collapse(e for e in judgement.evidence if not e.holds)
    for item in evidence[:_SHOWN]:
        at = f"  {paint(place(judgement, item), 'dim', out)}" if item.line else ""
        say(f"      {item.fact}: {compare(item)}{at}", out)
    if len(evidence) > _SHOWN:
        say(f"      … and {len(evidence) - _SHOWN} more (--json shows all)", out)
    if judgement.standing in (Standing.PARTIAL, Standing.PHANTOM) and judgement.remedy is not None:
        render_remedy(judgement.remedy, out, pasteable)
    if judgement.next and judgement.standing is not Standing.PENDING:
        say(f"      {symbols(out)['arrow']} {command(judgement.next)}", out)


def _base(exam: Examination, out: IO[str], command: Command) -> None:
    base = exam.base
    for text, way in beginnings(exam):
        say(out=out)
        say(f"  {text}", out)
        say(f"  {command(way)}", out)
    if base is None:
        return
    wrong = collapse(e for e in base.evidence if not e.holds)
    if wrong:
        say(out=out)
        say(f"  The starting schema is not what the database has ({len(wrong)}):", out)
        for item in wrong[:_SHOWN]:
            say(f"      {item.fact}: {compare(item)}", out)


def _unexplained(exam: Examination, out: IO[str]) -> None:
    objects = unexplained_objects(exam.unexplained)
    if not objects:
        return
    say(out=out)
    say(f"  In the database, but made by no migration ({len(objects)}):", out)
    for name in objects[:_SHOWN]:
        say(f"      {name}", out)
    if len(objects) > _SHOWN:
        say(f"      … and {len(objects) - _SHOWN} more (--json shows all)", out)
    from landed.ops.adopting import adoption, by_hand

    if (found := adoption(exam)) is not None:
        render_adoption(found, len(objects), out, exam.workspace.engine.pasteable)
    say(f"      {symbols(out)['arrow']} {by_hand(exam)}", out)


def _set_notes(exam: Examination, out: IO[str]) -> None:
    """What is worth knowing about the folder as a whole: doubled numbers, gaps, files that are skipped."""
    notes = exam.notes
    for note in notes[:_SHOWN]:
        say(f"  {paint('note: ' + note.text, 'dim', out)}", out)
    if len(notes) > _SHOWN:
        say(f"  … and {len(notes) - _SHOWN} more notes (landed doctor shows all)", out)


def render(report: Status, page: Page) -> None:
    """Write the status."""
    render_status(report.exam, page.out, page.command, everything=report.everything)
