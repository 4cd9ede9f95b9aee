"""Several targets as text: one table with a column for each, then what each of them needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import IO

from landed.core.next import landed
from landed.core.standing import Judgement
from landed.engines.say import plural
from landed.ops.side_by_side import Look, Row
from landed.ops.side_by_side import SideBySide as Looks
from landed.ops.verify import Answer
from landed.report.differences import collapsed
from landed.report.page import Page
from landed.report.reports import SideBySide
from landed.report.terminal import say, say_next
from landed.report.text.status import MARKS, render_remarkable
from landed.report.text.style import paint, symbols
from landed.report.text.verify import render_verify

Command = Callable[[str], str]
_FOLD = 8
"""More consecutive migrations with the same cells than this become one line."""
_NAMES = 60


def render_side_by_side(
    together: Looks,
    out: IO[str],
    command_for: Callable[[str], Command],
    command: Command,
    *,
    everything: bool = False,
) -> None:
    """Write the table and, per target, details and the next command.

    ``command_for`` puts the options for one target into a command, ``command`` those for none.
    """
    heads = [_head(look, together) for look in together.looks]
    lines = [*_table(together, out, everything)]
    names = min(max([len(name) for name, _ in lines] + [9]), _NAMES)
    widths = [max([len(head)] + [len(cells[i][0]) for _, cells in lines]) for i, head in enumerate(heads)]
    header = "   ".join(f"{head:<{width}}" for head, width in zip(heads, widths, strict=True))
    say(f"  {'migration':<{names}}   {paint(header.rstrip(), 'bold', out)}", out)
    for name, cells in lines:
        shown = [
            paint(f"{text:<{width}}", style, out) for (text, style), width in zip(cells, widths, strict=True)
        ]
        say(f"  {name:<{names}}   {'   '.join(shown)}".rstrip(), out)
    for index, line in enumerate(_findings(together, command)):
        if index == 0:
            say(out=out)
        say(line, out)
    for look in together.looks:
        say(out=out)
        if look.exam is not None:
            render_remarkable(look.exam, out, command_for(look.asked))
        else:
            _unknown(look, out, command_for(look.asked))


def render_verify_all(
    together: Looks,
    answers: Sequence[Answer | None],
    out: IO[str],
    command_for: Callable[[str], Command],
) -> None:
    """Write each target's answer, one after the other."""
    for index, (look, answer) in enumerate(zip(together.looks, answers, strict=True)):
        if index:
            say(out=out)
        if look.exam is not None and answer is not None:
            render_verify(look.exam, answer, out, command_for(look.asked))
        else:
            _unknown(look, out, command_for(look.asked))


def _head(look: Look, together: Looks) -> str:
    if look.exam is None:
        return look.shown
    label = look.exam.workspace.spec.label
    labels = [o.exam.workspace.spec.label for o in together.looks if o.exam]
    return label if labels.count(label) == 1 else look.shown


def _table(together: Looks, out: IO[str], everything: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    """Name and cells (text, style) of each line, long runs of one kind folded."""
    lines: list[tuple[str, list[tuple[str, str]]]] = []
    run: list[Row] = []

    def flush() -> None:
        if len(run) > _FOLD and not everything:
            name = f"{run[0].name} … {run[-1].name} ({len(run)})"
            lines.append((name, _cells(run[0], together, out)))
        else:
            lines.extend((row.name, _cells(row, together, out)) for row in run)
        run.clear()

    for row in together.rows:
        if run and [c and c.standing for c in row.cells] != [c and c.standing for c in run[0].cells]:
            flush()
        run.append(row)
    flush()
    return lines


def _cells(row: Row, together: Looks, out: IO[str]) -> list[tuple[str, str]]:
    return [_cell(cell, known, out) for cell, known in zip(row.cells, together.known, strict=True)]


def _cell(cell: Judgement | None, known: bool, out: IO[str]) -> tuple[str, str]:
    if not known:
        return f"{symbols(out)['open']} not known", "yellow"
    if cell is None:
        return "-", "dim"
    mark, style = MARKS.get(cell.standing, ("bad", "red"))
    return f"{symbols(out)[mark]} {cell.standing}", style


def _findings(together: Looks, command: Command) -> list[str]:
    found = []
    if sum(together.known) > 1:
        rows = together.differing
        if not rows:
            found.append(f"All {plural(len(together.rows), 'migration')} stand alike.")
        else:
            verb = "does" if len(rows) == 1 else "do"
            found.append(f"{plural(len(rows), 'migration')} {verb} not stand alike.")
    for drift in together.drifts:
        pair = f"{drift.a.label} and {drift.b.label}"
        objects = len({d.key.object for d in collapsed(drift)})
        if not objects:
            found.append(f"The schemas of {pair} are the same.")
            continue
        advice = command(landed("drift", drift.a.name, drift.b.name))
        found.append(f"The schemas of {pair} differ in {plural(objects, 'object')}: {advice}")
    if len(together.families) > 1:
        found.append(f"The schemas of {' and those of '.join(together.families)} are not compared.")
    return found


def _unknown(look: Look, out: IO[str], command: Command) -> None:
    error = look.error
    assert error is not None
    say(f"{look.shown}: {paint('could not find out', 'yellow', out)}: {error.message}", out)
    for line in error.details:
        say(f"  {line}", out)
    if error.next:
        say_next(command(error.next), out)


def render(report: SideBySide, page: Page) -> None:
    """Write the table, or the answers."""
    if report.answers is not None:
        render_verify_all(report.together, report.answers, page.out, page.command_for)
        return
    render_side_by_side(
        report.together, page.out, page.command_for, page.command, everything=report.everything
    )
