"""The row guard on Postgres: which rows a file would take away without saying so, within its transaction.

Tables that go are known from the replay; they are locked and counted before the file runs. Whether they were
only renamed is told by their identifiers afterwards. Rows that a DELETE takes along through foreign keys are
told by the server's own counters of the transaction, at no cost; those of TRUNCATE … CASCADE by counting.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.catalog.postgres.names import quoted
from landed.catalog.postgres.readback import split_name
from landed.core.facts import EXISTS, FactKey
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.sql.postgres_tokens import quote, scan, words
from landed.targets.pg_writer_pipeline import Command, send

if TYPE_CHECKING:
    import psycopg

CAP = 10_000
"""Rows are counted up to here where their number decides nothing."""

_DELETES = re.compile(r"\bdelete\s+from\b|\btruncate\b|\bmerge\s+into\b|\bupdate\b", re.IGNORECASE)

_FIND = """\
SELECT n.nspname, c.relname, c.oid::bigint, a.attname, a.attnum
FROM unnest(%s::text[], %s::text[], %s::text[]) AS w (s, t, col)
JOIN pg_catalog.pg_namespace n ON n.nspname = w.s
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.t AND c.relkind IN ('r', 'p')
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = w.col AND NOT a.attisdropped
WHERE w.col IS NULL OR a.attnum IS NOT NULL"""

_COUNTERS = """\
SELECT c.oid::bigint, n.nspname, c.relname, pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid),
       pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.oid >= 16384
  AND (pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) > 0
       OR pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) > 0)"""

_THROUGH = """\
SELECT conrelid::bigint, confrelid::bigint, confdeltype::text, conname FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND conrelid = ANY (%s::oid[]) AND confrelid = ANY (%s::oid[])
  AND confdeltype IN ('c', 'n', 'd')"""

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


class Loss(NamedTuple):
    """Rows or values that a file would take away without naming them.

    ``kind`` is ``drop-table``, ``drop-column``, ``lose-rows`` or ``change-rows``; ``rows`` counts them, up to
    :data:`CAP` where ``capped``. ``through`` says what did it.
    """

    kind: str
    table: str
    rows: int
    column: str = ""
    capped: bool = False
    through: str = ""

    @property
    def allow(self) -> str:
        """The consent, as in ``--allow drop-table:public.legacy``."""
        return f"{self.kind}:{self.table}" + (f".{self.column}" if self.column else "")

    @property
    def counted(self) -> str:
        """``3 rows``, ``more than 10000 rows``."""
        noun = "value" if self.kind == "drop-column" else "row"
        return f"more than {CAP} {noun}s" if self.capped else f"{self.rows} {noun}{'s' * (self.rows != 1)}"


class _Seen(NamedTuple):
    """A table, or one of its columns, as it was before: its identifiers and what it held."""

    table: str
    column: str
    oid: int
    number: int
    rows: int
    rebuilt: bool


class RowGuard:
    """What is measured before a file's statements run, and what must hold after them."""

    def __init__(
        self, connection: psycopg.Connection[Any], migration: Migration, step: Step, chosen: Collection[int]
    ) -> None:
        self._connection = connection
        self._tables, self._columns, self._back = _gone(step, chosen)
        texts = [s.text for s in migration.statements if s.number in chosen]
        self._writing = [t for t in texts if words(t, 1) != ["CREATE"] and _DELETES.search(t)]
        self._truncates = [t for t in self._writing if "truncate" in t.lower() and "cascade" in t.lower()]
        self._texts = texts
        self._seen: list[_Seen] = []
        self._counters: dict[int, tuple[int, int]] = {}
        self._referring: list[tuple[str, int, int, str]] = []

    @property
    def needed(self) -> bool:
        """Whether the file can take rows away at all."""
        return bool(self._tables or self._columns or any(_cascades(t) for t in self._writing))

    def before(self) -> None:
        """Lock what goes, and count it; in the file's transaction, before its statements."""
        if self._tables or self._columns:
            self._count()
        if self._writing:
            rows = self._all(_COUNTERS)
            self._counters = {oid: (deleted, updated) for oid, _, _, deleted, updated in rows}
        if self._truncates:
            named = [name for text in self._truncates for name in _names(text)]
            for schema, table, oid, above, parent, constraint in self._all(_REFERRING, named, named):
                rows_there = self._capped(f"SELECT FROM {_quoted(schema, table)}")
                if rows_there:
                    why = f"TRUNCATE … CASCADE of {_shown(above, parent)} reaches it through {constraint}"
                    self._referring.append((_shown(schema, table), oid, rows_there, why))

    def after(self) -> list[Loss]:
        """What is lost now."""
        return [*self._dropped(), *self._cascaded(), *self._truncated()]

    def _count(self) -> None:
        asked = [(t, None) for t in self._tables] + [(t, c) for t, c in self._columns]
        parts = [(*split_name(table)[:2], column) for table, column in asked]
        found = self._all(
            _FIND,
            [p[0] for p in parts],
            [p[1] for p in parts],
            [split_name(p[2])[0] if p[2] else None for p in parts],
        )
        sent: list[Command] = []
        seen: list[_Seen] = []
        for schema, table, oid, column, number in sorted(
            found, key=lambda row: (row[0], row[1], row[4] or 0)
        ):
            name = _shown(schema, table)
            rebuilt = name in self._back
            mode = "SHARE ROW EXCLUSIVE" if rebuilt else "ACCESS EXCLUSIVE"
            at = _quoted(schema, table)
            if column is not None:
                counting = _capped(f"SELECT FROM {at} WHERE {quote(column)} IS NOT NULL")
            elif rebuilt:
                counting = f"SELECT count(*) FROM {at}"
            else:
                counting = _capped(f"SELECT FROM {at}")
            sent += [Command(sql, purpose="read") for sql in (f"LOCK TABLE {at} IN {mode} MODE", counting)]
            shown = quoted(column) if column is not None else ""
            seen.append(_Seen(name, shown, oid, number or 0, 0, rebuilt))
        for was, counted in zip(seen, send(self._connection, sent)[1::2], strict=True):
            self._seen.append(was._replace(rows=int(counted.rows[0][0])))

    def _dropped(self) -> list[Loss]:
        held = [seen for seen in self._seen if seen.rows]
        if not held:
            return []
        there = dict(
            self._all(
                "SELECT c.oid::bigint, (SELECT array_agg(a.attnum) FROM pg_catalog.pg_attribute a"
                " WHERE a.attrelid = c.oid AND NOT a.attisdropped) FROM pg_catalog.pg_class c"
                " WHERE c.oid = ANY (%s::oid[])",
                [seen.oid for seen in held],
            )
        )
        losses = []
        for seen in held:
            if seen.oid in there and (not seen.column or seen.number in there[seen.oid]):
                continue  # only its name is another one
            capped = not seen.rebuilt and seen.rows > CAP
            if seen.column:
                if seen.oid in there or seen.rebuilt:
                    losses.append(Loss("drop-column", seen.table, seen.rows, seen.column, capped))
            elif not seen.rebuilt:
                losses.append(Loss("drop-table", seen.table, seen.rows, capped=capped))
            else:
                schema, table = split_name(seen.table)
                now = self._number(f"SELECT count(*) FROM {_quoted(schema, table)}")
                if now < seen.rows:
                    through = "the table is made anew in this file, with fewer rows"
                    losses.append(Loss("lose-rows", seen.table, seen.rows - now, through=through))
        return losses

    def _cascaded(self) -> list[Loss]:
        if not self._writing:
            return []
        now = {}
        for oid, schema, table, deleted, updated in self._all(_COUNTERS):
            before = self._counters.get(oid, (0, 0))
            gone, changed = deleted - before[0], updated - before[1]
            if gone > 0 or changed > 0:
                now[oid] = (schema, table, gone, changed)
        named = {name for text in self._texts for name in _names(text)}
        silent = [oid for oid, (_, table, *_) in now.items() if table not in named]
        if not silent:
            return []
        losses = {}
        for child, parent, action, constraint in self._all(_THROUGH, silent, list(now)):
            schema, table, gone, changed = now[child]
            rows = gone if action == "c" else changed
            if rows > 0 and (now[parent][2] > 0):
                above = _shown(*now[parent][:2])
                through = f"rows deleted from {above} fire ON DELETE {_ACTIONS[action]} of {constraint}"
                kind = "lose-rows" if action == "c" else "change-rows"
                losses[child] = Loss(kind, _shown(schema, table), rows, through=through)
        return list(losses.values())

    def _truncated(self) -> list[Loss]:
        losses = []
        for table, oid, rows, why in self._referring:
            there = self._all("SELECT 1 FROM pg_catalog.pg_class WHERE oid = %s", oid)
            if there and not self._capped(f"SELECT FROM {_quoted(*split_name(table))}"):
                losses.append(Loss("lose-rows", table, rows, capped=rows > CAP, through=why))
        return losses

    def _capped(self, query: str) -> int:
        return self._number(_capped(query))

    def _number(self, query: str) -> int:
        (row,) = self._connection.execute(query.encode(), prepare=False).fetchall()
        return int(row[0])

    def _all(self, query: str, *values: object) -> list[Any]:
        return self._connection.execute(query.encode(), values or None, prepare=False).fetchall()


