"""Where a rehearsal finds its files: the project's target, or just a folder with migrations."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from landed.core.errors import ConfigError, UsageError
from landed.engines import resolve
from landed.ops.workspace import Workspace, open_workspace
from landed.project.discovery import discover
from landed.project.naming import TargetSpec


def open_files(
    project_dir: Path,
    target: str | None = None,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Workspace:
    """The migration files as a workspace, also where no target is configured or can be reached.

    No database is opened. A Supabase project's files are its files, whether or not anything says which
    hosted project they are for. Without a wrangler configuration (or with ``--migrations`` where it has
    several databases) the files are taken as D1's; then no database belongs to the workspace.
    Raises UsageError, ConfigError.
    """
    try:
        return open_workspace(project_dir, target, flags, environ)
    except ConfigError:
        raise
    except UsageError:
        project = discover(project_dir, flags, environ) if project_dir.is_dir() else None
        wanted = target or (project.settings.target.value if project and project.settings.target else "")
        if project is not None and wanted == "supabase:linked":
            return Workspace(project, _without_database(resolve(project, "supabase:local")), environ)
        if project is None or wanted:
            raise
        if project.wrangler is not None and not project.settings.migrations:
            raise
    spec = resolve(project, "sqlite:files")
    if spec.migrations_dir is None:
        raise ConfigError(
            f"There is no folder with migrations in {project.start}.",
            next="name it: --migrations DIR",
        )
    return Workspace(project, _without_database(spec)._replace(mode="d1", path=None))


def _without_database(spec: TargetSpec) -> TargetSpec:
    return spec._replace(
        name="files",
        label="files (no database)",
        unsupported="there is no target: name one with --target",
        dsn=None,
        notes=(),
    )
