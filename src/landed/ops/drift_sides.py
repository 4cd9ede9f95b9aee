"""Which schema a name of ``drift`` means: ``files``, ``target``, a target's name or URL, a SQLite file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from landed.core.drift import Drift, Side, compare
from landed.core.errors import Code, UsageError
from landed.core.next import Blank, Next, landed
from landed.core.timeline import Progress
from landed.engines.contract import Engine
from landed.ops.rehearse_source import open_files
from landed.ops.workspace import Workspace, open_workspace

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
    source = None
    if FILES in names:
        source = _files(project_dir, next(iter(spaces.values()), None), target, flags, environ)
    engines = {name: space.engine for name, space in spaces.items()}
    involved = [*engines.values(), *([source.engine] if source is not None else [])]
    _refuse_two_families(involved)
    sides, files = involved[0].sides(engines, source.engine if source is not None else None, progress)
    if files is not None:
        sides[FILES] = files
    a, b = _distinct(sides[names[0]], sides[names[1]])
    return replace(compare(a, b), not_looked_at=involved[0].not_compared)


def _refuse_two_families(engines: Sequence[Engine]) -> None:
    """Raises UsageError for schemas that have nothing in common."""
    first = min(engines, key=lambda engine: engine.words.family)
    family = first.words.family
    other = next((engine for engine in engines if engine.words.family != family), None)
    if other is None:
        return
    raise UsageError(
        f"{first.spec.label} and {other.spec.label} cannot be compared: one is {family}, "
        f"one {other.words.family}",
        details=["types, defaults, keys and indexes are each engine's own: everything would differ"],
        next=Next(
            landed("drift", Blank("A"), Blank("B")).afterwards(),
            " with two databases of one engine, or with files and their own target",
        ),
    )


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
        if error.code is Code.UNKNOWN_TARGET:
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
    """The files that belong to the target in force, or to the database on the other side."""
    if target is None and other is not None and other.engine.keeps_files:
        return other
    source = open_files(project_dir, target, flags, environ)
    if other is None or other.engine.keeps_files or source.project.wrangler is not None:
        return source
    if other.engine.words.family != source.engine.words.family:
        return source
    # A mere database file: its own rules are those of the files that it is compared with.
    return Workspace(source.project, source.spec._replace(mode=other.spec.mode))


def _distinct(a: Side, b: Side) -> tuple[Side, Side]:
    """Two files of the same name in different folders are told apart by their paths."""
    if a.label != b.label or a.place == b.place:
        return a, b
    return replace(a, label=f"{a.name} ({a.locality})"), replace(b, label=f"{b.name} ({b.locality})")
