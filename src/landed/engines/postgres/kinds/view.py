"""Views and materialised views."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    GRANTED,
    OPTIONS,
    OWNED,
    THERE,
    TOAST,
    VIEW,
    Kind,
    Prop,
    Reading,
    Touch,
    plain,
)

READINGS = (
    Reading(
        name="views",
        catalog="pg_class",
        relkinds="vm",
        named="relation",
        props=(
            THERE,
            Prop("view", VIEW, ("definition",), "query"),
            *plain("access method", "tablespace"),
            Prop("options", OPTIONS, shown="options (`security_invoker`, …)"),
            Prop("toast", TOAST, shown=""),
            OWNED, GRANTED, COMMENTED,
        ),
        touched_by=(Touch("pg_rewrite", "c.ev_class", when="c.rulename = '_RETURN'", through=True),),
        names=True,
    ),
)  # fmt: skip
KINDS = (
    Kind(
        name="view", read_by=("views",), space="relation", acl="table", tag="OBJECT_VIEW",
        word="VIEW", order=180, whole=True, given=True,
    ),
    Kind(
        name="materialized view", read_by=("views",), space="relation", acl="table", tag="OBJECT_MATVIEW",
        holds_rows=True, word="MATERIALIZED VIEW", order=190, whole=True, given=True,
    ),
)  # fmt: skip
