"""What belongs to the server, or to the database as a whole: roles and who belongs to them, settings, and
what is granted on the database. Files may touch it, and much of it is nobody's file's."""

from __future__ import annotations

from landed.engines.postgres.kinds.base import (
    GRANTED,
    OWNED,
    SERVER_SETTINGS,
    SETTINGS_HERE,
    THERE,
    Kind,
    Prop,
    Reading,
    Rights,
    Touch,
    plain,
)

_SETTINGS = Prop("server settings", SERVER_SETTINGS, shown="settings")

READINGS = (
    Reading(
        name="server_roles",
        catalog="pg_authid",
        props=(
            THERE,
            *plain("superuser", "login", "inherit", "create roles", "create databases", "replication",
                   "bypass row level security", "connection limit", "valid until"),
            _SETTINGS,
            Prop("settings here", SETTINGS_HERE, shown="settings in this database"),
            GRANTED,
        ),
        touched_by=(Touch("pg_authid"), Touch("pg_auth_members"), Touch("pg_db_role_setting")),
    ),
    Reading(
        name="this_database",
        catalog="pg_database",
        props=(*plain("connection limit"), _SETTINGS, OWNED, GRANTED),
        touched_by=(Touch("pg_database"), Touch("pg_db_role_setting")),
    ),
)  # fmt: skip

KINDS = (
    Kind(name="role", read_by=("server_roles",), rights=Rights("role", ""), tag="OBJECT_ROLE"),
    Kind(
        name="database", read_by=("this_database",), rights=Rights("database", "CTc", "Tc"),
        tag="OBJECT_DATABASE",
    ),
)  # fmt: skip

OF_SERVER = frozenset((*(reading.name for reading in READINGS), "extension_members"))
"""Readings of which a copy of a schema takes nothing along."""
