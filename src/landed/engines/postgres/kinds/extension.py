"""Extensions: their members are theirs, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from landed.engines.postgres.kinds.base import MEMBER_RIGHTS, THERE, Kind, Prop, Reading, Rights, Touch, plain
from landed.engines.postgres.kinds.naming import bare
from landed.engines.postgres.kinds.said import Claim, Said, gone_by_name, there
from landed.engines.postgres.kinds.writes import Piece, Writes
from landed.engines.postgres.sql.names import quoted

READINGS = (
    Reading(
        name="extensions",
        catalog="pg_extension",
        props=(THERE, *plain("in schema", "version")),
        touched_by=(Touch("pg_extension"),),
    ),
    Reading(
        name="extension_members",
        props=(Prop("member rights", MEMBER_RIGHTS, shown="rights that the extension did not give"),),
        touched_by=(Touch("pg_extension"), Touch("pg_language")),
    ),
)


def _create(piece: Piece) -> bool:
    """Which versions there are, only the server knows."""
    within = f" SCHEMA {bare(piece.want['in schema'])}" if "in schema" in piece.want else ""
    piece.alter(f"CREATE EXTENSION IF NOT EXISTS {piece.name}{within}")
    piece.takes_all()
    return True


def _alter(piece: Piece) -> None:
    if piece.takes("in schema"):
        piece.alter(f"ALTER EXTENSION {piece.name} SET SCHEMA {bare(piece.want['in schema'])}")


def _said(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    yield there(kind, "", quoted(node.extname))


KINDS = (
    Kind(
        name="extension", read_by=("extensions",), space="extension", tag="OBJECT_EXTENSION", holds_rows=True,
        word="EXTENSION", order=10, writes=Writes(create=_create, alter=_alter),
        says={"create_extension_stmt": _said, "drop_stmt": gone_by_name},
    ),
    Kind(
        name="extension member", read_by=("extension_members",), rights=Rights("extension member", ""),
        tag="OBJECT_ROUTINE",
    ),
)  # fmt: skip
