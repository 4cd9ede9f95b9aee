"""Functions, procedures, window functions and aggregates."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    BODY,
    COMMENTED,
    GRANTED,
    NUMBER,
    OWNED,
    SETTINGS,
    THERE,
    Kind,
    Prop,
    Reading,
    Touch,
    expressions,
    plain,
)

READINGS = (
    Reading(
        name="functions",
        catalog="pg_proc",
        named="routine",
        props=(
            THERE,
            *expressions("arguments"),
            *plain("returns", "language"),
            *expressions("definition"),
            Prop("body", BODY),
            *plain("library", "volatility", "security definer", "parallel", "strict", "leakproof"),
            Prop("cost", NUMBER),
            Prop("rows", NUMBER),
            *plain("support", "transforms"),
            Prop("settings", SETTINGS, shown="settings (`search_path`, …)"),
            OWNED, GRANTED, COMMENTED,
        ),
        touched_by=(Touch("pg_proc", "c.oid"), Touch("pg_aggregate", "c.aggfnoid::oid")),
        names=True,
    ),
    Reading(
        name="aggregates",
        catalog="pg_proc",
        named="routine",
        props=plain(
            "state function", "state type", "state size", "initial state", "final function", "final extra",
            "final modify", "combine function", "serial function", "deserial function", "moving state",
            "sort operator", "aggregate kind",
        ),
        touched_by=(Touch("pg_aggregate", "c.aggfnoid::oid"),),
    ),
)  # fmt: skip
KINDS = (
    Kind(
        name="function", read_by=("functions",), space="function", acl="function", tag="OBJECT_FUNCTION",
        word="FUNCTION", order=140, whole=True, needed=True, given=True,
    ),
    Kind(
        name="procedure", read_by=("functions",), space="function", acl="function", tag="OBJECT_PROCEDURE",
        word="PROCEDURE", order=150, whole=True, given=True,
    ),
    Kind(
        name="aggregate", read_by=("functions", "aggregates"), space="function", acl="function",
        tag="OBJECT_AGGREGATE", word="AGGREGATE", order=160, whole=True, given=True,
    ),
    Kind(
        name="window function", read_by=("functions",), space="function", acl="function",
        tag="OBJECT_FUNCTION", word="FUNCTION", order=170, given=True,
    ),
)  # fmt: skip
