"""Text search configurations, dictionaries, parsers and templates."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    OWNED,
    PARAMETERS,
    THERE,
    Kind,
    Prop,
    Reading,
    Touch,
    plain,
)
from landed.engines.postgres.kinds.writes import Piece, Writes

READINGS = (
    Reading(
        name="ts_configurations",
        catalog="pg_ts_config",
        props=(THERE, *plain("parser", "mappings"), OWNED, COMMENTED),
        touched_by=(
            Touch("pg_ts_config", everywhere=True),
            Touch("pg_ts_config_map"),
            Touch("pg_ts_dict"),
            Touch("pg_ts_parser"),
        ),
    ),
    Reading(
        name="ts_dictionaries",
        catalog="pg_ts_dict",
        props=(THERE, *plain("template"), Prop("parameters", PARAMETERS), OWNED, COMMENTED),
        touched_by=(Touch("pg_ts_dict", everywhere=True), Touch("pg_ts_template")),
    ),
    Reading(
        name="ts_parts",
        props=(THERE, *plain("functions"), COMMENTED),
        touched_by=(Touch("pg_ts_parser", everywhere=True), Touch("pg_ts_template", everywhere=True)),
    ),
)


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


KINDS = (
    Kind(
        name="text search configuration", read_by=("ts_configurations",), tag="OBJECT_TSCONFIGURATION",
        word="TEXT SEARCH CONFIGURATION", order=65, whole=True, given=True,
        writes=Writes(create=_create_configuration, drop="DROP TEXT SEARCH CONFIGURATION {name}"),
    ),
    Kind(
        name="text search dictionary", read_by=("ts_dictionaries",), tag="OBJECT_TSDICTIONARY",
        word="TEXT SEARCH DICTIONARY", order=64, whole=True, given=True,
        writes=Writes(create=_create_dictionary, drop="DROP TEXT SEARCH DICTIONARY {name}"),
    ),
    Kind(name="text search parser", read_by=("ts_parts",), tag="OBJECT_TSPARSER"),
    Kind(name="text search template", read_by=("ts_parts",), tag="OBJECT_TSTEMPLATE"),
)  # fmt: skip
