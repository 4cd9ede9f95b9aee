"""Extended statistics."""

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

READINGS = (
    Reading(
        name="statistics",
        catalog="pg_statistic_ext",
        props=(THERE, *expressions("definition"), *plain("statistics target"), OWNED, COMMENTED),
        touched_by=(Touch("pg_statistic_ext"),),
    ),
)
KINDS = (
    Kind(
        name="statistics", read_by=("statistics",), tag="OBJECT_STATISTIC_EXT", word="STATISTICS",
        order=130, given=True,
    ),
)  # fmt: skip
