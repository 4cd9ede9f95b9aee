"""What no kind reads: catalogs whose rows a statement may change without any fact showing it.

Every catalog is read by a kind, or follows from what kinds read, or stands here; a test holds that against
the servers' own lists, so that a new major version's catalogs are noticed. Where sequences stand
(``setval``) is in no catalog: see :mod:`landed.engines.postgres.shadow.replay.positions`.
"""

from __future__ import annotations

from typing import Final

from landed.engines.postgres.kinds import READINGS

_HOLDS: Final = {
    "pg_largeobject": "large objects",
    "pg_largeobject_metadata": "large objects' owners and privileges",
    "pg_parameter_acl": "privileges on parameters",
    "pg_replication_origin": "origins of replication",
    "pg_shdescription": "comments on databases, roles and tablespaces",
    "pg_subscription_rel": "tables of subscriptions",
    "pg_tablespace": "tablespaces",
}

FOLLOW: Final = frozenset(
    (
        "pg_depend", "pg_shdepend", "pg_description",
        "pg_statistic", "pg_statistic_ext_data",  # what ANALYZE found
        "pg_init_privs",  # what an extension brought
        "pg_seclabel", "pg_shseclabel",  # without a provider of labels SECURITY LABEL fails
    )
)  # fmt: skip
"""Catalogs that say nothing of their own: what stands in them goes with what other catalogs say."""

READ: Final = frozenset(
    catalog
    for reading in READINGS.values()
    for catalog in (reading.catalog, *(touch.catalog for touch in reading.touched_by))
    if catalog
)
"""Catalogs that some kind is read from."""

UNREAD: Final = {catalog: holds for catalog, holds in _HOLDS.items() if catalog not in READ}
"""Catalogs that no kind reads, and what they hold."""

OUTSIDE: Final = "outside"
"""Stands among catalogs for rows of objects that are not read: an extension's, the platform's."""

NOT_COMPARED: Final = (
    "rows",
    "where sequences stand",
    "comments on extensions",
    "passwords",
    *UNREAD.values(),
)
"""What a comparison of two schemas says nothing of."""
