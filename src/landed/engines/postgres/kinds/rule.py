"""Rewrite rules that are not the definition of a view."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    THERE,
    Beside,
    Kind,
    Reading,
    Touch,
    expressions,
    plain,
)

READINGS = (
    Reading(
        name="rules",
        catalog="pg_rewrite",
        beside=Beside("pg_rewrite", "oid", "ev_class"),
        props=(THERE, *expressions("definition"), *plain("enabled"), COMMENTED),
        touched_by=(Touch("pg_rewrite", "c.oid", when="c.rulename <> '_RETURN'"),),
    ),
)
KINDS = (
    Kind(name="rule", read_by=("rules",), on="table", tag="OBJECT_RULE", word="RULE", order=200, whole=True),
)
