"""Schemas."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.kinds.base import COMMENTED, GRANTED, OWNED, THERE, Kind, Reading, Touch
from landed.engines.postgres.kinds.writes import Piece, Writes

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


def _create(piece: Piece) -> bool:
    piece.takes(EXISTS)
    piece.alter(f"CREATE SCHEMA {piece.name}")
    return True


KINDS = (
    Kind(
        name="schema", read_by=("schemas",), space="schema", acl="schema", tag="OBJECT_SCHEMA",
        holds_rows=True, word="SCHEMA", order=0, given=True, writes=Writes(create=_create),
    ),
)  # fmt: skip
