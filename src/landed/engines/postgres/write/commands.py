"""What is sent to Postgres around a file's statements: the beginning of its transaction, and its end."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from landed.core.migration import Migration, Statement
from landed.engines.live import StoredRow
from landed.engines.postgres.ledger import held, insert, is_at, is_kept
from landed.engines.postgres.ledger_name import LedgerTable
from landed.engines.postgres.ledger_shape import Shape
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.segments import Segment, segments
from landed.engines.postgres.sql.settings import with_settings
from landed.engines.postgres.wire import Command
from landed.engines.postgres.write.session import RESET

_SCHEMA = frozenset(("CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE"))
"""Verbs of statements that leave role and settings of a session alone, and run nobody's functions."""

_HARMLESS = frozenset(("INSERT", "UPDATE", "DELETE", "TRUNCATE", "MERGE", "SECURITY", "REFRESH", "LOCK"))
"""Verbs of statements that leave the role alone; a function that they run may change a setting."""


def parts_of(migration: Migration, chosen: Collection[int]) -> list[Segment]:
    """The file's transactions, of the chosen statements only; neighbours that commit anyway are one."""
    parts: list[Segment] = []
    for segment in segments(migration.statements):
        numbers = tuple(n for n in segment.statements if n in chosen)
        if not numbers:
            continue
        if parts and not segment.alone and not parts[-1].alone and not parts[-1].ended:
            parts[-1] = Segment((*parts[-1].statements, *numbers), ended=segment.ended)
        else:
            parts.append(segment._replace(statements=numbers))
    return parts or [Segment(())]


def opening(
    ledger: LedgerTable,
    row: StoredRow | None,
    pid: int,
    lock_timeout: str,
    *,
    same: Sequence[Command],
    superuser: bool,
    settled: bool,
    options: str = "",
) -> list[Command]:
    """The beginning of a transaction.

    It fails (22012) in another server process than ``pid``, which holds the lock; where the history table is
    not what was judged (``same``, purpose ``shape``), once it is held so that it stays what it is; and where
    the version of the history row to be written is recorded already. ``settled`` sessions are not reset;
    ``lock_timeout`` may be empty; ``options`` are those of BEGIN that the file asks for.
    """
    own = "pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) %s"
    columns = [f"1 OPERATOR(pg_catalog./) CASE WHEN {own} THEN 1 ELSE 0 END"]
    values: list[object] = [pid]
    if lock_timeout:
        columns.append("pg_catalog.set_config('lock_timeout', %s, true)")
        values.append(lock_timeout)
    sent = [Command(sql) for sql in (() if settled else RESET)] + [Command(f"BEGIN {options}".rstrip())]
    sent.append(Command(f"SELECT {', '.join(columns)}", tuple(values), purpose="guard"))
    if row is None:
        return sent
    # In this order: a query on the table is planned with all that lies on it.
    sent += [Command(sql, purpose="guard") for sql in held(ledger, superuser=superuser)]
    sent += same
    recorded = f"EXISTS (SELECT FROM ONLY {ledger.sql} WHERE version OPERATOR(pg_catalog.=) %s)"
    once = f"SELECT 1 OPERATOR(pg_catalog./) CASE WHEN {recorded} THEN 0 ELSE 1 END"
    return [*sent, Command(once, (row.version,), purpose="guard")]


def body(migration: Migration, numbers: Collection[int]) -> list[Command]:
    """The file's statements, then whatever it deferred, under the role that the session began with."""
    own = with_settings(migration.statements, numbers)
    sent = [Command(s.text, statement=s) for s in own]
    sent.append(Command("SET CONSTRAINTS ALL IMMEDIATE", purpose="constraints"))
    if not _verbs(own) <= _HARMLESS | _SCHEMA:
        sent += [Command("RESET SESSION AUTHORIZATION"), Command("RESET ROLE")]
    return sent


def settles(migration: Migration, numbers: Collection[int]) -> bool:
    """Whether role and settings of the session are those from before, once these statements are committed."""
    return _verbs(with_settings(migration.statements, numbers)) <= _SCHEMA


def recording(ledger: LedgerTable, row: StoredRow, shape: Shape | None, *, superuser: bool) -> list[Command]:
    """The history row. It is written before the facts are proven, so that whatever comes of it is proven with
    them. ``superuser`` sessions hold the name of the schema, too: it means what it meant."""
    sql, values = insert(ledger, row)
    again = Command("SET CONSTRAINTS ALL IMMEDIATE", purpose="constraints")
    same = [] if superuser else [Command(is_at(ledger, shape.oid if shape else 0), purpose="moved")]
    return [*same, Command(sql, values, purpose="record"), again]


def keeping(ledger: LedgerTable, row: StoredRow, shape: Shape | None) -> Command:
    """The look whether the history row stayed, in the table that was judged."""
    kept, version = is_kept(ledger, row.version, shape.oid if shape else None)
    return Command(kept, version, purpose="kept")


def _verbs(statements: Sequence[Statement]) -> set[str]:
    return {head_of(s).verb for s in statements if s.text}
