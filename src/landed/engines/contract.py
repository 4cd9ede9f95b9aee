"""What an engine is: all that ops asks of a kind of database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from landed.engines.commands import Commands
from landed.engines.judging import Judging

if TYPE_CHECKING:
    from pathlib import Path

    from landed.core.check import Check
    from landed.core.deferred import Deferred
    from landed.core.drift import Side
    from landed.core.facts import FactKey, Facts
    from landed.core.migration import Migration, Parsed
    from landed.core.timeline import Progress, Step
    from landed.engines.base import StartingSchema, Target, Words
    from landed.engines.cache import Cache
    from landed.engines.live import LiveState
    from landed.engines.undo import Undone, UndoPlan
    from landed.project.discovery import Project
    from landed.project.files import MigrationSet
    from landed.project.target_spec import TargetSpec


class Engine(Judging, Commands, Protocol):
    """All that knows one target's databases; one for each workspace, chosen by ``spec.kind``.

    ``landed.engines.common.BaseEngine`` has what most of them have in common.
    """

    project: Project
    spec: TargetSpec
    environ: Mapping[str, str] | None
    notify: Callable[[str], None]

    def __init__(
        self,
        project: Project,
        spec: TargetSpec,
        environ: Mapping[str, str] | None = None,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None: ...

    @property
    def words(self) -> Words:
        """How messages name what differs between engines."""
        ...

    @property
    def ledger_table(self) -> str:
        """The name of the history table."""
        ...

    # -- the project's files --------------------------------------------------------------------

    def parse(self, text: str) -> Parsed:
        """How a file's text is cut into statements."""
        ...

    @property
    def directory(self) -> Path:
        """The migrations folder. Raises ConfigError when nothing says where it is."""
        ...

    def migrations(self) -> MigrationSet:
        """The migration files in the platform's order, read once. Raises ConfigError, CannotKnow."""
        ...

    def base(self) -> Migration | None:
        """The starting schema that the settings name, as a file before the first. Raises ConfigError."""
        ...

    def history(self, migrations: Sequence[Migration]) -> list[Migration]:
        """Files in the order of their replay, the starting schema before them."""
        ...

    def path_of(self, name: str) -> str:
        """A migration file's path as shown to the user."""
        ...

    def shown(self, path: Path) -> str:
        """A path as people are shown it: relative to the project, with ``/``."""
        ...

    def file_name(self, name: str) -> str:
        """The name of the file that a ledger row is about."""
        ...

    # -- the target as it is --------------------------------------------------------------------

    @property
    def target(self) -> Target:
        """The database. Raises UsageError for one that cannot be used."""
        ...

    @property
    def asked_as(self) -> str:
        """In whose account the database was asked, and with what; empty where there are no accounts, and
        before it was asked."""
        ...

    def beside(self) -> Sequence[str]:
        """Other databases that may be meant where this one does not exist, and whose they are."""
        ...

    def unchanged(self, state: LiveState, *, checked: bool) -> bool:
        """Whether what was read last, and what was ``checked`` after it, were there at one moment.

        Raises CannotKnow.
        """
        ...

    def learn(self, state: LiveState) -> None:
        """Take in what a reading shows of the platform itself, before files are replayed."""
        ...

    def facts_of(self, state: LiveState) -> Deferred[FactKey, str]:
        """The facts of a reading, the platform's own objects left out; read when they are needed."""
        ...

    # -- comparing ------------------------------------------------------------------------------

    @property
    def ledger_in_facts(self) -> str:
        """The history table's name as facts have it."""
        ...

    @property
    def holders(self) -> tuple[str, ...]:
        """The kinds of objects that have others as their parts, where that is not tables alone."""
        ...

    @property
    def not_compared(self) -> tuple[str, ...]:
        """What of a database no fact is read from, in words, the rows first."""
        ...

    @property
    def keeps_files(self) -> bool:
        """Whether such a target says which files are its own; a mere database file does not."""
        ...

    def sides(
        self, databases: Mapping[str, Engine], source: Engine | None, progress: Progress | None
    ) -> tuple[dict[str, Side], Side | None]:
        """The schemas of databases of this family, by the names they are given, and the one that the files of
        ``source`` make. Raises UsageError, ConfigError, CannotKnow."""
        ...

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
        nearly the same files, if there are any. Raises CannotKnow, ConfigError, LimitReached.
        """
        ...

    def start_facts(self, cache: Cache | None = None) -> Facts:
        """What a database of this kind has before its first migration, and no migration has to explain."""
        ...

    def history_key(self, files: Sequence[Migration]) -> bytes:
        """What stands for these files in this order and the rules of their replay; empty for no files."""
        ...


class NamesTargets(Protocol):
    """An engine that makes targets of names of its own: ``KIND:…``, where KIND is its row in ENGINES."""

    @classmethod
    def named(cls, project: Project, rest: str, origin: str) -> TargetSpec:
        """The target; ``rest`` is the name without its first word. Raises UsageError."""
        ...


@runtime_checkable
class CanPull(Protocol):
    """An engine whose databases can say what a history starts from."""

    def pull_managed(self) -> str:
        """SQL for what the platform manages, as it is there. Raises UsageError, CannotKnow."""
        ...

    def pull_base(self, progress: Progress | None = None) -> StartingSchema:
        """SQL for what the database has and no file makes. Raises UsageError, ConfigError, CannotKnow."""
        ...


@runtime_checkable
class CanBeAsked(Protocol):
    """An engine of a hosted platform, of which landed assumes things that only asking it can show."""

    def first_contact(self) -> list[Check]:
        """One check for each assumption: what was expected, what was seen, what it means. Writes nothing."""
        ...

    def known_contact(self) -> list[Check]:
        """When it was asked last, and how that came out; asks nothing of the database."""
        ...


@runtime_checkable
class HasHosted(Protocol):
    """An engine of local databases that a platform hosts, too."""

    @property
    def hosted(self) -> str:
        """The hosted database of the same entry, as ``--target`` has it."""
        ...


@runtime_checkable
class CanUndo(Protocol):
    """An engine whose platform can set a database back to an earlier moment."""

    def plan_undo(self, *, bookmark: str | None, timestamp: str | None) -> UndoPlan:
        """What restoring would lose, as far as it can be known. Raises UsageError, CannotKnow."""
        ...

    def run_undo(self, plan: UndoPlan) -> Undone:
        """Restore, once, and read the database again. Raises NotProven, Ambiguous, CannotKnow."""
        ...
