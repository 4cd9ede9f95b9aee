"""Following one SQLite connection's schema: which facts has it changed since the last look."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from landed.core.facts import Change, Effects, FactKey
from landed.engines.sqlite.catalog.facts import SchemaRow, object_facts, owned, virtual_module
from landed.engines.sqlite.catalog.resolving import leans_on, settled
from landed.engines.sqlite.sql.tokens import fold

if TYPE_CHECKING:
    import apsw

_SCHEMA = "SELECT rowid, type, name, tbl_name, sql FROM sqlite_master"


_LEANT_ON = frozenset((("primary key", "columns"), ("column", "collation"), ("column", "exists")))
"""Facts of a table that others' take something from."""


class SchemaTracker:
    """The facts of one connection's schema, kept up to date with as little reading as possible.

    New objects are rows of sqlite_master above the highest rowid seen; anything else is found by
    comparing the schema's texts, and only texts that differ are parsed. ``lifted`` gives a context
    in which the tracker's own reading is not subject to the connection's authorizer.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        ledger_table: str | None,
        lifted: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._connection = connection
        self._lifted = lifted
        self.ledger_table = ledger_table
        self.rows: dict[tuple[str, str], SchemaRow] = {}
        self.facts: dict[FactKey, str] = {}
        self._raw: dict[FactKey, str] = {}
        self._implicit: dict[FactKey, str] = {}
        self._last_rowid = 0
        self._virtual: dict[str, str] = {}

    def new_objects(self) -> Effects:
        """What changed, when all that happened was that objects were created."""
        with self._lifted():
            rows, last = _read(self._connection, _SCHEMA + " WHERE rowid > ?", (self._last_rowid,))
        self._last_rowid = last or self._last_rowid
        self._virtual.update(virtual_tables(rows))
        found: dict[FactKey, str] = {}
        for row in rows:
            if owned(row, self._virtual, self.ledger_table):
                self.rows[row.type, row.name] = row
                found.update(object_facts(row))
        if self._implicit or self.facts.keys() & found.keys() or any(map(_is_implicit, found.items())):
            return self._apply(dict(found))
        # Nothing but facts that were not there, and no reference that has to be resolved.
        self._raw.update(found)
        self.facts.update(found)
        return tuple([Change(key, None, found[key]) for key in sorted(found)])

    def reread(self) -> Effects:
        """What changed, whatever happened."""
        with self._lifted():
            rows, self._last_rowid = _read(self._connection, _SCHEMA)
        self._virtual = virtual_tables(rows)
        now = {(r.type, r.name): r for r in rows if owned(r, self._virtual, self.ledger_table)}
        changes: dict[FactKey, str | None] = {}
        for name, row in self.rows.items():
            if now.get(name) != row:
                changes.update(dict.fromkeys(key for key, _ in object_facts(row)))
        for name, row in now.items():
            if self.rows.get(name) != row:
                changes.update(object_facts(row))
        self.rows = now
        return self._apply(changes)

    def _apply(self, raw: dict[FactKey, str | None]) -> Effects:
        """Carry changes into the facts, resolving references that do not name the parent's columns."""
        touched = set(raw)
        parents: set[str] = set()
        for key, value in raw.items():
            self._implicit.pop(key, None)
            if value is None:
                self._raw.pop(key, None)
            else:
                self._raw[key] = value
                if (table := leans_on(key, value)) is not None:
                    self._implicit[key] = table or raw.get(key._replace(prop="table")) or ""
            if key.parent and (key.kind, key.prop) in _LEANT_ON:
                parents.add(key.parent)
        if self._implicit and parents:
            touched |= {key for key, parent in self._implicit.items() if parent in parents}
        values = self._resolved(touched)
        changes: list[Change] = []
        for key in touched:
            before, after = self.facts.get(key), values.get(key)
            if before == after:
                continue
            changes.append(Change(key, before, after))
            if after is None:
                del self.facts[key]
            else:
                self.facts[key] = after
        changes.sort(key=_by_key)
        return tuple(changes)

    def _resolved(self, keys: set[FactKey]) -> dict[FactKey, str]:
        values = {key: self._raw[key] for key in keys if key in self._raw}
        for key in values.keys() & self._implicit.keys():
            values[key] = settled(key, values[key], self._raw)
        return values


def _read(
    connection: apsw.Connection, query: str, parameters: tuple[int, ...] = ()
) -> tuple[list[SchemaRow], int]:
    """Schema rows and the highest rowid among them (0 when there are none)."""
    found: list[tuple[Any, ...]] = connection.execute(query, parameters).fetchall()
    return [SchemaRow(*row[1:]) for row in found], max((row[0] for row in found), default=0)


def virtual_tables(rows: Iterable[SchemaRow]) -> dict[str, str]:
    """The virtual tables among schema rows: folded name to module."""
    return {fold(row.name): module for row in rows if (module := virtual_module(row)) is not None}


def _is_implicit(fact: tuple[FactKey, str]) -> bool:
    return leans_on(*fact) is not None


def _by_key(change: Change) -> FactKey:
    return change.key
