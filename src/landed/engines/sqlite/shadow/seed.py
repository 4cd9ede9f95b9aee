"""Seeded rows: one row in every table, parents before children, so that a rehearsal sees what data does.

An empty shadow hides what migrations do to rows. The values are made up from the schema; SQLite
decides whether they hold.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import apsw

from landed.engines.sqlite.shadow.reason import code_of, is_of_rows
from landed.engines.sqlite.shadow.row_digest import RowsDigest, digest_rows
from landed.engines.sqlite.shadow.sandbox import unrestricted
from landed.engines.sqlite.shadow.seed_checks import Check, Value, checks_of
from landed.engines.sqlite.shadow.seed_tables import Reference, Table, describe, is_virtual, shadow_tables
from landed.engines.sqlite.shadow.seed_values import Column, candidates
from landed.engines.sqlite.sql.tokens import fold, quote

__all__ = ["RowsDigest", "SeedReport", "digest_rows", "seed"]

_TRIES = 300


class Row(Protocol):
    """A row of sqlite_master."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def tbl_name(self) -> str: ...
    @property
    def sql(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class SeedReport:
    """What was seeded: per table the key of its new row, or why it has none; tables by their names.

    ``seeded`` has the primary key's columns and values (``rowid`` where there is no primary key);
    ``kept`` are the tables that had rows already (also by a trigger of another seeded row).
    """

    seeded: dict[str, dict[str, Value]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


class _CannotSeed(Exception):
    """No row can be made; the text says why."""


def seed(connection: apsw.Connection, schema_rows: Iterable[Row] | None = None) -> SeedReport:
    """Put one row into every empty table of the main database; parents come before children.

    ``schema_rows`` are the rows of sqlite_master to go by (default: all). Tables of SQLite's and D1's own,
    virtual tables and their shadow tables are left alone. A row that would be an orphan is not
    made. Triggers run, as they do for an application's rows (they keep full-text tables in step); where one
    refuses the row, or could roll back the transaction, the row goes in without triggers.
    The values are the same on every call. Use it inside a transaction: it is one INSERT a table.
    """
    report = SeedReport()
    with unrestricted(connection):
        rows = list(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master"))
        chosen = {r.name for r in schema_rows if r.type == "table"} if schema_rows is not None else None
        virtual = {name for kind, name, _, sql in rows if kind == "table" and is_virtual(sql)}
        report.skipped.update(
            (name, "a virtual table") for name in virtual if chosen is None or name in chosen
        )
        shadows = shadow_tables(connection) if virtual else frozenset()
        empty = [
            (name, sql)
            for kind, name, _, sql in rows
            if kind == "table"
            and (chosen is None or name in chosen)
            and name not in virtual
            and name not in shadows
            and not name.startswith("sqlite_")
            and fold(name[:4]) != "_cf_"
            and not _has_row(connection, name, report)
        ]
        if empty:
            triggers = {
                fold(tbl) for kind, _, tbl, sql in rows if kind == "trigger" and "rollback" in sql.lower()
            }
            _fill(connection, describe(connection, empty, triggers), report)
    return report


def _has_row(connection: apsw.Connection, name: str, report: SeedReport) -> bool:
    found = connection.execute(f"SELECT 1 FROM {quote(name)} LIMIT 1").get is not None
    if found:
        report.kept.append(name)
    return found


def _fill(connection: apsw.Connection, tables: list[Table], report: SeedReport) -> None:
    pending = {fold(table.name): table for table in tables}
    while pending:
        ready = [
            name
            for name, table in pending.items()
            if all(fold(r.parent) == name or fold(r.parent) not in pending for r in table.references)
        ]
        # In a circle somebody has to go first: the table whose references may be NULL, if there is one.
        for name in ready or [min(pending, key=lambda n: _bound(pending[n], pending))]:
            table = pending.pop(name)
            try:
                _seed_table(connection, table, report)
            except (_CannotSeed, apsw.Error) as error:
                report.skipped[table.name] = str(error)


def _bound(table: Table, pending: Mapping[str, Table]) -> int:
    required = {fold(c.name) for c in table.columns if c.not_null}
    return sum(
        all(fold(c) in required for c in r.columns) and fold(r.parent) in pending for r in table.references
    )


def _seed_table(connection: apsw.Connection, table: Table, report: SeedReport) -> None:
    if _has_row(connection, table.name, report):
        return
    checks = checks_of(table.sql, [c.name for c in table.columns])
    choices = {fold(c.name): _choices(connection, table, c, checks) for c in table.columns}
    own = [r for r in table.references if fold(r.parent) == fold(table.name)]
    fixed: dict[str, Value] = {}
    for reference in table.references:
        if reference not in own:
            _refer(connection, table, reference, fixed, report)
    choices.update((name, [value]) for name, value in fixed.items())
    first = [values[0] for values in choices.values()]
    error: apsw.Error | None = None
    for values in itertools.chain([first], _combinations(table, choices, checks)):
        row = dict(zip(choices, values, strict=True))
        for self_reference in (True, False) if own else (True,):
            try:
                _insert(connection, table, _pointing_home(table, own, row, self_reference))
            except apsw.Error as refused:
                error = error or refused
                continue
            report.seeded[table.name] = _key(connection, table)
            return
    raise _CannotSeed(str(error))


def _choices(
    connection: apsw.Connection, table: Table, column: Column, checks: Sequence[Check]
) -> list[Value]:
    """The column's candidates that pass the CHECKs on it alone; at least one."""
    values = candidates(table.name, column, checks)
    own = fold(column.name)
    for check in checks:
        if check.columns == {own}:
            query = f"SELECT ({check.sql}\n) FROM (SELECT ?1 AS {quote(column.name)})"
            passing = [value for value in values if _passes(connection, query, value)]
            values = passing or values
    if not column.not_null and not column.key:
        values.append(None)
    return values


def _passes(connection: apsw.Connection, query: str, value: Value) -> bool:
    try:
        result = connection.execute(query, (value,)).get
    except apsw.Error:
        return False
    return result is None or bool(result)


def _refer(
    connection: apsw.Connection,
    table: Table,
    reference: Reference,
    fixed: dict[str, Value],
    report: SeedReport,
) -> None:
    """Fix the columns of a reference to a row that its parent has, or one of them to NULL."""
    names = [fold(column) for column in reference.columns]
    if any(name in fixed and fixed[name] is None for name in names):
        return
    agreed = [(quote(t), fixed[n]) for n, t in zip(names, reference.targets, strict=True) if n in fixed]
    targets = ", ".join(map(quote, reference.targets))
    where = " AND ".join(f"{target} = ?" for target, _ in agreed) or "1"
    query = f"SELECT {targets} FROM {quote(reference.parent)} WHERE {where} LIMIT 1"
    try:
        found = connection.execute(query, tuple(value for _, value in agreed)).fetchall()
    except apsw.Error:
        found = []
    if found and None not in found[0]:
        fixed.update(zip(names, found[0], strict=True))
        return
    for column in table.columns:
        if fold(column.name) in names and fold(column.name) not in fixed and _takes_null(table, column):
            fixed[fold(column.name)] = None
            return
    parent = reference.parent
    why = f" ({report.skipped[parent]})" if parent in report.skipped else ""
    raise _CannotSeed(f"{', '.join(reference.columns)} must refer to a row of {parent}, which has none{why}")


def _takes_null(table: Table, column: Column) -> bool:
    # In a rowid table a key may hold NULL, unless it is the rowid itself.
    rowid = (
        column.key == 1 and column.type.upper() == "INTEGER" and sum(c.key > 0 for c in table.columns) == 1
    )
    return not (column.not_null or rowid or (column.key and table.without_rowid))


def _combinations(
    table: Table, choices: dict[str, list[Value]], checks: Sequence[Check]
) -> Iterator[tuple[Value, ...]]:
    """Further rows to try: first over the columns that CHECKs relate, then over all that are checked."""
    together = frozenset().union(*(c.columns for c in checks if len(c.columns) > 1))
    checked = frozenset().union(*(c.columns for c in checks))
    for varied in (together, checked, frozenset(choices)):
        if varied:
            lists = [_some(values) if name in varied else values[:1] for name, values in choices.items()]
            yield from itertools.islice(itertools.product(*lists), _TRIES)


def _some(values: list[Value]) -> list[Value]:
    return values if len(values) <= 12 else [*values[:11], values[-1]]


def _pointing_home(
    table: Table, own: Sequence[Reference], row: dict[str, Value], home: bool
) -> dict[str, Value]:
    """The row with its references to its own table pointing at itself, or else at nothing."""
    for reference in own:
        for column, target in zip(reference.columns, reference.targets, strict=True):
            row = {**row, fold(column): row.get(fold(target)) if home else None}
    return row


def _insert(connection: apsw.Connection, table: Table, row: Mapping[str, Value]) -> None:
    names = ", ".join(quote(column.name) for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    # OR ABORT overrides what the schema says under ON CONFLICT: no silent IGNORE, no ROLLBACK.
    into = f"INSERT OR ABORT INTO {quote(table.name)}"
    sql = f"{into} ({names}) VALUES ({marks})" if names else f"{into} DEFAULT VALUES"
    values = tuple(row[fold(column.name)] for column in table.columns)
    if not table.rolls_back:
        try:
            connection.execute(sql, values)
            if connection.execute(f"SELECT 1 FROM {quote(table.name)} LIMIT 1").get is not None:
                return
        except apsw.ConstraintError as refused:
            if is_of_rows(code_of(refused)):
                raise
        except apsw.SQLError:
            pass
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0)
    try:
        connection.execute(sql, values)
    finally:
        connection.config(apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 1)


def _key(connection: apsw.Connection, table: Table) -> dict[str, Value]:
    names = [c.name for c in sorted(table.columns, key=lambda c: c.key) if c.key] or ["rowid"]
    columns = ", ".join("rowid" if name == "rowid" else quote(name) for name in names)
    values = connection.execute(f"SELECT {columns} FROM {quote(table.name)} LIMIT 1").fetchall()[0]
    return dict(zip(names, values, strict=True))
