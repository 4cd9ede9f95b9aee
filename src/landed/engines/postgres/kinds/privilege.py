"""Default privileges. What is granted on an object is told with it."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import ACL, ASIDE, Kind, Prop, Reading, Rights, Touch

LARGE_OBJECT = Rights("large object", "rw", born="L")
"""Which are of no kind that is read."""

READINGS = (
    Reading(
        name="default_privileges",
        catalog="pg_default_acl",
        props=(
            Prop("defaults", ASIDE, shown=""),
            Prop("acl", ACL, shown="what is given to whom, on what, in which schema"),
        ),
        touched_by=(Touch("pg_default_acl"),),
    ),
)
KINDS = (
    Kind(name="default privileges", read_by=("default_privileges",), tag="OBJECT_DEFACL"),
    Kind(name="default revocation", read_by=("default_privileges",), tag="OBJECT_DEFACL"),
)
