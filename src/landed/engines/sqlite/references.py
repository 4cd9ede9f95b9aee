"""References as SQLite can check them: which rows refer to nothing, and which foreign keys refer to no key.

A foreign key to columns that are no key of the parent is a "foreign key mismatch": SQLite creates the
table, and then refuses what writes to it, and ``PRAGMA foreign_key_check`` as a whole
(https://sqlite.org/foreignkeys.html#fk_indexes). What can be checked is checked all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import apsw

from landed.engines.sqlite.sql.tokens import fold, quote

Broken = tuple[object, ...]
"""A row of ``PRAGMA foreign_key_check``: child, rowid or None, parent, number of the foreign key."""

_MISMATCH = "foreign key mismatch"
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' "
    "AND substr(name, 1, 4) <> '_cf_' ORDER BY name"
)


class ForeignKey(NamedTuple):
    """One foreign key as the schema has it; ``to`` is empty where the parent's primary key is meant."""

    child: str
    number: int
    columns: tuple[str, ...]
    parent: str
    to: tuple[str, ...]


class Mismatch(NamedTuple):
    """A foreign key that no row can be checked against, and why."""

    child: str
    columns: tuple[str, ...]
    parent: str
    to: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        to = f"({', '.join(self.to)})" if self.to else ""
        return f"{self.child}({', '.join(self.columns)}) refers to {self.parent}{to}, {self.why}"


def is_mismatch(error: BaseException) -> bool:
    """Whether an error says that a foreign key refers to no key."""
    return _MISMATCH in str(error)


def broken_references(connection: apsw.Connection) -> list[Broken]:
    """What ``PRAGMA foreign_key_check`` finds, without the foreign keys that it fails on."""
    try:
        return connection.execute("PRAGMA main.foreign_key_check").fetchall()
    except apsw.SQLError as error:
        if not is_mismatch(error):
            raise
    found: list[Broken] = []
    for (table,) in _rows(connection, _TABLES):
        try:
            found += connection.execute(f"PRAGMA main.foreign_key_check({quote(table)})").fetchall()
        except apsw.SQLError as error:
            if not is_mismatch(error):
                raise
            for key in _foreign_keys(connection, str(table)):
                if not _why(connection, key):
                    found += _unmatched(connection, key)
    return found


def mismatches(connection: apsw.Connection) -> list[Mismatch]:
    """All foreign keys that refer to a table which is there, and to no key of it."""
    return [
        Mismatch(key.child, key.columns, key.parent, key.to, why)
        for (table,) in _rows(connection, _TABLES)
        for key in _foreign_keys(connection, str(table))
        if (why := _why(connection, key))
    ]


def _rows(connection: apsw.Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def _foreign_keys(connection: apsw.Connection, table: str) -> Iterator[ForeignKey]:
    parts: dict[int, list[tuple[str, str, str | None]]] = {}
    rows = _rows(connection, f"PRAGMA main.foreign_key_list({quote(table)})")
    for number, _, parent, column, to, *_ in sorted(rows, key=lambda row: (row[0], row[1])):
        parts.setdefault(int(number), []).append((str(parent), str(column), to))
    for number, found in parts.items():
        to_columns = tuple(str(to) for _, _, to in found if to is not None)
        yield ForeignKey(table, number, tuple(column for _, column, _ in found), found[0][0], to_columns)


def _why(connection: apsw.Connection, key: ForeignKey) -> str:
    """Why a foreign key cannot be checked, or nothing. A parent that is missing is no mismatch."""
    rows = _rows(connection, f"PRAGMA main.table_xinfo({quote(key.parent)})")
    if not rows:
        return ""
    primary = [str(row[1]) for row in sorted(rows, key=lambda row: row[5]) if row[5]]
    if not key.to:
        if len(primary) == len(key.columns):
            return ""
        return "which has no primary key of as many columns"
    names = {fold(str(row[1])) for row in rows}
    missing = [name for name in key.to if fold(name) not in names]
    if missing:
        return f"which has no column {', '.join(missing)}"
    wanted = sorted(map(fold, key.to))
    if sorted(map(fold, primary)) == wanted and len(wanted) == 1 and _is_rowid(connection, key.parent):
        return ""
    for _, index, unique, _, partial, *_ in _rows(connection, f"PRAGMA main.index_list({quote(key.parent)})"):
        if unique and not partial and _covers(connection, key.parent, str(index), wanted):
            return ""
    return "which has no UNIQUE index on exactly these columns"


def _is_rowid(connection: apsw.Connection, table: str) -> bool:
    """Whether a table's primary key is the rowid itself: then no index is made for it."""
    indexes = _rows(connection, f"PRAGMA main.index_list({quote(table)})")
    return all(index[3] != "pk" for index in indexes)


def _covers(connection: apsw.Connection, table: str, index: str, wanted: list[str]) -> bool:
    columns = [row for row in _rows(connection, f"PRAGMA main.index_xinfo({quote(index)})") if row[5]]
    if any(row[2] is None for row in columns) or sorted(fold(str(row[2])) for row in columns) != wanted:
        return False
    return all(
        fold(str(row[4])) == fold(str(connection.column_metadata("main", table, str(row[2]))[1]))
        for row in columns
    )


def _unmatched(connection: apsw.Connection, key: ForeignKey) -> list[Broken]:
    """The rows of one foreign key that refer to nothing, by a query of its own."""
    parent = _rows(connection, f"PRAGMA main.table_xinfo({quote(key.parent)})")
    to = key.to or tuple(str(row[1]) for row in sorted(parent, key=lambda row: row[5]) if row[5])
    filled = " AND ".join(f"c.{quote(column)} IS NOT NULL" for column in key.columns)
    there = "0"
    if parent:
        same = " AND ".join(
            f"p.{quote(t)} = c.{quote(column)}" for column, t in zip(key.columns, to, strict=True)
        )
        there = f"EXISTS (SELECT 1 FROM main.{quote(key.parent)} AS p WHERE {same})"
    rowid = "c.rowid" if _has_rowid(connection, key.child) else "NULL"
    query = f"SELECT {rowid} FROM main.{quote(key.child)} AS c WHERE {filled} AND NOT {there}"
    return [(key.child, row, key.parent, key.number) for (row,) in connection.execute(query).fetchall()]


def _has_rowid(connection: apsw.Connection, table: str) -> bool:
    try:
        connection.execute(f"SELECT rowid FROM main.{quote(table)} LIMIT 0").fetchall()
    except apsw.SQLError:
        return False
    return True
