"""The row guard: rows are counted before and after a file that drops tables, within its transaction.

``DROP TABLE`` on a table that others refer to deletes or changes their rows through ON DELETE
actions without a word, and reports success (drizzle-orm#4938, workers-sdk#5438). The guard finds
that by counting, whatever the statements look like.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import apsw

from landed.core.facts import EXISTS, FactKey
from landed.engines.sqlite.renames import NONE, Renames
from landed.engines.sqlite.sql.tokens import quote


@dataclass(frozen=True, slots=True)
class Reference:
    """One foreign key of a child: its columns, its parent, and what happens on delete."""

    child: str
    columns: tuple[str, ...]
    parent: str
    on_delete: str


@dataclass(frozen=True, slots=True)
class Loss:
    """Rows that a file would lose or change without naming them.

    ``kind``: ``drop-table`` (a table with rows goes for good), ``lose-rows`` (rows disappear),
    ``change-rows`` (references are nulled or set to a default), ``drop-column`` (values go).
    ``allow`` is what the user has to name to allow it.
    """

    kind: str
    table: str
    rows: int
    column: str = ""
    through: Reference | None = None

    @property
    def allow(self) -> str:
        """The consent, as in ``--allow drop-table:legacy``."""
        return f"{self.kind}:{self.table}" + (f".{self.column}" if self.column else "")


@dataclass(frozen=True, slots=True)
class Count:
    """What is remembered of a table: its rows, and a fingerprint of each of its references."""

    rows: int
    references: Mapping[tuple[str, ...], tuple[object, ...]]
    keys: frozenset[tuple[object, ...]] = frozenset()
    """The primary keys of its rows, where a REPLACE can take one that it does not give back."""


def references(facts: Mapping[FactKey, str]) -> list[Reference]:
    """All foreign keys in a set of facts."""
    found = []
    for key, value in facts.items():
        if key.kind == "foreign key" and key.prop == "references":
            parent = value.partition("(")[0].strip('"')
            columns = tuple(c.strip('"') for c in key.name[1 : key.name.rindex(")")].split(", "))
            found.append(Reference(key.parent, columns, parent, facts.get(key.object.fact("on delete"), "")))
    return found


def at_risk(dropped: Iterable[str], known: list[Reference]) -> set[str]:
    """The dropped tables and every table that refers to them, directly or through others."""
    risk = set(dropped)
    while True:
        more = {r.child for r in known if r.parent in risk} - risk
        if not more:
            return risk
        risk |= more


def count(
    connection: apsw.Connection,
    tables: Iterable[str],
    facts: Mapping[FactKey, str],
    replaced: Collection[str] = (),
) -> dict[str, Count]:
    """Count the rows of the tables that exist, and fingerprint their references; keep the keys of those that
    are ``replaced`` into."""
    known = references(facts)
    counts = {}
    for table in sorted(tables):
        if FactKey("table", "", table, EXISTS) not in facts:
            continue
        rows = connection.execute(f"SELECT count(*) FROM main.{quote(table)}").get
        prints = {}
        for reference in known:
            if reference.child == table and rows:
                prints[reference.columns] = fingerprint(connection, table, reference.columns)
        keys = keys_of(connection, table) if table in replaced and rows else frozenset()
        counts[table] = Count(int(rows), prints, keys)
    return counts


def keys_of(connection: apsw.Connection, table: str) -> frozenset[tuple[object, ...]]:
    """The primary keys of a table's rows; none where it has no key."""
    named = connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0", (table,)).fetchall()
    if not named:
        return frozenset()
    columns = ", ".join(quote(str(name)) for (name,) in named)
    return frozenset(connection.execute(f"SELECT {columns} FROM main.{quote(table)}").fetchall())


def fingerprint(connection: apsw.Connection, table: str, columns: tuple[str, ...]) -> tuple[object, ...]:
    """Figures that differ when references were nulled or set to a default: counts, distinct, extremes."""
    parts = ", ".join(
        f"count({c}), count(DISTINCT {c}), min({c}), max({c}), total(length({c}))"
        for c in map(quote, columns)
    )
    row = connection.execute(f"SELECT {parts} FROM main.{quote(table)}").fetchone()
    return tuple(row or ())


