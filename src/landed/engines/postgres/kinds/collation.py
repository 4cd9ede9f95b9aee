"""Collations and conversions."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    OWNED,
    THERE,
    Kind,
    Reading,
    Touch,
    expressions,
    plain,
)
from landed.engines.postgres.kinds.naming import text
from landed.engines.postgres.kinds.writes import Piece, Writes

READINGS = (
    Reading(
        name="collations",
        catalog="pg_collation",
        props=(THERE, *plain("provider", "locale", "rules", "deterministic"), OWNED, COMMENTED),
        touched_by=(Touch("pg_collation", everywhere=True),),
    ),
    Reading(
        name="conversions",
        catalog="pg_conversion",
        props=(THERE, *plain("encodings", "function"), *expressions("default"), OWNED, COMMENTED),
        touched_by=(Touch("pg_conversion"),),
    ),
)


def _create(piece: Piece) -> bool:
    want = piece.want
    parts = [f"PROVIDER = {want['provider']}"]
    collate, _, ctype = want["locale"].partition(", ")
    if ctype and want["provider"] == "libc":
        parts += [f"LC_COLLATE = {text(collate)}", f"LC_CTYPE = {text(ctype)}"]
    else:
        parts.append(f"LOCALE = {text(want['locale'])}")
    parts += ["DETERMINISTIC = false"] * (want.get("deterministic") == "no")
    if "rules" in want:
        parts.append(f"RULES = {text(want['rules'])}")
    piece.alter(f"CREATE COLLATION {piece.name} ({', '.join(parts)})")
    piece.takes_all()
    return True


KINDS = (
    Kind(
        name="collation", read_by=("collations",), tag="OBJECT_COLLATION", word="COLLATION", given=True,
        order=69, whole=True,
        writes=Writes(
            create=_create, drop="DROP COLLATION {name}", rename="ALTER COLLATION {name} RENAME TO {to}"
        ),
    ),
    Kind(name="conversion", read_by=("conversions",), tag="OBJECT_CONVERSION"),
)  # fmt: skip
