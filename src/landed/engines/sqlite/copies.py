"""A full copy of a database file, on which files can be run just as ``apply`` runs them; gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import apsw

from landed.core import last_resort
from landed.engines.sqlite.sql.tokens import quote
from landed.engines.sqlite.target import SqliteTarget
from landed.engines.sqlite.writer import SqliteWriter


class DatabaseCopy:
    """A copy in a folder of its own: ``size`` is in bytes."""

    def __init__(self, target: SqliteTarget, size: int) -> None:
        self._target = target
        self.size = size

    @property
    def folder(self) -> Path:
        """Where it lies, readable for this user only."""
        return self._target.path.parent

    def writer(self) -> AbstractContextManager[SqliteWriter]:
        """Open it for writing, within the limits of a replay."""
        return self._target.writer(bounded=True)

    def counts(self) -> Mapping[str, int]:
        """The rows of every table but the ledger and the platform's own."""
        connection = apsw.Connection(str(self._target.path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            tables = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
            names = [
                str(name)
                for name, sql in tables
                if not str(name).lower().startswith(("sqlite_", "_cf_"))
                and str(name).lower() != self._target.ledger_table.lower()
                and not str(sql).upper().startswith("CREATE VIRTUAL")
            ]
            return {n: int(connection.execute(f"SELECT count(*) FROM {quote(n)}").get) for n in names}
        finally:
            connection.close()


@contextmanager
def copy_of(target: SqliteTarget) -> Iterator[DatabaseCopy]:
    """The copy, taken away again whatever happens. Raises CannotKnow, Busy."""
    folder = Path(tempfile.mkdtemp(prefix="landed-rehearsal-"))

    def remove() -> None:
        shutil.rmtree(folder, ignore_errors=True)

    last_resort.cleanups.append(remove)
    try:
        path = folder / "copy.sqlite"
        size = target.copy_to(path)
        yield DatabaseCopy(SqliteTarget(path, target.mode, target.ledger_table, target.clock), size)
    finally:
        last_resort.cleanups.remove(remove)
        remove()
