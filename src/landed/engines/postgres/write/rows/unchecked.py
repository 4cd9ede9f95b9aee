"""References that a file breaks while it has the checks of foreign keys switched off.

With ``session_replication_role = replica`` (as data dumps set it) and with ``DISABLE TRIGGER ALL``,
PostgreSQL checks no foreign key, and never looks at these rows again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.migration import Statement
from landed.engines.postgres.connect.reading_runs import runs
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.tokens import quote
from landed.engines.postgres.write.rows.counts import CAP, RUNNING, Loss, capped, in_sql, shown

if TYPE_CHECKING:
    import psycopg

_OFF = re.compile(r"\bsession_replication_role\b|\bdisable\s+trigger\s+(?:all\b|\"?RI_)", re.IGNORECASE)

# A partition's own constraint stands for the one that it was made from.
_KEYS = """\
WITH RECURSIVE up (oid, parent) AS (
    SELECT k.oid, k.conparentid FROM pg_catalog.pg_constraint k
    WHERE k.contype = 'f' AND {which}
    UNION SELECT k.oid, k.conparentid FROM up JOIN pg_catalog.pg_constraint k ON k.oid = up.parent)
SELECT k.oid::pg_catalog.int8, k.conname, n.nspname, c.relname, pn.nspname, p.relname,
    ARRAY(SELECT a.attname FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS u (number, at)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.at),
    ARRAY(SELECT a.attname FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS u (number, at)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.at),
    ARRAY(SELECT pg_catalog.quote_ident(s.nspname) || '.' || o.oprname
          FROM pg_catalog.unnest(k.conpfeqop) WITH ORDINALITY AS u (oid, at)
          JOIN pg_catalog.pg_operator o ON o.oid = u.oid
          JOIN pg_catalog.pg_namespace s ON s.oid = o.oprnamespace ORDER BY u.at),
    {runs_child} OR {runs_parent}
FROM up JOIN pg_catalog.pg_constraint k ON k.oid = up.oid
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class p ON p.oid = k.confrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
WHERE up.parent = 0 AND k.convalidated ORDER BY n.nspname, c.relname, k.conname"""

_NAMED = """\
EXISTS (SELECT FROM pg_catalog.pg_class r WHERE r.oid IN (k.conrelid, k.confrelid)
        AND r.relname = ANY (%s::pg_catalog.text[]))"""

_WRITTEN = "(k.conrelid = ANY (%s::pg_catalog.oid[]) OR k.confrelid = ANY (%s::pg_catalog.oid[]))"

# What the session has counted: also what earlier transactions of it have not handed over yet.
_COUNTERS = """\
SELECT c.oid::pg_catalog.int8, pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid),
       pg_catalog.pg_stat_get_xact_tuples_updated(c.oid), pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)
FROM pg_catalog.pg_class c WHERE c.relkind = 'r' AND c.oid >= 16384"""


class _Key(NamedTuple):
    """A foreign key: its own identifier and name, both tables, their columns, and how these are compared."""

    oid: int
    name: str
    schema: str
    child: str
    parent_schema: str
    parent: str
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    operators: tuple[str, ...]
    running: bool
    """Whether looking at its rows would run code of others."""

    @property
    def broken(self) -> str:
        """A query for the rows that refer to nothing."""
        given = " AND ".join(f"c.{quote(column)} IS NOT NULL" for column in self.columns)
        same = " AND ".join(
            f"p.{quote(there)} OPERATOR({operator}) c.{quote(here)}"
            for here, there, operator in zip(self.columns, self.parent_columns, self.operators, strict=True)
        )
        parent = in_sql(self.parent_schema, self.parent)
        none = f"NOT EXISTS (SELECT FROM {parent} p WHERE {same})"
        return f"SELECT FROM {in_sql(self.schema, self.child)} c WHERE {given} AND {none}"


class Unchecked:
    """The references of one transaction's tables: counted :meth:`before` and :meth:`after` its statements."""

    def __init__(self, connection: psycopg.Connection[Any], statements: Iterable[Statement]) -> None:
        self._connection = connection
        self._statements = list(statements)
        self._known: dict[int, int] = {}
        self._counters: dict[int, tuple[int, ...]] = {}
        self.needed = any(_OFF.search(s.text) for s in self._statements)

    def before(self) -> None:
        """Count what is broken already in the tables that the file names."""
        names = sorted(frozenset[str]().union(*(head_of(s).names_in_bodies for s in self._statements)))
        self._counters = self._counted()
        self._known = {key.oid: self._broken(key) for key in self._keys(_NAMED, names)}

    def after(self) -> list[Loss]:
        """What is broken now that was not."""
        written = [oid for oid, counted in self._counted().items() if counted != self._counters.get(oid)]
        losses = []
        for key in self._keys(_WRITTEN, written, written):
            broken = self._broken(key)
            more = broken - self._known.get(key.oid, 0)
            if key.running:
                table = shown(key.schema, key.child)
                losses.append(Loss("break-references", table, 0, through=f"by {key.name}: {RUNNING}"))
            elif more > 0:
                through = f"by {key.name}, to {shown(key.parent_schema, key.parent)}"
                table = shown(key.schema, key.child)
                losses.append(Loss("break-references", table, more, capped=broken > CAP, through=through))
        return losses

    def _keys(self, which: str, *values: object) -> list[_Key]:
        running = {"runs_child": runs("k.conrelid"), "runs_parent": runs("k.confrelid")}
        query = _KEYS.format(which=which, **running).encode()
        rows = self._connection.execute(query, values or None, prepare=False).fetchall()
        return [_Key._make([*row[:6], *map(tuple, row[6:9]), row[9]]) for row in rows]

    def _counted(self) -> dict[int, tuple[int, ...]]:
        rows = self._connection.execute(_COUNTERS.encode(), prepare=False).fetchall()
        return {oid: tuple(counted) for oid, *counted in rows if any(counted)}

    def _broken(self, key: _Key) -> int:
        if key.running:
            return 0
        (row,) = self._connection.execute(capped(key.broken).encode(), prepare=False).fetchall()
        return int(row[0])
