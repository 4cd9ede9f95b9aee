"""SQLite files and local D1 databases as engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from landed.engines.sqlite.base import SqliteBase

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from landed.core.findings import Rehearsal
    from landed.core.timeline import Progress
    from landed.engines.base import DatabaseCopy
    from landed.engines.sqlite.target import SqliteTarget


class SqliteRules(SqliteBase):
    """What all commands on databases under SQLite's rules do alike, wherever these are."""

    def rehearse(self, *, progress: Progress | None = None) -> Rehearsal:
        """Run all files in order as ``apply`` would."""
        from landed.engines.sqlite.rehearse.files import rehearse

        return rehearse(self, progress=progress)


class Sqlite(SqliteRules):
    """A SQLite file."""

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


class LocalD1(Sqlite):
    """The SQLite file in which wrangler keeps a local D1 database."""
