"""Text search dictionaries and configurations; parsers and templates need a superuser."""

from __future__ import annotations

from landed.engines.postgres.catalog.making.writes import Piece, Writes


def _create_dictionary(piece: Piece) -> bool:
    want = piece.want
    told = f", {want['parameters']}" if "parameters" in want else ""
    piece.alter(f"CREATE TEXT SEARCH DICTIONARY {piece.name} (TEMPLATE = {want['template']}{told})")
    piece.takes_all()
    return True


def _create_configuration(piece: Piece) -> bool:
    piece.alter(f"CREATE TEXT SEARCH CONFIGURATION {piece.name} (PARSER = {piece.want['parser']})")
    for mapping in filter(None, piece.want.get("mappings", "").split("; ")):
        token, _, dictionaries = mapping.partition(": ")
        piece.alter(
            f"ALTER TEXT SEARCH CONFIGURATION {piece.name} ADD MAPPING FOR {token} WITH {dictionaries}"
        )
    piece.takes_all()
    return True


WRITES = {
    "text search dictionary": Writes(create=_create_dictionary, drop="DROP TEXT SEARCH DICTIONARY {name}"),
    "text search configuration": Writes(
        create=_create_configuration, drop="DROP TEXT SEARCH CONFIGURATION {name}"
    ),
}
