"""Row level security policies."""

from __future__ import annotations

from collections.abc import Container

from landed.core.facts import YES
from landed.engines.postgres.catalog.making.writes import Piece, Writes


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


WRITES = {
    "policy": Writes(
        create=_create,
        alter=_alter,
        again=_again,
        drop="DROP POLICY {name} ON {on}",
        rename="ALTER POLICY {name} ON {on} RENAME TO {to}",
    ),
}
