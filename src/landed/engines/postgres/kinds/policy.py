"""Row level security policies."""

from __future__ import annotations

from collections.abc import Container

from landed.core.facts import YES
from landed.engines.postgres.kinds.base import (
    COMMENTED,
    EXPRESSION,
    THERE,
    Beside,
    Kind,
    Prop,
    Reading,
    Touch,
    plain,
)
from landed.engines.postgres.kinds.said import gone_from, made_on
from landed.engines.postgres.kinds.writes import Piece, Writes

READINGS = (
    Reading(
        name="policies",
        catalog="pg_policy",
        beside=Beside("pg_policy", "oid", "polrelid"),
        props=(
            THERE,
            *plain("command", "permissive", "roles"),
            Prop("using", EXPRESSION, shown="USING"),
            Prop("check", EXPRESSION, shown="WITH CHECK"),
            COMMENTED,
        ),
        touched_by=(Touch("pg_policy", "c.oid"),),
    ),
)


def _again(piece: Piece) -> bool:
    """What ALTER POLICY cannot say."""
    return bool(piece.todo & {"command", "permissive"}) or any(
        prop in piece.todo and prop not in piece.want for prop in ("using", "check")
    )


def _create(piece: Piece) -> bool:
    kind = "" if piece.want.get("permissive", YES) == YES else " AS RESTRICTIVE"
    told = _told(piece, ("roles", "using", "check"))
    piece.alter(f"CREATE POLICY {piece.name} ON {piece.on}{kind} FOR {piece.want['command']} {told}".rstrip())
    piece.takes_all()
    return True


def _alter(piece: Piece) -> None:
    if told := _told(piece, piece.todo):
        piece.takes("roles", "using", "check")
        piece.alter(f"ALTER POLICY {piece.name} ON {piece.on} {told}")


def _told(piece: Piece, props: Container[str]) -> str:
    want, parts = piece.want, []
    if "roles" in want and "roles" in props:
        parts.append(f"TO {want['roles']}")
    for prop, words in (("using", "USING"), ("check", "WITH CHECK")):
        if prop in want and prop in props:
            parts.append(f"{words} ({want[prop]})")
    return " ".join(parts)


KINDS = (
    Kind(
        name="policy", read_by=("policies",), on="table", tag="OBJECT_POLICY", word="POLICY",
        order=220, whole=True,
        says={"create_policy_stmt": made_on("table", "policy_name"), "drop_stmt": gone_from},
        writes=Writes(
            create=_create,
            alter=_alter,
            again=_again,
            drop="DROP POLICY {name} ON {on}",
            rename="ALTER POLICY {name} ON {on} RENAME TO {to}",
        ),
    ),
)  # fmt: skip
