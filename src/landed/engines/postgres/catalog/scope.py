"""What of a Postgres database is the user's: the scope within which facts are read."""

from __future__ import annotations

from dataclasses import dataclass

from landed.engines.postgres.supabase import profile

_LEDGER = "supabase_migrations"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which objects belong to the user, and how their facts are to be comparable.

    ``schemas`` are names (or regular expressions of whole names) of the schemas that the platform
    manages; the system's own and the ledger's are never in scope. Policies on tables in ``attached``
    schemas count nevertheless, and so do triggers there whose function lies in another schema.
    ``platform_roles`` (a regular expression) own what the platform (in a shadow: landed) made outside;
    ``publications`` are the platform's by birth and yet the user's to fill, and ``configured`` are roles
    of its that projects give settings to. ``main_role`` is the role
    by which ownership is the normal case and no fact, by default the database's owner, who is then
    called ``(owner)`` so that facts are the same whatever that role is called; ``acting`` is who is there in
    its place, in a database of somebody else's server, and is shown as it; ``runners`` are others that
    run the files on one database, whose default privileges mean the main role's. ``floor`` is the oldest
    major version that the facts must be comparable with (by default the server's own): properties that
    it lacks are left out.
    """

    schemas: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    platform_roles: str = "^landed_superuser$"
    publications: tuple[str, ...] = ()
    configured: tuple[str, ...] = ()
    main_role: str | None = None
    floor: int | None = None
    runners: tuple[str, ...] = ()
    acting: str | None = None

    @property
    def managed(self) -> str:
        """A regular expression (POSIX) that matches the name of every schema out of scope."""
        return f"^(pg_.*|information_schema|{'|'.join((_LEDGER, *self.schemas))})$"


PLAIN = Scope()
"""Any Postgres: everything but the system's schemas, extensions' members and the ledger."""

SUPABASE = Scope(
    schemas=profile.SCHEMAS,
    attached=profile.ATTACHED,
    platform_roles=f"^(landed_superuser|{profile.OWN_ROLES})$",
    publications=profile.PUBLICATIONS,
    configured=profile.CONFIGURED,
    main_role=profile.MAIN_ROLE,
)
"""A Supabase project: without the platform's schemas."""
