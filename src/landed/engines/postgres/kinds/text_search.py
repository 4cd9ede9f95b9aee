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
KINDS = (
    Kind(name="text search configuration", read_by=("ts_configurations",), tag="OBJECT_TSCONFIGURATION"),
    Kind(name="text search dictionary", read_by=("ts_dictionaries",), tag="OBJECT_TSDICTIONARY"),
    Kind(name="text search parser", read_by=("ts_parts",), tag="OBJECT_TSPARSER"),
    Kind(name="text search template", read_by=("ts_parts",), tag="OBJECT_TSTEMPLATE"),
)
