"""Foreign data wrappers, foreign servers and user mappings."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    COMMENTED,
    FOREIGN,
    GRANTED,
    OWNED,
    THERE,
    Kind,
    Prop,
    Reading,
    Touch,
    plain,
)

_OPTIONS = Prop("foreign", FOREIGN, shown="options (secrets as a hash)")
READINGS = (
    Reading(
        name="foreign_data_wrappers",
        catalog="pg_foreign_data_wrapper",
        props=(THERE, *plain("handler", "validator"), _OPTIONS, OWNED, GRANTED, COMMENTED),
        touched_by=(Touch("pg_foreign_data_wrapper", everywhere=True),),
    ),
    Reading(
        name="foreign_servers",
        catalog="pg_foreign_server",
        props=(THERE, *plain("wrapper", "type", "version"), _OPTIONS, OWNED, GRANTED, COMMENTED),
        touched_by=(Touch("pg_foreign_data_wrapper"), Touch("pg_foreign_server", everywhere=True)),
    ),
    Reading(
        name="user_mappings",
        catalog="pg_user_mapping",
        props=(THERE, _OPTIONS),
        touched_by=(Touch("pg_foreign_server"), Touch("pg_user_mapping")),
    ),
)
KINDS = (
    Kind(
        name="foreign data wrapper", read_by=("foreign_data_wrappers",), acl="foreign data wrapper",
        tag="OBJECT_FDW",
    ),
    Kind(
        name="foreign server", read_by=("foreign_servers",), acl="foreign server",
        tag="OBJECT_FOREIGN_SERVER", word="SERVER", given=True,
    ),
    Kind(name="user mapping", read_by=("user_mappings",), on="foreign server", tag="OBJECT_USER_MAPPING"),
)  # fmt: skip
