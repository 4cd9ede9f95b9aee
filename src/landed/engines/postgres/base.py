"""What every engine on Postgres has: its database, its files, and the server on which they are replayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from landed.core.next import Next, landed
from landed.engines.base import Words
from landed.engines.common import BaseEngine
from landed.engines.postgres.sql.split import parse

if TYPE_CHECKING:
    from landed.core.facts import FactKey
    from landed.core.migration import Migration, Parsed
    from landed.core.timeline import Progress, Step
    from landed.engines.cache import Cache
    from landed.engines.live import LiveState, Roles
    from landed.engines.postgres.catalog.scope import Scope
    from landed.engines.postgres.shadow.platform.baseline import Baseline
    from landed.engines.postgres.shadow.replay.timeline import ShadowChoice
    from landed.engines.postgres.shadow.server.servers import Which
    from landed.engines.postgres.target import PgTarget
    from landed.project.discovery import Project
    from landed.project.files import MigrationSet
    from landed.project.target_spec import TargetSpec


class PostgresBase(BaseEngine):
    """What Postgres and Supabase databases have in common, and what their commands are built on."""

    def __init__(
        self,
        project: Project,
        spec: TargetSpec,
        environ: Mapping[str, str] | None = None,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        super().__init__(project, spec, environ, notify)
        self.shadow_sentence = ""
        """For the user: which throw-away server replayed the files, once one has."""
        self._major: int | None = None
        self._choice: ShadowChoice | None = None
        self._roles: Roles | None = None

    @property
    def words(self) -> Words:
        """How messages name what differs between engines."""
        return Words(
            family="Postgres",
            rules="the rules of Postgres",
            start=Next(
                "Take the schema that it starts from out of the database: ",
                landed("shadow", "pull", base=True),
            ),
            make_folder="create it with the first migration, or name the folder: --migrations DIR",
            pattern="<version>_<name>.sql",
            way_back="a file that fails leaves nothing; what was applied is taken back by a new migration",
            way_back_next="for the rows of an earlier moment: the database's backups "
            "(Supabase: Database, Backups)",
        )

    def parse(self, text: str) -> Parsed:
        """How a file's text is cut into statements."""
        return parse(text)

    @cached_property
    def target(self) -> PgTarget:
        """The database: one for all uses, with one reading connection. Raises UsageError."""
        from landed.engines.postgres.ledger_name import ledger_table
        from landed.engines.postgres.target import PgTarget

        if self.spec.dsn is None:
            raise self.unsupported()
        return PgTarget(
            self.spec.dsn,
            scope_of=lambda major: self.scope(self.shadow(major)),
            ledger=ledger_table(self.ledger_table),
            migrations=lambda: self.migrations().migrations,
            label=self.spec.label,
            notify=self.notify,
        )

    def unchanged(self, state: LiveState, *, checked: bool) -> bool:
        """Whether nothing has changed since the last reading began, of which a part is of the present."""
        return self.target.unchanged()

    def _read_migrations(self) -> MigrationSet:
        if self.spec.migrations_pattern is not None:
            return super()._read_migrations()
        from landed.engines.postgres.files import read_supabase_migrations

        return read_supabase_migrations(self.directory, root=self.project.start)

    def file_name(self, name: str) -> str:
        """The name of the file that a ledger row is about: the row of a lost file has no suffix."""
        return name if name.endswith(".sql") else f"{name}.sql"

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
        """The timeline of these files in this order, within the target's scope."""
        from landed.engines.postgres.shadow.replay.timeline import timeline

        choice = self.shadow()
        return timeline(
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

    def start_facts(self, cache: Cache | None = None, scope: Scope | None = None) -> Mapping[FactKey, str]:
        """What a database of this kind has before its first migration, and no migration has to explain."""
        from landed.engines.postgres.shadow.replay.timeline import start_facts

        choice = self.shadow()
        return start_facts(choice, scope or self.scope(choice), cache=cache)

    def history_key(self, files: Sequence[Migration]) -> bytes:
        """What stands for these files in this order and the rules of their replay; empty for no files."""
        from landed.engines.postgres.shadow.replay.timeline import keys_of

        choice = self.shadow()
        return b"".join(keys_of(choice, self.scope(choice), files)[-1:])

    def shadow(self, major: int | None = None) -> ShadowChoice:
        """Where files are replayed, for a target of this major version, if given or known."""
        if major is not None:
            self._major = major
        if self._major is None and self.spec.supabase is not None:
            configured = self.spec.supabase.major
            self._major = configured.value if configured else None
        if self._choice is None or self._choice.major != self._major:
            self._choice = self._choose()
        return self._choice

    def _choose(self) -> ShadowChoice:
        from landed.engines.postgres.shadow.platform.baseline import owned_by
        from landed.engines.postgres.shadow.platform.lacking import lacking_roles
        from landed.engines.postgres.shadow.replay.timeline import ShadowChoice, extensions_of
        from landed.project.inside import read_named

        settings, dsn = self.project.settings, self.spec.dsn
        managed = None
        if settings.managed is not None:
            what = "The file with what the platform manages"
            managed = read_named(settings.managed, self.project.start, what)
        baseline = self.baseline(managed)
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
        """Take in what a reading shows of the platform itself: the server's roles, who owns the database."""
        if state.roles is not None and self._roles != state.roles:
            self._roles, self._choice = state.roles, None

    def baseline(self, managed: str | None) -> Baseline:
        """What there is before the first file; ``managed`` is the platform's part as it was pulled."""
        from landed.engines.postgres.shadow.platform.baseline import PLAIN

        return PLAIN

    @property
    def bounds(self) -> Scope:
        """What of a database is the user's, on servers of any version."""
        from landed.engines.postgres.catalog.scope import PLAIN

        return PLAIN

    def scope(self, choice: ShadowChoice) -> Scope:
        """What of a database is the user's, comparable between target and shadow."""
        return replace(self.bounds, floor=choice.floor)

    def _say_shadow(self, sentence: Which) -> None:
        self.shadow_sentence = sentence
        if sentence.other:
            self.notify(f"{sentence[0].upper()}{sentence[1:]}.")
