"""Reading the catalog in one round trip, under settings that make its texts canonical."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

SETTINGS = (
    "SELECT set_config('search_path', 'pg_catalog, pg_temp', true), set_config('TimeZone', 'UTC', true),"
    " set_config('DateStyle', 'ISO', true), set_config('IntervalStyle', 'postgres', true),"
    " set_config('bytea_output', 'hex', true), set_config('quote_all_identifiers', 'off', true),"
    " set_config('extra_float_digits', '1', true), set_config('xmlbinary', 'base64', true),"
    " set_config('jit', 'off', true), set_config('work_mem', '64MB', true)"
)
"""All that changes how PostgreSQL prints expressions, set for the transaction."""

_MODE = "ISOLATION LEVEL REPEATABLE READ, READ ONLY"


@contextmanager
def canonical(connection: psycopg.Connection[Any]) -> Iterator[psycopg.Pipeline]:
    """A pipeline whose statements see one state of the catalog under the canonical settings.

    Outside a transaction this is a read-only one of its own. Inside one it is a savepoint, rolled back
    at the end, which puts every setting back; nothing may be written in it.
    """
    from psycopg.pq import TransactionStatus

    inside = connection.info.transaction_status != TransactionStatus.IDLE
    try:
        with connection.pipeline() as pipeline:
            if inside:
                connection.execute("SAVEPOINT landed_catalog", prepare=False)
            elif connection.autocommit:
                connection.execute("BEGIN " + _MODE, prepare=False)
            else:
                connection.execute("SET TRANSACTION " + _MODE, prepare=False)
            connection.execute(SETTINGS, prepare=False)
            yield pipeline
            if inside:
                connection.execute("ROLLBACK TO landed_catalog", prepare=False)
                connection.execute("RELEASE landed_catalog", prepare=False)
            else:
                connection.execute("ROLLBACK", prepare=False)
    finally:
        if not inside and connection.info.transaction_status != TransactionStatus.IDLE:
            connection.rollback()
