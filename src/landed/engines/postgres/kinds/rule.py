"""Rewrite rules that are not the definition of a view."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.kinds.base import (
    COMMENTED,
    THERE,
    Beside,
    Kind,
    Reading,
    Touch,
    expressions,
    plain,
)
from landed.engines.postgres.kinds.said import gone_from
from landed.engines.postgres.kinds.writes import ENABLED, Piece, Writes

READINGS = (
    Reading(
        name="rules",
        catalog="pg_rewrite",
        beside=Beside("pg_rewrite", "oid", "ev_class"),
        props=(THERE, *expressions("definition"), *plain("enabled"), COMMENTED),
        touched_by=(Touch("pg_rewrite", "c.oid", when="c.rulename <> '_RETURN'"),),
    ),
)


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


KINDS = (
    Kind(
        name="rule",
        read_by=("rules",),
        on="table",
        tag="OBJECT_RULE",
        word="RULE",
        order=200,
        whole=True,
        says={"drop_stmt": gone_from},
        writes=Writes(create=_create, alter=_alter, drop="DROP RULE {name} ON {on}"),
    ),
)
