"""Rows in the tables of extensions that a file drops: jobs, queues, answers, which no replay knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from landed.core.migration import Statement
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.write.rows.counts import CAP, HELD, RUNNING_NOW, Loss, capped, in_sql, shown

if TYPE_CHECKING:
    import psycopg

_MEMBERS = """\
SELECT c.oid::pg_catalog.int8, n.nspname, c.relname, x.extname
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_extension'::regclass
JOIN pg_catalog.pg_class c ON c.oid = d.objid AND d.classid = 'pg_catalog.pg_class'::regclass
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE d.deptype = 'e' AND c.relkind = 'r' AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')"""

_LEFT = "SELECT oid::pg_catalog.int8 FROM pg_catalog.pg_class WHERE oid = ANY (%s::pg_catalog.oid[])"


class Members:
    """The tables of extensions around a file that drops some; :attr:`known` are their oids.

    A table that this role may not read is left out: nobody can say what is in it.
    """

    def __init__(self, connection: psycopg.Connection[Any], statements: Sequence[Statement]) -> None:
        self._connection = connection
        self.needed = any(map(_drops, statements))
        self._tables: dict[int, tuple[str, str, str]] = {}
        self._rows: dict[int, int] = {}

    @property
    def known(self) -> set[int]:
        """The tables that are told here, and not as those that functions dropped."""
        return set(self._tables)

    def before(self) -> None:
        """Count, in the file's transaction, before its statements."""
        for oid, schema, table, extension in self._connection.execute(_MEMBERS, prepare=False):
            self._tables[oid] = (schema, table, extension)
        asked = self._connection.execute(RUNNING_NOW.encode(), (list(self._tables),), prepare=False)
        running = {oid for (oid,) in asked}
        for oid, (schema, table, _) in self._tables.items():
            query = HELD.format(oid=oid) if oid in running else capped(f"SELECT FROM {in_sql(schema, table)}")
            (row,) = self._connection.execute(query.encode(), prepare=False).fetchall()
            self._rows[oid] = int(row[0])

    def after(self) -> list[Loss]:
        """Those with rows that are gone now."""
        if not self._tables:
            return []
        left = self._connection.execute(_LEFT, (list(self._tables),), prepare=False)
        there = {oid for (oid,) in left}
        return [
            Loss(
                "drop-table",
                shown(schema, table),
                min(self._rows[oid], CAP),
                capped=self._rows[oid] > CAP,
                through=f"it belongs to the extension {extension}",
            )
            for oid, (schema, table, extension) in sorted(self._tables.items(), key=lambda item: item[1])
            if oid not in there and self._rows[oid]
        ]


def _drops(statement: Statement) -> bool:
    head = head_of(statement)
    return head.begins("DROP", "EXTENSION") or (
        head.verb == "DO" and "drop extension" in statement.text.lower()
    )
