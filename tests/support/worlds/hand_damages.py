"""What people do to a SQLite schema by hand: each object dropped, altered, or another one added beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import apsw

from landed.engines.sqlite.sql.table_text import Item, TableText, read_text
from landed.engines.sqlite.sql.tokens import quote

_PLATFORM = ("sqlite_", "_cf_", "d1_migrations")


class Damage(NamedTuple):
    """One change by hand: ``kind`` is of what (``column``), ``how`` is ``drop``, ``alter`` or ``add``."""

    kind: str
    how: str
    what: str
    sql: str


def damages(connection: apsw.Connection) -> Iterator[Damage]:
    """All changes by hand of a schema, one after the other."""
    found = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
    )
    rows = [(str(kind), str(name), str(table), str(sql)) for kind, name, table, sql in found]
    rows = [r for r in rows if not r[2].startswith(_PLATFORM)]
    virtual = tuple(f"{r[1]}_" for r in rows if r[0] == "table" and read_text(r[3]) is None)
    for kind, name, _, sql in rows:
        if virtual and name.startswith(virtual):
            continue
        if kind == "table":
            if (parts := read_text(sql)) is not None:
                yield from _of_table(rows, name, parts)
        elif kind == "index":
            yield Damage("index", "drop", name, f"DROP INDEX {quote(name)};")
            other = re.sub(r"(?i)^create\s+(unique\s+)?index", "CREATE INDEX", sql)
            other = other if re.search(r"(?i)\bWHERE\b", other) else f"{other} WHERE rowid > 0"
            yield Damage("index", "alter", name, f"DROP INDEX {quote(name)}; {other};")
        elif kind == "trigger":
            yield Damage("trigger", "drop", name, f"DROP TRIGGER {quote(name)};")
            other = re.sub(r"(?is)\bBEGIN\b.*", "BEGIN SELECT 1; END", sql)
            yield Damage("trigger", "alter", name, f"DROP TRIGGER {quote(name)}; {other};")
        elif kind == "view":
            yield Damage("view", "drop", name, f"DROP VIEW {quote(name)};")
            yield Damage(
                "view", "alter", name, f"DROP VIEW {quote(name)}; CREATE VIEW {quote(name)} AS SELECT 1 AS x;"
            )


def _of_table(rows: list[tuple[str, str, str, str]], name: str, parts: TableText) -> Iterator[Damage]:
    yield Damage("table", "drop", name, f"DROP TABLE {quote(name)};")
    yield Damage("column", "add", f"{name}.by_hand", f"ALTER TABLE {quote(name)} ADD COLUMN by_hand TEXT;")
    first = next(iter(parts.columns))
    yield Damage("index", "add", name, f"CREATE INDEX by_hand ON {quote(name)} ({quote(first)});")
    yield Damage(
        "trigger", "add", name, f"CREATE TRIGGER by_hand AFTER DELETE ON {quote(name)} BEGIN SELECT 1; END;"
    )
    for column, item in parts.columns.items():
        key = re.search(r"(?i)PRIMARY\s+KEY", item.text)
        rest = [c for c in parts.constraints if column not in c.words]
        keys = any("primary" in c.words for c in parts.constraints if column in c.words)
        without = [i for c, i in parts.columns.items() if c != column]
        if not key and not keys and without:
            smaller = parts.with_items(without, rest)
            yield Damage("column", "drop", f"{name}.{column}", _anew(rows, name, smaller, {column}))
        if not key and " AS " not in item.text.upper():
            other = Item(column, f"{quote(column)} {'BLOB' if 'BLOB' not in item.text else 'REAL'}", ())
            columns = [other if c == column else i for c, i in parts.columns.items()]
            altered = parts.with_items(columns, parts.constraints)
            yield Damage("column", "alter", f"{name}.{column}", _anew(rows, name, altered, set()))
    for number, constraint in enumerate(parts.constraints):
        others = [c for n, c in enumerate(parts.constraints) if n != number]
        what = f"{name}: {' '.join(constraint.text.split())[:50]}"
        less = parts.with_items(parts.columns.values(), others)
        yield Damage("constraint", "drop", what, _anew(rows, name, less, set()))
    more = parts.with_items(
        parts.columns.values(), [*parts.constraints, Item(None, f"CHECK ({quote(first)} <> 'by hand')", ())]
    )
    yield Damage("constraint", "add", name, _anew(rows, name, more, set()))


def _anew(rows: list[tuple[str, str, str, str]], name: str, parts: TableText, gone: set[str]) -> str:
    """A rebuild by hand as people do it with the CLI: foreign keys off, names as they are."""
    copied = ", ".join(quote(c) for c, i in parts.columns.items() if not re.search(r"(?i)\bAS\s*\(", i.text))
    back = [
        sql
        for kind, _, table, sql in rows
        if kind in ("index", "trigger")
        and table == name
        and not any(re.search(rf"(?i)\b{re.escape(column)}\b", sql) for column in gone)
    ]
    return "".join(
        [
            "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; BEGIN; ",
            f"{parts.create('by_hand_new')}; ",
            f"INSERT INTO by_hand_new ({copied}) SELECT {copied} FROM {quote(name)}; ",
            f"DROP TABLE {quote(name)}; ALTER TABLE by_hand_new RENAME TO {quote(name)}; ",
            *(f"{sql}; " for sql in back),
            "COMMIT;",
        ]
    )


def fill(connection: apsw.Connection) -> None:
    """A row or two in every table that takes one, references left open."""
    connection.execute("PRAGMA foreign_keys = OFF").fetchall()
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    for name, sql in [(str(name), str(sql)) for name, sql in found]:
        if name.startswith(_PLATFORM) or read_text(sql) is None:
            continue
        told = connection.execute("SELECT name, type FROM pragma_table_xinfo(?) WHERE hidden = 0", (name,))
        columns = {str(column): str(of) for column, of in told}
        for number in (1, 2):
            numeric = [bool(re.search("INT|REAL|NUM|BOOL", t.upper())) for t in columns.values()]
            numeric = [bool(re.search("INT|REAL|NUM|BOOL", t.upper())) for t in columns.values()]
            values = ", ".join(str(number) if plain else f"'{number}'" for plain in numeric)
            listed = ", ".join(map(quote, columns))
            try:
                connection.execute(f"INSERT INTO {quote(name)} ({listed}) VALUES ({values})")
            except apsw.Error:
                continue
