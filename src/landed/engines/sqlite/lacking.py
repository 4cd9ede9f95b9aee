"""What a table that is made anew lacks afterwards: indexes, uniqueness, triggers, defaults, AUTOINCREMENT.

``DROP TABLE`` takes the indexes and triggers of a table along, and the new table has only what the file gives
it. What goes with a column that goes is the column's loss; what the file drops by its name is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import apsw

from landed.core.facts import EXISTS, YES, FactKey, ObjectKey
from landed.core.migration import Migration
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import fold, unquote

Facts = Mapping[FactKey, str]
_NAMED = ("index", "trigger")


class Lack(NamedTuple):
    """One thing that a table had before it was made anew. ``what`` is as messages say it (``index t_email``),
    ``allow`` the consent (``drop-index:t_email``)."""

    table: str
    what: str
    allow: str


def remade(before: Facts, after: Facts, dropped: Iterable[str]) -> set[str]:
    """The tables that a file drops (by their names before it) and that are there after it, too."""
    exists = [FactKey("table", "", name, EXISTS) for name in dropped]
    return {key.name for key in exists if key in before and key in after}


def lacking(
    before: Facts, after: Facts, tables: Collection[str], migration: Migration, older: Collection[FactKey]
) -> list[Lack]:
    """What these tables lack afterwards, of what was there before the run (``older``)."""
    dropped = said(migration)
    columns = {
        (k.parent, k.name) for k in after if k.kind == "column" and k.prop == EXISTS and k.parent in tables
    }
    kept = [_shape(after, key.object) for key in after if _is_named(key)]
    unique = _unique(after, tables)
    found: list[Lack] = []
    for key in sorted(key for key in before if key in older and key not in after):
        parent = key.parent if key.parent else before.get(key.object.fact("table"), "")
        if parent not in tables:
            continue
        name, kind = key.name, key.kind
        if _is_named(key):
            shape = _shape(before, key.object)
            listed = before.get(key.object.fact("columns"), "")
            plain = "where" not in shape
            if name in dropped or shape in kept or not _there(listed, parent, before, columns):
                continue
            if kind == "index" and plain and shape.get("unique") == YES and (parent, listed) in unique:
                continue
            found.append(Lack(parent, f"{kind} {name}", f"drop-{kind}:{name}"))
        elif kind == "unique" and key.prop == EXISTS:
            listed = before.get(key.object.fact("columns"), "")
            if (parent, listed) not in unique and _there(listed, parent, before, columns):
                found.append(Lack(parent, f"UNIQUE {name}", f"drop-unique:{parent}.{name}"))
        elif kind == "column" and key.prop == "default" and (parent, name) in columns:
            found.append(Lack(parent, f"default of {name}", f"drop-default:{parent}.{name}"))
        elif kind == "primary key" and key.prop == "autoincrement":
            found.append(Lack(parent, "AUTOINCREMENT", f"drop-autoincrement:{parent}"))
    return found


def positions(connection: apsw.Connection, tables: Iterable[str]) -> dict[str, int]:
    """The highest number that AUTOINCREMENT has given in each of these tables."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone()
    wanted = set(tables)
    if known is None or not wanted:
        return {}
    rows = connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    return {fold(str(n)): int(seq) for n, seq in rows if fold(str(n)) in wanted and isinstance(seq, int)}


def rewound(before: Mapping[str, int], now: Mapping[str, int], after: Facts) -> list[Lack]:
    """Tables whose AUTOINCREMENT would give numbers again that it has given before."""
    return [
        Lack(table, f"position of AUTOINCREMENT ({position})", f"lose-sequence:{table}")
        for table, position in sorted(before.items())
        if now.get(table, 0) < position and FactKey("primary key", table, "", "autoincrement") in after
    ]


def _is_named(key: FactKey) -> bool:
    return key.kind in _NAMED and key.prop == EXISTS


def _shape(facts: Facts, of: ObjectKey) -> dict[str, str]:
    """An object's properties without its name: another one that is the same takes its place."""
    props = ("table", "columns", "unique", "where", "event", "when", "body", "definition")
    return {"kind": of.kind} | {p: facts[of.fact(p)] for p in props if of.fact(p) in facts}


def _unique(facts: Facts, tables: Collection[str]) -> set[tuple[str, str]]:
    """Which columns of which table are unique, by an index, a constraint or the primary key."""
    found = set()
    for key, value in facts.items():
        if key.prop != "columns":
            continue
        if key.kind in ("unique", "primary key") and key.parent in tables:
            found.add((key.parent, value))
        elif facts.get(key.object.fact("unique")) == YES and key.object.fact("where") not in facts:
            found.add((facts.get(key.object.fact("table"), ""), value))
    return found


def _there(listed: str, table: str, before: Facts, columns: Collection[tuple[str, str]]) -> bool:
    """Whether no column that these terms name has gone."""
    gone = {
        k.name
        for k in before
        if k.kind == "column" and k.parent == table and k.prop == EXISTS and (table, k.name) not in columns
    }
    words = listed.replace(",", " ").replace("(", " ").replace(")", " ").split()
    return gone.isdisjoint(word.strip('"') for word in words)


def said(migration: Migration) -> set[str]:
    """Indexes and triggers that the file drops by their names."""
    found = set()
    for statement in migration.statements:
        head = head_of(statement)
        if head.begins("DROP", "INDEX") or head.begins("DROP", "TRIGGER"):
            found |= {fold(unquote(token.text)) for token in head.tokens[2:]}
    return found
