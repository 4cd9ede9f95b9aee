"""Sequences: their parameters, not where they stand."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    GRANTED,
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
        name="sequences",
        catalog="pg_class",
        relkinds="S",
        named="relation",
        props=(
            THERE,
            *plain("type", "increment", "start", "minimum", "maximum", "cache", "cycle", "persistence"),
            *expressions("owned by"),
            OWNED, GRANTED, COMMENTED,
        ),
        touched_by=(Touch("pg_sequence", "c.seqrelid"),),
        names=True,
    ),
)  # fmt: skip
KINDS = (
    Kind(
        name="sequence", read_by=("sequences",), space="relation", acl="sequence", tag="OBJECT_SEQUENCE",
        holds_rows=True, word="SEQUENCE", order=70, needed=True, given=True,
    ),
)  # fmt: skip
