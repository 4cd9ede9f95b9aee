"""What an engine is: all that ops asks of a kind of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from landed.core.adoption import Adoption
    from landed.core.check import Check
    from landed.core.deferred import Deferred
    from landed.core.drift import Side
    from landed.core.facts import FactKey, Facts
    from landed.core.findings import Rehearsal
    from landed.core.judge import Ruling
    from landed.core.migration import Migration, Parsed
    from landed.core.oneoff import Outcome, Planned
    from landed.core.plan import PlanItem
    from landed.core.standing import Judgement
    from landed.core.timeline import Failure, Progress, Step
    from landed.engines.base import DatabaseCopy, LostFile, Reading, StartingSchema, Target, UndoPoint, Words
    from landed.engines.cache import Cache
    from landed.engines.live import LiveState
    from landed.engines.undo import Undone, UndoPlan
    from landed.project.discovery import Project
    from landed.project.files import MigrationSet
    from landed.project.target_spec import TargetSpec


class Engine(Protocol):
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

    def beside(self) -> Sequence[str]:
        """Other databases that may be meant where this one does not exist, and whose they are."""
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

    @property
    def rehearsed_on(self) -> str:
        """For plans: where pending files were tried, ``""`` where that goes without saying."""
        ...

    # -- judging --------------------------------------------------------------------------------

    def reading(self, state: LiveState, cache: Cache) -> Reading:
        """What was read, to be set beside a replay. Raises CannotKnow."""
        ...

    def unimportant(self, ruling: Ruling) -> tuple[dict[FactKey, str], dict[str, str]]:
        """What is otherwise than the files make it and nobody has to mend: facts to be taken as they are
        expected, and what to say of which files."""
        ...

    def may_hide(self, files: Sequence[Migration], steps: Sequence[Step]) -> Callable[[str], bool]:
        """Whether a later file may have made what a file (by name) would have: worth a replay without it."""
        ...

    def remedy(
        self,
        judgement: Judgement,
        migration: Migration,
        expected: Facts,
        live: Facts,
    ) -> Judgement:
        """The judgement on a partial migration, with what makes it good besides its own statements."""
        ...

    def adopt(self, keys: Sequence[FactKey], expected: Facts, live: Facts) -> Adoption | None:
        """Statements for facts that no migration owns; ``None`` where nothing is known to help."""
        ...

    def one_version(self, migrations: Sequence[Migration]) -> Mapping[str, str]:
        """Files that the ledger cannot hold beside another one -> that other file."""
        ...

    def same_as_stored(self, state: LiveState, files: Sequence[Migration]) -> Mapping[str, Sequence[str]]:
        """Ledger rows without a file -> the files whose SQL they hold."""
        ...

    def lost_file(self, state: LiveState, name: str) -> LostFile | str:
        """The file that a ledger row without one stands for, or why it cannot be written."""
        ...

    # -- what a failure of a replay says --------------------------------------------------------

    def needs_base(self, failure: Failure, steps: Sequence[Step]) -> bool:
        """Whether a statement failed for want of something that no file of the history makes."""
        ...

    def needs_platform(self, failure: Failure) -> bool:
        """Whether it failed for want of what the platform has in this project, and no shadow has."""
        ...

    def wants_rows(self, failure: Failure) -> bool:
        """Whether it failed for a constraint on rows: the target has other ones than a shadow."""
        ...

    def unsure(self, failure: Failure, live: Facts) -> bool:
        """Whether it says something of the shadow only, so that the target has to decide."""
        ...

    # -- planning -------------------------------------------------------------------------------

    @property
    def tries_present(self) -> bool:
        """Whether a plan is tried on a copy of the target's schema first.

        Where not, the target itself takes a file back that does not do there what it should.
        """
        ...

    def describe(self, step: Step) -> Sequence[str]:
        """What a file does to the schema, one line an object."""
        ...

    def with_corrections(self, step: Step, numbers: Sequence[int]) -> tuple[int, ...]:
        """Statements (numbers) to run again, with those that take back a part of what these make."""
        ...

    def refuse(self, items: Sequence[PlanItem]) -> None:
        """Raises NotProven for files that must not be run here, whatever they do."""
        ...

    def refuse_sending(self, items: Sequence[PlanItem]) -> None:
        """Raises NotProven for files that could run here, but cannot be sent."""
        ...

    # -- commands -----------------------------------------------------------------------------------

    def rehearse(self, *, progress: Progress | None = None) -> Rehearsal:
        """Run all files in order as ``apply`` would, without rows and with a row in every table that they
        reach. Touches no target. Raises ConfigError, CannotKnow."""
        ...

    def copied(self) -> AbstractContextManager[DatabaseCopy]:
        """A full copy of the database, made when it is entered. Raises UsageError at once where it is not
        copied; CannotKnow, Busy."""
        ...

    def plan_one_off(self, sql: str, parameters: Sequence[str], source: str | None) -> Planned:
        """Look at one-off SQL without running it; where only the server can tell, run what only reads.

        ``parameters`` are the values of its placeholders as written, ``source`` is the file it came from.
        Raises UsageError, CannotKnow when there is no database, NotProven for what cannot be compiled.
        """
        ...

    def run_one_off(
        self, plan: Planned, on_undo: Callable[[UndoPoint], None] | None
    ) -> tuple[tuple[Outcome, ...], UndoPoint | None]:
        """Run it: read-only where it only reads, else in one transaction that is all or nothing.

        ``on_undo`` is told the way back before anything is written, where there is one; it is also given
        back. Raises NotProven for a statement that fails, CannotKnow, Busy.
        """
        ...

    def remember(self, undo: UndoPoint, command: str, files: Sequence[str] = ()) -> None:
        """Write down the way back to before a command's first write, where the platform has one."""
        ...

    # -- doctor ---------------------------------------------------------------------------------

    def examine(self) -> list[Check]:
        """What doctor finds about the database and the way to it; what fails is one of the checks."""
        ...

    def where_replayed(self) -> Iterator[Check]:
        """What doctor finds about where files are replayed, once :meth:`examine` has looked."""
        ...

    @classmethod
    def software(cls) -> Iterator[Check]:
        """What landed's work on such a database stands on: libraries, and what they can do."""
        ...

    @classmethod
    def clients(cls, start: Path, *, pattern: bool) -> Iterator[Check]:
        """The platform's own client that is installed for the project in this folder; ``pattern`` says that
        the project chooses its migrations by one."""
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
class CanUndo(Protocol):
    """An engine whose platform can set a database back to an earlier moment."""

    def plan_undo(self, *, bookmark: str | None, timestamp: str | None) -> UndoPlan:
        """What restoring would lose, as far as it can be known. Raises UsageError, CannotKnow."""
        ...

    def run_undo(self, plan: UndoPlan) -> Undone:
        """Restore, once, and read the database again. Raises NotProven, Ambiguous, CannotKnow."""
        ...
