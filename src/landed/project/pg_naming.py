"""Names of Postgres and Supabase targets resolved: address, ledger and migrations folder of each."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

from landed.core.errors import ConfigError, UsageError
from landed.core.migration import Note
from landed.project.discovery import Project
from landed.project.dotenv import read_dotenv
from landed.project.migration_folders import folder_for_file
from landed.project.named_targets import NamedTarget
from landed.project.outside import by_person
from landed.project.pg_url import Dsn, from_environment, parse_url
from landed.project.provenance import DEFAULT, Value
from landed.project.supabase_config import (
    DEFAULT_PORT,
    SUPABASE_LEDGER,
    SupabaseProject,
    linked_dsn,
    local_dsn,
    read_supabase,
)
from landed.project.supabase_search import find_supabase
from landed.project.target_names import variables_of
from landed.project.target_spec import Locality, TargetSpec

_LONG = 40
"""Characters of a socket's folder from which on a headline shows its end only."""


def supabase_of(project: Project) -> SupabaseProject | None:
    """The Supabase project that the user works in, or ``None``. Raises ConfigError for a wrong file."""
    root = find_supabase(project.start)
    if root is None:
        return None
    folders = dict.fromkeys((root / "supabase", root, project.root, project.start))
    return read_supabase(root, project.environ, read_dotenv(folders))


def postgres_target(project: Project, spec: str, name: str, origin: str) -> TargetSpec:
    """The target of ``supabase:local``, ``supabase:linked``, a Postgres URL, ``postgres:`` (PG* variables).

    ``name`` is ``spec`` without anything secret. Raises UsageError for a name that means no database.
    """
    supabase = supabase_of(project)
    if spec.startswith("supabase"):
        dsn, name = _supabase(project, supabase, spec, origin)
    elif spec == "postgres:":
        dsn = from_environment(project.environ)
    else:
        dsn = parse_url(spec, project.environ, origin)
    return _target(project, supabase, dsn, name, origin)


def named_target(project: Project, named: NamedTarget, origin: str) -> TargetSpec:
    """The target that the settings file gives a name: what its variable holds, a whole Postgres URL.

    Raises ConfigError where the variable is not set, UsageError for what is no such URL; its value is in no
    message.
    """
    found = dict(variables_of(project))[named]
    if found is None:
        raise ConfigError(
            f'the target "{named.name}" is what the variable {named.variable} holds, and it is not set',
            details=(f"{named.origin} says so",),
            next=f"set {named.variable} to the database's URL",
            where=origin,
        )
    dsn = parse_url(found.value, {}, found.origin)
    if not dsn.host:
        raise UsageError(
            "a named target needs the whole URL, with its host",
            next="write the host into it; for a socket: postgresql:///DATABASE?host=FOLDER",
            where=found.origin,
        )
    if by_person(found.origin):
        dsn = replace(dsn, outside="url")
    return _target(project, supabase_of(project), dsn, named.name, origin)._replace(alias=named.name)


def _target(
    project: Project, supabase: SupabaseProject | None, dsn: Dsn, name: str, origin: str
) -> TargetSpec:
    hosted = name.startswith("supabase:") or dsn.is_supabase or supabase is not None
    kind: Literal["supabase", "postgres"] = "supabase" if hosted else "postgres"
    folder, pattern = _folder(project, supabase)
    notes: tuple[Note, ...] = dsn.notes + (supabase.notes if supabase and name == "supabase:linked" else ())
    # What `supabase start` runs is behind that address; of any other one nobody knows.
    locality: Locality = "LOCAL" if name == "supabase:local" else dsn.locality
    return TargetSpec(
        kind=kind,
        name=name,
        label=f"{'Supabase' if kind == 'supabase' else 'Postgres'} {_short(dsn)} ({locality})",
        locality=locality,
        mode="postgres",
        origin=origin,
        ledger_table=project.settings.ledger or Value(SUPABASE_LEDGER, DEFAULT),
        migrations_dir=folder,
        migrations_pattern=pattern,
        dsn=dsn,
        supabase=supabase,
        notes=notes,
    )


def _short(dsn: Dsn) -> str:
    """The address for headlines: of a long path to a socket the end; doctor shows the whole."""
    if dsn.host.startswith("/") and len(dsn.host) > _LONG:
        return "…/" + dsn.address[len(os.path.dirname(dsn.host)) :].lstrip("/")
    return dsn.address


def _supabase(project: Project, supabase: SupabaseProject | None, spec: str, origin: str) -> tuple[Dsn, str]:
    if spec in ("supabase", "supabase:local"):
        if supabase is not None:
            return local_dsn(supabase), "supabase:local"
        port = Value(DEFAULT_PORT, DEFAULT)
        bare = SupabaseProject(project.start, None, None, port, None, None, None, None)
        return local_dsn(bare), "supabase:local"
    if spec != "supabase:linked":
        raise UsageError(
            f'"{spec}" is no Supabase target', next="supabase:local or supabase:linked", where=origin
        )
    if supabase is None:
        # Without a supabase folder the variables alone may say which project it is.
        supabase = read_supabase(project.root, project.environ, read_dotenv((project.root, project.start)))
        if supabase.ref is None and project.settings.pooler is None:
            _check_folder(project, spec, origin)
    return linked_dsn(supabase, project.settings.pooler), spec


def _check_folder(project: Project, spec: str, origin: str) -> None:
    """Raises UsageError where Supabase projects lie below: one of them is meant."""
    from landed.project.below import help_below

    details, way = help_below(project.start, ("supabase",))
    if way is not None:
        raise UsageError(
            f"{spec}: there is no Supabase project in {project.start} or above it",
            details=details,
            next=way,
            where=origin,
        )


def _folder(
    project: Project, supabase: SupabaseProject | None
) -> tuple[Value[Path] | None, Value[str] | None]:
    settings = project.settings
    if settings.migrations:
        return Value(Path(settings.migrations.value), settings.migrations.origin), settings.pattern
    if supabase is not None:
        return supabase.migrations, settings.pattern
    folder, _ = folder_for_file(project)
    return folder, settings.pattern
