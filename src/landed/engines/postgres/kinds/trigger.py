"""Triggers of tables and views."""

from __future__ import annotations

from landed.core.facts import EXISTS, YES, FactKey
from landed.engines.postgres.kinds.base import (
    COMMENTED,
    THERE,
    TRIGGER,
    Beside,
    Kind,
    Prop,
    Reading,
    Touch,
    plain,
)
from landed.engines.postgres.kinds.naming import as_shown
from landed.engines.postgres.kinds.said import gone_from, made_on
from landed.engines.postgres.kinds.writes import ENABLED, Piece, Writes

READINGS = (
    Reading(
        name="triggers",
        catalog="pg_trigger",
        beside=Beside("pg_trigger", "oid", "tgrelid"),
        props=(THERE, Prop("trigger", TRIGGER, ("definition",), "definition"), *plain("enabled"), COMMENTED),
        touched_by=(
            Touch(
                "pg_trigger", "c.oid", when="NOT c.tgisinternal",
                join="LEFT JOIN pg_trigger copy ON copy.tgparentid = c.oid",
            ),
            Touch("pg_trigger", "copy.oid", when="copy.oid IS NOT NULL"),
        ),
    ),
)  # fmt: skip


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
    return parent is not None and piece.object._replace(parent=as_shown(parent)) in piece.schema.wanted


def _alter(piece: Piece) -> None:
    if piece.takes("enabled"):
        sql = f"ALTER TABLE {piece.on} {ENABLED[piece.want['enabled']]} TRIGGER {piece.name}"
        if _comes_with_parent(piece) and EXISTS in piece.did:
            piece.later.append(("enabled", sql))
        else:
            piece.alter(sql)


KINDS = (
    Kind(
        name="trigger", read_by=("triggers",), on="table", tag="OBJECT_TRIGGER", word="TRIGGER",
        order=210, whole=True,
        says={"create_trig_stmt": made_on("relation", "trigname"), "drop_stmt": gone_from},
        writes=Writes(
            create=_create,
            alter=_alter,
            again=frozenset(("definition",)),
            drop="DROP TRIGGER {name} ON {on}",
            rename="ALTER TRIGGER {name} ON {on} RENAME TO {to}",
        ),
    ),
)  # fmt: skip
