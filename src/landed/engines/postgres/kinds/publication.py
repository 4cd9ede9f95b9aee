"""Publications, and the tables and schemas in them."""

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
        name="publications",
        catalog="pg_publication",
        props=(
            THERE,
            *plain("all tables", "publish", "via partition root", "generated columns"),
            OWNED, COMMENTED,
        ),
        touched_by=(Touch("pg_publication"),),
    ),
    Reading(
        name="publication_tables",
        catalog="pg_publication_rel",
        props=(THERE, *plain("columns"), *expressions("where")),
        touched_by=(Touch("pg_publication"), Touch("pg_publication_rel")),
    ),
    Reading(
        name="publication_schemas",
        catalog="pg_publication_namespace",
        props=(THERE,),
        touched_by=(Touch("pg_publication"), Touch("pg_publication_namespace")),
    ),
)  # fmt: skip
KINDS = (
    Kind(
        name="publication", read_by=("publications",), tag="OBJECT_PUBLICATION", holds_rows=True,
        word="PUBLICATION", order=240, given=True,
    ),
    Kind(
        name="publication table", read_by=("publication_tables",), on="publication",
        tag="OBJECT_PUBLICATION_REL", order=250,
    ),
    Kind(
        name="publication schema", read_by=("publication_schemas",), on="publication",
        tag="OBJECT_PUBLICATION_NAMESPACE", order=260,
    ),
)  # fmt: skip
