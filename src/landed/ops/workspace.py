"""One project with one target: what every command starts from."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from landed.core.errors import ConfigError, UsageError
from landed.core.facts import FactKey
from landed.core.migration import Migration
from landed.engines.live import LiveState
from landed.ops.deferred import Deferred
from landed.project.discovery import Project, discover
from landed.project.files import MigrationSet, read_migrations
from landed.project.naming import TargetSpec, resolve_target

if TYPE_CHECKING:
    from landed.core.limits import Limits
    from landed.core.migration import Parsed
    from landed.core.timeline import Step
    from landed.engines.cache import Cache
    from landed.engines.clock import Clock
    from landed.engines.d1.target import RemoteD1Target
    from landed.engines.live import Roles
    from landed.engines.postgres.catalog.scope import Scope
    from landed.engines.postgres.shadow.replay.timeline import ShadowChoice
    from landed.engines.postgres.target import PgTarget
    from landed.engines.sqlite.shadow.replay import Replayer
    from landed.engines.sqlite.shadow.timeline import Progress
    from landed.engines.sqlite.target import SqliteTarget
    from landed.ops.git_evidence import GitEvidence
    from landed.project.lockfile import Lock

BASE = "(starting schema)"
"""The name under which a starting schema stands in a timeline; no file can have it."""

_DEFAULT = frozenset({"default privileges", "default revocation"})
"""Kinds of facts about what new objects are born with."""


@dataclass
class Workspace:
    """A project, the target in force, and what is read from the project's files (each once)."""

    project: Project
    spec: TargetSpec
    environ: Mapping[str, str] | None = field(default=None, repr=False)
    notify: Callable[[str], None] = field(default=lambda text: None, repr=False)
    """Is told what a person should see at once: that a server asks to wait, that a read is tried again."""
    _migrations: MigrationSet | None = field(default=None, repr=False)
    _lock: Lock | None = field(default=None, repr=False)
    _major: int | None = field(default=None, repr=False)
    _choice: ShadowChoice | None = field(default=None, repr=False)
    _grants: bool = field(default=True, repr=False)
    _roles: Roles | None = field(default=None, repr=False)
    shadow_sentence: str = field(default="", repr=False)
    """For the user: which throw-away server replayed the files, once one has."""

    @property
    def mode(self) -> str:
        """The rules under which files are replayed and run: ``d1``, ``sqlite`` or ``postgres``."""
        return self.spec.mode

    @property
    def is_postgres(self) -> bool:
        """Whether the target is a Postgres or Supabase database."""
        return self.spec.mode == "postgres"

    @property
    def parse(self) -> Callable[[str], Parsed]:
        """How a file's text is cut into statements."""
        if self.is_postgres:
            from landed.engines.postgres.sql.split import parse

            return parse
        from landed.engines.sqlite.sql.split import parse as sqlite_parse

        return sqlite_parse

    @property
    def ledger_table(self) -> str:
        """The name of the history table."""
        return self.spec.ledger_table.value

    @property
    def target(self) -> SqliteTarget | RemoteD1Target | PgTarget:
        """The target's database. Raises UsageError for one that cannot be used yet."""
        if self.is_postgres:
            return self.postgres
        if self.spec.kind == "d1:remote":
            return self._remote
        if self.spec.unsupported or self.spec.path is None:
            raise self._unsupported()
        from landed.engines.sqlite.target import SqliteTarget
        from landed.project.inside import check_database

        check_database(self.spec, self.project.settings.persist_to)
        return SqliteTarget(self.spec.path, self.mode, self.ledger_table, self.clock)

    @cached_property
    def _remote(self) -> RemoteD1Target:
        # One for all uses: it keeps the connection and what was read last.
        from landed.engines.d1.connect import remote_target

        found = remote_target(self.project, self.spec, self.notify, self.environ)
        found.clock = self.clock
        return found

    @cached_property
    def postgres(self) -> PgTarget:
        """The target, where it is a Postgres database: one for all uses, with one reading connection."""
        from landed.engines.postgres.ledger_name import ledger_table
        from landed.engines.postgres.target import PgTarget

        if self.spec.dsn is None:
            raise self._unsupported()
        return PgTarget(
            self.spec.dsn,
            scope_of=lambda major: self.scope(self.shadow(major)),
            ledger=ledger_table(self.ledger_table),
            migrations=lambda: self.migrations().migrations,
            label=self.spec.label,
            notify=self.notify,
        )

    def _unsupported(self) -> UsageError:
        return UsageError(
            f"{self.spec.name}: {self.spec.unsupported or 'this target cannot be used yet'}",
            next="use a local target: --target d1:local or --target sqlite:PATH",
        )

    @property
    def directory(self) -> Path:
        """The migrations folder. Raises ConfigError when nothing says where it is."""
        if self.spec.migrations_dir is None and self.spec.unsupported:
            raise self._unsupported()
        if self.spec.migrations_dir is None:
            raise ConfigError(
                "It is not known where the migrations are.",
                next="name the folder: --migrations DIR",
            )
        return self.spec.migrations_dir.value

    def migrations(self) -> MigrationSet:
        """The migration files in the platform's order. Raises ConfigError, CannotKnow."""
        if self._migrations is None:
            from landed.project.inside import check_folder

            value = self.spec.migrations_dir
            pattern = self.spec.migrations_pattern
            check_folder(value, f"the migrations folder {self.directory}")
            if self.is_postgres and pattern is None:
                from landed.engines.postgres.files import read_supabase_migrations

                self._migrations = read_supabase_migrations(self.directory, root=self.project.start)
                return self._migrations
            self._migrations = read_migrations(
                self.directory,
                self.parse,
                pattern=pattern.value if pattern else None,
                root=self.project.start,
                adopt_drizzle=self.spec.adopt_drizzle,
                origin=value.origin if value else "default",
            )
        return self._migrations

    def base(self) -> Migration | None:
        """The starting schema that the settings name, for histories that do not begin at empty.

        It stands before the first file as if it were one that is always applied. Raises ConfigError.
        """
        from landed.project.inside import read_named

        setting = self.project.settings.base
        if setting is None:
            return None
        text = read_named(setting, self.project.start, "The starting schema")
        shown = os.path.relpath(setting.value, self.project.start).replace(os.sep, "/")
        return Migration(BASE, "", shown, text, self.parse)

    def history(self, migrations: Sequence[Migration]) -> list[Migration]:
        """Files in the order of their replay, the starting schema before them."""
        base = self.base()
        return [*([base] if base is not None else []), *migrations]

    def facts_of(self, state: LiveState) -> Deferred[FactKey, str]:
        """The facts of a reading, the platform's own objects left out; read when they are needed."""
        if state.facts is not None:
            known = dict(state.facts)
            return Deferred(lambda: known)
        from landed.engines.sqlite.catalog.facts import snapshot

        return Deferred(lambda: snapshot(state.rows, self.ledger_table))

    # -- the replay -----------------------------------------------------------------------------

    def replay(
        self,
        files: Sequence[Migration],
        *,
        cache: Cache | None = None,
        keep: bool = False,
        progress: Progress | None = None,
        hopeless: Callable[[Step], bool] = lambda step: False,
        like: Sequence[Step] = (),
    ) -> list[Step]:
        """The timeline of these files in this order; ``keep`` says that more files may follow them later.

        A step of which ``hopeless`` is true is the last: the caller needs no more. ``like`` are the steps of
        nearly the same files, if there are any.
        """
        if self.is_postgres:
            from landed.engines.postgres.shadow.replay.timeline import timeline as postgres_timeline

            choice = self.shadow()
            return postgres_timeline(
                choice,
                self.scope(choice),
                files,
                cache=cache,
                keep=keep,
                progress=progress,
                said=self._say_shadow,
                hopeless=hopeless,
                like=like,
            )
        from landed.engines.sqlite.shadow.timeline import timeline

        return timeline(
            self.mode,
            self.ledger_table,
            files,
            cache=cache,
            progress=progress,
            hopeless=hopeless,
            clock=self.clock,
        )

    @property
    def limits(self) -> Limits:
        """What replays of the files may take of the machine."""
        return self.project.settings.limits

    @cached_property
    def clock(self) -> Clock:
        """The clock that all replays of a command share."""
        from landed.engines.clock import Clock

        return Clock(self.limits)

    def replayer(self) -> Replayer:
        """A shadow of a SQLite or D1 target, with nothing in it yet."""
        from landed.engines.sqlite.shadow.replay import Replayer

        return Replayer(self.mode, ledger_table=self.ledger_table, clock=self.clock)

    def start_facts(self, cache: Cache | None = None, scope: Scope | None = None) -> Mapping[FactKey, str]:
        """What a database of this kind has before its first migration, and no migration has to explain."""
        if not self.is_postgres:
            return {}
        from landed.engines.postgres.shadow.replay.timeline import start_facts

        choice = self.shadow()
        return start_facts(choice, scope or self.scope(choice), cache=cache)

    def history_key(self, files: Sequence[Migration]) -> bytes:
        """What stands for these files in this order and the rules of their replay; empty for no files."""
        if self.is_postgres:
            from landed.engines.postgres.shadow.replay.timeline import keys_of

            choice = self.shadow()
            return b"".join(keys_of(choice, self.scope(choice), files)[-1:])
        from landed.engines.cache import chain

        return b"".join(chain(self.mode, self.ledger_table, files)[-1:])

    def shadow(self, major: int | None = None) -> ShadowChoice:
        """Where Postgres files are replayed, for a target of this major version, if given or known."""
        if major is not None:
            self._major = major
        if self._major is None and self.spec.supabase is not None:
            configured = self.spec.supabase.major
            self._major = configured.value if configured else None
        if self._choice is None or self._choice.major != self._major:
            self._choice = self._choose()
        return self._choice

    def _choose(self) -> ShadowChoice:
        from landed.engines.postgres.shadow.platform.baseline import baseline_for, owned_by
        from landed.engines.postgres.shadow.platform.lacking import lacking_roles
        from landed.engines.postgres.shadow.replay.timeline import ShadowChoice, extensions_of
        from landed.project.inside import read_named

        settings, dsn = self.project.settings, self.spec.dsn
        managed = None
        if settings.managed is not None:
            what = "The file with what the platform manages"
            managed = read_named(settings.managed, self.project.start, what)
        baseline = baseline_for(self.spec.kind, managed, default_privileges=self._grants)
        history = self.history(self.migrations().migrations)
        lacking = frozenset[str]()
        if self._roles is not None:
            lacking = lacking_roles(self._roles.names, history, baseline)
            if self._roles.owner in lacking:
                # Files that name the database's owner are replayed by a role of that name.
                baseline = owned_by(baseline, self._roles.owner)
                lacking = lacking_roles(self._roles.names, history, baseline)
        return ShadowChoice(
            self._major,
            baseline,
            extensions_of(history),
            settings.shadow.value if settings.shadow else None,
            dsn.parameters() if dsn is not None else None,
            lacking,
            self.clock,
        )

    def learn(self, state: LiveState) -> None:
        """Take in what a reading shows of the platform itself: the server's roles, who owns the database, and
        whether new objects get grants by default.

        New Supabase projects come without since 2026-05-30. Files that speak of default privileges say it
        themselves.
        """
        if state.roles is not None and self._roles != state.roles:
            self._roles, self._choice = state.roles, None
        if state.facts is None or self.spec.kind != "supabase":
            return
        # Of the hundreds of thousands of facts that a large schema has, these are read among the last.
        given = any("anon" in k.name for k in reversed(list(state.facts)) if k.kind in _DEFAULT)
        grants = given or any("efault privileges" in m.text.lower() for m in self.migrations().migrations)
        if grants != self._grants:
            self._grants, self._choice = grants, None

    def scope(self, choice: ShadowChoice) -> Scope:
        """What of a Postgres database is the user's, comparable between target and shadow."""
        from landed.engines.postgres.catalog.scope import PLAIN, SUPABASE

        return replace(SUPABASE if self.spec.kind == "supabase" else PLAIN, floor=choice.floor)

    def _say_shadow(self, sentence: str) -> None:
        self.shadow_sentence = sentence
        if "the target is Postgres" in sentence:
            self.notify(f"{sentence[0].upper()}{sentence[1:]}.")

    # -- the lock file --------------------------------------------------------------------------

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

    @cached_property
    def git(self) -> GitEvidence:
        """What the git history of the migrations folder says; read once, when it is asked."""
        from landed.ops.git_evidence import GitEvidence

        return GitEvidence(self.directory, self.parse)

    def path_of(self, name: str) -> str:
        """A file's path as shown to the user."""
        return os.path.relpath(self.directory / name, self.project.start).replace(os.sep, "/")

    def file_name(self, name: str) -> str:
        """The name of the file that a ledger row is about."""
        return f"{name}.sql" if self.is_postgres and not name.endswith(".sql") else name


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
    return Workspace(project, resolve_target(project, target), environ)
