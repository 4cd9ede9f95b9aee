"""Foreign data wrappers, foreign servers and user mappings."""

from __future__ import annotations

from landed.core.facts import EXISTS
from landed.engines.postgres.kinds.base import (
    COMMENTED,
    FOREIGN,
    GRANTED,
    OWNED,
    THERE,
    Kind,
    Prop,
    Reading,
    Rights,
    Touch,
    plain,
)
from landed.engines.postgres.kinds.naming import bare, role, text
from landed.engines.postgres.kinds.options import foreign_options, lacks_secrets, with_options
from landed.engines.postgres.kinds.writes import Piece, Writes

_OPTIONS = Prop("foreign", FOREIGN, shown="options (secrets as a hash)")
_ON_WRAPPERS = Rights("foreign data wrapper", "U", on="FOREIGN DATA WRAPPER")
_ON_SERVERS = Rights("foreign server", "U", on="FOREIGN SERVER")

READINGS = (
    Reading(
        name="foreign_data_wrappers",
        catalog="pg_foreign_data_wrapper",
        props=(THERE, *plain("handler", "validator"), _OPTIONS, OWNED, GRANTED, COMMENTED),
        touched_by=(Touch("pg_foreign_data_wrapper", everywhere=True),),
    ),
    Reading(
        name="foreign_servers",
        catalog="pg_foreign_server",
        props=(THERE, *plain("wrapper", "type", "version"), _OPTIONS, OWNED, GRANTED, COMMENTED),
        touched_by=(Touch("pg_foreign_data_wrapper"), Touch("pg_foreign_server", everywhere=True)),
    ),
    Reading(
        name="user_mappings",
        catalog="pg_user_mapping",
        props=(THERE, _OPTIONS),
        touched_by=(Touch("pg_foreign_server"), Touch("pg_user_mapping")),
    ),
)


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


KINDS = (
    Kind(
        name="foreign data wrapper", read_by=("foreign_data_wrappers",), rights=_ON_WRAPPERS,
        tag="OBJECT_FDW", word="FOREIGN DATA WRAPPER", order=66, given=True,
        writes=Writes(create=_create_wrapper, alter=_alter_wrapper),
    ),
    Kind(
        name="foreign server", read_by=("foreign_servers",), rights=_ON_SERVERS,
        tag="OBJECT_FOREIGN_SERVER", word="SERVER", order=67, whole=True, given=True,
        writes=Writes(create=_create_server, alter=_alter_server),
    ),
    Kind(
        name="user mapping", read_by=("user_mappings",), on="foreign server", tag="OBJECT_USER_MAPPING",
        order=68, writes=Writes(create=_create_mapping),
    ),
)  # fmt: skip
