"""Triggers."""

from __future__ import annotations

from landed.core.facts import EXISTS, YES, FactKey
from landed.engines.postgres.catalog.making.writes import ENABLED, Piece, Writes


def _create(piece: Piece) -> bool:
    enabled = piece.want.get("enabled", YES)
    if not _comes_with_parent(piece):
        piece.alter(piece.want["definition"])
    elif not piece.schema.copy:
        return False
    piece.takes(EXISTS, "definition", "enabled")
    if enabled != YES or _comes_with_parent(piece):
        piece.todo.add("enabled")
    return True


def _comes_with_parent(piece: Piece) -> bool:
    """A partition's copy of its parent's trigger, told for its own state."""
    parent = piece.schema.expected.get(FactKey("table", "", piece.object.parent, "partition of"))
    return parent is not None and piece.object._replace(parent=parent) in piece.schema.wanted


def _alter(piece: Piece) -> None:
    if piece.takes("enabled"):
        sql = f"ALTER TABLE {piece.on} {ENABLED[piece.want['enabled']]} TRIGGER {piece.name}"
        if _comes_with_parent(piece) and EXISTS in piece.did:
            piece.later.append(("enabled", sql))
        else:
            piece.alter(sql)


WRITES = {
    "trigger": Writes(
        create=_create,
        alter=_alter,
        again=frozenset(("definition",)),
        drop="DROP TRIGGER {name} ON {on}",
        rename="ALTER TRIGGER {name} ON {on} RENAME TO {to}",
    ),
}
