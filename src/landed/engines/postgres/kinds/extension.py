"""Extensions: their members are theirs, and nobody else's."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import THERE, Kind, Reading, Touch, plain

READINGS = (
    Reading(
        name="extensions",
        catalog="pg_extension",
        props=(THERE, *plain("in schema", "version")),
        touched_by=(Touch("pg_extension"),),
    ),
)
KINDS = (
    Kind(
        name="extension", read_by=("extensions",), space="extension", tag="OBJECT_EXTENSION", holds_rows=True,
        word="EXTENSION", order=10,
    ),
)  # fmt: skip
