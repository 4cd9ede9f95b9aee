"""doctor's look at the history table of a Postgres database: its shape, its rows, who may write to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from landed.core.check import Check, Level, guarded
from landed.core.next import STATUS
from landed.engines.postgres.connect.asking import ask, ask_one
from landed.engines.postgres.doctor.asking import asking
from landed.engines.postgres.ledger import read_ledger
from landed.engines.postgres.ledger_name import LedgerTable, ledger_table
from landed.engines.postgres.ledger_shape import obstacles, shape_of, shape_query
from landed.engines.postgres.sql.names import role_name
from landed.engines.postgres.sql.tokens import quote
from landed.project.target_spec import TargetSpec

if TYPE_CHECKING:
    from landed.engines.postgres.connect.connect import Connected

_CLI = ("version", "statements", "name")
_HOSTED = ("created_by", "idempotency_key", "rollback")
_MOST = 5

_SHAPE = """\
SELECT pg_catalog.pg_get_userbyid(c.relowner)::text, c.relkind::text,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       pg_catalog.has_table_privilege(c.oid, 'SELECT')
           AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE'),
       pg_catalog.has_table_privilege(c.oid, 'INSERT') AND pg_catalog.has_table_privilege(c.oid, 'DELETE'),
       EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a
                   ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
               WHERE i.indrelid = c.oid AND i.indisunique AND i.indnkeyatts = 1 AND a.attname = 'version')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s"""

_SIMILAR = """\
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND (c.relname LIKE '%migration%' OR c.relname = 'goose_db_version')
  AND n.nspname NOT IN ('auth', 'storage', 'realtime', '_realtime', 'supabase_functions', '_analytics')
  AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 1"""


def examine(spec: TargetSpec, connected: Connected) -> list[Check]:
    """Everything about the ledger."""
    return guarded("ledger", "table", "table", lambda: _ledger(spec, connected))


def _ledger(spec: TargetSpec, connected: Connected) -> Iterator[Check]:
    origin = spec.ledger_table.origin
    table = ledger_table(spec.ledger_table.value)
    connection, role = connected.connection, connected.capabilities.role
    to = role_name(role)
    with asking("the ledger"):
        row = ask_one(connection, _SHAPE, tuple(table))
    if row is None:
        yield Check(
            "ledger", "table", "table", f"{table.sql} (not there yet)", origin, Level.NOTE,
            "nothing is recorded in this database; the first landed apply makes the table, as the Supabase "
            "CLI would", STATUS,
        )  # fmt: skip
        yield from _similar(connected, table)
        return
    owner, kind, columns, reads, writes, unique = row
    if kind != "r" or "version" not in columns:
        what = (
            f"it has no column version (it has: {', '.join(columns)})"
            if kind == "r"
            else "it is no ordinary table, and reading it may run code of others"
        )
        yield Check(
            "ledger", "table", "table", table.sql, origin, Level.ERROR,
            f"{what}: landed cannot record anything", "name the right table: the setting ledger", 2,
        )  # fmt: skip
        return
    if not reads:
        schema = quote(table.schema)
        yield Check(
            "ledger", "table", "table", f"{table.sql}, of {owner}", origin, Level.ERROR,
            f"{role} may not read it: what is recorded cannot be known",
            f"connect as {owner}, or: GRANT USAGE ON SCHEMA {schema} TO {to}; GRANT SELECT ON {table.sql} "
            f"TO {to}",
            3,
        )  # fmt: skip
        return
    with asking("the ledger"):
        rows = read_ledger(connection, table) or ()
        shape = shape_of(ask(connection, shape_query(table)))
    fired = obstacles(shape) if shape else []
    yield Check("ledger", "table", "table", f"{table.sql}, {len(rows)} rows, of {owner}", origin)
    yield _columns(columns)
    if not unique:
        yield Check(
            "ledger", "unique", "unique versions", "no", None, Level.WARNING,
            "version is neither primary key nor unique: two runners at once can record a file twice",
        )  # fmt: skip
    if fired:
        yield Check(
            "ledger", "fired", "triggers", ", ".join(fired[:_MOST]), None, Level.WARNING,
            "they would run when a history row is written, with the rights of whoever writes it: apply, "
            "resume and repair refuse",
            f"look at them, and take off what you do not know: ALTER TABLE {table.sql} DISABLE TRIGGER …, or "
            "DROP RULE …",
        )  # fmt: skip
    if not writes:
        yield Check(
            "ledger", "rights", "rights", "read only", None, Level.WARNING,
            f"{role} may not write to it: status works, apply, resume and repair will not",
            f"connect as {owner}, or: GRANT INSERT, UPDATE, DELETE ON {table.sql} TO {to}",
        )  # fmt: skip
    silent = [r.version for r in rows if not r.statements]
    if silent and "statements" in columns:
        more = f" and {len(silent) - _MOST} more" if len(silent) > _MOST else ""
        yield Check(
            "ledger", "no-statements", "rows without SQL", f"{', '.join(silent[:_MOST])}{more}", None,
            Level.NOTE,
            "such a row does not say what was run: edits of its file cannot be seen in it",
        )  # fmt: skip


def _columns(columns: list[str]) -> Check:
    """Who made the table, by its columns."""
    missing = [c for c in _CLI if c not in columns]
    more = [c for c in columns if c not in (*_CLI, *_HOSTED)]
    shown = ", ".join(columns)
    if missing:
        return Check(
            "ledger", "columns", "columns", shown, "an older Supabase CLI's", Level.NOTE,
            f"{' and '.join(missing)} will be added by the next landed apply, as by the CLI's next push",
        )  # fmt: skip
    origin = "a hosted project's" if set(_HOSTED) & set(columns) else "the Supabase CLI's"
    return Check(
        "ledger", "columns", "columns", shown, origin, Level.NOTE if more else Level.GOOD,
        f"{', '.join(more)}: neither the CLI nor landed knows them, and leaves them alone" if more else None,
    )  # fmt: skip


def _similar(connected: Connected, table: LedgerTable) -> Iterator[Check]:
    """Other tables that look like a history."""
    with asking("the tables"):
        found = [str(r[0]) for r in ask(connected.connection, _SIMILAR)]
    others: list[Any] = [name for name in found if name != table.sql]
    if others:
        yield Check(
            "ledger", "similar", "similar tables", ", ".join(others[:_MOST]), None, Level.NOTE,
            "another tool's history may be in these; landed reads tables with a column version",
            "if one of them is meant: the setting ledger",
        )  # fmt: skip
