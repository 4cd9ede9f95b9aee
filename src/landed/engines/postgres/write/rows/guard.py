"""The row guard on Postgres: which rows a file would take away without saying so, within its transaction.

What may go is known from the replay and from the file's text; it is locked and counted before the file runs
(:mod:`landed.engines.postgres.write.rows.counts`). Rows that a DELETE takes along through foreign keys are
told by the server's own counters of the transaction, at no cost; those of TRUNCATE … CASCADE by counting.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from landed.core.migration import Migration, Statement
from landed.core.timeline import Step
from landed.engines.postgres.kinds.naming import split_name
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.write.rows.counts import (
    CAP,
    HELD,
    RUNNING_NOW,
    Counts,
    Loss,
    capped,
    in_sql,
    shown,
)
from landed.engines.postgres.write.rows.going import going, retyped
from landed.engines.postgres.write.rows.members import Members
from landed.engines.postgres.write.rows.unchecked import Unchecked

if TYPE_CHECKING:
    import psycopg

__all__ = ["CAP", "Loss", "RowGuard"]

_DELETES = re.compile(r"\bdelete\s+from\b|\btruncate\b|\bmerge\s+into\b|\bupdate\b", re.IGNORECASE)

_NO_ROWS = frozenset(("CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "COMMENT"))
"""Verbs of statements that take no rows away, though they may have the words for it; what ALTER and DROP take
along is known from the replay."""

_TABLES = """\
SELECT c.oid::pg_catalog.int8, n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.oid >= 16384 AND c.relpersistence <> 't'"""

_COUNTERS = """\
SELECT c.oid::bigint, n.nspname, c.relname, pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid),
       pg_catalog.pg_stat_get_xact_tuples_updated(c.oid), pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid),
       EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.oid >= 16384
  AND (pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) > 0
       OR pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) > 0)"""

_THROUGH = """\
SELECT conrelid::bigint, confrelid::bigint, confdeltype::text, conname FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND conrelid = ANY (%s::oid[]) AND confrelid = ANY (%s::oid[])
  AND confdeltype IN ('c', 'n', 'd')"""

_ACTING = """\
SELECT c.oid::bigint, t.tgname, 'trigger' FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
WHERE c.oid >= 16384 AND c.relname = ANY (%s::text[])
UNION ALL
SELECT c.oid::bigint, r.rulename, 'rule' FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid AND r.ev_type <> '1' AND r.ev_enabled <> 'D'
WHERE c.oid >= 16384 AND c.relname = ANY (%s::text[])"""

_REFERRING = """\
WITH RECURSIVE reached (oid, parent, conname) AS (
    SELECT c.oid, NULL::oid, NULL::name FROM pg_catalog.pg_class c
    WHERE c.relkind IN ('r', 'p') AND c.oid >= 16384 AND c.relname = ANY (%s::text[])
    UNION
    SELECT k.conrelid, k.confrelid, k.conname FROM reached r
    JOIN pg_catalog.pg_constraint k ON k.confrelid = r.oid AND k.contype = 'f')
