"""The history table of a Postgres database: read in every shape, written as the Supabase CLI writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.codes import trouble_of
from landed.core.errors import CannotKnow, Code
from landed.core.ledger import LedgerRow
from landed.core.migration import Migration
from landed.engines.base import Restless
from landed.engines.live import StoredRow
from landed.engines.postgres.connect.asking import GUARDED, PATH
from landed.engines.postgres.ledger_name import LedgerTable, ledger_table, spelled
from landed.engines.postgres.ledger_shape import COLUMNS, Shape, refuse_reading, shape_of, shape_query

if TYPE_CHECKING:
    from psycopg import Connection

LOCK_TIMEOUT = "4s"
"""How long the CLI, and landed, wait for the ledger table while they create it."""

Command = tuple[str, tuple[Any, ...]]
"""SQL text with ``%s`` places, and their values."""


def read_ledger(
    connection: Connection[Any], table: LedgerTable | None = None, shape: Shape | None = None
) -> tuple[StoredRow, ...] | None:
    """All rows in the order of their versions as texts; ``None`` when there is no such schema or table.

    Two round trips, whatever shape the table has. Reads only, and runs nothing that its owner put there: the
    catalogs say what it is, and its rows are copied as they lie there, without a plan, an index or a view. In
    a transaction that is open already, the settings of
    :data:`~landed.engines.postgres.connect.asking.GUARDED` stay; there
    a ``shape`` that :func:`look` has found spares the first of them. Raises CannotKnow when the table is
    there and cannot be read.
    """
    import psycopg.errors as e
    from psycopg.pq import TransactionStatus

    table = table or ledger_table()
    inside = connection.info.transaction_status == TransactionStatus.INTRANS
    try:
        shape = shape or look(connection, table, begin=not inside)
        if shape is None:
            return None
        refuse_reading(shape, table)
        return copied(connection, table, shape)
    except e.InsufficientPrivilege as error:
        raise CannotKnow(
            f"the history table {table.sql} cannot be read: {error.diag.message_primary}",
            code=trouble_of(error.sqlstate, Code.HISTORY),
            sqlstate=error.sqlstate,
            next=f"connect as its owner, or: GRANT USAGE ON SCHEMA {spelled(table.schema)} TO …; "
            f"GRANT SELECT ON {table.sql} TO …",
        ) from None
    finally:
        if not inside and not connection.closed:
            connection.rollback()


def look(connection: Connection[Any], table: LedgerTable, *, begin: bool = False) -> Shape | None:
    """What the table is; ``None`` when there is none. One round trip, in the transaction that is open, or in
    one that begins with it (and is left open). Raises psycopg.Error."""
    with connection.pipeline():
        if begin:
            connection.execute("BEGIN READ ONLY", prepare=False)
        connection.execute(GUARDED.encode(), prepare=False)
        cursor = connection.execute(shape_query(table).encode(), prepare=False)
    return shape_of(cursor.fetchall())


def copied(connection: Connection[Any], table: LedgerTable, shape: Shape) -> tuple[StoredRow, ...]:
    """The rows of a table that may be read (:func:`~landed.engines.postgres.ledger_shape.refuse_reading`).

    COPY takes a table's rows as they lie there: it makes no plan, so that no expression of an index is
    evaluated; and where another thing has the name by then it refuses. Raises CannotKnow, psycopg.Error.
    """
    import psycopg.errors as e

    names = [name for name in COLUMNS if name in shape.columns]
    arrays = "statements" in names and shape.is_array("statements")
    try:
        with connection.cursor().copy(f"COPY {table.sql} ({', '.join(names)}) TO STDOUT".encode()) as copy:
            copy.set_types(["text[]" if arrays and name == "statements" else "text" for name in names])
            rows = [_row(dict(zip(names, values, strict=True)), table) for values in copy.rows()]
    except (e.UndefinedTable, e.UndefinedColumn, e.InvalidSchemaName, e.WrongObjectType) as error:
        raise Restless(f"{table.sql} was made another thing: {error.diag.message_primary}") from None
    return tuple(sorted(rows, key=lambda row: row.version))


def _row(found: Mapping[str, Any], table: LedgerTable) -> StoredRow:
    version = found.get("version")
    if version is None:
        raise CannotKnow(
            f"{table.sql} has a row whose version is NULL: nobody can say which file it is about",
            code=Code.HISTORY,
            next=f"look at it, then: DELETE FROM {table.sql} WHERE version IS NULL",
        )
    name, statements = found.get("name"), found.get("statements")
    if isinstance(statements, str) and statements.startswith("["):
        # A column of JSON: no tool makes one, and its lists say the same.
        with suppress(ValueError):
            statements = json.loads(statements)
    return StoredRow(
        str(version),
        str(name) if name else None,
        tuple(str(s) for s in statements) if isinstance(statements, list) else None,
    )


def provision(table: LedgerTable) -> tuple[str, ...]:
    """The statements that make the table, or bring an older one up to date, for one transaction of their own.

    For Supabase's table they are the CLI's own, word by word (supabase/cli, pkg/migration/history.go), of the
    catalog's types.
    """
    return (
        f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'",
        f"SET LOCAL search_path = {PATH}",
        f"CREATE SCHEMA IF NOT EXISTS {spelled(table.schema)}",
        f"CREATE TABLE IF NOT EXISTS {table.sql} (version text NOT NULL PRIMARY KEY)",
        f"ALTER TABLE {table.sql} ADD COLUMN IF NOT EXISTS statements text[]",
        f"ALTER TABLE {table.sql} ADD COLUMN IF NOT EXISTS name text",
    )


def is_kept(table: LedgerTable, version: str, oid: int | None = None) -> Command:
    """A query that fails with 22012 unless the version has a row: a trigger may have thrown it away; and
    unless that table is still the one with this identifier."""
    same = ""
    if oid is not None:
        same = f" AND tableoid OPERATOR(pg_catalog.=) {oid}::pg_catalog.oid"
    return (
        f"SELECT 1 OPERATOR(pg_catalog./) pg_catalog.count(*) FROM ONLY {table.sql} "
        f"WHERE version OPERATOR(pg_catalog.=) %s{same}",
        (version,),
    )


def held(table: LedgerTable, *, superuser: bool) -> tuple[str, ...]:
    """Statements that keep the table as it is until the transaction ends: nobody else can put a trigger, an
    index or statistics on it, rename it or drop it. Other writers and readers go on.

    A schema can be renamed without a lock on its tables; a superuser can keep that from happening.
    """
    lock = f"LOCK TABLE ONLY {table.sql} IN SHARE UPDATE EXCLUSIVE MODE"
    return (_PINNED.replace("{schema}", _literal(table.schema)), lock) if superuser else (lock,)


def is_at(table: LedgerTable, oid: int) -> str:
    """A statement that fails with 22012 unless the name still means the table with this identifier."""
    meant = f"pg_catalog.to_regclass({_literal(table.sql)})::pg_catalog.oid"
    same = f"{meant} OPERATOR(pg_catalog.=) {oid}::pg_catalog.oid"
    return f"SELECT 1 OPERATOR(pg_catalog./) CASE WHEN {same} THEN 1 ELSE 0 END"


_PINNED = """\
SELECT FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) {schema}::pg_catalog.name
FOR KEY SHARE"""


def _literal(text: str) -> str:
    from landed.engines.postgres.sql.tokens import literal

    return literal(text)


def insert(table: LedgerTable, row: StoredRow) -> Command:
    """The row of a file that was applied; fails with 23505 when another runner was first."""
    return (
        f"INSERT INTO {table.sql}(version, name, statements) VALUES(%s, %s, %s)",
        (row.version, row.name or "", list(row.statements or ())),
    )


def upsert(table: LedgerTable, row: StoredRow) -> Command:
    """The row as ``supabase migration repair --status applied`` writes it."""
    sql, values = insert(table, row)
    return (
        f"{sql} ON CONFLICT (version) DO UPDATE SET name = EXCLUDED.name, statements = EXCLUDED.statements",
        values,
    )


def delete(table: LedgerTable, versions: Sequence[str]) -> Command:
    """The rows of these versions, as ``supabase migration repair --status reverted`` removes them."""
    return f"DELETE FROM {table.sql} WHERE version OPERATOR(pg_catalog.=) ANY(%s)", (list(versions),)


def row_for(migration: Migration) -> StoredRow:
    """What the CLI would write for a file."""
    from landed.engines.postgres.files import version_and_name
    from landed.engines.postgres.sql.stored import ledger_statements

    parts = version_and_name(migration.name)
    version, name = parts or (migration.version, migration.name)
    return StoredRow(version, name, ledger_statements(migration.text))


def fileless_name(row: StoredRow) -> str:
    """What a row without a file is called: ``<version>_<name>``."""
    return f"{row.version}_{row.name}" if row.name else row.version


class Matched(NamedTuple):
    """Ledger rows beside files: ``rows`` for the judgement, by the *file's* name where there is one.

    ``content`` maps a file's name to whether its row holds its SQL (``None``: the row holds none).
    """

    rows: tuple[LedgerRow, ...]
    content: Mapping[str, bool | None]


def match(migrations: Sequence[Migration], rows: Sequence[StoredRow]) -> Matched:
    """Which file each ledger row is about: the one of its version, as the CLI sees it.

    Of several files with one version it is the one with the row's SQL, else with its name, else the first. A
    row without a file keeps ``<version>_<name>``. Ids count from 1 in the order of the versions, because the
    table knows no other.
    """
    from landed.engines.postgres.sql.stored import same_content

    files: dict[str, list[Migration]] = {}
    for migration in migrations:
        files.setdefault(migration.version, []).append(migration)
    matched: list[LedgerRow] = []
    content: dict[str, bool | None] = {}
    for number, row in enumerate(rows, 1):
        candidates = files.get(row.version, [])
        chosen = candidates[0] if candidates else None
        if len(candidates) > 1:
            chosen = min(
                candidates,
                key=lambda m: (same_content(row.statements, m.text) is not True, row_for(m).name != row.name),
            )
        if chosen is not None:
            content[chosen.name] = same_content(row.statements, chosen.text)
        name = chosen.name if chosen else fileless_name(row)
        matched.append(LedgerRow(number, name, None))
    return Matched(tuple(matched), content)
