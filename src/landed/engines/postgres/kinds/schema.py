"""Schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from landed.core.facts import EXISTS
from landed.engines.postgres.kinds.base import COMMENTED, GRANTED, OWNED, THERE, Kind, Reading, Rights, Touch
from landed.engines.postgres.kinds.said import Claim, Said, gone_by_name, there
from landed.engines.postgres.kinds.writes import Piece, Writes
from landed.engines.postgres.sql.names import quoted

_RIGHTS = Rights("schema", "UC", on="SCHEMA", born="n")

READINGS = (
    Reading(
        name="schemas",
        catalog="pg_namespace",
        named="schema",
        props=(THERE, OWNED, GRANTED, COMMENTED),
        touched_by=(Touch("pg_namespace", "c.oid"),),
        names=True,
    ),
)


def _create(piece: Piece) -> bool:
    piece.takes(EXISTS)
    piece.alter(f"CREATE SCHEMA {'IF NOT EXISTS ' if piece.schema.copy else ''}{piece.name}")
    return True


def _said(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """What CREATE SCHEMA makes inside itself is not told."""
    yield there(kind, "", quoted(node.schemaname or node.authrole.rolename))


KINDS = (
    Kind(
        name="schema", read_by=("schemas",), space="schema", rights=_RIGHTS, tag="OBJECT_SCHEMA",
        holds_rows=True, word="SCHEMA", order=0, given=True, writes=Writes(create=_create),
        says={"create_schema_stmt": _said, "drop_stmt": gone_by_name},
    ),
)  # fmt: skip
