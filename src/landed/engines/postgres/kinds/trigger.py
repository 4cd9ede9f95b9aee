"""Triggers of tables and views."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    THERE,
    TRIGGER,
    Beside,
    Kind,
    Prop,
    Reading,
    Touch,
    plain,
)

READINGS = (
    Reading(
        name="triggers",
        catalog="pg_trigger",
        beside=Beside("pg_trigger", "oid", "tgrelid"),
        props=(THERE, Prop("trigger", TRIGGER, ("definition",), "definition"), *plain("enabled"), COMMENTED),
        touched_by=(
            Touch(
                "pg_trigger", "c.oid", when="NOT c.tgisinternal",
                join="LEFT JOIN pg_trigger copy ON copy.tgparentid = c.oid",
            ),
            Touch("pg_trigger", "copy.oid", when="copy.oid IS NOT NULL"),
        ),
    ),
)  # fmt: skip
KINDS = (
    Kind(
        name="trigger", read_by=("triggers",), on="table", tag="OBJECT_TRIGGER", word="TRIGGER",
        order=210, whole=True,
    ),
)  # fmt: skip