def compare(
    connection: apsw.Connection,
    before: Mapping[str, Count],
    facts: Mapping[FactKey, str],
    dropped: Iterable[str],
    deleted: Iterable[str],
    updated: Iterable[str],
    known: list[Reference],
    renames: Renames = NONE,
) -> list[Loss]:
    """What was lost: compares the counts taken before with the state now.

    ``deleted`` and ``updated`` are tables that the file itself names in DELETE and UPDATE: what it
    says in so many words is not a loss that it hides. ``known`` are the references before;
    ``renames`` tells under which names the rows are now.
    """

    def rows(table: str) -> int:
        now, _ = renames.now(table)
        return int(connection.execute(f"SELECT count(*) FROM main.{quote(now)}").get)

    def prints(table: str, columns: tuple[str, ...]) -> tuple[object, ...]:
        return fingerprint(connection, *renames.now(table, columns))

    def replaced(table: str) -> int:
        old = before[table].keys
        return len(old - keys_of(connection, renames.now(table)[0])) if old else 0

    return losses(before, rows, prints, facts, dropped, deleted, updated, known, renames, replaced)


def losses(
    before: Mapping[str, Count],
    rows: Callable[[str], int],
    prints: Callable[[str, tuple[str, ...]], tuple[object, ...]],
    facts: Mapping[FactKey, str],
    dropped: Iterable[str],
    deleted: Iterable[str],
    updated: Iterable[str],
    known: list[Reference],
    renames: Renames,
    replaced: Callable[[str], int] = lambda table: 0,
) -> list[Loss]:
    """The rules of :func:`compare` over whatever tells ``rows`` and fingerprints (``prints``) of now, and how
    many keys a REPLACE took (``replaced``).

    All are asked by the names of before the file.
    """
    gone, said = set(dropped), renames.tables_before(deleted)
    changed = renames.tables_before(updated)
    fewer: set[str] = set()
    found = []
    for table, old in before.items():
        if not old.rows:
            continue
        if FactKey("table", "", renames.now(table)[0], EXISTS) not in facts:
            if table in gone:
                found.append(Loss("drop-table", table, old.rows))
            continue
        now = rows(table)
        taken = max(old.rows - now, replaced(table))
        if taken > 0:
            fewer.add(table)
        if taken > 0 and table not in said:
            found.append(Loss("lose-rows", table, taken))
        elif now == old.rows and table not in changed:
            found += _changed(prints, table, old, facts, renames)
    return [replace(loss, through=_through(loss, gone, fewer, known)) for loss in found]


def _changed(
    prints: Callable[[str, tuple[str, ...]], tuple[object, ...]],
    table: str,
    old: Count,
    facts: Mapping[FactKey, str],
    renames: Renames,
) -> list[Loss]:
    found = []
    for columns, seen in old.references.items():
        called, present = renames.now(table, columns)
        if any(FactKey("column", called, c, EXISTS) not in facts for c in present):
            continue
        now = prints(table, columns)
        if now != seen:
            before_values, now_values = seen[0], now[0]
            lost = old.rows
            if isinstance(before_values, int) and isinstance(now_values, int) and before_values > now_values:
                lost = before_values - now_values
            found.append(Loss("change-rows", table, lost, ", ".join(columns)))
    return found


def _through(loss: Loss, gone: set[str], fewer: set[str], known: list[Reference]) -> Reference | None:
    """The reference through which a loss came: to a dropped table, else to one that lost rows itself."""
    if loss.kind not in ("lose-rows", "change-rows"):
        return None
    own = [r for r in known if r.child == loss.table]
    if loss.kind == "change-rows":
        own = [r for r in own if ", ".join(r.columns) == loss.column]
    acting = [r for r in own if r.parent in fewer and r.parent != loss.table]
    return next((r for r in own if r.parent in gone), acting[0] if acting else None)
