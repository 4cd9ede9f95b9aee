"""Columns of tables and views, attributes of composite types, and their order."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    ASIDE,
    COMMENTED,
    FOREIGN,
    GRANTED,
    OPTIONS,
    ORDERED,
    THERE,
    Kind,
    Prop,
    Reading,
    Touch,
    expressions,
    plain,
)

READINGS = (
    Reading(
        name="columns",
        catalog="pg_class",
        relkinds="c",
        named="relation",
        props=(
            THERE,
            Prop("ordered", ORDERED, ("column order",), "order"),
            Prop("number", ASIDE, shown=""),
            *plain("type", "not null", "identity"),
            *expressions("default"),
            *plain("generated"),
            *expressions("expression"),
            *plain("collation", "compression", "storage", "statistics target"),
            Prop("options", OPTIONS),
            Prop("foreign", FOREIGN, shown="options of a foreign table's"),
            GRANTED, COMMENTED,
        ),
        touched_by=(
            Touch(
                "pg_attribute", "c.attrelid", when="k.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')",
                join="JOIN pg_class k ON k.oid = c.attrelid",
            ),
            Touch("pg_attrdef", "c.adrelid", through=True),
        ),
        names=True,
    ),
)  # fmt: skip
KINDS = (
    Kind(
        name="column", read_by=("columns",), on="table", acl="column", tag="OBJECT_COLUMN", holds_rows=True,
        word="COLUMN", order=100, whole=True,
    ),
    Kind(
        name="attribute", read_by=("columns",), on="type", acl="column", tag="OBJECT_ATTRIBUTE",
        holds_rows=True, word="COLUMN", order=50,
    ),
)  # fmt: skip
