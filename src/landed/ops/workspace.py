"""One project with one target: what every command starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from landed.core.errors import UsageError
from landed.engines import engine_for, resolve
from landed.project.discovery import Project, discover
from landed.project.naming import TargetSpec

if TYPE_CHECKING:
    from landed.engines.base import Target
    from landed.engines.contract import Engine
    from landed.ops.git_evidence import GitEvidence
    from landed.project.files import MigrationSet
    from landed.project.lockfile import Lock


@dataclass
class Workspace:
    """A project, the target in force with its engine, and the project's own memory: lock file and git."""

    project: Project
    spec: TargetSpec
    environ: Mapping[str, str] | None = field(default=None, repr=False)
    notify: Callable[[str], None] = field(default=lambda text: None, repr=False)
    """Is told what a person should see at once: that a server asks to wait, that a read is tried again."""
    _lock: Lock | None = field(default=None, repr=False)

    @cached_property
    def engine(self) -> Engine:
        """All that knows the target's databases."""
        return engine_for(self.project, self.spec, self.environ, self._tell)

    def _tell(self, text: str) -> None:
        # Whoever opens a workspace says only afterwards who is to be told.
        self.notify(text)

    @property
    def target(self) -> Target:
        """The target's database. Raises UsageError for one that cannot be used yet."""
        return self.engine.target

    @property
    def ledger_table(self) -> str:
        """The name of the history table."""
        return self.engine.ledger_table

    @property
    def directory(self) -> Path:
        """The migrations folder. Raises ConfigError when nothing says where it is."""
        return self.engine.directory

    def migrations(self) -> MigrationSet:
        """The migration files in the platform's order. Raises ConfigError, CannotKnow."""
        return self.engine.migrations()

    def path_of(self, name: str) -> str:
        """A migration file's path as shown to the user."""
        return self.engine.path_of(name)

    # -- the lock file and git ------------------------------------------------------------------

    @property
    def lock_name(self) -> str:
        """The lock file's name, for messages."""
        return self.project.lock_file.value.name

    @cached_property
    def lock_section(self) -> str:
        """The lock file's section for this target's migrations: the folder, relative to the file."""
        from landed.project.lockfile import folder_key

        return folder_key(self.project.lock_file.value, self.directory)

    def lock(self) -> Lock:
        """The lock file as it stands (empty when there is none). Raises ConfigError."""
        if self._lock is None:
            from landed.project.inside import lock_path
            from landed.project.lockfile import read_lock

            self._lock = read_lock(lock_path(self.project))
        return self._lock

    def locked_digest(self, name: str) -> str | None:
        """The digest under which a file was applied, or ``None`` when the lock file does not say."""
        return self.lock().digest_for(self.lock_section, name)

    def write_lock(self, digests: Mapping[str, str]) -> None:
        """Add or replace entries of this target's section, reading the file again first."""
        from landed.project.inside import lock_path
        from landed.project.lockfile import alone, read_lock, write_lock

        path = lock_path(self.project)
        with alone(path.parent):
            self._lock = read_lock(path).with_entries(self.lock_section, digests)
            write_lock(path, self._lock)

    def check_lock(self) -> None:
        """Raises CannotKnow, ConfigError where the lock file could not be written: before all else is."""
        from landed.project.inside import lock_path
        from landed.project.lockfile import check_writable

        check_writable(lock_path(self.project))

    @cached_property
    def git(self) -> GitEvidence:
        """What the git history of the migrations folder says; read once, when it is asked."""
        from landed.ops.git_evidence import GitEvidence

        return GitEvidence(self.directory, self.engine.parse)


def open_workspace(
    project_dir: Path,
    target: str | None = None,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Workspace:
    """Find the project and the target in force. Raises UsageError, ConfigError."""
    if not project_dir.is_dir():
        raise UsageError(f"{project_dir} is not a folder.", next="Name the project's folder: --project DIR")
    project = discover(project_dir, flags, environ)
    return Workspace(project, resolve(project, target), environ)
