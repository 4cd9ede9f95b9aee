"""Where a project's migrations are when no configuration of that database says so."""

from __future__ import annotations

import os
from pathlib import Path

from landed.core.flags import Topic
from landed.core.migration import Note
from landed.project.discovery import Project
from landed.project.provenance import Value

USUAL_FOLDERS = (
    "migrations",
    "drizzle",
    "drizzle/migrations",
    "src/db/migrations",
    "db/migrations",
    "src/migrations",
)


def folder_for_file(project: Project) -> tuple[Value[Path] | None, Value[str] | None]:
    """Folder and pattern for a plain file: as set, as the only D1 database has it, or a usual folder."""
    settings = project.settings
    if settings.migrations:
        return Value(Path(settings.migrations.value), settings.migrations.origin), None
    if len(project.databases) == 1 and project.wrangler:
        database = project.databases[0]
        path = project.wrangler.directory / database.migrations_dir.value
        if path.is_dir():
            return Value(path, database.migrations_dir.origin), database.migrations_pattern
    found = _usual_folders(project.root)
    return (Value(project.root / found[0], f"found {found[0]}/"), None) if found else (None, None)


def _usual_folders(root: Path) -> list[str]:
    return [name for name in USUAL_FOLDERS if (root / name).is_dir() and _has_sql(root / name)]


def missing_folder_notes(project: Project, folder: Value[Path]) -> tuple[Note, ...]:
    """Where the migrations may be when the folder that wrangler would use does not exist."""
    if folder.value.is_dir():
        return ()
    found = _usual_folders(project.root)
    if not found:
        return ()
    return (
        Note(
            Topic.OTHER_FOLDER,
            f"the migrations folder ({folder.origin}) does not exist, but {found[0]}/ has SQL files: is "
            f'"migrations_dir": "{found[0]}" meant?',
        ),
    )


def _has_sql(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        return any(
            e.name.endswith(".sql") or os.path.isfile(os.path.join(e.path, "migration.sql")) for e in entries
        )
