"""Indexes of a Postgres database as far as they can be broken: INVALID ones, and those of one table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.engines.postgres.connect.asking import ask, relation_named
from landed.engines.postgres.sql.tokens import quote

if TYPE_CHECKING:
    from psycopg import Connection

_LEFTOVER = re.compile(r"(.+)_cc(?:new|old)\d*\Z")
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")

_COLUMNS = """\
SELECT c.oid::int8, n.nspname::text, c.relname::text, t.oid::int8, t.relname::text, i.indisunique,
       i.indisvalid AND i.indislive, i.indisready, pg_catalog.pg_get_indexdef(c.oid), p.pid
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_stat_progress_create_index p
       ON p.index_relid = c.oid AND p.datname = pg_catalog.current_database()
"""
# An index of a partitioned table is invalid until every partition has its own: nothing that failed.
_INVALID = (
    _COLUMNS
    + """\
WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) AND c.relkind = 'i'
  AND CASE WHEN %(schemas)s::text[] IS NOT NULL THEN n.nspname = ANY (%(schemas)s::text[])
           ELSE n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema' END
ORDER BY n.nspname, c.relname"""
)
_OF_TABLE = (
    _COLUMNS
    + """\
WHERE i.indrelid = pg_catalog.to_regclass(%(table)s)
   OR c.relname = %(name)s AND c.relnamespace =
      (SELECT relnamespace FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%(table)s))
ORDER BY c.oid"""
)


class Index(NamedTuple):
    """One index. ``valid`` ones are used by queries; ``ready`` ones are kept up by every write.

    ``builder`` is the server process that is building it at this moment, if any.
    """

    oid: int
    schema: str
    name: str
    table_oid: int
    table: str
    unique: bool
    valid: bool
    ready: bool
    definition: str
    builder: int | None = None

    @property
    def whole(self) -> bool:
        """Whether it does everything that an index is for."""
        return self.valid and self.ready

    @property
    def shown(self) -> str:
        """``schema.name``, as it can be pasted into SQL."""
        return qualified(self.schema, self.name)

    @property
    def allow(self) -> str:
        """The consent to drop it: ``drop-invalid-index:public.idx``."""
        return f"drop-invalid-index:{self.schema}.{self.name}"

    @property
    def drop(self) -> str:
        """The statement that removes it without keeping anybody from the table."""
        return f"DROP INDEX CONCURRENTLY {self.shown}"

    @property
    def leftover_of(self) -> str | None:
        """The index that a failed REINDEX CONCURRENTLY was to replace, or had replaced, by this one."""
        found = _LEFTOVER.match(self.name)
        return found[1] if found else None

    @property
    def harm(self) -> str:
        """What it costs to leave it there."""
        if not self.ready:
            return "no query uses it, and no write keeps it up"
        also = ", and new rows are checked against it" if self.unique else ""
        return f"no query uses it, while every write has to keep it up{also}"


InvalidIndex = Index
"""An index with ``valid`` or ``ready`` false: left by CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY."""


def invalid_indexes(connection: Connection[Any], schemas: Sequence[str] | None = None) -> list[InvalidIndex]:
    """The INVALID indexes of the schemas, or of all that are not the system's; one round trip, reads only.

    Those that another session is building at this moment are among them, with that session as ``builder``.
    """
    values = {"schemas": list(schemas) if schemas is not None else None}
    return [Index(*row) for row in ask(connection, _INVALID, values)]


def indexes_of(connection: Connection[Any], table: str, name: str | None) -> list[Index]:
    """The indexes of a table (a name as written in SQL), and the one called ``name`` beside it in its schema,
    whatever table that belongs to. Empty when there is no such table."""
    values = {"table": relation_named(connection, table), "name": name}
    return [Index(*row) for row in ask(connection, _OF_TABLE, values)]


def qualified(schema: str, name: str) -> str:
    """``schema.name`` as SQL, quoted where it must be."""
    return (
        f"{schema if _PLAIN.match(schema) else quote(schema)}.{name if _PLAIN.match(name) else quote(name)}"
    )
