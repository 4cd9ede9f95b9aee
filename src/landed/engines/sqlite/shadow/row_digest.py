"""Row digests: what tells lost rows from changed ones, across anything a migration may do to a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

import apsw

from landed.engines.sqlite.shadow.sandbox import unrestricted
from landed.engines.sqlite.sql.tokens import fold, quote

_MASK = (1 << 64) - 1


class ColumnDigest(NamedTuple):
    """How many values are NULL, and a 64-bit digest of all values whatever the order of the rows."""

    nulls: int
    digest: int


class RowsDigest(NamedTuple):
    """The number of rows of a table, and a digest of each of its columns (by folded name)."""

    rows: int
    columns: dict[str, ColumnDigest]


class RowChange(NamedTuple):
    """What happened to a table's rows: ``kind`` is ``lost``, ``gained``, ``nulled`` or ``altered``.

    ``amount`` is a number of rows (of values, for ``nulled``; unknown, 0, for ``altered``);
    ``column`` is ``""`` where whole rows came or went.
    """

    kind: str
    table: str
    column: str
    amount: int


def digest_rows(connection: apsw.Connection, tables: Iterable[str]) -> dict[str, RowsDigest]:
    """Digest the rows of those of the tables that exist; keys are the names as given.

    Values of different types differ (1, 1.0 and '1'). Generated columns are left out. Every value is read:
    about 1.3 µs each.
    """
    digests = {}
    with unrestricted(connection):
        for table in tables:
            columns = [
                name
                for (name,) in connection.execute(
                    "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", (table,)
                )
            ]
            if columns:
                digests[table] = _digest(connection, table, columns)
    return digests


def row_changes(before: Mapping[str, RowsDigest], after: Mapping[str, RowsDigest]) -> tuple[RowChange, ...]:
    """What happened to the rows of the tables that are in both; a table or column that went is not listed.

    Where rows were lost or gained, what became of the values of the others is not known.
    """
    changes = []
    for table, was in before.items():
        now = after.get(table)
        if now is None or now == was:
            continue
        if now.rows != was.rows:
            kind = "lost" if now.rows < was.rows else "gained"
            changes.append(RowChange(kind, table, "", abs(now.rows - was.rows)))
            continue
        for column, old in was.columns.items():
            new = now.columns.get(column, old)
            if new.nulls > old.nulls:
                changes.append(RowChange("nulled", table, column, new.nulls - old.nulls))
            elif new != old:
                changes.append(RowChange("altered", table, column, 0))
    return tuple(changes)


def _digest(connection: apsw.Connection, table: str, columns: list[str]) -> RowsDigest:
    sums = [0] * len(columns)
    nulls = [0] * len(columns)
    rows = 0
    selected = ", ".join(map(quote, columns))
    for row in connection.execute(f"SELECT {selected} FROM {quote(table)}"):
        rows += 1
        for index, value in enumerate(row):
            if value is None:
                nulls[index] += 1
            else:
                # repr tells types apart, and a sum does not care for the order of the rows.
                sums[index] += int.from_bytes(blake2b(repr(value).encode(), digest_size=8).digest(), "big")
    found = {
        fold(column): ColumnDigest(nulls[index], sums[index] & _MASK) for index, column in enumerate(columns)
    }
    return RowsDigest(rows, found)