SELECT DISTINCT ON (r.oid) n.nspname, c.relname, r.oid::bigint, pn.nspname, p.relname, r.conname
FROM reached r JOIN pg_catalog.pg_class c ON c.oid = r.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = r.parent JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE r.parent IS NOT NULL AND NOT c.relname = ANY (%s::text[]) ORDER BY r.oid"""

_ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


class RowGuard:
    """What is measured before a file's statements run, and what must hold after them."""

    def __init__(
        self, connection: psycopg.Connection[Any], migration: Migration, step: Step, chosen: Collection[int]
    ) -> None:
        self._connection = connection
        self._going = going(migration, step, chosen)
        self._retyped = retyped(migration, step, chosen)
        own = [s for s in migration.statements if s.number in chosen]
        self._counts = Counts(connection, own)
        self._calls = any(head_of(s).calls for s in own)
        self._tables: dict[int, tuple[str, str]] = {}
        self._writing = [s for s in own if _DELETES.search(s.text) and head_of(s).verb not in _NO_ROWS]
        self._truncates = [s for s in self._writing if _truncates(s.text.lower())]
        self._own = own
        self._unchecked = Unchecked(connection, own)
        self._members = Members(connection, own)
        self._counters: dict[int, tuple[int, int, int]] = {}
        self._referring: list[tuple[str, int, int, str]] = []

    @property
    def needed(self) -> bool:
        """Whether the file can take rows away at all."""
        known = self._going or self._retyped or self._calls or self._unchecked.needed
        return bool(known or self._members.needed or any(map(_takes_others, self._writing)))

    def before(self) -> None:
        """Lock what goes, and count it; in the file's transaction, before its statements."""
        if self._going or self._retyped:
            self._counts.before(self._going, self._retyped)
        if self._calls:
            self._tables = {oid: (schema, table) for oid, schema, table in self._all(_TABLES)}
        if self._unchecked.needed:
            self._unchecked.before()
        if self._members.needed:
            self._members.before()
        if self._writing or self._calls:
            rows = self._all(_COUNTERS)
            self._counters = {oid: (deleted, updated, more) for oid, _, _, deleted, updated, more, _ in rows}
        if self._truncates:
            named = [name for s in self._truncates for name in head_of(s).names_in_bodies]
            for schema, table, oid, above, parent, constraint in self._all(_REFERRING, named, named):
                rows_there = self._present(oid, f"SELECT FROM {in_sql(schema, table)}")
                if rows_there:
                    why = f"TRUNCATE … CASCADE of {shown(above, parent)} reaches it through {constraint}"
                    self._referring.append((shown(schema, table), oid, rows_there, why))

    def after(self) -> list[Loss]:
        """What is lost now."""
        losses = [
            *self._counts.after(),
            *self._vanished(),
            *self._cascaded(),
            *self._truncated(),
            *self._members.after(),
        ]
        return [*losses, *self._unchecked.after()] if self._unchecked.needed else losses

    def _vanished(self) -> list[Loss]:
        """Tables that functions have dropped, which no replay shows."""
        if not self._calls:
            return []
        there = {oid for oid, *_ in self._all(_TABLES)}
        gone = [
            name
            for oid, name in self._tables.items()
            if oid not in there | self._counts.known | self._members.known
        ]
        through = "by what the file calls; its rows were not counted"
        return [Loss("drop-table", shown(*name), 0, through=through) for name in sorted(gone)]

    def _cascaded(self) -> list[Loss]:
        if not self._writing and not self._calls:
            return []
        now = {}
        fewer: dict[int, int] = {}
        for oid, schema, table, deleted, updated, inserted, is_part in self._all(_COUNTERS):
            before = self._counters.get(oid, (0, 0, 0))
            gone, changed = deleted - before[0], updated - before[1]
            if gone > 0 or changed > 0:
                now[oid] = (schema, table, gone, changed)
            # Rows of a part are those of the table that is named; what deletes may also write anew.
            if not is_part and (less := gone - (inserted - before[2])) > 0:
                fewer[oid] = less
        named = {name for s in self._own for name in head_of(s).names_in_bodies}
        silent = [oid for oid, (_, table, *_) in now.items() if table not in named]
        if not silent:
            return []
        losses = {}
        for child, parent, action, constraint in self._all(_THROUGH, silent, list(now)):
            schema, table, gone, changed = now[child]
            rows = gone if action == "c" else changed
            if rows > 0 and (now[parent][2] > 0):
                above = shown(*now[parent][:2])
                through = f"rows deleted from {above} fire ON DELETE {_ACTIONS[action]} of {constraint}"
                kind = "lose-rows" if action == "c" else "change-rows"
                losses[child] = Loss(kind, shown(schema, table), rows, through=through)
        more = self._acted({oid: n for oid, n in fewer.items() if oid in silent and oid not in losses}, named)
        return [*losses.values(), *(Loss("lose-rows", shown(*now[o][:2]), n, through=t) for o, n, t in more)]

    def _acted(self, fewer: dict[int, int], named: set[str]) -> list[tuple[int, int, str]]:
        """Tables that lost rows by a trigger or a rule on one that the file names, and which."""
        if not fewer or not self._writing:
            return []
        acting = self._all(_ACTING, list(named), list(named))
        if not acting:
            return []
        told = ", ".join(sorted({f"{kind} {name}" for _, name, kind in acting})[:3])
        return [(oid, rows, f"by what the file writes ({told})") for oid, rows in fewer.items()]

    def _truncated(self) -> list[Loss]:
        losses = []
        for table, oid, rows, why in self._referring:
            there = self._all("SELECT 1 FROM pg_catalog.pg_class WHERE oid = %s", oid)
            if there and not self._present(oid, f"SELECT FROM {in_sql(*split_name(table))}"):
                losses.append(Loss("lose-rows", table, rows, capped=rows > CAP, through=why))
        return losses

    def _present(self, oid: int, query: str) -> int:
        """How many rows a table has; 1 for any number where counting them would run code of others."""
        counting = HELD.format(oid=oid) if self._all(RUNNING_NOW, [oid]) else capped(query)
        (row,) = self._connection.execute(counting.encode(), prepare=False).fetchall()
        return int(row[0])

    def _all(self, query: str, *values: object) -> list[Any]:
        return self._connection.execute(query.encode(), values or None, prepare=False).fetchall()


def _truncates(low: str) -> bool:
    return "truncate" in low and "cascade" in low


def _takes_others(statement: Statement) -> bool:
    """Whether a statement can take along rows of tables that it does not name. What an INSERT … ON CONFLICT
    DO UPDATE does through triggers is not counted: seeds stay as fast as they are."""
    return not statement.text.lstrip().lower().startswith("insert")
