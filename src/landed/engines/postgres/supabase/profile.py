"""What Supabase has of its own, and any Postgres has not: roles, schemas, extensions, what new objects get.

What reads, replays, dumps and advises takes it from here. The SQL files beside it are a project before its
first migration.
"""

from __future__ import annotations

from typing import Final

# -- roles ----------------------------------------------------------------------------------------

MAIN_ROLE: Final = "postgres"
"""The role that runs migrations and owns what they make; it is no superuser."""

ADMIN: Final = "supabase_admin"
"""The superuser, whose the platform's own objects are."""

API_ROLES: Final = ("anon", "authenticated", "service_role")
"""As whom the API speaks to the database; new objects in ``public`` may be granted to them by default."""

ROLES: Final = (
    MAIN_ROLE,
    *API_ROLES,
    "authenticator",
    ADMIN,
    "supabase_auth_admin",
    "supabase_storage_admin",
    "supabase_realtime_admin",
    "supabase_functions_admin",
    "dashboard_user",
    "pgbouncer",
)
"""The roles of a new project's server that its objects refer to."""

OWN_ROLES: Final = "supabase_.*|authenticator|dashboard_user|pgbouncer|pgsodium_.*"
"""A regular expression of the roles that own what the platform made."""

# -- what the platform manages ----------------------------------------------------------------------

SCHEMAS: Final = (
    "_analytics",
    "_realtime",
    "_supavisor",
    "_timescaledb_.*",
    "auth",
    "cron",
    "dbdev",
    "etl",
    "extensions",
    "graphql",
    "graphql_public",
    "net",
    "pgbouncer",
    "pgmq",
    "pgmq_public",
    "pgroonga",
    "pgsodium",
    "pgsodium_masks",
    "pgtle",
    "realtime",
    "repack",
    "storage",
    "supabase_functions",
    "tiger",
    "tiger_data",
    "timescaledb_.*",
    "topology",
    "vault",
)
"""Names (regular expressions of whole names) of its schemas: the union of its own tools' lists."""

ATTACHED: Final = ("auth", "realtime", "storage")
"""Those of them on whose tables projects put policies and triggers of their own."""

EXTENDED: Final = frozenset(("users", "identities", "sessions", "objects", "buckets", "messages"))
"""Tables of the platform that people have added columns to; the server does not say their schema."""

CONFIGURED: Final = ("authenticator", "anon", "authenticated", "service_role")
"""Its roles whose settings are a project's to change (they are the API's configuration), and that projects
make members of their own roles."""

PUBLICATIONS: Final = ("supabase_realtime",)
"""There by birth, and yet the user's to fill."""

FORMERLY: Final = {"pg_graphql": "", "pgjwt": " SCHEMA extensions", "pgsodium": ""}
"""Extensions that every project once was made with, and the schema of those that do not choose it themselves;
new projects are made without (supabase/postgres, migrations/db)."""

# -- a project before its first migration -------------------------------------------------------------

SERVER: Final = ("supabase/roles.sql",)
"""Files with what its server has."""

BASE: Final = ("supabase/schemas.sql",)
"""Files with what a project needs whose platform has been pulled."""

STANDINS: Final = ("shadow/standins/pg_net.sql", "shadow/standins/pg_cron.sql")

PICTURE: Final = ("supabase/auth.sql", "supabase/storage.sql", "supabase/realtime.sql")
"""landed's own picture of the platform's schemas."""

PLATFORM: Final = ("supabase/platform.sql",)

DEFAULT_PRIVILEGES: Final = ("supabase/default_privileges.sql",)
"""What new objects are born with; projects made since 2026-05-30 come without."""

GUARD: Final = ("supabase/guard.sql",)
"""What stands in for the platform's own rights, loaded last."""
