"""Schemas."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.catalog.making.writes import Piece, Writes


def _create(piece: Piece) -> bool:
    piece.takes(EXISTS)
    piece.alter(f"CREATE SCHEMA {piece.name}")
    return True


WRITES = {"schema": Writes(create=_create)}
