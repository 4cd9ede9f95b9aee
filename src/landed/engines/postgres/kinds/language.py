"""Procedural languages, transforms for them, and casts."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    GRANTED,
    OWNED,
    THERE,
    Kind,
    Reading,
    Rights,
    Touch,
    plain,
)
from landed.engines.postgres.kinds.writes import Piece, Writes

_RIGHTS = Rights("language", "U", "U", on="LANGUAGE")

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

_METHODS = {"in and out": "WITH INOUT", "binary": "WITHOUT FUNCTION"}
_CONTEXTS = {"explicit": "", "assignment": " AS ASSIGNMENT", "implicit": " AS IMPLICIT"}


def _create_cast(piece: Piece) -> bool:
    want = piece.want
    how = _METHODS.get(want["method"]) or f"WITH FUNCTION {want['method']}"
    piece.alter(f"CREATE CAST {piece.object.name} {how}{_CONTEXTS[want['context']]}")
    piece.takes_all()
    return True


KINDS = (
    Kind(
        name="cast", read_by=("casts",), tag="OBJECT_CAST", word="CAST", order=176, whole=True,
        writes=Writes(
            create=_create_cast, again=frozenset(("method", "context")), drop="DROP CAST {name}"
        ),
    ),
    Kind(
        name="language", read_by=("languages",), and_by=("extension_members",), rights=_RIGHTS,
        tag="OBJECT_LANGUAGE",
    ),
    Kind(name="transform", read_by=("transforms",), tag="OBJECT_TRANSFORM"),
)  # fmt: skip
