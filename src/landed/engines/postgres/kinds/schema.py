"""Schemas."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import COMMENTED, GRANTED, OWNED, THERE, Kind, Reading, Touch

READINGS = (
    Reading(
        name="schemas",
        catalog="pg_namespace",
        named="schema",
        props=(THERE, OWNED, GRANTED, COMMENTED),
        touched_by=(Touch("pg_namespace", "c.oid"),),
        names=True,
    ),
)
KINDS = (
    Kind(
        name="schema", read_by=("schemas",), space="schema", acl="schema", tag="OBJECT_SCHEMA",
        holds_rows=True, word="SCHEMA", order=0, given=True,
    ),
)  # fmt: skip
