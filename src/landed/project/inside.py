"""What a file of a project may name on this machine: what lies inside of the project; a person may name all.

Links count by where they lead. Paths that a repository's configuration gives to what is written (the lock
file) or whose text is shown when it fails (a starting schema) must stay inside, too.
"""

from __future__ import annotations

import os
from pathlib import Path

from landed.core.errors import ConfigError
from landed.project.discovery import Project
from landed.project.outside import by_person
from landed.project.provenance import Value
from landed.project.regular_files import LOCK_BYTES, SQL_BYTES, look_at, look_at_database, read, stay_inside
from landed.project.target_spec import TargetSpec


def check_named(named: Value[str] | Value[Path], project: Path, shown: str) -> None:
    """Raises ConfigError for a path outside of the project that no person named."""
    if not by_person(named.origin):
        stay_inside(named.value, shown, project)


def lock_path(project: Project) -> Path:
    """Where the lock file is, or would be. Raises ConfigError for a place that is not the project's."""
    found = project.lock_file
    parent = Value(found.value.parent, found.origin)
    if project.settings.lock is not None:
        check_named(parent, project.start, f"the lock file {found.value}")
    else:
        check_folder(parent, f"the lock file {found.value}")
    return found.value


def look_at_lock(project: Project) -> None:
    """Raises ConfigError, before anything is done, for a lock file that will not be read or written."""
    path = lock_path(project)
    look_at(path, str(path), LOCK_BYTES)


def read_named(setting: Value[str], project: Path, what: str) -> str:
    """The text of a file that a setting names; ``what`` begins the error. Raises ConfigError."""
    check_named(setting, project, f"{what} {setting.value}")
    try:
        # Where it leads has been looked at.
        data = read(setting.value, f"{what} {setting.value}", most=SQL_BYTES, anywhere=True)
    except OSError as error:
        raise ConfigError(
            f"{what} {setting.value} cannot be read: {error.strerror}", where=setting.origin
        ) from error
    return data.decode("utf-8", errors="replace").removeprefix("\ufeff")


def check_folder(folder: Value[Path] | None, shown: str) -> None:
    """Raises ConfigError where a folder that no person named lies behind a link out of the project."""
    if folder is None or by_person(folder.origin):
        return
    path = os.path.abspath(folder.value)
    if os.path.realpath(path) != path:
        stay_inside(path, shown)


def check_database(spec: TargetSpec, persist_to: Value[str] | None) -> None:
    """Raises ConfigError for a local database that is no file, or that a link of the repository leads to."""
    path = spec.path
    if path is None:
        return
    look_at_database(path)
    chosen = persist_to.origin if spec.kind == "d1:local" and persist_to else spec.origin
    if spec.kind == "d1:local" and persist_to is None:
        chosen = "default"
    check_folder(Value(path, chosen), str(path))
