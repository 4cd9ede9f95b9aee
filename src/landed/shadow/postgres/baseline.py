"""What a shadow holds before the first migration: nothing, or what a Supabase project has."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files


@dataclass(frozen=True)
class Baseline:
    """A starting state.

    ``superuser`` is the name of the server's superuser; ``role`` the role that user SQL is replayed as;
    ``roles`` and ``objects`` name SQL files beside this module: for the whole server, for each database.
    """

    name: str
    superuser: str
    role: str
    roles: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Roles of the server that the objects refer to."""
    managed: str = field(default="", repr=False)
    """SQL with the real shape of what the platform manages, as ``landed shadow pull`` writes it; loaded after
    the objects named in ``objects``, before those in ``last``. A statement of it that fails is left out."""
    last: tuple[str, ...] = ()

    def sql(self, names: tuple[str, ...]) -> str:
        """The text of some of its files."""
        here = files("landed.shadow.postgres")
        return "\n".join(here.joinpath(*name.split("/")).read_text(encoding="utf-8") for name in names)

    @cached_property
    def digest(self) -> str:
        """Differs whenever the starting state may differ; part of every cache key that depends on it."""
        parts = [self.name, self.superuser, self.role, self.sql(self.roles), self.sql(self.objects)]
        text = "\0".join(
            [*parts, *([self.managed, self.sql(self.last)] if self.managed or self.last else [])]
        )
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def database(self) -> str:
        """The database that holds its objects, from which others are copied; ``""`` when it has none."""
        return f"landed_shadow_base_{self.digest[:16]}" if self.objects else ""


PLAIN = Baseline("plain", "postgres", "postgres")
"""An empty Postgres whose superuser runs the migrations."""

_SUPABASE = Baseline(
    name="Supabase",
    superuser="supabase_admin",
    role="postgres",
    roles=("supabase/roles.sql",),
    objects=(
        "supabase/schemas.sql",
        "supabase/auth.sql",
        "supabase/storage.sql",
        "supabase/realtime.sql",
        "standins/pg_net.sql",
        "standins/pg_cron.sql",
        "supabase/platform.sql",
        "supabase/default_privileges.sql",
        "supabase/guard.sql",
    ),
    needs=(
        "postgres",
        "anon",
        "authenticated",
        "service_role",
        "authenticator",
        "supabase_admin",
        "supabase_auth_admin",
        "supabase_storage_admin",
        "supabase_realtime_admin",
        "supabase_functions_admin",
        "dashboard_user",
        "pgbouncer",
    ),
)


def supabase(*, default_privileges: bool = True) -> Baseline:
    """A Supabase project before its first migration; user SQL runs as ``postgres``, which is no superuser.

    New projects come without default privileges in schema public since 2026-05-30: say which the target has.
    """
    if default_privileges:
        return _SUPABASE
    objects = tuple(name for name in _SUPABASE.objects if not name.endswith("default_privileges.sql"))
    return replace(_SUPABASE, objects=objects)


def baseline_for(kind: str, managed_text: str | None = None, *, default_privileges: bool = True) -> Baseline:
    """The starting state for a kind of target: ``supabase`` or ``postgres``.

    ``managed_text`` is the file that ``landed shadow pull`` wrote: it stands in for landed's own picture of
    the platform's schemas, and is part of the digest. A plain Postgres has none.
    """
    if kind != "supabase":
        return PLAIN
    if not managed_text:
        return supabase(default_privileges=default_privileges)
    return replace(
        _SUPABASE,
        name="Supabase, as pulled",
        objects=("supabase/schemas.sql", "standins/pg_net.sql", "standins/pg_cron.sql"),
        managed=managed_text,
        last=("supabase/guard.sql",),
    )


def owned_by(baseline: Baseline, owner: str) -> Baseline:
    """An empty Postgres whose superuser has this name, if the baseline is one; a platform's has its own."""
    if baseline.name != PLAIN.name or re.fullmatch(r"(?!pg_)[A-Za-z_][\w-]{0,62}", owner, re.ASCII) is None:
        return baseline
    return replace(baseline, superuser=owner, role=owner)
