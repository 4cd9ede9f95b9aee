"""Extended statistics."""

from __future__ import annotations

from landed.core.facts import EXISTS
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
from landed.engines.postgres.kinds.writes import Piece, Writes

READINGS = (
    Reading(
        name="statistics",
        catalog="pg_statistic_ext",
        props=(THERE, *expressions("definition"), *plain("statistics target"), OWNED, COMMENTED),
        touched_by=(Touch("pg_statistic_ext"),),
    ),
)


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


KINDS = (
    Kind(
        name="statistics", read_by=("statistics",), tag="OBJECT_STATISTIC_EXT", word="STATISTICS",
        order=130, given=True,
        writes=Writes(
            create=_create, alter=_alter, again=frozenset(("definition",)), drop="DROP STATISTICS {name}"
        ),
    ),
)  # fmt: skip
