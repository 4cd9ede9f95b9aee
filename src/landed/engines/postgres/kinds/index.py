"""Indexes; one that belongs to a constraint tells properties of that."""

from __future__ import annotations

from landed.core.facts import EXISTS, YES
from landed.engines.postgres.kinds.base import (
    COMMENTED,
    INDEX,
    OPTIONS,
    THERE,
    Beside,
    Kind,
    Prop,
    Reading,
    Touch,
    expressions,
    plain,
)
from landed.engines.postgres.kinds.constraint import attach, clustered
from landed.engines.postgres.kinds.naming import path, schema_of
from landed.engines.postgres.kinds.options import parameters
from landed.engines.postgres.kinds.said import made_on
from landed.engines.postgres.kinds.writes import Piece, Writes

READINGS = (
    Reading(
        name="indexes",
        catalog="pg_class",
        relkinds="iI",
        beside=Beside("pg_index", "indexrelid", "indrelid"),
        props=(
            THERE,
            Prop("index", INDEX, ("definition",), "definition"),
            *plain("unique", "valid", "ready", "clustered", "replica identity"),
            *expressions("attached to"),
            *plain("tablespace", "statistics target"),
            Prop("options", OPTIONS, shown="storage parameters"),
            COMMENTED,
            Prop("index comment", shown=""),
        ),
        touched_by=(
            Touch(
                "pg_attribute", "c.attrelid", when="k.relkind IN ('i', 'I')",
                join="JOIN pg_class k ON k.oid = c.attrelid",
            ),
            Touch("pg_constraint", "c.conindid", when="c.conindid <> 0"),
            Touch("pg_index", "c.indexrelid"),
            Touch("pg_inherits", "c.inhrelid", of="c.inhparent"),
        ),
        names=True,
    ),
)  # fmt: skip


WITH_OPTIONS = r""" WITH \((?:[\w.]+=(?:'(?:[^']|'')*'|\w+)(?:, )?)+\)"""
"""What pg_get_indexdef() says of an index's options, as a regular expression; they are facts of their own."""

_MADE = (EXISTS, "definition", "unique", "valid", "ready")
_NOT_AGAIN = frozenset((*_MADE, "comment", "owner", "replica identity", "clustered", "attached to"))


def _create(piece: Piece) -> bool:
    want = piece.want
    unique = "UNIQUE " if want.get("unique") == YES else ""
    # In a copy a partition's index is made by itself, under its own name.
    only = "ONLY " if piece.schema.copy and piece.schema.is_partitioned(piece.object.parent) else ""
    piece.alter(f"CREATE {unique}INDEX {piece.name} ON {only}{piece.on} USING {want['definition']}")
    piece.takes(*_MADE)
    if not piece.schema.copy:  # where the definition says all of it
        piece.todo |= set(want) - _NOT_AGAIN
    else:
        piece.takes(*set(want) - _NOT_AGAIN - {"tablespace", "statistics target"})
    return True


def _alter(piece: Piece) -> None:
    own = f"{path(schema_of(piece.object.parent))}.{piece.name}"
    clustered(piece, f"ALTER TABLE {piece.on} ")
    attach(piece, own)
    if piece.schema.is_partitioned(piece.object.parent):
        _of_its_parts(piece, own)
    elif piece.takes("valid", "ready"):
        piece.alter(f"REINDEX INDEX {own}")
    if "statistics target" in piece.todo:
        return
    parameters(piece, f"ALTER INDEX {own} ")


def _of_its_parts(piece: Piece, own: str) -> None:
    """That of a partitioned table becomes valid when every partition has its part."""
    if not piece.todo & {"valid", "ready"}:
        return
    for part in piece.schema.pieces.values():
        if part.want.get("attached to") == own and "attached to" in part.todo | part.did:
            piece.takes("valid", "ready")


KINDS = (
    Kind(
        name="index", read_by=("indexes",), on="table", space="relation", tag="OBJECT_INDEX", word="INDEX",
        order=120, whole=True,
        says={"index_stmt": made_on("relation", "idxname")},
        writes=Writes(
            create=_create,
            alter=_alter,
            again=frozenset(("definition", "unique")),
            drop="DROP INDEX {schema}.{name}",
            rename="ALTER INDEX {schema}.{name} RENAME TO {to}",
        ),
    ),
)  # fmt: skip
