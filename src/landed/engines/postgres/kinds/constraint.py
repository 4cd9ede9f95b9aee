"""Constraints of tables and of domains."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    CONSTRAINT,
    THERE,
    Beside,
    Kind,
    Prop,
    Reading,
    Touch,
    plain,
)

_DEFINITION = Prop(
    "constraint",
    CONSTRAINT,
    ("definition", "deferrable", "initially deferred", "enforced", "no inherit"),
    "definition, whether it is deferrable, enforced, inherited",
)
READINGS = (
    Reading(
        name="constraints",
        catalog="pg_constraint",
        beside=Beside("pg_constraint", "oid", "conrelid"),
        props=(THERE, _DEFINITION, *plain("validated", "triggers"), COMMENTED),
        touched_by=(
            Touch(
                "pg_constraint", "c.oid",
                when="c.contypid = 0 AND (c.contype <> 'n' OR NOT c.convalidated OR c.connoinherit)",
            ),
            Touch(
                "pg_constraint", "c.oid",
                when="c.contypid = 0 AND c.contype = 'n' AND c.convalidated AND NOT c.connoinherit",
                once_told=True,
            ),
            Touch("pg_trigger", "c.tgconstraint", when="c.tgconstraint <> 0"),
        ),
        names=True,
    ),
    Reading(
        name="domain_constraints",
        catalog="pg_constraint",
        beside=Beside("pg_constraint", "oid", "contypid", "pg_type"),
        props=(THERE, _DEFINITION, *plain("validated"), COMMENTED),
        touched_by=(Touch("pg_constraint", "c.oid", when="c.contypid <> 0"),),
    ),
)  # fmt: skip
KINDS = (
    Kind(
        name="constraint", read_by=("constraints", "domain_constraints"), and_by=("indexes",),
        on="table", tag="OBJECT_TABCONSTRAINT", word="CONSTRAINT", order=110, whole=True,
    ),
)  # fmt: skip
