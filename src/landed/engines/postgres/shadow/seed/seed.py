"""Made-up rows in a shadow's Postgres tables: parents first, and each row as its constraints want it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from landed.engines.postgres.shadow.seed.rows import CannotSeed, Seeding, SeedReport, parents_of
from landed.engines.postgres.shadow.seed.tables import Reference, TableShape, references, shapes

if TYPE_CHECKING:
    import psycopg

__all__ = ["SeedReport", "seed"]


def seed(
    connection: psycopg.Connection[Any],
    tables: Iterable[tuple[int, str, str]],
    known: Sequence[Reference] | None = None,
) -> SeedReport:
    """Put up to two rows into each of these tables (object id, schema, name) that has none.

    The first is full; the second has NULL wherever that is allowed, and else the same values as the first
    except where a key holds rows apart. References point to rows that are there: no row is an orphan.
    Triggers run as they do for an application's rows; where one refuses the row, it goes in without
    (``session_replication_role``), as its references are right by construction. Needs a superuser's rights
    and an open transaction. The values are the same on every call.
    """
    report = SeedReport()
    pending = shapes(connection, tables)
    links = references(connection) if known is None else tuple(known)
    parents = parents_of(connection, {r.parent for r in links if r.child in pending})
    rows = connection.execute(
        "SELECT oid FROM pg_catalog.pg_class WHERE relispartition AND oid = ANY (%s::pg_catalog.oid[])",
        ("{" + ",".join(map(str, pending)) + "}",),
        prepare=False,
    )
    # A partition gets its rows through the table that it is a part of, as far as that has any for it.
    late = {oid: pending.pop(oid) for (oid,) in rows.fetchall()}
    while pending or late:
        if not pending:
            pending, late = late, {}
        ready = [
            oid
            for oid in pending
            if all(r.parent == oid or r.parent not in pending for r in links if r.child == oid)
        ]
        for oid in ready or [_in_a_circle(pending, links)]:
            shape = pending.pop(oid)
            try:
                Seeding(connection, shape, [r for r in links if r.child == oid], report, parents).fill()
            except CannotSeed as error:
                report.skipped[oid] = str(error)
    _settle(connection, links)
    return report


def _in_a_circle(pending: Mapping[int, TableShape], links: Sequence[Reference]) -> int:
    """Who goes first where all wait for each other: of the circle that waits for no other, the table with
    the fewest references that it cannot be without."""

    def ancestors(oid: int) -> int:
        reached = {oid}
        while more := {r.parent for r in links if r.child in reached and r.parent in pending} - reached:
            reached |= more
        return len(reached)

    return min(pending, key=lambda oid: (ancestors(oid), _bound(pending[oid], links, pending)))


def _bound(shape: TableShape, links: Sequence[Reference], pending: Mapping[int, TableShape]) -> int:
    required = {c.number for c in shape.columns if c.not_null}
    return sum(r.child == shape.oid and r.parent in pending and required.issuperset(r.columns) for r in links)


def _settle(connection: psycopg.Connection[Any], links: Sequence[Reference]) -> None:
    """Check now what was put off: no event of these rows may be pending when a file's ALTER TABLE comes."""
    import psycopg

    deferred = [r.deferred for r in links if r.deferred]
    try:
        with connection.transaction():
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE", prepare=False)
            if deferred:
                connection.execute(f"SET CONSTRAINTS {', '.join(deferred)} DEFERRED".encode(), prepare=False)
    except psycopg.Error:
        return
