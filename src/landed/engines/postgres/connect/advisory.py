"""The session lock that keeps two runners apart on one Postgres database, and where it cannot be had."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from landed.core.errors import Busy, Code, UsageError
from landed.engines.postgres.connect.capabilities import TRANSACTION_PORT, Capabilities
from landed.engines.postgres.connect.sessions import Blocker, ending, shown
from landed.engines.postgres.ledger_name import LedgerTable, ledger_table
from landed.project.pg_url import Dsn

if TYPE_CHECKING:
    from psycopg import Connection

LOCK_CLASS = int.from_bytes(b"land", "big")
"""The first half of the key, 1818324580: in ``pg_locks`` the ``classid`` of landed's advisory locks."""

_TRIES = 3

# The lock and, when it is taken, who has it: one statement, so that it stays one round trip either way.
_TAKE = """\
WITH mine AS MATERIALIZED (SELECT pg_catalog.pg_try_advisory_lock(%(class)s, %(object)s) AS taken)
SELECT mine.taken, pg_catalog.pg_backend_pid(), h.*
FROM mine LEFT JOIN LATERAL (
    SELECT l.pid, a.usename::pg_catalog.text,
           CASE WHEN a.application_name OPERATOR(pg_catalog.=) '' THEN a.backend_type
                ELSE a.application_name END AS application,
           a.state, a.query,
           pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-)
                                         coalesce(a.xact_start, a.backend_start)),
           pg_catalog.host(a.client_addr)
    FROM pg_catalog.pg_locks l
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
    WHERE NOT mine.taken AND l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted
      AND l.objsubid OPERATOR(pg_catalog.=) 2::pg_catalog.int2
      AND l.database OPERATOR(pg_catalog.=)
          (SELECT d.oid FROM pg_catalog.pg_database d
           WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
      AND l.classid OPERATOR(pg_catalog.=) %(class)s::pg_catalog.int8::pg_catalog.oid
      AND l.objid OPERATOR(pg_catalog.=)
          (%(object)s::pg_catalog.int8 OPERATOR(pg_catalog.&) 4294967295)::pg_catalog.oid
    LIMIT 1) h ON true"""


def lock_key(ledger: LedgerTable | None = None) -> tuple[int, int]:
    """The two 32-bit keys of the lock: :data:`LOCK_CLASS` and the CRC-32 of ``schema.table`` of the ledger.

    Advisory locks belong to one database, so that other databases of the server are not kept out. To find it:
    ``SELECT * FROM pg_locks WHERE locktype = 'advisory' AND classid = 1818324580``.
    """
    table = ledger or ledger_table()
    number = zlib.crc32(f"{table.schema}.{table.table}".encode())
    return LOCK_CLASS, number - (1 << 32) if number >= 1 << 31 else number


def refuse_unwritable(capabilities: Capabilities, dsn: Dsn) -> None:
    """Raise UsageError where nothing may be written: behind a transaction pooler, on a replica, in a database
    that is set to read-only. The error says why and which address to use instead. No round trip."""
    if capabilities.pooler == "transaction":
        raise _pooled(capabilities, dsn)
    if capabilities.replica:
        raise UsageError(
            f"{dsn.place} is a replica: nothing can be written to it",
            details=["the server is in recovery: it repeats what its primary does, and takes no changes"],
            next="give the address of the primary server",
            where=dsn.origin or None,
        )
    if capabilities.read_only:
        details = ["default_transaction_read_only is on for this database or this role"]
        if dsn.is_supabase:
            details.append("Supabase sets a project to read-only when its disk is nearly full")
        raise UsageError(
            f"{dsn.place} takes no changes: the database is set to read-only",
            details=details,
            next="make room or lift the setting (ALTER DATABASE … RESET default_transaction_read_only), "
            "then run it again",
            where=dsn.origin or None,
        )


