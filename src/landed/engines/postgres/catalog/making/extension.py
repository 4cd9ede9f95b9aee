"""Extensions."""

from __future__ import annotations

from landed.engines.postgres.catalog.making.naming import bare
from landed.engines.postgres.catalog.making.writes import Piece, Writes


def _create(piece: Piece) -> bool:
    """Which versions there are, only the server knows."""
    within = f" SCHEMA {bare(piece.want['in schema'])}" if "in schema" in piece.want else ""
    piece.alter(f"CREATE EXTENSION IF NOT EXISTS {piece.name}{within}")
    piece.takes_all()
    return True


def _alter(piece: Piece) -> None:
    if piece.takes("in schema"):
        piece.alter(f"ALTER EXTENSION {piece.name} SET SCHEMA {bare(piece.want['in schema'])}")


WRITES = {"extension": Writes(create=_create, alter=_alter)}
