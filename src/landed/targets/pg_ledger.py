"""The history table of a Postgres database: read in every shape, written as the Supabase CLI writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.errors import CannotKnow, ConfigError
from landed.core.ledger import LedgerRow
from landed.core.migration import Migration
from landed.targets.supabase_config import SUPABASE_LEDGER

if TYPE_CHECKING:
    from psycopg import Connection

LOCK_TIMEOUT = "4s"
"""How long the CLI, and landed, wait for the ledger table while they create it."""

Command = tuple[str, tuple[Any, ...]]
"""SQL text with ``%s`` places, and their values."""


class PgLedgerRow(NamedTuple):
    """One row of the ledger.

    ``name`` is ``None`` in tables that are older than that column, and for rows written without it;
    ``statements`` likewise: such a row does not say what was run. The table has no time, no checksum and no
    sign of success.
    """

    version: str
    name: str | None = None
    statements: tuple[str, ...] | None = None


class LedgerTable(NamedTuple):
    """The schema and the name of a ledger table."""

    schema: str
    table: str

    @property
    def sql(self) -> str:
        """The qualified name as the CLI writes it: bare where it can be, quoted where it must be."""
        return f"{_name(self.schema)}.{_name(self.table)}"


def ledger_table(name: str = SUPABASE_LEDGER) -> LedgerTable:
    """``schema.table`` from the settings; without a schema it is one in ``public``. Raises ConfigError."""
    parts = name.split(".")
    if len(parts) > 2 or not all(parts) or "\0" in name:
        raise ConfigError(f'"{name}" is no name of a table: write schema.table')
    return LedgerTable(*parts) if len(parts) == 2 else LedgerTable("public", parts[0])


def _name(identifier: str) -> str:
    from landed.sql.postgres_tokens import quote

    plain = identifier.isascii() and identifier.isidentifier() and identifier == identifier.lower()
    return identifier if plain else quote(identifier)


def read_ledger(
    connection: Connection[Any], table: LedgerTable | None = None
) -> tuple[PgLedgerRow, ...] | None:
    """All rows in the order of their versions as texts; ``None`` when there is no such schema or table.

    One round trip, whatever shape the table has. Reads only. On a connection in the middle of a transaction a
    missing table ends that transaction (PostgreSQL's rule): read the ledger last in it.
    Raises CannotKnow when the table is there and cannot be read.
    """
    import psycopg.errors as e

    table = table or ledger_table()
    try:
        found = connection.execute(select_rows(table), prepare=False).fetchall()
    except (e.UndefinedTable, e.InvalidSchemaName):
        return None
    except e.InsufficientPrivilege as error:
        raise CannotKnow(
            f"the history table {table.sql} cannot be read: {error.diag.message_primary}",
            next=f"connect as its owner, or: GRANT USAGE ON SCHEMA {_name(table.schema)} TO …; "
            f"GRANT SELECT ON {table.sql} TO …",
        ) from None
    return rows_of([row[0] for row in found], table)


def select_rows(table: LedgerTable) -> str:
    """The query behind :func:`read_ledger`: one JSON text per row, so that no column has to be there.

    A JSON string among them says what would make the rows mislead.
    """
    from landed.sql.postgres_tokens import literal

    rows = f"SELECT pg_catalog.to_jsonb(m)::pg_catalog.text FROM {table.sql} AS m"
    return rows + _CAVEATS.format(literal(table.sql))


_CAVEATS = """
UNION ALL SELECT '"hidden"' WHERE pg_catalog.row_security_active({0}::pg_catalog.regclass) AND (
  EXISTS (SELECT FROM pg_catalog.pg_policy p
    WHERE p.polrelid OPERATOR(pg_catalog.=) {0}::pg_catalog.regclass AND NOT p.polpermissive)
  OR NOT EXISTS (SELECT FROM pg_catalog.pg_policy p, LATERAL pg_catalog.unnest(p.polroles) AS r (oid)
    WHERE p.polrelid OPERATOR(pg_catalog.=) {0}::pg_catalog.regclass
      AND p.polcmd::pg_catalog.text OPERATOR(pg_catalog.~) '^[*r]$'
      AND pg_catalog.pg_get_expr(p.polqual, p.polrelid) OPERATOR(pg_catalog.=) 'true'
      AND (r.oid OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR pg_catalog.pg_has_role(r.oid, 'USAGE'))))
UNION ALL SELECT '"shapeless"' FROM pg_catalog.pg_attribute a
  WHERE a.attrelid OPERATOR(pg_catalog.=) {0}::pg_catalog.regclass
    AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped
  HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0::pg_catalog.int8
    AND NOT pg_catalog.bool_or(a.attname OPERATOR(pg_catalog.=) 'version'::pg_catalog.name)"""
"""Row level security that leaves out rows (unless a policy lets all of them through), and a table without
versions, which an empty one would not show. A table that another session has just made has no columns in the
catalog as an older snapshot sees it."""


def rows_of(texts: Sequence[str], table: LedgerTable) -> tuple[PgLedgerRow, ...]:
    """The rows that :func:`select_rows` gave. Raises CannotKnow where they do not say what is recorded."""
    found: list[Any] = json.loads(f"[{','.join(texts)}]")
    if "hidden" in found:
        raise CannotKnow(
            f"{table.sql} has row level security on: rows of it may be hidden from this role",
            details=["What is recorded cannot be known; nothing was judged."],
            next=f"connect as its owner, or: ALTER TABLE {table.sql} DISABLE ROW LEVEL SECURITY",
        )
    if "shapeless" in found:
        raise CannotKnow(
            f"{table.sql} has no column version: it is not a history table that landed knows",
            next="name the right table: the setting ledger",
        )
    rows = [_row(row, table) for row in found]
    return tuple(sorted(rows, key=lambda row: row.version))


def _row(found: Mapping[str, Any], table: LedgerTable) -> PgLedgerRow:
    version = found.get("version")
    if version is None:
        raise CannotKnow(
            f"{table.sql} has a row whose version is NULL: nobody can say which file it is about",
            next=f"look at it, then: DELETE FROM {table.sql} WHERE version IS NULL",
        )
    name, statements = found.get("name"), found.get("statements")
    return PgLedgerRow(
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
        "SET LOCAL search_path = pg_catalog",
        f"CREATE SCHEMA IF NOT EXISTS {_name(table.schema)}",
        f"CREATE TABLE IF NOT EXISTS {table.sql} (version text NOT NULL PRIMARY KEY)",
        f"ALTER TABLE {table.sql} ADD COLUMN IF NOT EXISTS statements text[]",
        f"ALTER TABLE {table.sql} ADD COLUMN IF NOT EXISTS name text",
    )


def is_provisioned(table: LedgerTable) -> Command:
    """A query with one boolean: whether the table has all columns that are written to (as the CLI asks)."""
    return (
        "SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 3 FROM pg_catalog.pg_attribute "
        "WHERE attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s) AND NOT attisdropped "
        "AND attname::pg_catalog.text OPERATOR(pg_catalog.~) '^(version|name|statements)$'",
        (table.sql,),
    )


def is_kept(table: LedgerTable, version: str) -> Command:
    """A query that fails with 22012 unless the version has a row: a trigger may have thrown it away."""
    return (
        f"SELECT 1 OPERATOR(pg_catalog./) pg_catalog.count(*) FROM {table.sql} "
        "WHERE version OPERATOR(pg_catalog.=) %s",
        (version,),
    )


def insert(table: LedgerTable, row: PgLedgerRow) -> Command:
    """The row of a file that was applied; fails with 23505 when another runner was first."""
    return (
        f"INSERT INTO {table.sql}(version, name, statements) VALUES(%s, %s, %s)",
        (row.version, row.name or "", list(row.statements or ())),
    )


def upsert(table: LedgerTable, row: PgLedgerRow) -> Command:
    """The row as ``supabase migration repair --status applied`` writes it."""
    sql, values = insert(table, row)
    return (
        f"{sql} ON CONFLICT (version) DO UPDATE SET name = EXCLUDED.name, statements = EXCLUDED.statements",
        values,
    )


def delete(table: LedgerTable, versions: Sequence[str]) -> Command:
    """The rows of these versions, as ``supabase migration repair --status reverted`` removes them."""
    return f"DELETE FROM {table.sql} WHERE version OPERATOR(pg_catalog.=) ANY(%s)", (list(versions),)


def row_for(migration: Migration) -> PgLedgerRow:
    """What the CLI would write for a file."""
    from landed.sql.postgres_stored import ledger_statements
    from landed.targets.supabase_files import version_and_name

    parts = version_and_name(migration.name)
    version, name = parts or (migration.version, migration.name)
    return PgLedgerRow(version, name, ledger_statements(migration.text))


def orphan_name(row: PgLedgerRow) -> str:
    """What a row without a file is called: ``<version>_<name>``."""
    return f"{row.version}_{row.name}" if row.name else row.version


class Matched(NamedTuple):
    """Ledger rows beside files: ``rows`` for the judgement, by the *file's* name where there is one.

    ``content`` maps a file's name to whether its row holds its SQL (``None``: the row holds none).
    """

    rows: tuple[LedgerRow, ...]
    content: Mapping[str, bool | None]


def match(migrations: Sequence[Migration], rows: Sequence[PgLedgerRow]) -> Matched:
    """Which file each ledger row is about: the one of its version, as the CLI sees it.

    Of several files with one version it is the one with the row's SQL, else with its name, else the first. A
    row without a file keeps ``<version>_<name>``. Ids count from 1 in the order of the versions, because the
    table knows no other.
    """
    from landed.sql.postgres_stored import same_content

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
        name = chosen.name if chosen else orphan_name(row)
        matched.append(LedgerRow(number, name, None))
    return Matched(tuple(matched), content)
