"""Databases as all engines show them: read, checked, written to, tried out on a copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from landed.core.errors import CannotKnow, Code

if TYPE_CHECKING:
    from pathlib import Path

    from landed.core.applied import Applied, Consent, UndoPoint
    from landed.core.facts import FactKey, Facts
    from landed.core.migration import Migration
    from landed.core.plan import PlanItem
    from landed.core.timeline import DataCheck, Step
    from landed.engines.live import LiveState


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
    where the migrations folder is missing; ``pattern`` is what files are called where nothing says it;
    ``way_back`` and ``way_back_next`` say what there is where an earlier moment cannot be restored.
    """

    family: str
    rules: str
    start: str = 'Name the schema that it starts from, in landed.toml: [shadow] base = "schema.sql"'
    make_folder: str = "create it, or name the folder: --migrations DIR"
    pattern: str = "*.sql"
    way_back: str = "what was applied is taken back by a new migration"
    way_back_next: str | None = None


class LostFile(NamedTuple):
    """A file that is gone, out of what the ledger holds of it: its name, its text, how many statements."""

    name: str
    text: str
    statements: int


class Known(NamedTuple):
    """What a judged target is known to have beside what it should have.

    ``files`` are those of the replay in its order, the starting schema and what stands in for missing files
    among them, as far as they are known; ``steps`` what they do, ``applied`` the names of those that count as
    applied, out of which the facts come that are ``expected`` beside the ``live`` ones.
    """

    files: Mapping[str, Migration]
    steps: Sequence[Step]
    applied: frozenset[str]
    state: LiveState
    expected: Facts
    live: Facts


class StartingSchema(NamedTuple):
    """SQL for what is there before the first file.

    ``failed_before`` and ``failed_after`` count the files that do not replay without and with it; ``None``
    where that is not the question. ``lacks_managed`` is whether files need what the platform has in this
    project only.
    """

    text: str
    failed_before: int | None = None
    failed_after: int | None = None
    lacks_managed: bool = False


class Restless(CannotKnow):
    """What was read changed while it was read, time and again: somebody is deploying."""

    def __init__(self, *details: str) -> None:
        super().__init__(
            "The schema changed while it was read, each time that it was read: somebody is deploying.",
            code=Code.CHANGED,
            details=[*details, "Nothing was judged and nothing was changed."],
            next="wait until that is done, then run it again",
        )


class NoCopy(CannotKnow):
    """No throw-away copy of the target's schema could be made."""


class Present(Protocol):
    """A throw-away copy of the target's schema without its rows, as files leave it that are tried in it."""

    def replay(self, migration: Migration) -> Step:
        """What a file does here."""
        ...

    def heals(self, migration: Migration, own: Step) -> Step | None:
        """What a pending file does here, with all that it makes to be proven on the target as well.

        ``own`` is its step in the files' own history. ``None`` where it cannot run.
        """
        ...

    def facts(self, steps: Sequence[Step]) -> Mapping[FactKey, str]:
        """The facts of the copy as it stands, beside the steps of the history."""
        ...


class Reading(Protocol):
    """One reading of the target beside a replay of the files: what in either depends on the platform.

    An object may be another role's there than in the replay; the server may have chosen what no file says.
    """

    state: LiveState
    """The reading as it was."""

    @property
    def mark(self) -> bytes:
        """Differs where something else is expected of the same files; known after ``expected``."""
        ...

    def expected(self, steps: list[Step]) -> list[Step]:
        """The steps of a replay as they are to be expected of this target."""
        ...

    def seen(self, steps: Sequence[Step]) -> LiveState:
        """The reading without what no file has to explain."""
        ...

    def notes(self, steps: Sequence[Step]) -> Mapping[str, str]:
        """What to say of files (by name) whose objects another role made; ``""`` where it was said before."""
        ...

    def present(self) -> AbstractContextManager[Present]:
        """A throw-away copy of the target's schema. Raises NoCopy, also while files run in it."""
        ...
