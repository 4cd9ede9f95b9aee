"""Indexes that are no constraint's."""

from __future__ import annotations

from landed.core.facts import EXISTS, YES
from landed.engines.postgres.catalog.making.constraint import attach, clustered
from landed.engines.postgres.catalog.making.naming import path, schema_of
from landed.engines.postgres.catalog.making.options import parameters
from landed.engines.postgres.catalog.making.writes import Piece, Writes

_MADE = (EXISTS, "definition", "unique", "valid", "ready")
_NOT_AGAIN = frozenset((*_MADE, "comment", "owner", "replica identity", "clustered", "attached to"))


def _create(piece: Piece) -> bool:
    want = piece.want
    unique = "UNIQUE " if want.get("unique") == YES else ""
    # In a copy a partition's index is made by itself, under its own name.
    only = "ONLY " if piece.schema.copy and piece.schema.is_partitioned(piece.object.parent) else ""
    piece.alter(f"CREATE {unique}INDEX {piece.name} ON {only}{piece.on} USING {want['definition']}")
    piece.takes(*_MADE)
    piece.todo |= set(want) - _NOT_AGAIN
    return True


def _alter(piece: Piece) -> None:
    own = f"{path(schema_of(piece.object.parent))}.{piece.name}"
    clustered(piece, f"ALTER TABLE {piece.on} ")
    attach(piece, own)
    if piece.takes("valid", "ready"):
        piece.alter(f"REINDEX INDEX {own}")
    if "statistics target" in piece.todo and not piece.schema.copy:
        return
    parameters(piece, f"ALTER INDEX {own} ")


WRITES = {
    "index": Writes(
        create=_create,
        alter=_alter,
        again=frozenset(("definition", "unique")),
        drop="DROP INDEX {schema}.{name}",
        rename="ALTER INDEX {schema}.{name} RENAME TO {to}",
    ),
}
