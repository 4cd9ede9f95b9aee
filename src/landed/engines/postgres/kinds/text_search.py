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
from landed.engines.postgres.kinds.writes import Piece, Props, Writes

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
    piece.todo.add("mappings")
    _alter_configuration(piece)
    piece.takes_all()
    return True


def _alter_configuration(piece: Piece) -> None:
    if not piece.takes("mappings"):
        return
    alter = f"ALTER TEXT SEARCH CONFIGURATION {piece.name} "
    wanted, seen = _mappings(piece.want), _mappings(piece.have)
    for token in sorted(seen.keys() - wanted.keys()):
        piece.alter(f"{alter}DROP MAPPING FOR {token}")
    for token, dictionaries in wanted.items():
        if seen.get(token) != dictionaries:
            verb = "ALTER" if token in seen else "ADD"
            piece.alter(f"{alter}{verb} MAPPING FOR {token} WITH {dictionaries}")


def _mappings(props: Props) -> dict[str, str]:
    """Token types and the dictionaries for each."""
    told = (mapping.partition(": ") for mapping in props.get("mappings", "").split("; ") if mapping)
    return {token: dictionaries for token, _, dictionaries in told}


KINDS = (
    Kind(
        name="text search configuration", read_by=("ts_configurations",), tag="OBJECT_TSCONFIGURATION",
        word="TEXT SEARCH CONFIGURATION", order=65, whole=True, given=True,
        writes=Writes(
            create=_create_configuration,
            alter=_alter_configuration,
            drop="DROP TEXT SEARCH CONFIGURATION {name}",
            rename="ALTER TEXT SEARCH CONFIGURATION {name} RENAME TO {to}",
        ),
    ),
    Kind(
        name="text search dictionary", read_by=("ts_dictionaries",), tag="OBJECT_TSDICTIONARY",
        word="TEXT SEARCH DICTIONARY", order=64, whole=True, given=True,
        writes=Writes(
            create=_create_dictionary,
            drop="DROP TEXT SEARCH DICTIONARY {name}",
            rename="ALTER TEXT SEARCH DICTIONARY {name} RENAME TO {to}",
        ),
    ),
    Kind(name="text search parser", read_by=("ts_parts",), tag="OBJECT_TSPARSER"),
    Kind(name="text search template", read_by=("ts_parts",), tag="OBJECT_TSTEMPLATE"),
)  # fmt: skip
