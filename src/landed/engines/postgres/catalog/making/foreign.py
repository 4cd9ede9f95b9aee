"""Foreign data wrappers, servers and user mappings."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.catalog.making.naming import bare, role, text
from landed.engines.postgres.catalog.making.options import foreign_options, lacks_secrets, with_options
from landed.engines.postgres.catalog.making.writes import Piece, Writes


def _create_wrapper(piece: Piece) -> bool:
    if lacks_secrets(piece):
        return False
    told = "".join(f" {p.upper()} {piece.want[p]}" for p in ("handler", "validator") if p in piece.want)
    piece.alter(f"CREATE FOREIGN DATA WRAPPER {piece.name}{told}{with_options(piece)}")
    piece.takes(EXISTS, "handler", "validator")
    return True


def _create_server(piece: Piece) -> bool:
    want = piece.want
    if lacks_secrets(piece):
        return False
    told = "".join(f" {p.upper()} {text(want[p])}" for p in ("type", "version") if p in want)
    wrapper = f" FOREIGN DATA WRAPPER {bare(want['wrapper'])}"
    piece.alter(f"CREATE SERVER {piece.name}{told}{wrapper}{with_options(piece)}")
    piece.takes(EXISTS, "type", "version", "wrapper")
    return True


def _create_mapping(piece: Piece) -> bool:
    if lacks_secrets(piece):
        return False
    who = role(piece.object.name)
    piece.alter(f"CREATE USER MAPPING FOR {who} SERVER {piece.on}{with_options(piece)}")
    piece.takes(EXISTS)
    return True


def _alter_wrapper(piece: Piece) -> None:
    foreign_options(piece, f"ALTER FOREIGN DATA WRAPPER {piece.name} ")


def _alter_server(piece: Piece) -> None:
    foreign_options(piece, f"ALTER SERVER {piece.name} ")


WRITES = {
    "foreign data wrapper": Writes(create=_create_wrapper, alter=_alter_wrapper),
    "foreign server": Writes(create=_create_server, alter=_alter_server),
    "user mapping": Writes(create=_create_mapping),
}
