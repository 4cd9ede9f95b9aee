"""doctor's look at the project: configuration, databases, target, migrations folder, lock file, git."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from landed.core.check import Check, Level
from landed.core.describe import size
from landed.core.flags import Topic
from landed.core.migration import Note
from landed.core.next import LOCK, STATUS, Next
from landed.engines.contract import Engine
from landed.ops.doctor_targets import named_targets
from landed.project.config_search import find_config
from landed.project.d1_database import D1Database
from landed.project.d1_local import local_d1_path, other_local_files
from landed.project.discovery import Project
from landed.project.naming import redact
from landed.project.settings import NUMBERS
from landed.project.supabase_search import CONFIG, find_supabase
from landed.project.target_spec import TargetSpec

_QUIET_NOTES = frozenset({"redirect", Topic.GAP})
_MOST = 6
_MEANINGS = {
    "placeholder-id": "put the real id there, or render the file first",
    "other-config": "remove the file that is not meant, or name the folder: --project DIR",
    "environment-without-databases": "add env.NAME.d1_databases, or choose another environment with --env",
}


def searched(start: Path) -> Iterator[Check]:
    """Where landed was started and which wrangler configuration it found from there."""
    yield Check("configuration", "project", "project folder", os.path.abspath(start))
    path = find_config(start)
    if path is None and find_supabase(start) is not None:
        return
    if path is None:
        yield Check(
            "configuration", "wrangler-config", "wrangler config", "none", None, Level.NOTE,
            f"there is no wrangler.json, .jsonc or .toml in {os.path.abspath(start)} or above it",
            "go to the project's folder, or name it: --project DIR",
        )  # fmt: skip
    else:
        yield Check("configuration", "wrangler-config", "wrangler config", str(path))


def searched_supabase(start: Path) -> Iterator[Check]:
    """The Supabase project that is found from a folder; nothing where there is none."""
    root = find_supabase(start)
    if root is None:
        return
    config = root / CONFIG
    if config.is_file():
        yield Check("configuration", "supabase-config", "supabase config", str(config))
    else:
        yield Check(
            "configuration", "supabase-config", "supabase config", f"{config} (not there)", None, Level.NOTE,
            "the folder has migrations and no config.toml: the CLI's defaults are in force",
        )  # fmt: skip


def settings(project: Project) -> Iterator[Check]:
    """landed's own settings, the environment, and the notes of discovery."""
    own = project.settings
    if own.file is not None:
        yield Check("configuration", "settings-file", "landed settings", str(own.file))
    for name in (
        "target",
        "migrations",
        "pattern",
        "ledger",
        "lock",
        "persist_to",
        "base",
        "managed",
        "shadow",
        "pooler",
        *sorted(NUMBERS),
    ):
        value = getattr(own, name)
        if value is not None:
            shown = redact(value.value) if name in ("target", "pooler", "shadow") else value.value
            yield Check("configuration", f"setting-{name}", f"setting {name}", shown, value.origin)
    yield from named_targets(project)
    if project.wrangler is not None:
        environment = project.wrangler.environment or "top level"
        others = [name for name in project.wrangler.environments if name != environment]
        yield Check(
            "configuration", "environment", "environment", environment,
            own.env.origin if own.env else "default",
            problem=f"others in the file: {', '.join(others)}" if others else None,
        )  # fmt: skip
    for note in project.notes:
        yield _noted("configuration", note)


def databases(project: Project, spec: TargetSpec | None) -> Iterator[Check]:
    """The D1 databases of the configuration, unless the one in force is the only one."""
    if len(project.databases) < 2 and spec is not None:
        return
    assert project.wrangler is not None or not project.databases
    for database in project.databases:
        assert project.wrangler is not None
        path = local_d1_path(project.wrangler.directory, database, project.persist_to)
        chosen = spec is not None and spec.database is database
        state = f"local file of {size(path.stat().st_size)}" if path.is_file() else "no local file yet"
        yield Check(
            "database", "binding", f"database {database.binding.value}",
            f"{'in force, ' if chosen else ''}{state}", database.origin,
        )  # fmt: skip


def target(project: Project, spec: TargetSpec) -> Iterator[Check]:
    """The target in force, why its file has the name it has, and other files that may be meant."""
    yield Check("database", "target", "target", f"{spec.label}  {spec.name}", spec.origin)
    if spec.unsupported:
        yield Check(
            "database", "unsupported", "reachable", "no", None, Level.ERROR, spec.unsupported,
            "use a local target: --target d1:local or --target sqlite:PATH", 3,
        )  # fmt: skip
    database = spec.database
    if database is not None and spec.path is not None:
        local = database.local_id
        yield Check("database", "local-id", "filed under", f"{_which(database)} {local.value}", local.origin)
    for note in spec.notes:
        yield _noted("database", note)
    if database is not None and spec.path is not None:
        for stray in other_local_files(spec.path, project.all_databases):
            orphaned = not spec.path.is_file()
            yield Check(
                "database", "other-file", "other local file", f"{stray.path.name[:8]}….sqlite", None,
                Level.WARNING if orphaned else Level.NOTE, f"{stray.path} belongs to {stray.owner}",
                "if this is the database that you mean, its id in the configuration has changed since"
                if orphaned
                else None,
            )  # fmt: skip


