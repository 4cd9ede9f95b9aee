"""Which catalogs a statement wrote to, and which units of which query its rows belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

RELATION: Final = ("tables", "columns", "indexes", "sequences", "views")

KINDS: Final = (
    "CASE {0}.relkind WHEN 'r' THEN 'tables' WHEN 'p' THEN 'tables' WHEN 'f' THEN 'tables'"
    " WHEN 'v' THEN 'views' WHEN 'm' THEN 'views'"
    " WHEN 'i' THEN 'indexes' WHEN 'I' THEN 'indexes' WHEN 'S' THEN 'sequences'"
    " WHEN 'c' THEN 'columns' END"
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


SOURCES: Final[dict[str, Source]] = {
    "pg_namespace": Source((("'schemas'", "c.oid"),), gone=("schemas",)),
    "pg_class": Source(
        (
            (KINDS.format("c"), "c.oid"),
            # The options of a table's TOAST table are the table's; that one is named after it.
            (
                "CASE c.relkind WHEN 't' THEN 'tables' END",
                "CASE c.relkind WHEN 't' THEN substring(c.relname from '^pg_toast_([0-9]+)$')::oid END",
            ),
        ),
        gone=RELATION,
    ),
    "pg_attribute": Source(
        (
            (
                "CASE WHEN k.relkind IN ('r', 'p', 'f', 'v', 'm', 'c') THEN 'columns'"
                " WHEN k.relkind IN ('i', 'I') THEN 'indexes' END",
                "c.attrelid",
            ),
        ),
        "JOIN pg_class k ON k.oid = c.attrelid",
    ),
    "pg_attrdef": Source((("'columns'", "c.adrelid"),)),
    "pg_constraint": Source(
        (
            ("CASE WHEN c.contypid <> 0 THEN 'domain_constraints' WHEN c.contype <> 'n' OR NOT c.convalidated"
             " OR c.connoinherit THEN 'constraints' ELSE 'not null' END", "c.oid"),
            ("CASE WHEN c.conindid <> 0 THEN 'indexes' END", "c.conindid"),
        ),
        gone=("constraints", "domain_constraints"),
    ),
    "pg_index": Source((("'indexes'", "c.indexrelid"),)),
    "pg_sequence": Source((("'sequences'", "c.seqrelid"),)),
    "pg_rewrite": Source(
        (
            ("CASE c.rulename WHEN '_RETURN' THEN 'views' ELSE 'rules' END",
             "CASE c.rulename WHEN '_RETURN' THEN c.ev_class ELSE c.oid END"),
        ),
        gone=("rules",),
    ),
    "pg_proc": Source((("'functions'", "c.oid"),), gone=("functions", "aggregates")),
    "pg_aggregate": Source((("'aggregates'", "c.aggfnoid::oid"), ("'functions'", "c.aggfnoid::oid"))),
    "pg_trigger": Source(
        (
            ("CASE WHEN NOT c.tgisinternal THEN 'triggers' END", "c.oid"),
            ("CASE WHEN c.tgconstraint <> 0 THEN 'constraints' END", "c.tgconstraint"),
            ("CASE WHEN copy.oid IS NOT NULL THEN 'triggers' END", "copy.oid"),
        ),
        "LEFT JOIN pg_trigger copy ON copy.tgparentid = c.oid",
        gone=("triggers",),
    ),
    "pg_policy": Source((("'policies'", "c.oid"),), gone=("policies",)),
    "pg_type": Source(
        (
            ("CASE WHEN c.typtype <> 'c' AND c.typinput <> 'array_in'::regproc OR k.relkind = 'c'"
             " THEN 'types' END", "c.oid"),
            # A multirange type is its range type's.
            ("CASE c.typtype WHEN 'm' THEN 'types' END",
             "(SELECT r.rngtypid FROM pg_range r WHERE r.rngmultitypid = c.oid)"),
        ),
        "LEFT JOIN pg_class k ON k.oid = c.typrelid AND c.typrelid <> 0",
        gone=("types",),
    ),
    "pg_enum": Source((("'types'", "c.enumtypid"),)),
    "pg_range": Source((("'types'", "c.rngtypid"),)),
    "pg_inherits": Source((("'tables'", "c.inhrelid"), ("'indexes'", "c.inhrelid"))),
    "pg_partitioned_table": Source((("'tables'", "c.partrelid"),)),
    "pg_foreign_table": Source((("'tables'", "c.ftrelid"),)),
}  # fmt: skip

NOT_NULL: Final = "not null"
"""Stands for the query of constraints, where the unit matters only if it was told before."""

COMMENTED: Final[dict[str, tuple[str, ...]]] = {
    "pg_namespace": ("schemas",),
    "pg_constraint": ("constraints", "domain_constraints"),
    "pg_rewrite": ("rules",),
    "pg_proc": ("functions",),
    "pg_trigger": ("triggers",),
    "pg_policy": ("policies",),
    "pg_type": ("types",),
}
"""Whose units change when a comment (pg_description) on a row of this catalog does; pg_class apart."""

FEW: Final[dict[str, tuple[str, ...]]] = {
    "pg_event_trigger": ("event_triggers",),
    "pg_publication": ("publications", "publication_tables", "publication_schemas"),
    "pg_publication_rel": ("publication_tables",),
    "pg_publication_namespace": ("publication_schemas",),
    "pg_default_acl": ("default_privileges",),
    "pg_statistic_ext": ("statistics",),
    "pg_foreign_data_wrapper": ("foreign_data_wrappers", "foreign_servers"),
    "pg_foreign_server": ("foreign_servers", "user_mappings"),
    "pg_user_mapping": ("user_mappings",),
    "pg_cast": ("casts",),
    "pg_transform": ("transforms",),
    "pg_am": ("access_methods",),
    "pg_operator": ("operators", "operator_families"),
    "pg_opfamily": ("operator_families", "operator_classes"),
    "pg_opclass": ("operator_classes", "operator_families"),
    "pg_amop": ("operator_families",),
    "pg_amproc": ("operator_families",),
    "pg_ts_config": ("ts_configurations",),
    "pg_ts_config_map": ("ts_configurations",),
    "pg_ts_dict": ("ts_dictionaries", "ts_configurations"),
    "pg_ts_parser": ("ts_parts", "ts_configurations"),
    "pg_ts_template": ("ts_parts", "ts_dictionaries"),
    "pg_collation": ("collations",),
    "pg_conversion": ("conversions",),
    "pg_language": ("languages",),
}
"""Catalogs with few rows, and the queries that are simply repeated when they are written to."""

NAMED_EVERYWHERE: Final = frozenset(
    ("pg_collation", "pg_ts_config", "pg_ts_dict", "pg_ts_parser", "pg_ts_template", "pg_operator",
     "pg_opclass", "pg_foreign_data_wrapper", "pg_foreign_server", "pg_language")
)  # fmt: skip
"""Catalogs in which a changed row may be a new name that stands in any object's text."""

OTHERS: Final = ("pg_extension", "pg_authid", "pg_depend", "pg_description")

COUNTED: Final = (*SOURCES, *FEW, *OTHERS)

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
