"""Collations and conversions."""

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
        name="collations",
        catalog="pg_collation",
        props=(THERE, *plain("provider", "locale", "rules", "deterministic"), OWNED, COMMENTED),
        touched_by=(Touch("pg_collation", everywhere=True),),
    ),
    Reading(
        name="conversions",
        catalog="pg_conversion",
        props=(THERE, *plain("encodings", "function"), *expressions("default"), OWNED, COMMENTED),
        touched_by=(Touch("pg_conversion"),),
    ),
)
KINDS = (
    Kind(
        name="collation", read_by=("collations",), tag="OBJECT_COLLATION", word="COLLATION", given=True
    ),
    Kind(name="conversion", read_by=("conversions",), tag="OBJECT_CONVERSION"),
)  # fmt: skip
