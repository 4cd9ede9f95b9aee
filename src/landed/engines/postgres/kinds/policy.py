"""Row level security policies."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    THERE,
    Beside,
    Kind,
    Reading,
    Touch,
    expressions,
    plain,
)

READINGS = (
    Reading(
        name="policies",
        catalog="pg_policy",
        beside=Beside("pg_policy", "oid", "polrelid"),
        props=(THERE, *plain("command", "permissive", "roles"), *expressions("using", "check"), COMMENTED),
        touched_by=(Touch("pg_policy", "c.oid"),),
    ),
)
KINDS = (
    Kind(
        name="policy", read_by=("policies",), on="table", tag="OBJECT_POLICY", word="POLICY",
        order=220, whole=True,
    ),
)  # fmt: skip
