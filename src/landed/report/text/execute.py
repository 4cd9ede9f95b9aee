"""Results of one-off SQL as tables for people."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence
from typing import IO

from landed.core.oneoff import Outcome, SqlValue
from landed.core.printable import escaped
from landed.ops.one_off import Executed, OneOff
from landed.ops.workspace import Workspace
from landed.report.execute_types import is_number
from landed.report.page import Page
from landed.report.place import shown_place
from landed.report.reports import Exec, ExecOn, ExecPlan
from landed.report.terminal import say, without_secrets
from landed.report.text.style import paint

_GAP = 2
_NARROWEST = 8
_BLOB_BYTES = 32


def render_headline(workspace: Workspace, out: IO[str]) -> None:
    """Which database this is about."""
    place = shown_place(workspace.spec, workspace.project.start)
    dsn = workspace.spec.dsn
    if dsn is not None and dsn.user:
        place = f"{place}  as {dsn.user}".strip()
    say(f"{paint(workspace.spec.label, 'bold', out)}  {place}".rstrip(), out)
    if workspace.engine.asked_as:
        say(workspace.engine.asked_as, out)


def render_plan(plan: OneOff, out: IO[str]) -> None:
    """What would be written, and what to know before saying yes."""
    writes, total = len(plan.touched.writes), len(plan.script.statements)
    if plan.planned.alone:
        say(f"  This statement writes, and runs outside of a transaction ({plan.planned.alone}):", out)
        say("  if it fails, what it had done until then may stay.", out)
    elif total == 1:
        say("  This statement writes.", out)
    elif not plan.planned.counted:
        first = plan.touched.writes[0]
        say(f"  Statement {first} of {total} writes; all of them run in one transaction.", out)
    else:
        say(f"  {writes} of {total} statements write; all of them run in one transaction.", out)
    for text in plan.warnings:
        render_warning(text, out)


def render_warning(text: str, out: IO[str]) -> None:
    """One warning."""
    say(f"  {paint('warning', 'yellow', out)}: {text}", out)


def render_results(done: Executed, out: IO[str], talk: IO[str], width: int | None) -> None:
    """Write tables to ``out`` and counts to ``talk``; ``width`` (columns) cuts values, ``None`` never."""
    several = len(done.outcomes) > 1
    cut = False
    for index, outcome in enumerate(done.outcomes):
        if several:
            statement = outcome.statement
            if index:
                say(out=out)
            title = f"-- statement {statement.number} of {len(done.outcomes)}, line {statement.line}"
            say(paint(title, "dim", out), out)
        if outcome.columns:
            cut = _table(outcome, out, width) or cut
        out.flush()
        for severity, message in outcome.notices:
            say(f"{paint(severity.lower(), 'blue', talk)}: {shown(message)}", talk)
        say(paint(_count(outcome), "dim", talk), talk)
        talk.flush()
    if cut:
        say(paint("… values were cut to fit the terminal; --json shows them whole", "dim", talk), talk)
    for text in done.warnings:
        render_warning(text, talk)
    if done.plan.writes and done.plan.planned.alone:
        say(f"Done on {done.plan.workspace.spec.label}, outside of a transaction.", talk)
    elif done.plan.writes:
        changed = f"{_rows(sum(o.changes + o.indirect for o in done.outcomes))} changed"
        if not all(o.counted for o in done.outcomes):
            changed = "the server did not say how many rows were changed"
        say(f"Committed on {done.plan.workspace.spec.label}: {changed}.", talk)


def _count(outcome: Outcome) -> str:
    parts = []
    if outcome.columns:
        parts.append(_rows(len(outcome.rows)))
    if not outcome.counted:
        parts.append("done, and how many rows were changed is not known")
    elif outcome.changes:
        parts.append(f"{_rows(outcome.changes)} changed")
    if outcome.indirect:
        parts.append(f"{_rows(outcome.indirect, 'more row')} changed by triggers or foreign keys")
    tag = "" if outcome.status[-1:].isdigit() else outcome.status
    return ", ".join(parts) or f"done ({tag}), no row changed".replace(" ()", "")


def _rows(number: int, noun: str = "row") -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _table(outcome: Outcome, out: IO[str], width: int | None) -> bool:
    """Write one table, or one line per value where the columns do not fit; whether anything was cut."""
    names = [shown(name) for name in outcome.columns]
    cells = [[shown_value(value) for value in row] for row in outcome.rows]
    if width is not None:  # what is cut is no longer known as a secret
        names, *cells = [[without_secrets(cell) for cell in row] for row in (names, *cells)]
    natural = [
        max([columns(name), *(columns(row[i]) for row in cells)]) for i, name in enumerate(names)
    ]  # fmt: skip
    widths = natural if width is None else _fitted(natural, width)
    if widths is None:
        return _records(outcome, names, cells, out, width or 80)
    right = [
        is_number(outcome.types[i])
        if outcome.types
        else bool(outcome.rows) and all(isinstance(row[i], (int, float, type(None))) for row in outcome.rows)
        for i in range(len(names))
    ]
    _line(names, widths, right, out, ["bold"] * len(names))
    say(paint((" " * _GAP).join("-" * w for w in widths), "dim", out), out)
    for row, values in zip(cells, outcome.rows, strict=True):
        _line(row, widths, right, out, ["dim" if value is None else "" for value in values])
    return widths != natural


def _line(
    cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], out: IO[str], styles: Sequence[str]
) -> None:
    parts = []
    last = len(cells) - 1
    for i, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        text = clipped(cell, width)
        space = " " * (width - columns(text))
        painted = paint(text, styles[i], out) if styles[i] else text
        parts.append(space + painted if right[i] else painted + (space if i < last else ""))
    say((" " * _GAP).join(parts), out, data=True)


def _records(
    outcome: Outcome, names: Sequence[str], cells: Sequence[Sequence[str]], out: IO[str], width: int
) -> bool:
    label = min(max(map(columns, names)), width // 2)
    room = max(width - label - 3, _NARROWEST)
    cut = False
    for number, (row, values) in enumerate(zip(cells, outcome.rows, strict=True), 1):
        say(paint(f"-- row {number}", "dim", out), out)
        for name, cell, value in zip(names, row, values, strict=True):
            text = clipped(cell, room)
            cut = cut or text != cell
            title = clipped(name, label)
            painted = paint(text, "dim", out) if value is None else text
            say(f"{title}{' ' * (label - columns(title))} | {painted}", out, data=True)
    return cut


def _fitted(natural: Sequence[int], width: int) -> list[int] | None:
    """Widths that fit into the terminal, the widest columns cut first; ``None`` when too many columns."""
    room = width - _GAP * (len(natural) - 1)
    if sum(natural) <= room:
        return list(natural)
    if sum(min(n, _NARROWEST) for n in natural) > room:
        return None
    low, high = _NARROWEST, max(natural)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(min(n, middle) for n in natural) <= room else (low, middle - 1)
    fitted = [min(n, low) for n in natural]
    for i, n in enumerate(natural):
        if n > fitted[i]:
            fitted[i] += min(n - fitted[i], room - sum(fitted))
    return fitted


def shown_value(value: SqlValue) -> str:
    """A value as people read it: NULL, numbers, text on one line, blobs as ``x'…'``.

    Text that reads NULL is shown in quotes, so that it can be told from NULL.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        if len(value) > _BLOB_BYTES:
            return f"x'{value[:_BLOB_BYTES].hex()}…' ({len(value):,} bytes)"
        return f"x'{value.hex()}'"
    if isinstance(value, str):
        return "'NULL'" if value == "NULL" else shown(value)
    return str(value)


def shown(text: str) -> str:
    """Text on one line: what could move the cursor, or would not be seen, is written as escapes."""
    if text.isprintable():
        return escaped(text)
    # A space of another kind is told from a space, too: it may be what is wrong with a value.
    return "".join(
        c.encode("unicode_escape").decode("ascii") if c.isspace() and c != " " else c for c in escaped(text)
    )


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_column, text))


def _column(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def clipped(text: str, width: int) -> str:
    """The text, cut with ``…`` if it takes more columns than ``width``."""
    if columns(text) <= width:
        return text
    kept, room = [], width - 1
    for character in text:
        room -= _column(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def render(report: Exec | ExecOn | ExecPlan, page: Page) -> None:
    """Write which database it is, what would be written, or the results, cut to fit a terminal."""
    match report:
        case ExecOn():
            render_headline(report.workspace, page.out)
        case ExecPlan():
            render_plan(report.plan, page.out)
        case Exec():
            width = shutil.get_terminal_size().columns if page.out.isatty() else None
            render_results(report.done, page.out, page.talk, width)
