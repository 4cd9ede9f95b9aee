"""What one statement does to the tables that were there: locks taken, tables rewritten, scanned, written.

Measured in the statement's own transaction, from ``pg_locks``, the tables' storage files and the session's
own counters of scans and rows (pg_stat_get_xact_…), not looked up in a list of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import psycopg

MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
"""Lock modes of tables, weakest first, as ``pg_locks`` spells them (PostgreSQL manual, 13.3.1)."""

RANKS = {mode: rank for rank, mode in enumerate(MODES)}

WORTH_TELLING = RANKS["ShareUpdateExclusiveLock"]
"""Weaker ones are what every reader and writer takes."""

KNOWN = """
SELECT c.oid, n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""

_COUNTERS = """pg_catalog.pg_stat_get_xact_numscans({0}),
  pg_catalog.pg_stat_get_xact_tuples_inserted({0})
    + pg_catalog.pg_stat_get_xact_tuples_updated({0})
    + pg_catalog.pg_stat_get_xact_tuples_deleted({0})"""

_LOOK = f"""
SELECT l.relation, l.modes, c.relfilenode, {_COUNTERS.format("l.relation")}
FROM (
  SELECT relation, pg_catalog.array_agg(mode) AS modes FROM pg_catalog.pg_locks
  WHERE locktype = 'relation' AND granted AND pid = pg_catalog.pg_backend_pid()
    AND relation = ANY (%s::pg_catalog.oid[])
  GROUP BY relation
) l LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
"""


class Table(NamedTuple):
    """A table by its parts; ``str`` is how a person would write it."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class Touch(NamedTuple):
    """What a statement did to one table.

    ``taken`` is the strongest lock that it newly took, ``""`` if the transaction had all of them;
    ``held`` the strongest that the transaction holds now. ``rewritten``: its storage is another file
    than before. ``scanned``: read from one end to the other. ``rows``: rows were inserted, updated or
    deleted. ``gone``: the table is not there any more.
    """

    table: int
    taken: str
    held: str
    rewritten: bool
    scanned: bool
    rows: bool
    gone: bool


class _Look(NamedTuple):
    modes: frozenset[str] = frozenset()
    file: int | None = None
    scans: int = 0
    rows: int = 0


class Observer:
    """Watches the transaction that a connection has open.

    ``tables`` (by object id) are those that were there when it was made; others are not watched. After
    a ``ROLLBACK TO SAVEPOINT`` call :meth:`touched` once more and forget the answer: the locks are gone.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        rows = connection.execute(KNOWN, prepare=False).fetchall()
        self.tables: Mapping[int, Table] = {oid: Table(schema, name) for oid, schema, name in rows}
        self._all = "{" + ",".join(map(str, self.tables)) + "}"
        files = connection.execute(
            f"SELECT oid, relfilenode, {_COUNTERS.format('oid')} FROM pg_catalog.pg_class"
            " WHERE oid = ANY (%s::pg_catalog.oid[])",
            (self._all,),
            prepare=False,
        ).fetchall()
        self._before = {oid: _Look(frozenset(), file, scans, rows) for oid, file, scans, rows in files}
        self._before.update(self._look())

    def touched(self) -> list[Touch]:
        """What happened since the last call, one entry per table that anything happened to."""
        now = self._look()
        found = []
        for oid, look in now.items():
            before = self._before.get(oid, _Look())
            touch = Touch(
                table=oid,
                taken=strongest(look.modes - before.modes),
                held=strongest(look.modes),
                rewritten=look.file is not None and before.file is not None and look.file != before.file,
                scanned=look.scans > before.scans,
                rows=look.rows != before.rows,
                gone=look.file is None and before.file is not None,
            )
            if touch.taken or touch.rewritten or touch.scanned or touch.rows or touch.gone:
                found.append(touch)
        # Whose locks are gone with a savepoint is as it was, but for the locks.
        kept = {oid: look._replace(modes=frozenset()) for oid, look in self._before.items()}
        self._before = {**kept, **now}
        return found

    def _look(self) -> dict[int, _Look]:
        rows = self._connection.execute(_LOOK, (self._all,), prepare=False).fetchall()
        return {
            oid: _Look(frozenset(modes), file, scans or 0, written or 0)
            for oid, modes, file, scans, written in rows
        }


def strongest(modes: Iterable[str]) -> str:
    """The strongest of some lock modes, ``""`` for none."""
    return max(modes, key=lambda mode: RANKS.get(mode, -1), default="")


def spelled(mode: str) -> str:
    """A lock mode as the manual writes it: ``ACCESS EXCLUSIVE``."""
    bare = mode.removesuffix("Lock")
    return "".join(f" {c}" if c.isupper() and i else c for i, c in enumerate(bare)).upper()


def blocks(mode: str) -> str:
    """Who has to wait for a lock of this mode (PostgreSQL manual, table 13.2)."""
    if mode == "AccessExclusiveLock":
        return "reads and writes"
    if RANKS.get(mode, -1) >= RANKS["ShareLock"]:
        return "writes"
    if mode == "ShareUpdateExclusiveLock":
        return "other schema changes"
    return "nothing"
