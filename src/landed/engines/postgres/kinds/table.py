"""Tables and foreign tables, without their columns."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    BOUND,
    COMMENTED,
    FOREIGN,
    GRANTED,
    OPTIONS,
    OWNED,
    THERE,
    TOAST,
    Kind,
    Prop,
    Reading,
    Touch,
    expressions,
    plain,
)

READINGS = (
    Reading(
        name="tables",
        catalog="pg_class",
        relkinds="rpf",
        named="relation",
        props=(
            THERE,
            *plain("persistence"),
            *expressions("partitioned by", "partition of"),
            Prop("partition bound", BOUND),
            *plain("detach pending"),
            *expressions("inherits"),
            *plain("row level security", "force row level security", "replica identity", "of type",
                   "access method", "tablespace", "server"),
            Prop("options", OPTIONS, shown="storage parameters"),
            Prop("toast", TOAST, shown="those of its TOAST table"),
            Prop("foreign", FOREIGN, shown="options"),
            OWNED, GRANTED, COMMENTED,
        ),
        touched_by=(
            # The options of a table's TOAST table are the table's; that one is named after it.
            Touch(
                "pg_class",
                "CASE c.relkind WHEN 't' THEN substring(c.relname from '^pg_toast_([0-9]+)$')::oid END",
                when="c.relkind = 't'",
            ),
            Touch("pg_inherits", "c.inhrelid", of="c.inhparent"),
            Touch("pg_partitioned_table", "c.partrelid"),
            Touch("pg_foreign_table", "c.ftrelid"),
        ),
        names=True,
    ),
)  # fmt: skip
KINDS = (
    Kind(
        name="table", read_by=("tables",), space="relation", acl="table", tag="OBJECT_TABLE",
        holds_rows=True, word="TABLE", order=80, whole=True, needed=True, given=True,
    ),
    Kind(
        name="foreign table", read_by=("tables",), space="relation", acl="table",
        tag="OBJECT_FOREIGN_TABLE", holds_rows=True, word="FOREIGN TABLE", order=90, given=True,
    ),
)  # fmt: skip
