"""Rows that a statement writes under literal keys, and reads that tell whether they are there as written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final, NamedTuple

from landed.core.timeline import DataCheck

MAX_ROWS: Final = 100
_MAX_SQL: Final = 40_000
"""Characters: a longer read compares keys only. D1 takes 100,000 bytes a statement."""


class Clash(Enum):
    """What a statement does where a row with its key is there already."""

    FAILS = "fails"
    """A plain INSERT: another row under the key says nothing about whether it ran."""
    KEEPS = "keeps"
    """OR IGNORE, DO NOTHING: once it ran, some row is there."""
    WRITES = "writes"
    """REPLACE, DO UPDATE: once it ran, the row has its values. Running it again does no harm."""
    MAY = "may"
    """DO UPDATE … WHERE: other values may have been left as they were."""


class Row(NamedTuple):
    """One row: the literals of its key, and of the other columns; ``None`` is what cannot be compared."""

    key: tuple[str, ...]
    values: tuple[str | None, ...]


class Written(NamedTuple):
    """What a statement writes: ``table`` as SQL, ``shown`` as facts name it, columns as they are called."""

    table: str
    shown: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    clash: Clash


Same = Callable[[str, str, bool], str]
"""``same(column, literal, key)``: SQL that is true where the column has this value."""


def checks_of(written: Written, number: int, line: int, same: Same) -> list[DataCheck]:
    """The reads for a statement, the one that proves most first.

    The first compares every value that the statement writes, and is NULL where the rows tell nothing. The
    second, of keys only, proves that rows are missing; rows that are there prove nothing by it.
    """
    last = {row.key: row for row in written.rows}
    if written.clash in (Clash.FAILS, Clash.KEEPS):
        last = {row.key: row for row in reversed(written.rows)}
    rows = list(dict.fromkeys(last[row.key] for row in written.rows))
    text, again = _text(written, rows), written.clash is not Clash.FAILS
    by_key = [
        " AND ".join(same(c, v, True) for c, v in zip(written.key, row.key, strict=True)) for row in rows
    ]
    keys_only = DataCheck(
        number, line, _all_there(written.table, by_key), text, derived=True, whole=False, again=again
    )
    if written.clash is Clash.KEEPS:
        return [keys_only._replace(whole=True)]
    found = [keys_only]
    if all(value is not None for row in rows for value in row.values):
        whole = [
            " AND ".join(
                [where, *(same(c, v or "", False) for c, v in zip(written.columns, row.values, strict=True))]
            )
            for where, row in zip(by_key, rows, strict=True)
        ]
        sql = _as_written(written, whole, by_key)
        if len(sql) <= _MAX_SQL:
            found.insert(0, DataCheck(number, line, sql, text + _values(written), derived=True, again=again))
    return found


def _all_there(table: str, conditions: Sequence[str]) -> str:
    return f"SELECT count(*) >= {len(conditions)} FROM {table} WHERE {_any(conditions)}"


def _as_written(written: Written, whole: Sequence[str], by_key: Sequence[str]) -> str:
    there = f"(SELECT count(*) FROM {written.table} WHERE {_any(whole)}) >= {len(whole)}"
    if written.clash is Clash.WRITES or not written.columns:
        return f"SELECT {there}"
    some = f"EXISTS (SELECT 1 FROM {written.table} WHERE {_any(by_key)})"
    return f"SELECT CASE WHEN {there} THEN 1 = 1 WHEN {some} THEN NULL ELSE 1 = 0 END"


def _any(conditions: Sequence[str]) -> str:
    return " OR ".join(f"({condition})" for condition in conditions)


def _text(written: Written, rows: Sequence[Row]) -> str:
    shown = ", ".join("/".join(row.key) for row in rows[:3])
    more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
    return f"{written.shown} has {'/'.join(written.key)} {shown}{more}"


def _values(written: Written) -> str:
    return (
        f" with {', '.join(written.columns[:3])}{' …' if len(written.columns) > 3 else ''} as written"
        if written.columns
        else ""
    )
