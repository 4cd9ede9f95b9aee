"""Operators, their families and classes, access methods."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    OWNED,
    THERE,
    Kind,
    Reading,
    Touch,
    expressions,
    plain,
)

READINGS = (
    Reading(
        name="operators",
        catalog="pg_operator",
        props=(
            THERE,
            *plain("function", "commutator", "negator", "restrict", "join", "merges", "hashes"),
            OWNED, COMMENTED,
        ),
        touched_by=(Touch("pg_operator", everywhere=True),),
    ),
    Reading(
        name="operator_families",
        catalog="pg_opfamily",
        props=(THERE, *plain("operators", "functions"), OWNED, COMMENTED),
        touched_by=(
            Touch("pg_operator"),
            Touch("pg_opfamily"),
            Touch("pg_opclass"),
            Touch("pg_amop"),
            Touch("pg_amproc"),
        ),
    ),
    Reading(
        name="operator_classes",
        catalog="pg_opclass",
        props=(
            THERE, *plain("type"), *expressions("default"), *plain("storage", "family"), OWNED, COMMENTED
        ),
        touched_by=(Touch("pg_opfamily"), Touch("pg_opclass", everywhere=True)),
    ),
    Reading(
        name="access_methods",
        catalog="pg_am",
        props=(THERE, *plain("type", "handler"), COMMENTED),
        touched_by=(Touch("pg_am"),),
    ),
)  # fmt: skip
KINDS = (
    Kind(name="operator", read_by=("operators",), tag="OBJECT_OPERATOR"),
    Kind(name="operator family", read_by=("operator_families",), tag="OBJECT_OPFAMILY"),
    Kind(name="operator class", read_by=("operator_classes",), tag="OBJECT_OPCLASS"),
    Kind(name="access method", read_by=("access_methods",), tag="OBJECT_ACCESS_METHOD"),
)
