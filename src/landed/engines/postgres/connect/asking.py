"""Questions of landed's own to a server: the catalog's names mean the catalog's, whatever the search_path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

PATH = "pg_catalog, pg_temp"
"""The search_path of landed's own queries: the catalog alone. ``pg_temp`` is named because it would come
first otherwise, for tables and types. Nothing that somebody put into another schema has a part in them."""

GUARDED = f"""\
SELECT pg_catalog.set_config('search_path', '{PATH}', true),
    pg_catalog.set_config('row_security', 'off', true),
    pg_catalog.set_config('constraint_exclusion', 'off', true),
    CASE WHEN pg_catalog.current_setting('restrict_nonsystem_relation_kind', true) IS NOT NULL
    THEN pg_catalog.set_config('restrict_nonsystem_relation_kind', 'view,foreign-table', true) END"""
"""Makes the rest of a transaction landed's own: :data:`PATH`, no policy that hides rows without an error,
and, where the server has that (12.20 and later, 17, 18), no views and no foreign tables but the server's."""

KEPT = "SELECT pg_catalog.set_config('landed.path', pg_catalog.current_setting('search_path'), true)"
"""Remembers the session's own search_path for :func:`relation_named`, before :data:`GUARDED` in a
transaction."""

_THEIRS = """\
SELECT pg_catalog.set_config('search_path', coalesce(pg_catalog.current_setting('landed.path', true),
    pg_catalog.current_setting('search_path')), true)"""

_RELATION = """\
SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(%s)"""

_TYPE = """\
SELECT pg_catalog.format('%%I.%%I', n.nspname, t.typname)
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace
WHERE t.oid OPERATOR(pg_catalog.=) pg_catalog.to_regtype(%s)"""


def ask(
    connection: Connection[Any], query: str, values: Sequence[object] | Mapping[str, object] = ()
) -> list[tuple[Any, ...]]:
    """All rows of a query, which reads only; one round trip. Raises psycopg.Error.

    On a connection in autocommit mode. In a transaction that is open already, the query is sent as it is:
    whoever began it has sent :data:`GUARDED`.
    """
    return _read(connection, query, values, GUARDED)


def relation_named(connection: Connection[Any], name: str) -> str | None:
    """What a relation's name (as a file has it) means on the session's own search_path: ``schema.name`` in
    SQL, or ``None``. The look runs nothing. Raises psycopg.Error."""
    return _named(connection, _RELATION, name)


def type_named(connection: Connection[Any], name: str) -> str | None:
    """The same for a type."""
    return _named(connection, _TYPE, name)


def _named(connection: Connection[Any], query: str, name: str) -> str | None:
    from psycopg.pq import TransactionStatus

    if connection.info.transaction_status != TransactionStatus.INTRANS:
        rows = _read(connection, query, (name,), None)
    else:
        with connection.pipeline():
            connection.execute(_THEIRS, prepare=False)
            cursor = connection.execute(query.encode(), (name,), prepare=False)
            connection.execute(f"SELECT pg_catalog.set_config('search_path', '{PATH}', true)", prepare=False)
        rows = cursor.fetchall()
    return str(rows[0][0]) if rows else None


def _read(
    connection: Connection[Any],
    query: str,
    values: Sequence[object] | Mapping[str, object],
    first: str | None,
) -> list[tuple[Any, ...]]:
    from psycopg.pq import TransactionStatus

    given = values or None
    if connection.info.transaction_status == TransactionStatus.INTRANS:
        return connection.execute(query.encode(), given, prepare=False).fetchall()
    try:
        with connection.pipeline():
            connection.execute("BEGIN READ ONLY", prepare=False)
            if first is not None:
                connection.execute(first.encode(), prepare=False)
            cursor = connection.execute(query.encode(), given, prepare=False)
            connection.execute("ROLLBACK", prepare=False)
        return cursor.fetchall()
    finally:
        if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
            connection.rollback()


def ask_one(
    connection: Connection[Any], query: str, values: Sequence[object] | Mapping[str, object] = ()
) -> tuple[Any, ...] | None:
    """The first row of :func:`ask`, or ``None``."""
    return next(iter(ask(connection, query, values)), None)
