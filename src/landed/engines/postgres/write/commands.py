"""What is sent to Postgres around a file's statements: the beginning of its transaction, and its end."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.migration import Statement
from landed.engines.live import StoredRow
from landed.engines.postgres.ledger import held, insert, is_at, is_kept
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.segments import transaction_options
from landed.engines.postgres.sql.settings import with_settings
from landed.engines.postgres.wire import Command
from landed.engines.postgres.write.session import RESET, ROLES, Session
from landed.engines.postgres.write.unit import Unit

_SCHEMA = frozenset(("CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE"))
"""Verbs of statements that leave role and settings of a session alone, and run nobody's functions."""

_HARMLESS = frozenset(("INSERT", "UPDATE", "DELETE", "TRUNCATE", "MERGE", "SECURITY", "REFRESH", "LOCK"))
"""Verbs of statements that leave the role alone; a function that they run may change a setting."""


def opening(session: Session, unit: Unit, *, settled: bool) -> list[Command]:
    """The beginning of a unit's transaction.

    It fails (22012) in another server process than the session's, which holds the lock; where the history
    table is not what was judged (purpose ``shape``), once it is held so that it stays what it is; and where
    the version of the history row to be written is recorded already. ``settled`` sessions are not reset.
    """
    own = "pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) %s"
    columns = [f"1 OPERATOR(pg_catalog./) CASE WHEN {own} THEN 1 ELSE 0 END"]
    values: list[object] = [session.pid]
    if session.lock_timeout:
        columns.append("pg_catalog.set_config('lock_timeout', %s, true)")
        values.append(session.lock_timeout)
    options = transaction_options(unit.migration.statements, unit.statements)
    sent = [Command(sql) for sql in (() if settled else RESET)] + [Command(f"BEGIN {options}".rstrip())]
    sent.append(Command(f"SELECT {', '.join(columns)}", tuple(values), purpose="guard"))
    row, ledger = unit.row, session.target.ledger
    if row is None:
        return sent
    # In this order: a query on the table is planned with all that lies on it.
    superuser = session.capabilities.is_superuser
    sent += [Command(sql, purpose="guard") for sql in held(ledger, superuser=superuser)]
    sent += session.same_shape()
    recorded = f"EXISTS (SELECT FROM ONLY {ledger.sql} WHERE version OPERATOR(pg_catalog.=) %s)"
    once = f"SELECT 1 OPERATOR(pg_catalog./) CASE WHEN {recorded} THEN 0 ELSE 1 END"
    return [*sent, Command(once, (row.version,), purpose="guard")]


def body(session: Session, unit: Unit) -> list[Command]:
    """The unit's statements, then whatever they deferred, under the role that the session began with; and the
    history row. That is written before the facts are proven, so that whatever comes of it is proven, too."""
    own = with_settings(unit.migration.statements, unit.statements)
    sent = [Command(s.text, statement=s, file=unit.migration.file) for s in own]
    sent.append(Command("SET CONSTRAINTS ALL IMMEDIATE", purpose="constraints"))
    if not _verbs(own) <= _HARMLESS | _SCHEMA:
        sent += [Command(sql) for sql in ROLES]
    return sent if unit.row is None else sent + _recording(session, unit.row)


def keeping(session: Session, unit: Unit) -> list[Command]:
    """The look whether the history row stayed, in the table that was judged."""
    if unit.row is None:
        return []
    oid = session.shape.oid if session.shape else None
    kept, version = is_kept(session.target.ledger, unit.row.version, oid)
    return [Command(kept, version, purpose="kept")]


def settles(unit: Unit) -> bool:
    """Whether role and settings of the session are those from before, once the unit is committed."""
    return _verbs(with_settings(unit.migration.statements, unit.statements)) <= _SCHEMA


def _recording(session: Session, row: StoredRow) -> list[Command]:
    """A superuser's session holds the name of the schema, too: it means what it meant."""
    ledger, shape = session.target.ledger, session.shape
    sql, values = insert(ledger, row)
    again = Command("SET CONSTRAINTS ALL IMMEDIATE", purpose="constraints")
    moved = Command(is_at(ledger, shape.oid if shape else 0), purpose="moved")
    same = [] if session.capabilities.is_superuser else [moved]
    return [*same, Command(sql, values, purpose="record"), again]


def _verbs(statements: Sequence[Statement]) -> set[str]:
    return {head_of(s).verb for s in statements if s.text}
