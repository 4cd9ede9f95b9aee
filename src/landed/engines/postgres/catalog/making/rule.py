"""Rewrite rules that are no view's definition."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.catalog.making.writes import ENABLED, Piece, Writes


def _create(piece: Piece) -> bool:
    piece.alter(_made(piece))
    piece.takes(EXISTS, "definition", "enabled")
    if piece.want.get("enabled", "yes") != "yes":
        piece.todo.add("enabled")
    return True


def _alter(piece: Piece) -> None:
    if piece.takes("definition"):
        piece.alter(_made(piece))
        if piece.want.get("enabled") == piece.have.get("enabled", "yes"):
            piece.todo.discard("enabled")
    if piece.takes("enabled"):
        piece.alter(f"ALTER TABLE {piece.on} {ENABLED[piece.want['enabled']]} RULE {piece.name}")


def _made(piece: Piece) -> str:
    made = piece.want["definition"].strip().rstrip(";")
    return made.replace("CREATE RULE", "CREATE OR REPLACE RULE", 1)


WRITES = {
    "rule": Writes(
        create=_create,
        alter=_alter,
        drop="DROP RULE {name} ON {on}",
    ),
}
