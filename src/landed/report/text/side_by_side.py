"""Several targets as text: one table with a column for each, then what each of them needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import IO

from landed.core.standing import Judgement
from landed.ops.side_by_side import Look, Row
from landed.ops.side_by_side import SideBySide as Looks
from landed.ops.verify import Answer
from landed.report.beside import findings, groups, head
from landed.report.page import Page
from landed.report.reports import SideBySide
from landed.report.terminal import say, say_next
from landed.report.text.status import MARKS, render_remarkable
from landed.report.text.style import paint, symbols
from landed.report.text.verify import render_verify

Command = Callable[[str], str]
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
    heads = [head(look, together) for look in together.looks]
    lines = [*_table(together, out, everything)]
    names = min(max([len(name) for name, _ in lines] + [9]), _NAMES)
    widths = [max([len(title)] + [len(cells[i][0]) for _, cells in lines]) for i, title in enumerate(heads)]
    header = "   ".join(f"{title:<{width}}" for title, width in zip(heads, widths, strict=True))
    say(f"  {'migration':<{names}}   {paint(header.rstrip(), 'bold', out)}", out)
    for name, cells in lines:
        shown = [
            paint(f"{text:<{width}}", style, out) for (text, style), width in zip(cells, widths, strict=True)
        ]
        say(f"  {name:<{names}}   {'   '.join(shown)}".rstrip(), out)
    for index, line in enumerate(findings(together)):
        if index == 0:
            say(out=out)
        say(command(line), out)
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


def _table(together: Looks, out: IO[str], everything: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    """Name and cells (text, style) of each line."""
    lines = []
    for names, row in groups(together, everything=everything):
        name = names if isinstance(names, str) else f"{names[0]} … {names[1]} ({names[2]})"
        lines.append((name, _cells(row, together, out)))
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
