"""SQLite files and local D1 databases as engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from landed.engines.sqlite.base import SqliteBase

if TYPE_CHECKING:
    from landed.engines.sqlite.target import SqliteTarget


class Sqlite(SqliteBase):
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


class LocalD1(Sqlite):
    """The SQLite file in which wrangler keeps a local D1 database."""
