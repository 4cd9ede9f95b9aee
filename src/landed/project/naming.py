"""Names of targets (``d1:local/DB``, ``sqlite:PATH``, …) resolved to one database each."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from landed.core.errors import Code, ConfigError, UsageError
from landed.core.migration import Note
from landed.core.next import Command, Effect, Next, option, program
from landed.core.secrets import without_login as redact
from landed.project.discovery import Project
from landed.project.migration_folders import folder_for_file, missing_folder_notes
from landed.project.provenance import DEFAULT, Value
from landed.project.settings import looks_like_file
from landed.project.target_names import close_to, find_target, known_targets, no_target
from landed.project.target_spec import LEDGER_BY_DEFAULT, TargetSpec

if TYPE_CHECKING:
    from landed.project.d1_database import D1Database

__all__ = ["TargetSpec", "redact", "resolve_target"]

_LATER = "cannot be reached yet; this comes in a later version"


Named = Mapping[str, Callable[[Project, str, str], TargetSpec]]
"""First words of further names -> what makes a target of the rest, and of who said it."""


def resolve_target(project: Project, spec: str | None = None, further: Named | None = None) -> TargetSpec:
    """The database that a name means; ``None`` asks the settings, then takes the only one there is.

    Names: ``d1:local[/DB]``, ``d1:remote[/DB]`` (DB is a binding, a database_name or an id),
    ``sqlite:PATH``, a path of a database file, ``supabase:…``, a Postgres URL, a name of the settings file.
    ``further`` are names that belong to engines alone.
    Raises UsageError for a name that means nothing or more than one database, ConfigError for an
    entry that wrangler would refuse.
    """
    if spec is not None:
        return _resolve(project, spec, "flag --target", further)
    if project.settings.target:
        return _resolve(project, *project.settings.target, further)
    if not project.databases and project.supabase_root is not None:
        return _resolve(project, "supabase:local", DEFAULT)
    if project.wrangler is None:
        raise no_target(project)
    return _resolve(project, "d1:local", DEFAULT)


def names_target(spec: str, further: Named | None = None) -> bool:
    """Whether a text has one of the forms in which targets are named."""
    return bool(_form(spec)) or spec.partition(":")[0] in (further or {})


def _form(spec: str) -> str:
    """Which form a name has: its first word, ``file`` for a path, ``""`` for none."""
    word, _, rest = spec.partition(":")
    if word in ("d1", "sqlite", "supabase"):
        return word
    if spec == "postgres:" or (word in ("postgres", "postgresql") and rest.startswith("//")):
        return "postgres"
    return "file" if looks_like_file(spec) and "://" not in spec else ""


def _resolve(project: Project, spec: str, origin: str, further: Named | None = None) -> TargetSpec:
    if (named := find_target(project, spec)) is not None:
        from landed.project.pg_naming import named_target

        return named_target(project, named, origin)
    base, kind = project.start, _form(spec)
    word, _, rest = spec.partition(":")
    if further and word in further:
        return further[word](project, rest, origin)
    if kind == "d1":
        place, _, name = rest.partition("/")
        if place in ("local", "remote"):
            return _d1(project, "d1:local" if place == "local" else "d1:remote", name, origin)
        raise UsageError(f'"{spec}" is no D1 target', next="d1:local/DB or d1:remote/DB", where=origin)
    if kind == "sqlite":
        if not rest:
            raise UsageError(
                "sqlite: needs the path of a database file", next="sqlite:data/app.db", where=origin
            )
        return _sqlite(project, _absolute(rest, base), origin)
    if kind in ("postgres", "supabase"):
        return _postgres(project, spec, redact(spec) if rest.startswith("//") else spec, origin)
    if kind == "file":
        path = _absolute(spec, base)
        if not path.is_file():
            raise UsageError(
                f"there is no database file {path}",
                next=Next("to name a file that is still to be made: ", option("--target", f"sqlite:{spec}")),
                where=origin,
            )
        return _sqlite(project, path, origin)
    raise UsageError(
        f'"{redact(spec)}" is no target',
        code=Code.UNKNOWN_TARGET,
        details=(
            "targets: d1:local/DB, d1:remote/DB, sqlite:PATH, a path of a .sqlite or .db file, "
            "supabase:local, supabase:linked, a Postgres URL",
            *known_targets(project),
        ),
        next=_suggestion(project, spec),
        where=origin,
    )


def _suggestion(project: Project, spec: str) -> str | None:
    if any(database.answers_to(spec) for database in project.databases):
        return option("--target", f"d1:local/{spec}")
    close = close_to(project, spec)
    return option("--target", close) if close else None


def _absolute(path: str, base: Path) -> Path:
    return Path(os.path.normpath(os.path.join(base, os.path.expanduser(path))))


def _d1(project: Project, kind: Literal["d1:local", "d1:remote"], name: str, origin: str) -> TargetSpec:
    from landed.project.d1_local import local_d1_path

    database = _database(project, kind, name, origin)
    assert project.wrangler is not None
    local = kind == "d1:local"
    settings = project.settings
    folder = database.migrations_dir
    pattern = settings.pattern
    if pattern is None and settings.migrations is None:
        pattern = database.migrations_pattern
    if settings.migrations:
        migrations = Value(Path(settings.migrations.value), settings.migrations.origin)
    else:
        path = os.path.normpath(project.wrangler.directory / folder.value)
        migrations = Value(Path(path), folder.origin)
    return TargetSpec(
        kind=kind,
        name=f"{kind}/{database.binding.value}",
        label=f"D1 {database.binding.value} ({'LOCAL' if local else 'REMOTE'})",
        locality="LOCAL" if local else "REMOTE",
        mode="d1",
        origin=origin,
        path=local_d1_path(project.wrangler.directory, database, project.persist_to) if local else None,
        ledger_table=settings.ledger or database.ledger_table,
        migrations_dir=migrations,
        migrations_pattern=pattern,
        database=database,
        notes=missing_folder_notes(project, migrations),
    )


def _database(project: Project, kind: str, name: str, origin: str) -> D1Database:
    databases = project.databases
    if project.wrangler is None:
        from landed.project.below import help_below

        details, way = help_below(project.start, ("d1",))
        raise UsageError(
            f"{kind} needs a wrangler configuration; there is none in {project.start} or above it",
            details=details,
            next=way or "name the folder that has one: --project DIR",
            where=origin,
        )
    shown = project.wrangler.path.name
    if not databases:
        missing = [n.text for n in project.notes if n.code == "environment-without-databases"]
        environment = project.wrangler.environment
        table = f"env.{environment}.d1_databases" if environment else "d1_databases"
        raise ConfigError(
            missing[0] if missing else f"{shown} has no d1_databases",
            next=f"add {table}, or choose another environment with --env" if missing else f"add {table}",
            where=str(project.wrangler.path),
        )
    if not name:
        if len(databases) == 1:
            return databases[0]
        raise UsageError(
            f"{shown} has {len(databases)} databases: say which one",
            details=_choices(kind, databases),
            next=Next(*_looks(kind, databases), choice="database"),
        )
    for database in databases:
        if database.answers_to(name):
            return database
    details = _choices(kind, databases)
    details += [
        f'environment "{d.environment}" has it: add {option("--env", d.environment)}'
        for d in project.wrangler.elsewhere
        if d.environment and d.answers_to(name)
    ]
    raise UsageError(f'{shown} has no D1 database "{name}"', details=details, where=origin)


def _looks(kind: str, databases: Sequence[D1Database]) -> list[Command]:
    """A look at each of several databases; the first one is shown."""
    first, *others = (
        program("landed", "--target", f"{kind}/{d.binding.value}", "status", effect=Effect.READ)
        for d in databases
    )
    return [first, *(other.unsaid() for other in others)]


def _choices(kind: str, databases: Sequence[D1Database]) -> list[str]:
    return [f"{option('--target', f'{kind}/{d.binding.value}')}    {_described(d)}" for d in databases]


def _described(database: D1Database) -> str:
    parts = [f"{database.name.value}" if database.name else "no database_name"]
    parts.append(f"migrations in {database.migrations_dir.value}")
    return ", ".join(parts)


def _sqlite(project: Project, path: Path, origin: str) -> TargetSpec:
    from landed.project.d1_local import OBJECTS

    settings = project.settings
    folder, pattern = folder_for_file(project)
    notes = []
    if path.parent.name == OBJECTS:
        notes.append(
            Note("d1-file", "this file is a local D1 database: with d1:local it is judged by D1's rules")
        )
    return TargetSpec(
        kind="sqlite",
        name=f"sqlite:{_near(path, project.start)}",
        label=f"SQLite {path.name} (FILE)",
        locality="FILE",
        mode="sqlite",
        origin=origin,
        path=path,
        ledger_table=settings.ledger or LEDGER_BY_DEFAULT,
        migrations_dir=folder,
        migrations_pattern=settings.pattern or pattern,
        notes=tuple(notes),
    )


def _near(path: Path, start: Path) -> str:
    return str(path.relative_to(start)) if path.is_relative_to(start) else str(path)


def _postgres(project: Project, spec: str, name: str, origin: str) -> TargetSpec:
    from landed.project.pg_naming import postgres_target

    return postgres_target(project, spec, name, origin)
