"""SQLite files and local D1 databases as engines."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from landed.engines.sqlite.base import SqliteBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from landed.core.adoption import Adoption
    from landed.core.applied import UndoPoint
    from landed.core.check import Check
    from landed.core.facts import FactKey
    from landed.core.findings import Rehearsal
    from landed.core.migration import Migration
    from landed.core.oneoff import Outcome, Planned
    from landed.core.standing import Judgement
    from landed.core.timeline import Progress
    from landed.engines.base import DatabaseCopy, Known
    from landed.engines.live import LiveState
    from landed.engines.sqlite.execute import SqlTarget
    from landed.engines.sqlite.target import SqliteTarget


class SqliteRules(SqliteBase):
    """What all commands on databases under SQLite's rules do alike, wherever these are."""

    @property
    def not_compared(self) -> tuple[str, ...]:
        """No rows, and none of an application's own numbers in the header."""
        return ("rows", "user_version", "application_id")

    @property
    @abstractmethod
    def target(self) -> SqlTarget:
        """The database. Raises UsageError where there is none that could be used."""

    def mended(self, judgements: Sequence[Judgement], known: Known) -> Sequence[Judgement]:
        """The judgements with statements that bring back, or take over, what was changed by hand."""
        from landed.engines.sqlite.remedies.mending import mended

        return mended(self, judgements, known)

    def rewritten(self, migration: Migration, before: Sequence[Migration], state: LiveState) -> Sequence[str]:
        """The rebuild that keeps every row, on the schema that was read."""
        from landed.engines.sqlite.remedies.rewriting import rewritten

        replayer = self.replayer()
        replayer.load(state.rows)
        for file in before:
            replayer.replay(file)
        return rewritten(replayer, migration, self.parse)

    def adopt(self, keys: Sequence[FactKey], known: Known) -> Adoption | None:
        """Statements for what no migration made, tried on both schemas."""
        from landed.engines.sqlite.remedies.adopting import adoption

        return adoption(self, keys, known)

    def rehearse(self, *, progress: Progress | None = None) -> Rehearsal:
        """Run all files in order as ``apply`` would."""
        from landed.engines.sqlite.rehearse.files import rehearse

        return rehearse(self, progress=progress)

    def plan_one_off(self, sql: str, parameters: Sequence[str], source: str | None) -> Planned:
        """Compile one-off SQL against the target without running it."""
        from landed.engines.sqlite.execute import plan

        return plan(self, self.target, sql, parameters, source)

    def run_one_off(
        self, plan: Planned, on_undo: Callable[[UndoPoint], None] | None
    ) -> tuple[tuple[Outcome, ...], UndoPoint | None]:
        """Run it: read-only where it only reads, else in one transaction."""
        from landed.engines.sqlite.execute import run

        return run(self, self.target, plan, on_undo)

    @classmethod
    def software(cls) -> Iterator[Check]:
        """The SQLite library, and what it can do under D1's rules."""
        from landed.engines.sqlite.software import examine

        return examine("d1")

    @classmethod
    def clients(cls, start: Path, *, pattern: bool) -> Iterator[Check]:
        """The wrangler that is installed for the project."""
        from landed.engines.sqlite.software import wrangler

        return wrangler(start, pattern=pattern)


class LocalFile(SqliteRules):
    """A database in a file of this machine."""

    @property
    def target(self) -> SqliteTarget:
        """The database file. Raises UsageError where there is none that could be used."""
        from landed.engines.sqlite.target import SqliteTarget
        from landed.project.inside import check_database

        if self.spec.unsupported or self.spec.path is None:
            raise self.unsupported()
        check_database(self.spec, self.project.settings.persist_to)
        return SqliteTarget(self.spec.path, self.mode, self.ledger_table, self.clock)

    def copied(self) -> AbstractContextManager[DatabaseCopy]:
        """A full copy of the file, made when it is entered. Raises UsageError, CannotKnow, Busy."""
        from landed.engines.sqlite.copies import copy_of

        return copy_of(self.target)

    def examine(self) -> list[Check]:
        """The file, its health, its rules, its history table."""
        from landed.engines.sqlite.doctor import examine

        return examine(self.spec, self.project.settings.persist_to)


class Sqlite(LocalFile):
    """A SQLite file."""

    keeps_files = False

    @classmethod
    def software(cls) -> Iterator[Check]:
        """The SQLite library, and what it can do."""
        from landed.engines.sqlite.software import examine

        return examine("sqlite")


class LocalD1(LocalFile):
    """The SQLite file in which wrangler keeps a local D1 database."""

    @property
    def hosted(self) -> str:
        """The database of the same entry that Cloudflare hosts."""
        return self.spec.name.replace(":local", ":remote", 1)

    def beside(self) -> Sequence[str]:
        """Files of other bindings, or of an id that this one had before."""
        from landed.project.d1_local import other_local_files

        if self.spec.path is None:
            return ()
        others = other_local_files(self.spec.path, self.project.all_databases)
        return [f"{other.path.name[:12]}….sqlite, which belongs to {other.owner}" for other in others]
