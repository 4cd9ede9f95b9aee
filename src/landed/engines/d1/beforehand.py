"""What to know of files before they are sent to hosted D1: how many rows the guard reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from landed.core.facts import EXISTS, FactKey
from landed.engines.d1.api_errors import SqlFailed
from landed.engines.sqlite import rowguard
from landed.engines.sqlite.rowreach import reach
from landed.engines.sqlite.sql.tokens import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from landed.core.plan import PlanItem
    from landed.engines.d1.remote import RemoteD1

MANY_ROWS = 100_000
"""Rows read from which on it is said how many: the free plan has five million a day."""
FREE_ROWS = 5_000_000
SMALL_DATABASE = 2_000_000
"""Bytes up to which a database cannot hold rows that are many to count."""


def of_reads(target: RemoteD1, items: Sequence[PlanItem], facts: Mapping[FactKey, str]) -> list[str]:
    """A sentence for each file whose row guard reads many rows, or may: a table without rowid does not tell
    how many it has. Asks for the highest rowids of the tables, one row each, and only where the database is
    large."""
    if target.size < SMALL_DATABASE:
        return []
    guarded = [i for i in items if i.step.guarded or reach(i.migration, i.statements, facts).counted]
    if not guarded:
        return []
    known = rowguard.references(facts)
    scans = {item.migration.name: _scans(item, known, facts) for item in guarded}
    rows = _highest(target, sorted({table for found in scans.values() for table in found}))
    told = []
    for name, found in scans.items():
        count = sum((rows[table] or 0) * times for table, times in found.items())
        unknown = [f"{table} ({times} times)" for table, times in found.items() if rows[table] is None]
        parts = [f"about {count:,} rows"] if count >= MANY_ROWS else []
        if unknown:
            parts.append(f"every row of {', '.join(sorted(unknown))}, without rowid: how many is not known")
        if parts:
            told.append(
                f"{name}: proving that no row is lost reads {', and '.join(parts)} "
                f"(the free plan of D1 has {FREE_ROWS:,} a day, and reads over that fail)."
            )
    return told


def _scans(item: PlanItem, known: list[rowguard.Reference], facts: Mapping[FactKey, str]) -> dict[str, int]:
    """How often each table is read as a whole: counted and fingerprinted before and after, the values of one
    that is made anew, references checked before and after."""
    found: dict[str, int] = {}
    reached = reach(item.migration, item.statements, facts).counted
    risk = rowguard.at_risk(item.step.dropped, known) if item.step.guarded else set()
    for table in risk | reached:
        found[table] = 2 + 2 * sum(r.child == table for r in known)
    for table in item.step.dropped:
        found[table] = found.get(table, 0) + 2
    for reference in known if item.step.guarded else ():
        found[reference.child] = found.get(reference.child, 0) + 2
    return {t: n for t, n in found.items() if FactKey("table", "", t, EXISTS) in facts}


def _highest(target: RemoteD1, tables: Sequence[str]) -> dict[str, int | None]:
    """The highest rowid of each table; ``None`` for one that has none."""
    found: dict[str, int | None] = {}
    answers: list[list[dict[str, Any]]] = []
    try:
        answers = target.ask([f"SELECT max(rowid) AS n FROM {quote(t)}" for t in tables]) if tables else []
    except SqlFailed:
        # One without a rowid: asked one by one.
        for table in tables:
            try:
                answers += target.ask([f"SELECT max(rowid) AS n FROM {quote(table)}"])
            except SqlFailed:
                answers.append([])
                found[table] = None
    for table, rows in zip(tables, answers, strict=True):
        number = rows[0].get("n") if rows else None
        found.setdefault(table, number if isinstance(number, int) and number > 0 else 0)
    return found
