"""From rows of sqlite_master to facts: by their text alone, no engine and no PRAGMA needed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from landed.core.facts import FactKey
from landed.engines.live import SchemaRow
from landed.engines.sqlite.sql.tokens import fold, tokenize, unquote

__all__ = ["SchemaRow", "object_facts", "owned", "resolve", "snapshot", "virtual_module"]


# Every character can be read in one way only, so that no text makes it try again and again.
_VIRTUAL = re.compile(
    r"CREATE(?:\s|/\*[^*]*+(?:\*(?!/)[^*]*+)*\*/|--[^\n]*+(?:\n|\Z))+VIRTUAL\b", re.IGNORECASE
)

# Tables that a module makes for itself (sqlite.org/fts3.html, fts5.html, rtree.html).
_FTS3 = frozenset({"content", "segments", "segdir", "docsize", "stat"})
_RTREE = frozenset({"node", "rowid", "parent"})
_SHADOWS: dict[str, frozenset[str]] = {
    "fts3": _FTS3,
    "fts4": _FTS3,
    "fts5": frozenset({"data", "idx", "content", "docsize", "config"}),
    "rtree": _RTREE,
    "rtree_i32": _RTREE,
    "geopoly": _RTREE,
}
_ANY_SHADOW = frozenset().union(*_SHADOWS.values())


@lru_cache(maxsize=1 << 14)
def object_facts(row: SchemaRow) -> tuple[tuple[FactKey, str], ...]:
    """The facts of one row, each key once. Pure: equal rows give equal facts, read once.

    A foreign key that names no columns of its parent reads ``parent(primary key)``; :func:`resolve`
    turns it into the columns.
    """
    # The readers are loaded with the first row that is read: most commands find all facts cached.
    from landed.engines.sqlite.catalog.objects import (
        index_facts,
        trigger_facts,
        view_facts,
        virtual_table_facts,
    )
    from landed.engines.sqlite.catalog.table_facts import table_facts

    kind, name, _, sql = row
    if sql is None:
        return ()
    if kind == "table":
        read = virtual_table_facts if _VIRTUAL.match(sql) else table_facts
    elif kind == "index":
        read = index_facts
    elif kind == "view":
        read = view_facts
    elif kind == "trigger":
        read = trigger_facts
    else:
        return ()
    return tuple(read(fold(name), sql))


def resolve(facts: Mapping[FactKey, str]) -> dict[FactKey, str]:
    """The facts with every ``users(primary key)`` turned into ``users(id)`` where the parent's key is
    among them, so that ``REFERENCES users`` equals ``REFERENCES users(id)``, and without collations in
    indexes that are the column's own."""
    from landed.engines.sqlite.catalog.resolving import leans_on, settled

    resolved = dict(facts)
    for key, value in facts.items():
        if leans_on(key, value) is not None:
            resolved[key] = settled(key, value, facts)
    return resolved


def virtual_module(row: SchemaRow) -> str | None:
    """The folded name of a virtual table's module; None for every other row."""
    if row.type != "table" or row.sql is None or not _VIRTUAL.match(row.sql):
        return None
    words = [t.text for t in tokenize(row.sql) if t.kind not in ("space", "comment")]
    for place, word in enumerate(words[:-1]):
        if word.upper() == "USING":
            return fold(unquote(words[place + 1]))
    return None


def owned(row: SchemaRow, virtual_tables: Collection[str], ledger_table: str | None) -> bool:
    """Whether a row is the user's, and not the platform's, the engine's or the ledger's.

    ``virtual_tables``: folded names of all virtual tables, best with their modules
    (name → :func:`virtual_module`): without, any module's shadow tables are left out.
    """
    if row.sql is None:
        return False
    table = fold(row.tbl_name)
    if table.startswith(("sqlite_", "_cf_")) or (ledger_table is not None and table == fold(ledger_table)):
        return False
    if not virtual_tables:
        return True
    owner, joint, suffix = table.rpartition("_")
    if not joint or owner not in virtual_tables:
        return True
    if isinstance(virtual_tables, Mapping):
        return suffix not in _SHADOWS.get(virtual_tables[owner], frozenset())
    return suffix not in _ANY_SHADOW


def snapshot(rows: Iterable[SchemaRow], ledger_table: str | None) -> dict[FactKey, str]:
    """All facts of a database's user-owned objects; linear in the schema's text."""
    rows = tuple(rows)
    virtual = {fold(row.name): module for row in rows if (module := virtual_module(row)) is not None}
    facts: dict[FactKey, str] = {}
    for row in rows:
        if owned(row, virtual, ledger_table):
            facts.update(object_facts(row))
    return resolve(facts)
