"""Procedural languages, transforms for them, and casts."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import COMMENTED, GRANTED, OWNED, THERE, Kind, Reading, Touch, plain

READINGS = (
    Reading(
        name="casts",
        catalog="pg_cast",
        props=(THERE, *plain("method", "context"), COMMENTED),
        touched_by=(Touch("pg_cast"),),
    ),
    Reading(
        name="languages",
        catalog="pg_language",
        props=(THERE, *plain("trusted", "handler", "inline", "validator"), OWNED, GRANTED, COMMENTED),
        touched_by=(Touch("pg_language", everywhere=True),),
    ),
    Reading(
        name="transforms",
        catalog="pg_transform",
        props=(THERE, *plain("from SQL", "to SQL"), COMMENTED),
        touched_by=(Touch("pg_transform"),),
    ),
)
KINDS = (
    Kind(name="cast", read_by=("casts",), tag="OBJECT_CAST"),
    Kind(name="language", read_by=("languages",), acl="language", tag="OBJECT_LANGUAGE"),
    Kind(name="transform", read_by=("transforms",), tag="OBJECT_TRANSFORM"),
)
