"""Which schema a name of ``drift`` means: ``files``, ``target``, a target's name, a SQLite file's path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from landed.core.errors import UsageError
from landed.ops.drift import Drift, Side, compare, files_side, target_side
from landed.ops.rehearse_source import open_files
from landed.ops.workspace import Workspace, open_workspace
from landed.shadow.timeline import Progress

FILES, TARGET = "files", "target"


def drift(
    project_dir: Path,
    names: tuple[str, str],
    target: str | None = None,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
    *,
    progress: Progress | None = None,
) -> Drift:
    """Read both sides and compare them; reads only. ``target`` is what ``target`` means, and whose files
    ``files`` are. Raises UsageError, ConfigError, CannotKnow."""
    spaces: dict[str, Workspace] = {}
    for name in names:
        if name != FILES and name not in spaces:
            spaces[name] = _database(project_dir, name, target, flags, environ)
    sides = {name: target_side(space) for name, space in spaces.items()}
    if FILES in names:
        source = _files(project_dir, next(iter(spaces.values()), None), target, flags, environ)
        sides[FILES] = files_side(source, progress=progress)
    a, b = _distinct(sides[names[0]], sides[names[1]])
    return compare(a, b)


def _database(
    project_dir: Path,
    name: str,
    target: str | None,
    flags: Mapping[str, str | None] | None,
    environ: Mapping[str, str] | None,
) -> Workspace:
    if name == TARGET:
        return open_workspace(project_dir, target, flags, environ)
    path = project_dir / name
    if not name.startswith(("sqlite:", "d1:")) and path.is_file():
        return open_workspace(project_dir, f"sqlite:{name}", flags, environ)
    try:
        return open_workspace(project_dir, name, flags, environ)
    except UsageError as error:
        error.where = None  # it was not --target that named it
        if error.exit_code == 2 and "is no target" in error.message:
            error.details = (
                *error.details,
                "or: files (what the migration files make), target (the target in force)",
            )
        raise


def _files(
    project_dir: Path,
    other: Workspace | None,
    target: str | None,
    flags: Mapping[str, str | None] | None,
    environ: Mapping[str, str] | None,
) -> Workspace:
    """The files that belong to the target in force, or to the D1 database on the other side."""
    if target is None and other is not None and other.spec.kind.startswith("d1:"):
        return other
    source = open_files(project_dir, target, flags, environ)
    if other is not None and source.project.wrangler is None and other.spec.kind == "sqlite":
        return Workspace(source.project, replace(source.spec, mode=other.spec.mode))
    return source


def _distinct(a: Side, b: Side) -> tuple[Side, Side]:
    """Two files of the same name in different folders are told apart by their paths."""
    if a.label != b.label or a.place == b.place:
        return a, b
    return replace(a, label=f"{a.name} ({a.locality})"), replace(b, label=f"{b.name} ({b.locality})")
