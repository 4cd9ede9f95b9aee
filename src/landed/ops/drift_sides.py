"""Which schema a name of ``drift`` means: ``files``, ``target``, a target's name or URL, a SQLite file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from landed.core.errors import UsageError
from landed.core.next import Blank, Next, landed
from landed.core.timeline import Progress
from landed.engines.live import LiveState
from landed.ops.drift import Drift, Side, as_made_by_one, compare, files_side, postgres_side, target_side
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
    if _one_engine([*spaces.values(), *([source] if source else [])]):
        sides = _postgres(spaces, source, progress)
    else:
        sides = {name: target_side(space) for name, space in spaces.items()}
        if source is not None:
            sides[FILES] = files_side(source, progress=progress)
    a, b = _distinct(sides[names[0]], sides[names[1]])
    return compare(a, b)


def _one_engine(spaces: Sequence[Workspace]) -> bool:
    """Whether all of them are Postgres. Raises UsageError when only some are."""
    kinds = {space.is_postgres for space in spaces}
    if len(kinds) > 1:
        postgres = next(s for s in spaces if s.is_postgres)
        other = next(s for s in spaces if not s.is_postgres)
        raise UsageError(
            f"{postgres.spec.label} and {other.spec.label} cannot be compared: one is Postgres, one SQLite",
            details=["types, defaults, keys and indexes are each engine's own: everything would differ"],
            next=Next(
                landed("drift", Blank("A"), Blank("B")).afterwards(),
                " with two databases of one engine, or with files and their own target",
            ),
        )
    return kinds == {True}


def _postgres(
    spaces: Mapping[str, Workspace], source: Workspace | None, progress: Progress | None
) -> dict[str, Side]:
    """The sides where both are Postgres: read in one scope, so that both leave out the same."""
    from landed.engines.postgres.catalog.scope import PLAIN, SUPABASE

    involved = [*spaces.values(), *([source] if source else [])]
    scope = SUPABASE if any(space.spec.kind == "supabase" for space in involved) else PLAIN
    with ExitStack() as opened:
        connected = {}
        for name, space in spaces.items():
            connected[name] = space.pg.target.connect(readonly=True)
            opened.enter_context(connected[name].connection)
        majors = [each.capabilities.major for each in connected.values()]
        floor = max(15, min(majors, default=15))
        if source is not None:
            floor = source.pg.shadow(majors[0] if majors else None).floor
        scope = replace(scope, floor=floor)
        sides = {name: postgres_side(space, connected[name], scope) for name, space in spaces.items()}
    if source is not None:
        for side in sides.values():
            source.engine.learn(LiveState(True, facts=side.facts, roles=side.roles))
        files = files_side(source, scope, progress=progress)
        for name, side in sides.items():
            files, sides[name] = as_made_by_one(source, files, side, scope)
        sides[FILES] = files
    return sides


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
    """The files that belong to the target in force, or to the database on the other side."""
    if target is None and other is not None and (other.spec.kind.startswith("d1:") or other.is_postgres):
        return other
    source = open_files(project_dir, target, flags, environ)
    by_its_rules = other is not None and other.spec.kind == "sqlite" and not source.is_postgres
    if other is not None and by_its_rules and source.project.wrangler is None:
        return Workspace(source.project, source.spec._replace(mode=other.spec.mode))
    return source


def _distinct(a: Side, b: Side) -> tuple[Side, Side]:
    """Two files of the same name in different folders are told apart by their paths."""
    if a.label != b.label or a.place == b.place:
        return a, b
    return replace(a, label=f"{a.name} ({a.locality})"), replace(b, label=f"{b.name} ({b.locality})")
