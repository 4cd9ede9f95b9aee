"""What all engines have in common: a target, the project's files, the command's clock."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from landed.core.deferred import Deferred
from landed.core.errors import ConfigError, UsageError
from landed.core.facts import FactKey
from landed.core.migration import Migration
from landed.core.next import REHEARSE, STATUS
from landed.core.timeline import BASE
from landed.engines.live import same_content
from landed.engines.usual import UsualAnswers
from landed.project.files import MigrationSet, read_migrations

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from landed.core.applied import UndoPoint
    from landed.core.check import Check
    from landed.core.drift import Side
    from landed.core.findings import Rehearsal
    from landed.core.limits import Limits
    from landed.core.migration import Parsed
    from landed.core.oneoff import Outcome, Planned
    from landed.core.timeline import Progress, Step
    from landed.engines.base import DatabaseCopy, Target, Words
    from landed.engines.cache import Cache
    from landed.engines.clock import Clock
    from landed.engines.contract import Engine
    from landed.engines.live import LiveState
    from landed.project.discovery import Project
    from landed.project.target_spec import TargetSpec


class BaseEngine(UsualAnswers, ABC):
    """One target's engine; ``landed.engines.contract.Engine`` says what each method means.

    An engine of its own needs ``words``, ``parse``, ``target``, ``replay`` and ``history_key``. All
    else has the usual answer until it says better.
    """

    def __init__(
        self,
        project: Project,
        spec: TargetSpec,
        environ: Mapping[str, str] | None = None,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.project = project
        self.spec = spec
        self.environ = environ
        self.notify = notify

    # -- what each engine has of its own --------------------------------------------------------

    @property
    @abstractmethod
    def words(self) -> Words:
        """How messages name what differs between engines."""

    @abstractmethod
    def parse(self, text: str) -> Parsed:
        """How a file's text is cut into statements."""

    @property
    @abstractmethod
    def target(self) -> Target:
        """The database. Raises UsageError for one that cannot be used."""

    @abstractmethod
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
        """The timeline of these files in this order."""

    @abstractmethod
    def history_key(self, files: Sequence[Migration]) -> bytes:
        """What stands for these files in this order and the rules of their replay; empty for no files."""

    # -- the project's files --------------------------------------------------------------------

    @property
    def mode(self) -> str:
        """The rules under which files are replayed and run: ``d1``, ``sqlite`` or ``postgres``."""
        return self.spec.mode

    @property
    def ledger_table(self) -> str:
        """The name of the history table."""
        return self.spec.ledger_table.value

    @property
    def directory(self) -> Path:
        """The migrations folder. Raises ConfigError when nothing says where it is."""
        if self.spec.migrations_dir is None and self.spec.unsupported:
            raise self.unsupported()
        if self.spec.migrations_dir is None:
            from landed.project.below import help_below

            # The path of a file means another file where the project is another one.
            kinds = ("migrations",) if self.spec.path is not None else ("supabase", "landed", "migrations")
            start = self.project.start
            details, way = help_below(start, kinds)
            raise ConfigError(
                f"It is not known where the migrations are: nothing in {start} or above it says so.",
                details=details,
                next=way or "name the folder: --migrations DIR",
            )
        return self.spec.migrations_dir.value

    def unsupported(self) -> UsageError:
        """The error for a target that cannot be used."""
        return UsageError(
            f"{self.spec.name}: {self.spec.unsupported or 'this target cannot be used yet'}",
            next="use a local target: --target d1:local or --target sqlite:PATH",
        )

    def migrations(self) -> MigrationSet:
        """The migration files in the platform's order, read once. Raises ConfigError, CannotKnow."""
        return self._migrations

    @cached_property
    def _migrations(self) -> MigrationSet:
        from landed.project.inside import check_folder

        check_folder(self.spec.migrations_dir, f"the migrations folder {self.directory}")
        return self._read_migrations()

    def _read_migrations(self) -> MigrationSet:
        value, pattern = self.spec.migrations_dir, self.spec.migrations_pattern
        return read_migrations(
            self.directory,
            self.parse,
            pattern=pattern.value if pattern else None,
            root=self.project.start,
            adopt_drizzle=self.spec.adopt_drizzle,
            origin=value.origin if value else "default",
        )

    def base(self) -> Migration | None:
        """The starting schema that the settings name, for histories that do not begin at empty.

        It stands before the first file as if it were one that is always applied. Raises ConfigError.
        """
        from landed.project.inside import read_named

        setting = self.project.settings.base
        if setting is None:
            return None
        text = read_named(setting, self.project.start, "The starting schema")
        return Migration(BASE, "", self.shown(Path(setting.value)), text, self.parse)

    def history(self, migrations: Sequence[Migration]) -> list[Migration]:
        """Files in the order of their replay, the starting schema before them."""
        base = self.base()
        return [*([base] if base is not None else []), *migrations]

    def shown(self, path: Path) -> str:
        """A path as people are shown it: relative to the project, with ``/``."""
        return os.path.relpath(path, self.project.start).replace(os.sep, "/")

    def path_of(self, name: str) -> str:
        """A migration file's path as shown to the user."""
        return self.shown(self.directory / name)

    def file_name(self, name: str) -> str:
        """The name of the file that a ledger row is about."""
        return name

    # -- comparing ------------------------------------------------------------------------------

    keeps_files = True

    @property
    def not_compared(self) -> tuple[str, ...]:
        """No rows."""
        return ("rows",)

    @property
    def holders(self) -> tuple[str, ...]:
        """Tables alone have parts."""
        return ()

    @property
    def ledger_in_facts(self) -> str:
        """The history table's name as facts have it."""
        return self.ledger_table

    def sides(
        self, databases: Mapping[str, Engine], source: Engine | None, progress: Progress | None
    ) -> tuple[dict[str, Side], Side | None]:
        """The schemas of databases of this family, and the one that the files of ``source`` make."""
        from landed.engines.sides import sides

        return sides(databases, source, progress)

    # -- the replay -----------------------------------------------------------------------------

    @property
    def limits(self) -> Limits:
        """What replays of the files may take of the machine."""
        return self.project.settings.limits

    @cached_property
    def clock(self) -> Clock:
        """The clock that all replays of a command share."""
        from landed.engines.clock import Clock

        return Clock(self.limits)

    def start_facts(self, cache: Cache | None = None) -> Mapping[FactKey, str]:
        """What a database of this kind has before its first migration, and no migration has to explain."""
        return {}

    # -- the target as it is --------------------------------------------------------------------

    def beside(self) -> Sequence[str]:
        """None that are known."""
        return ()

    def unchanged(self, state: LiveState, *, checked: bool) -> bool:
        """Whether what was read last, and what was ``checked`` after it, were there at one moment.

        A reading is of one moment; whether what was checked is of that one, another reading tells.
        """
        return not checked or same_content(self.target.read(), state)

    def learn(self, state: LiveState) -> None:
        """Take in what a reading shows of the platform itself, before files are replayed."""

    def facts_of(self, state: LiveState) -> Deferred[FactKey, str]:
        """The facts of a reading, the platform's own objects left out; read when they are needed."""
        known = dict(state.facts or {})
        return Deferred(lambda: known)

    # -- commands ---------------------------------------------------------------------------------

    def rehearse(self, *, progress: Progress | None = None) -> Rehearsal:
        """Run all files in order as ``apply`` would, without rows. Touches no target."""
        from landed.engines.rehearsing import rehearse

        return rehearse(self, progress)

    def copied(self) -> AbstractContextManager[DatabaseCopy]:
        """A full copy of the database. Raises UsageError where it is not copied."""
        raise UsageError(
            "--with-data is for local SQLite and D1 databases: this one is not copied.",
            next=REHEARSE,
        )

    def plan_one_off(self, sql: str, parameters: Sequence[str], source: str | None) -> Planned:
        """Raises UsageError: nothing is run here that is no migration."""
        raise self._only_migrations()

    def run_one_off(
        self, plan: Planned, on_undo: Callable[[UndoPoint], None] | None
    ) -> tuple[tuple[Outcome, ...], UndoPoint | None]:
        """Raises UsageError, as planning does."""
        raise self._only_migrations()

    def _only_migrations(self) -> UsageError:
        return UsageError(f"exec is not for {self.spec.label}: only migrations run there", next=STATUS)

    def remember(self, undo: UndoPoint, command: str, files: Sequence[str] = ()) -> None:
        """Write down the way back to before a command's first write: there is none here."""

    def examine(self) -> list[Check]:
        """What doctor finds about the database: whether it can be read."""
        from landed.core.check import Check, Level, guarded

        def look() -> Iterator[Check]:
            state = self.target.read()
            said = self.spec.name if state.present else f"{self.spec.name} does not exist yet"
            level = Level.ERROR if state.ledger_problem else Level.GOOD
            yield Check("database", "reading", "reading", said, None, level, state.ledger_problem)

        return guarded("database", "reading", "reading", look)

    def where_replayed(self) -> Iterator[Check]:
        """What doctor finds about where files are replayed: in this process, there is nothing to say."""
        yield from ()

    @classmethod
    def software(cls) -> Iterator[Check]:
        """What landed's work on such a database stands on: nothing but landed."""
        yield from ()

    @classmethod
    def clients(cls, start: Path, *, pattern: bool) -> Iterator[Check]:
        """The platform's own client that is installed for a project: none that is known."""
        yield from ()
