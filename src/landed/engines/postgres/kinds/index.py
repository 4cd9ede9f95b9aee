"""Indexes; one that belongs to a constraint tells properties of that."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    INDEX,
    OPTIONS,
    THERE,
    Beside,
    Kind,
    Prop,
    Reading,
    Touch,
    expressions,
    plain,
)

READINGS = (
    Reading(
        name="indexes",
        catalog="pg_class",
        relkinds="iI",
        beside=Beside("pg_index", "indexrelid", "indrelid"),
        props=(
            THERE,
            Prop("index", INDEX, ("definition",), "definition"),
            *plain("unique", "valid", "ready", "clustered", "replica identity"),
            *expressions("attached to"),
            *plain("tablespace", "statistics target"),
            Prop("options", OPTIONS, shown="storage parameters"),
            COMMENTED,
            Prop("index comment", shown=""),
        ),
        touched_by=(
            Touch(
                "pg_attribute", "c.attrelid", when="k.relkind IN ('i', 'I')",
                join="JOIN pg_class k ON k.oid = c.attrelid",
            ),
            Touch("pg_constraint", "c.conindid", when="c.conindid <> 0"),
            Touch("pg_index", "c.indexrelid"),
            Touch("pg_inherits", "c.inhrelid", of="c.inhparent"),
        ),
        names=True,
    ),
)  # fmt: skip
KINDS = (
    Kind(
        name="index", read_by=("indexes",), on="table", space="relation", tag="OBJECT_INDEX", word="INDEX",
        order=120, whole=True,
    ),
)  # fmt: skip
