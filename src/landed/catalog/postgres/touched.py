"""Which catalogs a statement wrote to, and which units of which query its rows belong to."""

from __future__ import annotations

from typing import Final, NamedTuple

_RELATION: Final = ("tables", "columns", "indexes", "sequences", "views")


class Source(NamedTuple):
    """A catalog of which only new row versions are read.

    ``columns`` are expressions for units, each with the queries that it is a unit of. ``join`` goes
    between the catalog (called ``c``) and the condition. ``gone`` are the queries whose units end with
    rows of this catalog (its ``oid``).
    """

    columns: tuple[tuple[str, tuple[str, ...]], ...]
    join: str = ""
    gone: tuple[str, ...] = ()


SOURCES: Final[dict[str, Source]] = {
    "pg_namespace": Source((("c.oid", ("schemas",)),), gone=("schemas",)),
    "pg_class": Source(
        (
            ("c.oid", _RELATION),
            # The options of a table's TOAST table are the table's; that one is named after it.
            (
                "CASE WHEN c.relkind = 't' THEN substring(c.relname from '^pg_toast_([0-9]+)$')::oid END",
                ("tables", "views"),
            ),
        ),
        gone=_RELATION,
    ),
    "pg_attribute": Source((("c.attrelid", _RELATION),)),
    "pg_attrdef": Source((("c.adrelid", ("columns",)),)),
    "pg_constraint": Source(
        (
            ("CASE WHEN c.contypid = 0 THEN c.oid END", ("constraints",)),
            ("CASE WHEN c.contypid <> 0 THEN c.oid END", ("domain_constraints",)),
            ("nullif(c.conindid, 0)", ("indexes",)),
        ),
        gone=("constraints", "domain_constraints"),
    ),
    "pg_index": Source((("c.indexrelid", ("indexes",)),)),
    "pg_sequence": Source((("c.seqrelid", ("sequences",)),)),
    "pg_rewrite": Source((("c.oid", ("rules",)), ("c.ev_class", ("views",))), gone=("rules",)),
    "pg_proc": Source((("c.oid", ("functions", "aggregates")),), gone=("functions", "aggregates")),
    "pg_aggregate": Source((("c.aggfnoid::oid", ("aggregates",)),)),
    "pg_trigger": Source(
        (
            ("c.oid", ("triggers",)),
            ("nullif(c.tgconstraint, 0)", ("constraints",)),
            ("copy.oid", ("triggers",)),
        ),
        "LEFT JOIN pg_trigger copy ON copy.tgparentid = c.oid",
        gone=("triggers",),
    ),
    "pg_policy": Source((("c.oid", ("policies",)),), gone=("policies",)),
    "pg_type": Source((("c.oid", ("types",)),), gone=("types",)),
    "pg_enum": Source((("c.enumtypid", ("types",)),)),
    "pg_range": Source((("c.rngtypid", ("types",)),)),
    "pg_inherits": Source((("c.inhrelid", ("tables", "indexes")),)),
    "pg_partitioned_table": Source((("c.partrelid", ("tables",)),)),
    "pg_foreign_table": Source((("c.ftrelid", ("tables",)),)),
}

COMMENTED: Final[dict[str, tuple[str, ...]]] = {
    "pg_namespace": ("schemas",),
    "pg_class": _RELATION,
    "pg_constraint": ("constraints", "domain_constraints"),
    "pg_rewrite": ("rules",),
    "pg_proc": ("functions",),
    "pg_trigger": ("triggers",),
    "pg_policy": ("policies",),
    "pg_type": ("types",),
}
"""Whose units change when a comment (pg_description) on a row of this catalog does."""

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
    "SELECT pg_catalog.transaction_timestamp()::pg_catalog.text, coalesce("
    "pg_catalog.pg_current_xact_id_if_assigned(),"
    " pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()))::pg_catalog.xid::pg_catalog.text,"
    " pg_catalog.array_agg(pg_catalog.pg_stat_get_xact_tuples_inserted(c) ORDER BY n),"
    " pg_catalog.array_agg(pg_catalog.pg_stat_get_xact_tuples_updated(c) ORDER BY n),"
    " pg_catalog.array_agg(pg_catalog.pg_stat_get_xact_tuples_deleted(c) ORDER BY n)"
    " FROM pg_catalog.unnest(%(catalogs)s::pg_catalog.regclass[]) WITH ORDINALITY AS counted (c, n)"
)
"""Rows written to each catalog in this transaction. The view pg_stat_xact_sys_tables has the same and
is some twenty times as slow; the counts of earlier transactions may be in them."""

CATALOGS: Final = "{" + ",".join(f"pg_catalog.{name}" for name in COUNTED) + "}"


def changed_rows(catalog: str) -> str:
    """SQL for the units of the rows of a catalog that were written since the mark."""
    source = SOURCES[catalog]
    listed = ", ".join(f"{expression} AS unit{n}" for n, (expression, _) in enumerate(source.columns))
    return (
        f"SELECT DISTINCT {listed} FROM {catalog} c {source.join}"
        " WHERE age(c.xmin) <= (SELECT age(%(mark)s::text::xid))"
    )


CHANGED_COMMENTS: Final = (
    "SELECT DISTINCT classoid::regclass::text, objoid FROM pg_description c"
    " WHERE age(c.xmin) <= (SELECT age(%(mark)s::text::xid))"
)

COMMENTS: Final = (
    "SELECT classoid::regclass::text, objoid, objsubid FROM pg_description"
    " WHERE objoid >= 16384 OR classoid = 'pg_namespace'::regclass"
)


def remaining(catalog: str) -> str:
    """SQL for the identifiers of all rows of a catalog that may be the user's."""
    return f"SELECT oid FROM {catalog} WHERE oid >= 16384"
