"""Subscriptions: what they take from whom; which tables they have brought along is nobody's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from landed.engines.postgres.kinds.base import COMMENTED, OWNED, THERE, Kind, Reading, Touch, plain
from landed.engines.postgres.kinds.naming import bare
from landed.engines.postgres.kinds.said import Claim, Said, gone, there
from landed.engines.postgres.kinds.writes import Piece, Writes
from landed.engines.postgres.sql.names import quoted

READINGS = (
    Reading(
        name="subscriptions",
        catalog="pg_subscription",
        props=(
            THERE,
            *plain("publications", "enabled", "slot", "binary", "streaming", "two phase", "disable on error",
                   "synchronous commit"),
            OWNED,
            COMMENTED,
        ),
        touched_by=(Touch("pg_subscription"),),
    ),
)  # fmt: skip


def _alter(piece: Piece) -> None:
    """Where it connects is in no fact: one that is missing stays so."""
    if piece.missing:
        return
    if piece.takes("publications"):
        names = ", ".join(bare(quoted(name)) for name in piece.want["publications"].split(", "))
        piece.alter(f"ALTER SUBSCRIPTION {piece.name} SET PUBLICATION {names} WITH (refresh = false)")
    if piece.takes("enabled"):
        word = "ENABLE" if piece.want["enabled"] == "yes" else "DISABLE"
        piece.alter(f"ALTER SUBSCRIPTION {piece.name} {word}")


def _made(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    yield there(kind, "", quoted(node.subname))


def _gone(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    yield gone(kind, "", quoted(node.subname))


KINDS = (
    Kind(
        name="subscription", read_by=("subscriptions",), tag="OBJECT_SUBSCRIPTION", holds_rows=True,
        word="SUBSCRIPTION", order=270, given=True,
        writes=Writes(alter=_alter, rename="ALTER SUBSCRIPTION {name} RENAME TO {to}"),
        says={"create_subscription_stmt": _made, "drop_subscription_stmt": _gone},
    ),
)  # fmt: skip