@contextmanager
def session_lock(
    connection: Connection[Any], capabilities: Capabilities, dsn: Dsn, ledger: LedgerTable | None = None
) -> Iterator[int]:
    """Hold the lock of this database's ledger while the block runs; yields our server process's number.

    One round trip to take it, one to give it back; a connection that died in between has given it back by
    itself, which is no error. Raises Busy naming who holds it, and UsageError as :func:`refuse_unwritable`.
    """
    refuse_unwritable(capabilities, dsn)
    key = lock_key(ledger)
    pid = _take(connection, key)
    try:
        yield pid
    finally:
        _release(connection, key)


def _take(connection: Connection[Any], key: tuple[int, int]) -> int:
    values = {"class": key[0], "object": key[1]}
    for _ in range(_TRIES):
        row = connection.execute(_TAKE, values, prepare=False).fetchone()
        assert row is not None
        taken, own, pid, user, application, state, query, age, client = row
        if taken:
            return int(own)
        if pid is not None:
            raise _busy(Blocker(pid, user, application or "", state, shown(query), age, client=client), key)
        # Its holder left between the two looks.
    raise _busy(None, key)


def _busy(holder: Blocker | None, key: tuple[int, int]) -> Busy:
    details = [f"the advisory lock ({key[0]}, {key[1]}) of this database is held"]
    if holder is not None:
        details[0] += f" by {holder}"
    end = f"; a runner that hangs can be ended: {ending((holder,))}" if holder else ""
    return Busy(
        "another runner is applying migrations to this database",
        code=Code.LOCK,
        details=[*details, "nothing was changed"],
        next=f"wait until it has finished, then run it again{end}",
    )


def _release(connection: Connection[Any], key: tuple[int, int]) -> None:
    import psycopg
    from psycopg.pq import TransactionStatus

    try:
        if connection.info.transaction_status == TransactionStatus.INERROR:
            connection.rollback()
        connection.execute("SELECT pg_catalog.pg_advisory_unlock(%s, %s)", key, prepare=False)
    except psycopg.Error:
        # A session that is gone holds no lock; one that cannot be used must not keep it.
        connection.close()


def another_session(capabilities: Capabilities, dsn: Dsn) -> UsageError:
    """The error for a transaction that ran in another server session than the one that holds the lock."""
    why = "a transaction ran in another server process than that of landed's lock, and was rolled back"
    return _pooled(capabilities._replace(why=why), dsn)


def _pooled(capabilities: Capabilities, dsn: Dsn) -> UsageError:
    return UsageError(
        f"migrations cannot be applied through a transaction pooler ({dsn.place})",
        details=[
            capabilities.why,
            "each transaction there may run in another server session: the lock that keeps two runners apart "
            "would not hold, and would stay behind in a session that is handed on to somebody else",
            "reading commands (landed status, verify, drift) work there",
        ],
        next=f"use {' or '.join(_instead(dsn))}",
        where=dsn.origin or None,
    )


def _instead(dsn: Dsn) -> list[str]:
    """Addresses for the same database that give a session of one's own; never with a password."""
    login = f"{dsn.user}@" if dsn.user else ""
    if not dsn.is_supabase:
        return ["the server's own address, or a pool in session mode (pool_mode = session)"]
    ways = []
    if dsn.is_supabase_pooler:
        ways.append(f"the session pooler: postgresql://{login}{dsn.host}:5432/{dsn.database}")
    if dsn.project_ref:
        role = dsn.user.removesuffix(f".{dsn.project_ref}") or "postgres"
        host = dsn.host if not dsn.is_supabase_pooler else f"db.{dsn.project_ref}.supabase.co"
        ways.append(f"the direct address (IPv6): postgresql://{role}@{host}:5432/{dsn.database}")
    if not dsn.is_supabase_pooler:
        ways.append("the session pooler's URL (dashboard, Connect; port 5432)")
    return ways


__all__ = [
    "LOCK_CLASS",
    "TRANSACTION_PORT",
    "another_session",
    "lock_key",
    "refuse_unwritable",
    "session_lock",
]
