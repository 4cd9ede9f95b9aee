"""What has to be known of a Postgres table to make a row for it: columns, checks, keys, references."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import psycopg

_COLUMNS = """
WITH RECURSIVE resolved AS (
  SELECT a.attrelid, a.attnum, t.oid AS typ, a.atttypmod AS modifier, t.typtype, t.typbasetype, t.typtypmod,
    a.attnotnull OR t.typnotnull AS not_null,
    CASE WHEN t.typtype = 'd' THEN ARRAY[t.oid] ELSE '{}'::pg_catalog.oid[] END AS domains
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid = ANY (%(tables)s::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT r.attrelid, r.attnum, t.oid, r.typtypmod, t.typtype, t.typbasetype, t.typtypmod,
    r.not_null OR t.typnotnull,
    CASE WHEN t.typtype = 'd' THEN r.domains || t.oid ELSE r.domains END
  FROM resolved r JOIN pg_catalog.pg_type t ON t.oid = r.typbasetype WHERE r.typtype = 'd'
)
SELECT r.attrelid, r.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), t.typname,
  r.modifier, CASE WHEN t.typcategory = 'A' THEN e.typname END, r.not_null, a.atthasdef,
  a.attidentity <> '', a.attgenerated <> '', t.typtype,
  ARRAY(SELECT enumlabel::text FROM pg_catalog.pg_enum
        WHERE enumtypid IN (t.oid, e.oid) ORDER BY enumsortorder),
  ARRAY(SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k
        WHERE k.contypid = ANY (r.domains) AND k.contype = 'c')
FROM resolved r
JOIN pg_catalog.pg_attribute a ON a.attrelid = r.attrelid AND a.attnum = r.attnum
JOIN pg_catalog.pg_type t ON t.oid = r.typ
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem
WHERE r.typtype <> 'd' ORDER BY r.attrelid, r.attnum
"""

_CHECKS = """
SELECT conrelid, conname, conkey, pg_catalog.pg_get_expr(conbin, conrelid) FROM pg_catalog.pg_constraint
WHERE contype = 'c' AND conrelid = ANY (%(tables)s::pg_catalog.oid[]) AND conkey IS NOT NULL ORDER BY oid
"""

_KEYS = """
SELECT indrelid, indisprimary, ARRAY(SELECT k FROM pg_catalog.unnest(indkey::int2[]) k WHERE k > 0)
FROM pg_catalog.pg_index
WHERE (indisunique OR indisexclusion) AND indrelid = ANY (%(tables)s::pg_catalog.oid[]) ORDER BY indexrelid
"""

_REFERENCES = """
SELECT conrelid, confrelid, conkey, confkey, confdeltype, confupdtype,
  CASE WHEN condeferred THEN pg_catalog.format('%I.%I', n.nspname, conname) END
FROM pg_catalog.pg_constraint JOIN pg_catalog.pg_namespace n ON n.oid = connamespace
WHERE contype = 'f' AND conparentid = 0 ORDER BY pg_constraint.oid
"""


class Column(NamedTuple):
    """A column: ``type`` as declared, ``base`` the name of the type below all domains, ``element`` that of an
    array's elements; ``modifier`` as in ``atttypmod``; ``labels`` of an enum; ``domain_checks`` as
    ``CHECK (…)`` over VALUE."""

    number: int
    name: str
    type: str
    base: str
    modifier: int
    element: str | None
    not_null: bool
    has_default: bool
    identity: bool
    generated: bool
    kind: str
    labels: tuple[str, ...] = ()
    domain_checks: tuple[str, ...] = ()


class Check(NamedTuple):
    """A CHECK of a table, over these columns (by number)."""

    name: str
    columns: tuple[int, ...]
    expression: str


class Reference(NamedTuple):
    """A foreign key; tables are object ids, columns are numbers. ``on_delete`` and ``on_update`` as in
    ``pg_constraint`` (``c`` cascades, ``n`` sets NULL, ``d`` sets the default); ``deferred`` is its
    qualified name when it is checked at the commit."""

    child: int
    parent: int
    columns: tuple[int, ...]
    targets: tuple[int, ...]
    on_delete: str
    on_update: str
    deferred: str | None = None


@dataclass(slots=True)
class TableShape:
    """A table to make rows for."""

    oid: int
    schema: str
    name: str
    columns: list[Column] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    keys: list[tuple[bool, tuple[int, ...]]] = field(default_factory=list)
    """Unique and exclusion constraints and indexes: whether it is the primary key, and its columns."""

    @property
    def key_columns(self) -> frozenset[int]:
        """Columns that some key holds apart."""
        return frozenset(n for _, columns in self.keys for n in columns)

    @property
    def primary(self) -> tuple[int, ...]:
        """The primary key's columns."""
        return next((columns for primary, columns in self.keys if primary), ())

    def column(self, number: int) -> Column:
        """A column by its number."""
        return next(c for c in self.columns if c.number == number)


def references(connection: psycopg.Connection[Any]) -> tuple[Reference, ...]:
    """All foreign keys of the database."""
    rows = connection.execute(_REFERENCES.encode(), prepare=False)
    return tuple(Reference(c, p, tuple(k), tuple(f), d, u, name) for c, p, k, f, d, u, name in rows)


def shapes(
    connection: psycopg.Connection[Any], names: Iterable[tuple[int, str, str]]
) -> dict[int, TableShape]:
    """The shapes of some tables, given as (object id, schema, name)."""
    found = {oid: TableShape(oid, schema, name) for oid, schema, name in names}
    given = {"tables": "{" + ",".join(map(str, found)) + "}"}
    for table, *values, labels, domains in connection.execute(_COLUMNS, given, prepare=False):
        number, name, type_, base, modifier, element, nn, default, identity, generated, kind = values
        found[table].columns.append(
            Column(
                number,
                name,
                type_,
                base,
                modifier,
                element,
                nn,
                default,
                identity,
                generated,
                kind,
                tuple(labels),
                tuple(domains),
            )
        )
    for table, name, columns, expression in connection.execute(_CHECKS, given, prepare=False):
        found[table].checks.append(Check(name, tuple(columns), expression))
    for table, primary, columns in connection.execute(_KEYS, given, prepare=False):
        found[table].keys.append((primary, tuple(columns)))
    return found
