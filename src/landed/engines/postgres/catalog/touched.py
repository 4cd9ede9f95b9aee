"""Which catalogs a statement wrote to, and which units of which query its rows belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from landed.engines.postgres.kinds import READINGS
from landed.engines.postgres.kinds.unmodelled import UNREAD

_NARROW: Final = [reading for reading in READINGS.values() if reading.narrow]
_FEW: Final = [reading for reading in READINGS.values() if not reading.narrow]

RELATION: Final = tuple(reading.name for reading in _NARROW if reading.catalog == "pg_class")

KINDS: Final = (
    "CASE {0}.relkind "
    + " ".join(f"WHEN '{letter}' THEN '{reading.name}'" for reading in _NARROW for letter in reading.relkinds)
    + " END"
)
"""An SQL expression: the query that tells the relation whose row of pg_class has this alias."""


class Source(NamedTuple):
    """A catalog of which only new row versions are read.

    ``units`` are pairs of SQL expressions: the query to repeat (no query: NULL), and the unit of it.
    ``join`` goes between the catalog (called ``c``) and the condition. ``gone`` are the queries whose
    units end with rows of this catalog (its ``oid``).
    """

    units: tuple[tuple[str, str], ...]
    join: str = ""
    gone: tuple[str, ...] = ()


NOT_NULL: Final = "not null"
"""Stands for the query of constraints, where the unit matters only if it was told before."""


def _sources() -> dict[str, Source]:
    """Touches of a catalog that agree in the unit become one CASE: at most one condition holds."""
    pairs: dict[str, dict[str, list[str]]] = {"pg_class": {"c.oid": [KINDS.format("c")]}}
    cases: dict[tuple[str, str], list[str]] = {}
    joins: dict[str, str] = {}
    for reading, touch in ((r.name, touch) for r in _NARROW for touch in r.touched_by):
        joins[touch.catalog] = joins.get(touch.catalog) or touch.join
        queries = pairs.setdefault(touch.catalog, {}).setdefault(touch.unit, [])
        told = f"'{NOT_NULL if touch.once_told else reading}'"
        if touch.when:
            cases.setdefault((touch.catalog, touch.unit), []).append(f"WHEN {touch.when} THEN {told}")
        else:
            queries.append(told)
    for (catalog, unit), whens in cases.items():
        pairs[catalog][unit].append(f"CASE {' '.join(whens)} END")
    return {
        catalog: Source(
            tuple((query, unit) for unit, queries in units.items() for query in queries),
            joins.get(catalog, ""),
            tuple(reading.name for reading in _NARROW if reading.catalog == catalog),
        )
        for catalog, units in pairs.items()
    }


SOURCES: Final = _sources()

_COMMENTED: Final = [r for r in _NARROW if "comment" in r.titles and r.catalog != "pg_class"]
COMMENTED: Final = {
    catalog: tuple(r.name for r in _COMMENTED if r.catalog == catalog)
    for catalog in dict.fromkeys(r.catalog for r in _COMMENTED)
}
"""Whose units change when a comment (pg_description) on a row of this catalog does; pg_class apart."""

FEW: Final = {
    catalog: tuple(r.name for r in _FEW if any(touch.catalog == catalog for touch in r.touched_by))
    for catalog in dict.fromkeys(touch.catalog for r in _FEW for touch in r.touched_by)
}
"""Catalogs with few rows, and the queries that are simply repeated when they are written to."""

NAMED_EVERYWHERE: Final = frozenset(
    touch.catalog for r in READINGS.values() for touch in r.touched_by if touch.everywhere
)
"""Catalogs in which a changed row may be a new name that stands in any object's text."""

CLASSES: Final = {r.name: r.catalog for r in _NARROW if r.names}
"""The catalogs of objects whose names stand in other objects' texts, by query."""

KNOWN: Final = tuple(dict.fromkeys((*SOURCES, *FEW, "pg_depend", "pg_description")))
"""Catalogs that facts are read from, or that say which."""

BLIND: Final = tuple(UNREAD)
"""Catalogs whose rows are in no fact: only that they were written to is told."""

COUNTED: Final = (*KNOWN, *BLIND)

COUNTERS: Final = (
    "pg_catalog.transaction_timestamp()::pg_catalog.text, coalesce("
    "pg_catalog.pg_current_xact_id_if_assigned(),"
    " pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()))::pg_catalog.xid::pg_catalog.text,"
    " (SELECT pg_catalog.array_agg(pg_catalog.pg_stat_get_xact_tuples_inserted(c) ORDER BY n)"
    " || pg_catalog.array_agg(pg_catalog.pg_stat_get_xact_tuples_updated(c) ORDER BY n)"
    " || pg_catalog.array_agg(pg_catalog.pg_stat_get_xact_tuples_deleted(c) ORDER BY n)"
    " FROM pg_catalog.unnest(%(catalogs)s::pg_catalog.regclass[]) WITH ORDINALITY AS counted (c, n))"
)
"""Rows written to each catalog in this transaction. The view pg_stat_xact_sys_tables has the same and
is some twenty times as slow; the counts of earlier transactions may be in them."""

CATALOGS: Final = "{" + ",".join(f"pg_catalog.{name}" for name in COUNTED) + "}"


_NEW: Final = (
    "age(c.xmin) <= (SELECT age(%(mark)s::text::xid))"
    " AND (c.cmin::text::bigint > %(last)s OR c.xmax <> '0'::xid)"
)
"""Row versions of this transaction (and its subtransactions) that no earlier command made. A row that
was changed again in a subtransaction that was rolled back, or locked, hides its command's number."""

_VERSION: Final = (
    "c.cmin::text::bigint,"
    " CASE WHEN c.xmax <> '0'::xid THEN concat_ws(' ', c.tableoid, c.ctid, c.xmin, c.cmin) END"
)


def changed_rows(catalogs: Iterable[str]) -> str:
    """SQL for what belongs to the rows of some catalogs that were written since the last look.

    Its columns are the query, the unit, the number of the command that wrote the row, and the row
    version's identity where that number cannot be relied on.
    """
    parts = []
    for catalog in catalogs:
        source = SOURCES[catalog]
        units = ", ".join(f"({query}, {unit}::oid)" for query, unit in source.units)
        parts.append(
            f"SELECT w.query, w.unit, {_VERSION} FROM {catalog} c {source.join}"
            f" CROSS JOIN LATERAL (VALUES {units}) AS w (query, unit) WHERE {_NEW}"
        )
    return " UNION ALL ".join(parts)


CHANGED_COMMENTS: Final = (
    "SELECT c.classoid::regclass::text, c.objoid, c.objsubid,"
    f" {KINDS.format('k')}, c.cmin::text::bigint"
    " FROM pg_description c LEFT JOIN pg_class k ON c.classoid = 'pg_class'::regclass AND k.oid = c.objoid"
    f" WHERE {_NEW}"
)

COMMENTS: Final = (
    "SELECT classoid::regclass::text, objoid, objsubid FROM pg_description"
    " WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass"
)


def remaining(catalog: str) -> str:
    """SQL for the identifiers of all rows of a catalog that may be the user's."""
    return f"SELECT oid FROM {catalog} WHERE oid >= 16384"
