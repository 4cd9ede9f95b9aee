"""The rows of a Postgres shadow's tables, kept by identity, so that loss and change show after any DDL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.engines.postgres.sql.tokens import quote

if TYPE_CHECKING:
    import psycopg

_LIMIT = 200
"""Rows of a table that are read; the rest is only counted."""

_COLUMNS = """
SELECT a.attrelid, n.nspname, c.relname, a.attnum, a.attname,
  pg_catalog.format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE a.attrelid = ANY (%s::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

_PRIMARY = """
SELECT indrelid, indkey::int2[] FROM pg_catalog.pg_index
WHERE indisprimary AND indrelid = ANY (%s::pg_catalog.oid[])
"""


class TableRows(NamedTuple):
    """A table's rows: ``columns`` are names and types by number, ``rows`` values (as text) by number.

    ``total`` is the number of rows, of which ``rows`` has the first ones. ``primary`` are the columns by
    which a row is told from others, ``()`` when nothing tells them apart.
    """

    schema: str
    name: str
    columns: Mapping[int, tuple[str, str]]
    rows: tuple[Mapping[int, str | None], ...]
    total: int
    primary: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class ColumnChange(NamedTuple):
    """Values of a column that are others: in how many rows, and one of them before and after."""

    column: str
    rows: int
    before: str | None
    after: str | None
    retyped: str | None


class Difference(NamedTuple):
    """What became of a table's rows; ``dropped`` are columns that went, with how many values."""

    lost: int
    changes: tuple[ColumnChange, ...]
    dropped: tuple[tuple[str, int], ...]


def read_rows(
    connection: psycopg.Connection[Any],
    tables: Iterable[int],
    like: Mapping[int, TableRows] | None = None,
) -> dict[int, TableRows]:
    """Read tables by object id; those that are gone or cannot be read are left out.

    ``like`` is an earlier reading: a column that has another type since is read as a value of its old
    type, so that only values that the cast has changed are others.
    """
    oids = "{" + ",".join(map(str, tables)) + "}"
    found: dict[int, tuple[str, str, dict[int, tuple[str, str]]]] = {}
    for oid, schema, name, number, column, kind in connection.execute(_COLUMNS, (oids,), prepare=False):
        found.setdefault(oid, (schema, name, {}))[2][number] = (column, kind)
    keys = connection.execute(_PRIMARY, (oids,), prepare=False).fetchall()
    primary = {oid: tuple(columns) for oid, columns in keys}
    result = {}
    for oid, (schema, name, columns) in found.items():
        before = (like or {}).get(oid)
        casts = {
            number: before.columns[number][1]
            for number, (_, kind) in columns.items()
            if before is not None and number in before.columns and before.columns[number][1] != kind
        }
        relation = f"{quote(schema)}.{quote(name)}"
        # Values that do not go back are compared as they are.
        read = _select(connection, relation, columns, casts)
        if read is None and casts:
            read = _select(connection, relation, columns, {})
        if read is not None:
            result[oid] = TableRows(schema, name, columns, *read, primary.get(oid, ()))
    return result


def _select(
    connection: psycopg.Connection[Any],
    relation: str,
    columns: Mapping[int, tuple[str, str]],
    casts: Mapping[int, str],
) -> tuple[tuple[Mapping[int, str | None], ...], int] | None:
    import psycopg

    parts = [
        f"({quote(name)}{f'::{casts[number]}' if number in casts else ''})::text"
        for number, (name, _) in columns.items()
    ]
    listed = ", ".join(["pg_catalog.count(*) OVER ()", *parts])
    query = f"SELECT {listed} FROM {relation} LIMIT {_LIMIT}".encode()
    try:
        with connection.transaction():
            rows = connection.execute(query, prepare=False).fetchall()
    except psycopg.Error:
        return None
    values = tuple(dict(zip(columns, row[1:], strict=True)) for row in rows)
    return values, int(rows[0][0]) if rows else 0


def compare(before: TableRows, after: TableRows | None) -> Difference:
    """What the rows of a table have become; ``None``: the table is gone."""
    if after is None:
        return Difference(before.total, (), ())
    dropped = tuple(
        (before.columns[n][0], sum(row[n] is not None for row in before.rows))
        for n in before.columns
        if n not in after.columns
    )
    dropped = tuple((name, values) for name, values in dropped if values)
    identity = before.primary
    if not identity or not set(identity) <= set(after.columns):
        return _unidentified(before, after, dropped)
    old = {tuple(row[n] for n in identity): row for row in before.rows}
    new = {tuple(row[n] for n in identity): row for row in after.rows}
    missing = old.keys() - new.keys()
    # Where as many rows came as went, it is their keys that have changed.
    lost = len(missing) if after.total < before.total or not new.keys() - old.keys() else 0
    if before.total > len(before.rows) or after.total > len(after.rows):
        lost = max(before.total - after.total, 0)
    pairs = [(old[key], new[key]) for key in old.keys() & new.keys()]
    return Difference(lost, _changes(before, after, pairs), dropped)


def _unidentified(before: TableRows, after: TableRows, dropped: tuple[tuple[str, int], ...]) -> Difference:
    lost = max(before.total - after.total, 0)
    if lost or len(before.rows) != len(after.rows):
        return Difference(lost, (), dropped)
    changes = []
    for number in before.columns.keys() & after.columns.keys():
        old = Counter(row[number] for row in before.rows)
        new = Counter(row[number] for row in after.rows)
        gone, come = list((old - new).elements()), list((new - old).elements())
        if gone:
            changes.append(_change(before, after, number, [(gone[0], come[0])] * len(gone)))
    return Difference(0, tuple(changes), dropped)


def _changes(
    before: TableRows,
    after: TableRows,
    pairs: Sequence[tuple[Mapping[int, str | None], Mapping[int, str | None]]],
) -> tuple[ColumnChange, ...]:
    found = []
    for number in before.columns.keys() & after.columns.keys():
        others = [(old[number], new[number]) for old, new in pairs if old[number] != new[number]]
        if others:
            found.append(_change(before, after, number, others))
    return tuple(sorted(found))


def _change(
    before: TableRows, after: TableRows, number: int, others: Sequence[tuple[str | None, str | None]]
) -> ColumnChange:
    name, kind = after.columns[number]
    retyped = kind if kind != before.columns[number][1] else None
    return ColumnChange(name, len(others), *others[0], retyped)
