"""A schema as a script sees it that leads from one to another: its texts, its facts, what depends on what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from landed.core.facts import FactKey, Facts
from landed.engines.live import SchemaRow
from landed.engines.sqlite.rowguard import Reference, references
from landed.engines.sqlite.sql.table_text import TableText, mentions, read_text
from landed.engines.sqlite.sql.tokens import fold

Unit = tuple[str, str]
"""What is dropped and made as a whole: its type in sqlite_master and its folded name."""

_ALONE = frozenset({"index", "trigger", "view"})
_ACTING = frozenset({"cascade", "set null", "set default"})


def unit_of(key: FactKey) -> Unit:
    """The object as a whole that a fact is about; that of a column or a constraint is its table."""
    if key.kind in _ALONE:
        return key.kind, key.name
    return "table", key.parent or key.name


class Schema:
    """The user's objects of one database, in the order in which they can be made."""

    def __init__(self, rows: Iterable[SchemaRow], facts: Facts) -> None:
        self.facts = facts
        self.rows: dict[Unit, SchemaRow] = {(row.type, fold(row.name)): row for row in rows}

    def __contains__(self, unit: Unit) -> bool:
        return unit in self.rows

    def sql(self, unit: Unit) -> str:
        """The statement that makes an object. Raises KeyError."""
        return self.rows[unit].sql or ""

    def name(self, table: str) -> str:
        """A table's name as it is written there."""
        return self.rows["table", table].name

    def text(self, table: str) -> TableText | None:
        """The parts of a table's text; ``None`` where it is not there, or virtual."""
        row = self.rows.get(("table", table))
        return None if row is None else read_text(row.sql or "")

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The folded names of all tables."""
        return tuple(name for kind, name in self.rows if kind == "table")

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """All foreign keys."""
        return tuple(references(self.facts))

    def parts_of(self, table: str) -> list[Unit]:
        """The indexes and triggers that go with a table."""
        return [u for u, row in self.rows.items() if u[0] in _ALONE and fold(row.tbl_name) == table]

    def family(self, tables: Collection[str], more: Iterable[Reference] = ()) -> list[str]:
        """These tables and all whose rows go, or change, with the rows of one of them; parents first.

        ``more`` are references that will be there.
        """
        known = [*self.references, *more]
        found = set(tables)
        while True:
            new = {r.child for r in known if r.parent in found and r.on_delete in _ACTING} - found
            new = {name for name in new if self.text(name) is not None}
            if not new:
                break
            found |= new
        parents = {name: {r.parent for r in known if r.child == name} & found - {name} for name in found}
        order: list[str] = []
        while parents:
            ready = [n for n in self.tables if n in parents and not parents[n].difference(order)]
            chosen = ready or [next(n for n in self.tables if n in parents)]
            order += chosen
            for name in chosen:
                del parents[name]
        return order

    def leaning_on(self, tables: Collection[str]) -> list[Unit]:
        """The views that name one of these tables, or one of those views, and the triggers that do or that
        stand on such a view; in their order."""
        names = set(tables)
        found: set[Unit] = set()
        while True:
            new = {
                unit
                for unit in self.rows
                if unit[0] in ("view", "trigger") and unit not in found and mentions(self.sql(unit), names)
            }
            if not new:
                return [unit for unit in self.rows if unit in found]
            found |= new
            names |= {name for kind, name in new if kind == "view"}

    def looking(self) -> list[Unit]:
        """All views and triggers: what SQLite reads whenever a table is renamed."""
        return [unit for unit in self.rows if unit[0] in ("view", "trigger")]


def free_name(table: str, *schemas: Schema, taken: Mapping[str, str]) -> str:
    """A name for the new form of a table that no schema has."""
    used = {name for schema in schemas for _, name in schema.rows} | set(map(fold, taken.values()))
    number, name = 1, f"{table}_new"
    while fold(name) in used:
        number += 1
        name = f"{table}_new{number}"
    return name
