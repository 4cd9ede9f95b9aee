"""The protocol that every kind of database follows, and the values that cross it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from landed.core.check import Check
    from landed.core.deferred import Deferred
    from landed.core.facts import FactKey
    from landed.core.findings import Rehearsal
    from landed.core.migration import Migration, Parsed
    from landed.core.plan import PlanItem
    from landed.core.timeline import DataCheck, Progress, Step
    from landed.engines.cache import Cache
    from landed.engines.live import LiveState
    from landed.project.discovery import Project
    from landed.project.files import MigrationSet
    from landed.project.target_spec import TargetSpec


class Applied(NamedTuple):
    """What running one migration came to: ``"applied"``, or ``"already"`` when another runner was first.

    ``note`` says what is worth knowing, such as that the reply was lost and the database read again.
    """

    name: str
    outcome: str
    statements: int
    seconds: float
    rows_named_lost: tuple[str, ...] = ()
    note: str = ""


class UndoPoint(NamedTuple):
    """The way back to the moment before a session's first write, where the platform has one.

    ``bookmark`` is Time Travel's; ``command`` restores it with landed, ``platform_command`` with
    wrangler. Everything written since would be lost.
    """

    bookmark: str
    command: str
    platform_command: str


class Consent(NamedTuple):
    """What the user allowed by name: ``drop-table:legacy_orders``, ``drop-column:t.c``, ``lose-rows:t``."""

    allowed: frozenset[str] = frozenset()


class Writer(Protocol):
    """An open writing session on a target."""

    @property
    def undo(self) -> UndoPoint | None:
        """The way back to before this session, where there is one."""
        ...

    def run(
        self,
        migration: Migration,
        step: Step,
        statements: Sequence[int],
        consent: Consent,
        *,
        record: bool = True,
    ) -> Applied:
        """Run the given statements (numbers) of a file in one transaction, prove the effects, record it.

        Raises NotProven (nothing of the file is left behind), NeedsConfirmation (a data-losing
        step was not named), Busy.
        """
        ...

    def apply_next(self, items: Sequence[PlanItem], consent: Consent) -> Iterator[Applied]:
        """Run the first of these files, or as many as the database takes at once: at least one.

        Gives each as soon as it is committed and recorded; raises as :meth:`run` after that.
        """
        ...

    def change_ledger(
        self, add: Sequence[str], remove: Sequence[str], rename: Sequence[tuple[str, str]]
    ) -> None:
        """Change ledger rows, all in one transaction."""
        ...


class Target(Protocol):
    """A database: read it, run its data checks, or open it for writing."""

    def read(self) -> LiveState:
        """Schema and ledger in one reading; never writes. Raises CannotKnow."""
        ...

    def check(self, checks: Sequence[DataCheck]) -> list[tuple[bool | None, str]]:
        """Run read-only checks: (passed, or ``None`` when it could not be run; why)."""
        ...

    def writer(self) -> AbstractContextManager[Writer]:
        """Open for writing; creates the database where the platform's own tool would. Raises Busy."""
        ...


class DatabaseCopy(Protocol):
    """A full copy of a database, to be written on; ``size`` is in bytes, ``folder`` where it lies."""

    @property
    def size(self) -> int: ...  # noqa: D102

    @property
    def folder(self) -> Path: ...  # noqa: D102

    def writer(self) -> AbstractContextManager[Writer]:
        """Open it for writing, within the limits of a replay."""
        ...

    def counts(self) -> Mapping[str, int]:
        """The rows of every table of the user's."""
        ...


class Words(NamedTuple):
    """How messages name what differs between engines.

    Schemas of one ``family`` can be compared. ``rules`` is what files are replayed by (“D1's rules”).
    ``start`` says what to do where the history does not start from an empty database, ``make_folder`` what
    where the migrations folder is missing; ``pattern`` is what files are called where nothing says it.
    """

    family: str
    rules: str
    start: str
    make_folder: str
    pattern: str


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

    def file_name(self, name: str) -> str:
        """The name of the file that a ledger row is about."""
        ...

    # -- the target as it is --------------------------------------------------------------------

    @property
    def target(self) -> Target:
        """The database. Raises UsageError for one that cannot be used."""
        ...

    def learn(self, state: LiveState) -> None:
        """Take in what a reading shows of the platform itself, before files are replayed."""
        ...

    def facts_of(self, state: LiveState) -> Deferred[FactKey, str]:
        """The facts of a reading, the platform's own objects left out; read when they are needed."""
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

    def start_facts(self, cache: Cache | None = None) -> Mapping[FactKey, str]:
        """What a database of this kind has before its first migration, and no migration has to explain."""
        ...

    def history_key(self, files: Sequence[Migration]) -> bytes:
        """What stands for these files in this order and the rules of their replay; empty for no files."""
        ...

    def rehearse(self, *, progress: Progress | None = None) -> Rehearsal:
        """Run all files in order as ``apply`` would, without rows and with a row in every table that they
        reach. Touches no target. Raises ConfigError, CannotKnow."""
        ...

    def copied(self) -> AbstractContextManager[DatabaseCopy]:
        """A full copy of the database, made when it is entered. Raises UsageError at once where it is not
        copied; CannotKnow, Busy."""
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