def _gone(step: Step, chosen: Collection[int]) -> tuple[list[str], list[tuple[str, str]], frozenset[str]]:
    """Tables and columns that were there before the file and go in one of its statements, and those of the
    tables that are there again at its end."""
    first: dict[FactKey, str | None] = {}
    lost: dict[FactKey, bool] = {}
    for trace in step.traces:
        for key, before, after in trace.effects:
            if key.prop != EXISTS or key.kind not in ("table", "column"):
                continue
            first.setdefault(key, before)
            if first[key] is not None and after is None and trace.number in chosen:
                lost[key] = False
            elif key in lost and after is not None:
                lost[key] = True
    tables = sorted(key.name for key in lost if key.kind == "table")
    back = frozenset(key.name for key, again in lost.items() if key.kind == "table" and again)
    columns = sorted(
        (key.parent, key.name)
        for key, again in lost.items()
        if key.kind == "column" and not again and (key.parent not in tables or key.parent in back)
    )
    return tables, columns, back


def _cascades(text: str) -> bool:
    """Whether a statement can take along rows of tables that it does not name."""
    return not text.lstrip().lower().startswith(("update", "insert")) and bool(
        re.search(r"\bdelete\b|\btruncate\b", text, re.IGNORECASE)
    )


def _capped(query: str) -> str:
    return f"SELECT count(*) FROM ({query} LIMIT {CAP + 1}) AS held"


def _names(sql: str) -> Iterable[str]:
    """Every identifier in a statement, also in the body of a DO block, as the catalog spells it."""
    for kind, text, _ in scan(sql):
        if kind == "word":
            yield text.lower()
        elif kind == "quoted":
            yield text[1:-1].replace('""', '"')
        elif kind == "dollar":
            tag = text.index("$", 1) + 1
            yield from _names(text[tag:-tag])


def _shown(schema: str, name: str) -> str:
    return f"{quoted(schema)}.{quoted(name)}"


def _quoted(schema: str, name: str) -> str:
    return f"{quote(schema)}.{quote(name)}"
