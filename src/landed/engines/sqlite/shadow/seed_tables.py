"""What seeding needs to know of a table: its columns, and which rows it must refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import apsw

from landed.engines.sqlite.shadow.seed_values import Column
from landed.engines.sqlite.sql.tokens import fold


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: the columns, and the parent's columns that they refer to."""

    parent: str
    columns: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table to seed. ``rolls_back``: one of its triggers may roll back the transaction."""

    name: str
    sql: str
    without_rowid: bool
    columns: list[Column]
    references: list[Reference]
    rolls_back: bool


def is_virtual(sql: str) -> bool:
    """Whether a table's text in sqlite_master is that of a virtual table."""
    return sql[:14].upper() == "CREATE VIRTUAL"


def shadow_tables(connection: apsw.Connection) -> frozenset[str]:
    """The tables that virtual tables keep their content in."""
    found = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'")
    return frozenset(name for (name,) in found)


def describe(connection: apsw.Connection, empty: Sequence[tuple[str, str]], rolling: set[str]) -> list[Table]:
    """The tables, in the order given; ``rolling`` are (folded) those with a trigger that may roll back."""
    keyed = dict(connection.execute("SELECT name, wr FROM pragma_table_list WHERE schema = 'main'"))
    tables = []
    for name, sql in empty:
        columns = [
            Column(column, declared, bool(not_null), default, key)
            for column, declared, not_null, default, key, hidden in connection.execute(
                'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)', (name,)
            )
            if not hidden
        ]
        references = _references(connection, name)
        tables.append(Table(name, sql, bool(keyed[name]), columns, references, fold(name) in rolling))
    return tables


def _references(connection: apsw.Connection, table: str) -> list[Reference]:
    found: dict[int, tuple[str, list[str], list[str | None]]] = {}
    for number, parent, column, target in connection.execute(
        'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq', (table,)
    ):
        _, columns, targets = found.setdefault(number, (parent, [], []))
        columns.append(column)
        targets.append(target)
    references = []
    for parent, columns, targets in found.values():
        named = [target for target in targets if target is not None]
        if len(named) < len(columns):
            key = "SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk"
            named = [name for (name,) in connection.execute(key, (parent,))]
        if len(named) == len(columns):
            references.append(Reference(parent, tuple(columns), tuple(named)))
    # The widest first: what it fixes, a narrower one on the same column has to agree with.
    return sorted(references, key=lambda r: -len(r.columns))
