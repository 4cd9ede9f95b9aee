"""Extended statistics."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.catalog.making.writes import Piece, Writes


def _create(piece: Piece) -> bool:
    piece.takes(EXISTS, "definition")
    piece.alter(piece.want["definition"])
    if "statistics target" in piece.want:
        piece.todo.add("statistics target")
    return True


def _alter(piece: Piece) -> None:
    if piece.takes("statistics target"):
        target = piece.want.get("statistics target", "-1")
        piece.alter(f"ALTER STATISTICS {piece.name} SET STATISTICS {target}")


WRITES = {
    "statistics": Writes(
        create=_create, alter=_alter, again=frozenset(("definition",)), drop="DROP STATISTICS {name}"
    ),
}