def _folder(engine: Engine) -> Iterator[Check]:
    value = engine.spec.migrations_dir
    if value is None:
        yield Check(
            "migrations", "folder", "folder", "unknown", None, Level.WARNING,
            "nothing says where the migrations are", "name the folder: --migrations DIR",
        )  # fmt: skip
        return
    exists = value.value.is_dir()
    yield Check(
        "migrations", "folder", "folder", str(value.value), value.origin,
        Level.GOOD if exists else Level.ERROR,
        None if exists else "this folder does not exist",
        None if exists else engine.words.make_folder,
        0 if exists else 2,
    )  # fmt: skip
    pattern = engine.spec.migrations_pattern
    yield Check(
        "migrations", "pattern", "pattern",
        pattern.value if pattern else engine.words.pattern,
        pattern.origin if pattern else "default",
    )  # fmt: skip


def _files(engine: Engine) -> Iterator[Check]:
    value = engine.spec.migrations_dir
    if value is None or not value.value.is_dir():
        return
    found = engine.migrations()
    names = [m.name for m in found.migrations]
    shown = f"{len(names)}" + (
        f": {names[0]} … {names[-1]}" if len(names) > 1 else f": {names[0]}" if names else ""
    )
    yield Check(
        "migrations", "files", "files", shown, None, Level.GOOD if names else Level.WARNING,
        None if names else "no file matches the pattern",
    )  # fmt: skip
    notes = found.all_notes()
    for note in notes[:_MOST]:
        yield _noted("migrations", note, Level.NOTE)
    if len(notes) > _MOST:
        yield Check(
            "migrations", "more-notes", "notes", f"{len(notes) - _MOST} more", None, Level.NOTE,
            None, Next(STATUS, " shows them beside the files"),
        )  # fmt: skip


def _lock(engine: Engine) -> Iterator[Check]:
    from landed.project.inside import lock_path
    from landed.project.lockfile import folder_key, read_lock

    place = engine.project.lock_file
    if engine.spec.migrations_dir is None:
        return
    if not os.path.lexists(lock_path(engine.project)):
        yield Check(
            "migrations", "lock", "lock file", f"{place.value} (none yet)", place.origin, Level.NOTE,
            "without it, edits of applied files are seen only where git shows them", LOCK,
        )  # fmt: skip
        return
    entries = read_lock(place.value).entries(folder_key(place.value, engine.spec.migrations_dir.value))
    yield Check(
        "migrations", "lock", "lock file", f"{place.value} ({len(entries)} for this folder)", place.origin
    )


def _git(engine: Engine) -> Iterator[Check]:
    from landed.project.git_process import NoHistory
    from landed.project.githistory import history

    if engine.spec.migrations_dir is None or not engine.spec.migrations_dir.value.is_dir():
        return
    found = history(engine.spec.migrations_dir.value)
    if isinstance(found, NoHistory):
        yield Check("migrations", "git", "git history", "none", None, Level.NOTE, found.reason)
        return
    commits = {version.commit for versions in found.versions.values() for version in versions}
    yield Check(
        "migrations", "git", "git history", f"{len(found.versions)} files in {len(commits)} commits", None,
        Level.WARNING if found.shallow else Level.GOOD,
        "the clone is shallow: older versions of the files are not known" if found.shallow else None,
        "git fetch --unshallow" if found.shallow else None,
    )  # fmt: skip


FOLDER_CHECKS: tuple[tuple[str, Callable[[Engine], Iterator[Check]]], ...] = (
    ("folder", _folder),
    ("files", _files),
    ("lock", _lock),
    ("git", _git),
)
"""The checks around the migration files, each by its code."""


def _noted(area: str, note: Note, level: Level | None = None) -> Check:
    chosen = level or (Level.NOTE if note.code in _QUIET_NOTES else Level.WARNING)
    label = note.code.replace("-", " ")
    return Check(area, note.code, label, None, None, chosen, note.text, _MEANINGS.get(note.code))


def _which(database: D1Database) -> str:
    if database.preview_id is not None:
        return "preview_database_id"
    return "database_id" if database.id is not None else "binding"
