"""What a rehearsal found, as findings in words that every format shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from landed.core.counting import plural
from landed.core.findings import FailureFound, FileRehearsal, Rehearsal, RowsChanged, RowsLost
from landed.ops.rehearse_data import RowCount

_WIDE = 160


class Finding(NamedTuple):
    """One thing that speaks against a file: in two or three words, where, in a sentence, and what helps.

    ``weak``: it depends on the data.
    """

    label: str
    place: str
    text: str
    details: tuple[str, ...] = ()
    advice: str | None = None
    weak: bool = False


def summary(rehearsal: Rehearsal) -> str:
    """How many files something speaks against, in one line."""
    found, weak = len(rehearsal.found), len([f for f in rehearsal.weak if not f.found])
    total = plural(len(rehearsal.files), "file")
    if not found and not weak:
        return f"{total} rehearsed: nothing found."
    parts = []
    if found:
        parts.append(f"findings in {plural(found, 'file')}")
    if weak:
        parts.append(f"{plural(weak, 'file')} {'depends' if weak == 1 else 'depend'} on the data")
    return f"{total} rehearsed: {', '.join(parts)}."


def findings(file: FileRehearsal) -> Iterator[Finding]:
    """All that speaks against a file: statements that fail, rows that go, values that change."""
    for failure in file.failures:
        yield _failure(file, failure)
    for loss in file.rows_lost:
        yield _lost(file, loss)
    for change in file.rows_changed:
        yield _changed(file, change)


def _failure(file: FileRehearsal, failure: FailureFound) -> Finding:
    label = "FAILS"
    if failure.weak:
        label = "DEPENDS ON DATA"
    elif failure.only_with_data:
        label = "FAILS AS SOON AS THERE ARE ROWS"
    place = _place(file, failure.statement, failure.line)
    return Finding(label, place, failure.message, failure.details, failure.advice, failure.weak)


def _lost(file: FileRehearsal, loss: RowsLost) -> Finding:
    through = f": {loss.through}" if loss.through else ": the file's own copy leaves them out"
    left = "all rows" if not loss.after else f"{loss.before - loss.after} of {plural(loss.before, 'row')}"
    text = f"{left} of table {loss.table} are lost{through}"
    return Finding("ROWS LOST", _place(file, loss.statement, loss.line), text, advice=loss.advice)


def _changed(file: FileRehearsal, change: RowsChanged) -> Finding:
    through = f": {change.through}" if change.through else ""
    rows = plural(change.rows, "row")
    text = f"{change.table}.{change.column} in {rows}, {change.example}{through}"
    place = _place(file, change.statement, change.line)
    return Finding("VALUES CHANGED", place, text, advice=change.advice)


def _place(file: FileRehearsal, number: int, line: int) -> str:
    total = len(file.migration.statements)
    return f"{file.migration.file}:{line}, statement {number} of {total}" if number else file.migration.file


def short_change(change: str) -> str:
    """A change in one line: a function's body or a long definition is not spelled out."""
    if len(change) <= _WIDE and "\n" not in change:
        return change
    what, _, values = change.partition(": ")
    return f"{what}: changed" if values else f"{change[: _WIDE - 1]}…"


def row_count(row: RowCount) -> str:
    """How many rows a table has before and after a file."""
    if row.before is None:
        return f"table {row.table}: new, {plural(row.after or 0, 'row')}"
    if row.after is None:
        return f"table {row.table}: gone, with {plural(row.before, 'row')}"
    return f"table {row.table}: {row.before} → {plural(row.after, 'row')}"


def size(count: int) -> str:
    """A number of bytes for people."""
    for unit, width in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if count >= width:
            return f"{count / width:.1f} {unit}"
    return f"{count} bytes"
