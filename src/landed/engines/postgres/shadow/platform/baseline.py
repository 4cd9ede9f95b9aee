"""What a shadow holds before the first migration: nothing, or what a Supabase project has."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files

from landed.engines.postgres.supabase import profile


@dataclass(frozen=True)
class Baseline:
    """A starting state.

    ``superuser`` is the name of the server's superuser, who never runs anything of a file's; ``role`` is the
    role that user SQL is replayed as; ``roles`` and ``objects`` name SQL files of the engine: for the
    whole server, for each database; ``admin`` is whose the objects are (by default the superuser's).
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
    admin: str = ""
    """A role that is a superuser only while the objects are made."""

    @property
    def is_platform(self) -> bool:
        """Whether it is a platform's, whose role has the rights that the platform gives it."""
        return bool(self.needs)

    @property
    def wall(self) -> str:
        """The first wall, for the database that holds the objects; run last, by the superuser."""
        parts = (_WALL,) if self.is_platform else (_PLAIN_WALL, _WALL)
        grant = (
            f"GRANT EXECUTE ON FUNCTION pg_catalog.landed_act(text, text, text) TO {_quoted(self.role)};\n"
        )
        return self.sql(parts) + grant

    @property
    def own_roles(self) -> str:
        """SQL for the roles of a server of landed's own."""
        plain = "" if self.is_platform else self.sql((_PLAIN_ROLE,)).replace("@role@", _quoted(self.role))
        return f"{self.sql((_ROLES, *self.roles))}\n{plain}"

    def sql(self, names: tuple[str, ...]) -> str:
        """The text of some of its files."""
        here = files("landed.engines.postgres")
        return "\n".join(here.joinpath(*name.split("/")).read_text(encoding="utf-8") for name in names)

    @cached_property
    def digest(self) -> str:
        """Differs whenever the starting state may differ; part of every cache key that depends on it."""
        parts = [
            self.name,
            self.superuser,
            self.role,
            self.sql((_ROLES, _PLAIN_ROLE, _PLAIN_WALL, _WALL, *self.roles)),
            self.sql(self.objects),
        ]
        text = "\0".join(
            [*parts, *([self.managed, self.sql(self.last)] if self.managed or self.last else [])]
        )
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def database(self) -> str:
        """The database that holds its objects, from which others are copied; ``""`` when it has none."""
        return self.own_database if self.objects else ""

    @property
    def own_database(self) -> str:
        """The same on a server of landed's own, where there always is one: it holds the first wall."""
        return f"landed_shadow_base_{self.digest[:16]}"


SUPERUSER = "landed_superuser"
"""The superuser of landed's own servers: a name that no file has."""

_ROLES = "shadow/wall/roles.sql"
_PLAIN_ROLE = "shadow/wall/plain_role.sql"
_PLAIN_WALL = "shadow/wall/plain.sql"
_WALL = "shadow/wall/wall.sql"

PLAIN = Baseline("plain", SUPERUSER, "postgres")
"""An empty Postgres in which the role that runs the migrations is told to be as good as a superuser."""

_SUPABASE = Baseline(
    name="Supabase",
    superuser=SUPERUSER,
    role=profile.MAIN_ROLE,
    admin=profile.ADMIN,
    roles=profile.SERVER,
    objects=(
        *profile.BASE,
        *profile.PICTURE,
        *profile.STANDINS,
        *profile.PLATFORM,
        *profile.DEFAULT_PRIVILEGES,
    ),
    last=profile.GUARD,
    needs=profile.ROLES,
)


def supabase(managed_text: str | None = None, *, default_privileges: bool = True) -> Baseline:
    """A Supabase project before its first migration; user SQL runs as ``postgres``, which is no superuser.

    ``managed_text`` is the file that ``landed shadow pull`` wrote: it stands in for landed's own picture of
    the platform's schemas, and is part of the digest. Without it ``default_privileges`` says whether the
    target gives rights on new objects of schema public.
    """
    if managed_text:
        return replace(
            _SUPABASE,
            name="Supabase, as pulled",
            objects=(*profile.BASE, *profile.STANDINS),
            managed=managed_text,
        )
    if default_privileges:
        return _SUPABASE
    objects = tuple(name for name in _SUPABASE.objects if name not in profile.DEFAULT_PRIVILEGES)
    return replace(_SUPABASE, objects=objects)


def owned_by(baseline: Baseline, owner: str) -> Baseline:
    """An empty Postgres whose files a role of this name runs, if it is one; a platform's has its own."""
    if baseline.name != PLAIN.name or re.fullmatch(r"(?!pg_)[A-Za-z_][\w-]{0,62}", owner, re.ASCII) is None:
        return baseline
    return replace(baseline, role=owner)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
