"""Whether anything of a schema has changed since it was read.

A reading sees one state of the catalogs' rows, but what prints them (``pg_get_expr`` and its kind) looks up
names and columns as they are at present, and fails where they are gone. While somebody else deploys, what was
read together may never have been there together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import psycopg

_NOW: Final = """\
SELECT s::pg_catalog.text, EXISTS (
    SELECT FROM pg_catalog.pg_locks l WHERE l.locktype OPERATOR(pg_catalog.=) 'transactionid'
        AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock'
        AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
    GROUP BY l.pid HAVING NOT pg_catalog.bool_or(
        pg_catalog.age(l.transactionid) OPERATOR(pg_catalog.<=)
            pg_catalog.age(pg_catalog.pg_snapshot_xmax(s)::pg_catalog.xid)
        OR EXISTS (SELECT FROM pg_catalog.pg_snapshot_xip(s) AS p (x)
            WHERE p.x::pg_catalog.xid OPERATOR(pg_catalog.=) l.transactionid)))
FROM pg_catalog.pg_current_snapshot() AS s"""
# A transaction that still holds its own number's lock, and that is over for who looks: see Moment.finishing.
# Numbers of savepoints stand in no snapshot; that of their transaction does.

_UNREADABLE: Final = frozenset({"pg_user_mapping", "pg_subscription"})
"""Catalogs that only a superuser may read whole."""
_OTHERS: Final = frozenset({"pg_depend", "pg_class", "pg_namespace", "pg_type"})
"""Catalogs that also change for temporary tables: what is asked of them follows, or nothing."""
_RELATION: Final = {
    "pg_attribute": "attrelid",
    "pg_attrdef": "adrelid",
    "pg_constraint": "conrelid",
    "pg_index": "indrelid",
    "pg_inherits": "inhrelid",
    "pg_policy": "polrelid",
    "pg_rewrite": "ev_class",
    "pg_sequence": "seqrelid",
    "pg_trigger": "tgrelid",
}
_TEMPORARY: Final = "(SELECT oid FROM pg_catalog.pg_class WHERE relpersistence = 't')"
_TEMPORARY_SCHEMAS: Final = r"(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_')"
_ROW: Final = "c.xmin::text || c.ctid::text"
# Not which row version it is: TRUNCATE and REFRESH MATERIALIZED VIEW, which applications run, make new ones.
_CLASS: Final = (
    "ROW(c.oid, c.relname, c.relnamespace, c.reltype, c.reloftype, c.relowner, c.relam, c.relkind,"
    " c.relnatts, c.relchecks, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity, c.relispopulated,"
    " c.relreplident, c.relispartition, c.relacl, c.reloptions, c.relpartbound)::text"
)


def _part(catalog: str, row: str = _ROW, where: str = "true") -> str:
    hashed = f"pg_catalog.hashtextextended({row}, 0)::pg_catalog.numeric"
    return (
        f"(SELECT pg_catalog.concat_ws(':', pg_catalog.count(*), pg_catalog.sum({hashed}))"
        f" FROM pg_catalog.{catalog} c WHERE {where})"
    )


def _parts() -> Iterator[str]:
    from landed.engines.postgres.catalog.touched import KNOWN

    yield _part("pg_class", _CLASS, "c.relpersistence <> 't'")
    yield _part("pg_namespace", where=f"c.oid NOT IN {_TEMPORARY_SCHEMAS}")
    yield _part("pg_type", where=f"c.typnamespace NOT IN {_TEMPORARY_SCHEMAS}")
    for catalog in KNOWN:
        if catalog not in _UNREADABLE | _OTHERS:
            relation = _RELATION.get(catalog)
            yield _part(catalog, where=f"c.{relation} NOT IN {_TEMPORARY}" if relation else "true")


@cache
def mark() -> str:
    """An SQL expression that has another value whenever a row of the catalogs that facts are read from was
    written, also where it was written back since; for tables that are only filled and emptied it has the
    same."""
    return f"pg_catalog.concat_ws(' ', {', '.join(_parts())})"


@dataclass(slots=True)
class Moment:
    """When something was read: the transactions that the server had by then, and, where it was asked, the
    catalogs' :func:`mark`.

    ``finishing`` says that a transaction was just ending: its rows were there to be seen, and what others had
    in their caches, from which the catalogs are printed, may not have been told yet.
    """

    transactions: str
    finishing: bool
    mark: str | None = None


@contextmanager
def one_moment(connection: psycopg.Connection[Any], *, marked: bool) -> Iterator[Moment]:
    """A read-only transaction that sees one state, taken back at the end; begun in one round trip.

    Asking for the mark (``marked``), at the end, takes some milliseconds of the server's.
    Raises psycopg.Error.
    """
    with connection.pipeline():
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", prepare=False)
        cursor = connection.execute(_NOW, prepare=False)
    try:
        found = cursor.fetchone()
        assert found is not None
        moment = Moment(*found)
        yield moment
        if marked:
            # As of the beginning, and only now: what is locked already brings no news of what others did.
            with connection.pipeline():
                connection.execute("SET LOCAL search_path = pg_catalog, pg_temp", prepare=False)
                cursor = connection.execute(f"SELECT {mark()}".encode(), prepare=False)
            (moment.mark,) = cursor.fetchone() or (None,)
    finally:
        if not connection.closed:
            connection.rollback()


def unchanged(connection: psycopg.Connection[Any], moment: Moment) -> bool:
    """Whether nothing has changed since, neither in the schema nor, as far as can be told, anywhere else.

    Without a mark only a database in which no transaction has written since is known to be unchanged. Raises
    psycopg.Error.
    """
    if moment.finishing:
        return False
    if moment.mark is None:
        return connection.execute(_NOW, prepare=False).fetchone() == (moment.transactions, False)
    with one_moment(connection, marked=True) as now:
        pass
    return now.mark == moment.mark
