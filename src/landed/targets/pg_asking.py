"""Questions of landed's own to a server: the catalog's names mean the catalog's, whatever the search_path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

CATALOG_FIRST = """\
SELECT pg_catalog.set_config('search_path', pg_catalog.concat('pg_catalog, ', pg_catalog.regexp_replace(
    pg_catalog.current_setting('search_path'), '^\\s*$', '""')), true)"""
"""Puts pg_catalog before everything else on the search_path until the transaction ends. What stands there
otherwise still counts after it: tables that a file names without a schema, operators of extensions."""


def ask(
    connection: Connection[Any], query: str, values: Sequence[object] | Mapping[str, object] = ()
) -> list[tuple[Any, ...]]:
    """All rows of a query, which reads only; one round trip. Raises psycopg.Error.

    On a connection in autocommit mode. In a transaction that is open already, the query is sent as it is:
    whoever began it has sent :data:`CATALOG_FIRST`.
    """
    from psycopg.pq import TransactionStatus

    given = values or None
    if connection.info.transaction_status == TransactionStatus.INTRANS:
        return connection.execute(query.encode(), given, prepare=False).fetchall()
    try:
        with connection.pipeline():
            connection.execute("BEGIN READ ONLY", prepare=False)
            connection.execute(CATALOG_FIRST, prepare=False)
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
