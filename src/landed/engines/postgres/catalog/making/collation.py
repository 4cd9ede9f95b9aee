"""Collations."""

from __future__ import annotations

from landed.engines.postgres.catalog.making.naming import text
from landed.engines.postgres.catalog.making.writes import Piece, Writes


def _create(piece: Piece) -> bool:
    want = piece.want
    parts = [f"PROVIDER = {want['provider']}"]
    collate, _, ctype = want["locale"].partition(", ")
    if ctype and want["provider"] == "libc":
        parts += [f"LC_COLLATE = {text(collate)}", f"LC_CTYPE = {text(ctype)}"]
    else:
        parts.append(f"LOCALE = {text(want['locale'])}")
    parts += ["DETERMINISTIC = false"] * (want.get("deterministic") == "no")
    parts += [f"RULES = {text(want['rules'])}"] * ("rules" in want)
    piece.alter(f"CREATE COLLATION {piece.name} ({', '.join(parts)})")
    piece.takes_all()
    return True


WRITES = {"collation": Writes(create=_create, drop="DROP COLLATION {name}")}
