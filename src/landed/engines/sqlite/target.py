"""Local D1 databases and plain SQLite files as targets: reading."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import apsw

from landed.core.errors import Busy, CannotKnow, Code
from landed.core.next import DOCTOR, Next
from landed.core.patience import patiently, until
from landed.engines.clock import Clock
from landed.engines.live import LiveState, SchemaRow
from landed.engines.sqlite.ledger import NoLedger, find_ledger, read_ledger
from landed.engines.sqlite.shadow.bounded import stretch
from landed.engines.sqlite.shadow.run_check import run_check
from landed.engines.sqlite.shadow.walls import distrust
from landed.project.regular_files import look_at_database

if TYPE_CHECKING:
    from landed.core.oneoff import Outcome, Script, Touched
    from landed.core.timeline import DataCheck
    from landed.engines.sqlite.writer import SqliteWriter

READ_BUSY_MS = 2_000
WRITE_BUSY_MS = 5_000
_TRIES = 5
_INTERRUPTIBLE = 100_000
"""How many of SQLite's instructions (about a millisecond) may pass before a signal is acted on."""


class SqliteTarget:
    """A SQLite file: wrangler's local D1 database (``mode="d1"``) or any other (``mode="sqlite"``)."""

    def __init__(
        self, path: Path, mode: str, ledger_table: str = "d1_migrations", clock: Clock | None = None
    ) -> None:
        self.path = path
        self.mode = mode
        self.ledger_table = ledger_table
        self.clock = Clock() if clock is None else clock
        """Bounds what reading the file may take, whatever its schema computes; writing it has no bound."""

    def read(self) -> LiveState:
        """Schema and ledger in one reading; what is still in the ``-wal`` file is seen.

        Nothing is created or changed, not even the file. Raises CannotKnow.
        """
        if not self.path.exists() or (self.path.stat().st_size == 0 and not _wal(self.path).exists()):
            return LiveState(present=False)
        for _ in range(_TRIES):
            try:
                with self._reading() as (connection, still_true):
                    state = self._state(connection)
                    if still_true():
                        return state
            except Busy as busy:
                if isinstance(busy.__cause__, apsw.BusyError):
                    raise
        raise _restless(self.path)

    def _state(self, connection: apsw.Connection) -> LiveState:
        with stretch(connection, self.clock, self._place):
            connection.execute("BEGIN")
            rows = tuple(
                _checked(self.path, row)
                for row in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
            )
            try:
                table = find_ledger(connection, self.ledger_table)
                return LiveState(True, rows, None if table is None else read_ledger(connection, table))
            except (NoLedger, apsw.SQLError, UnicodeDecodeError, ValueError) as error:
                return LiveState(True, rows, None, str(error))

    def _place(self) -> tuple[str, str, str | None]:
        return f"Reading {self.path}", "", None

    def check(self, checks: Sequence[DataCheck]) -> list[tuple[bool | None, str]]:
        """Run read-only checks; one that is no read, or fails, or gives no single value is ``None``."""
        if not checks:
            return []
        with self._reading() as (connection, _):
            return [self._check(connection, check) for check in checks]

    def _check(self, connection: apsw.Connection, check: DataCheck) -> tuple[bool | None, str]:
        place = (f"The check “{check.text}”", "", None)
        with stretch(connection, self.clock, lambda: place):
            return run_check(connection, check)

    def preview(self, script: Script) -> Touched:
        """What one-off statements would touch, without running them. Raises NotProven, CannotKnow."""
        from landed.engines.sqlite.oneoff import preview
        from landed.engines.sqlite.shadow.sandbox import restrict

        with self._reading() as (connection, _):
            return preview(connection, restrict(connection, self.mode), script, self.mode)

    def query(self, script: Script) -> list[Outcome]:
        """Run one-off statements that only read, all on one state of the database.

        Raises NotProven for a statement that fails, CannotKnow, Busy.
        """
        from landed.engines.sqlite.oneoff import run
        from landed.engines.sqlite.shadow.sandbox import restrict

        for _ in range(3):
            with self._reading() as (connection, still_true):
                connection.execute("BEGIN")
                outcomes = run(connection, restrict(connection, self.mode), script, self.mode)
                trusted = still_true()
            if trusted:
                return outcomes
        raise _restless(self.path)

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """A read-only connection without D1's rules, for looking at the file itself. Raises CannotKnow."""
        with self._reading() as (connection, _), stretch(connection, self.clock, self._place):
            yield connection

    def copy_to(self, path: Path) -> int:
        """Copy the whole database into a new file, what is still in ``-wal`` included; returns its bytes.

        Reads only. Raises CannotKnow, also where there is no room for the copy, and Busy.
        """
        import shutil

        for _ in range(3):
            with self._reading() as (connection, still_true):
                size = int(connection.execute("PRAGMA page_count").get) * int(
                    connection.execute("PRAGMA page_size").get
                )
                free = shutil.disk_usage(path.parent).free
                if size > free:
                    raise CannotKnow(
                        f"A copy of {self.path} takes {size:,} bytes; {path.parent} has {free:,}.",
                        next="Name a folder with more room in the variable TMPDIR.",
                    )
                copy = apsw.Connection(str(path))
                try:
                    with copy.backup("main", connection, "main") as backup:
                        backup.step()
                except apsw.FullError as error:
                    raise CannotKnow(
                        f"{path.parent} has no room for a copy of {self.path}.",
                        next="Name a folder with more room in the variable TMPDIR.",
                    ) from error
                finally:
                    copy.close()
                trusted = still_true()
            if trusted:
                return size
            path.unlink()
        raise _restless(self.path)

    @contextmanager
    def writer(self, *, bounded: bool = False) -> Iterator[SqliteWriter]:
        """Open for writing; a database that is not there yet is made as wrangler makes it (WAL).

        ``bounded`` says that it is a rehearsal's copy: the limits of replays hold.
        """
        from landed.engines.sqlite.writer import SqliteWriter

        look_at_database(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists()
        with ExitStack() as opened:
            try:
                connection = apsw.Connection(str(self.path), statementcachesize=0)
                opened.callback(connection.close)
                connection.set_busy_timeout(WRITE_BUSY_MS)
                # Python acts on Ctrl-C only when its own code runs: without this, after the statement's end.
                connection.set_progress_handler(lambda: False, _INTERRUPTIBLE)
                if new and self.mode == "d1":
                    _to_wal(connection)
            except apsw.Error as error:
                raise CannotKnow(
                    f"{self.path} cannot be opened for writing: {error}",
                    next=Next("Check the path and your rights on it: ", DOCTOR),
                ) from error
            clock = self.clock if bounded else None
            yield SqliteWriter(connection, self.path, self.mode, self.ledger_table, clock)

    @contextmanager
    def _reading(self) -> Iterator[tuple[apsw.Connection, Callable[[], bool]]]:
        """A read-only connection, and whether what was read through it can be trusted.

        Opening a WAL database read-only would create its ``-wal`` and ``-shm`` files; where there is
        no ``-wal`` nothing is in it, so the file is read as immutable, and read again should anybody
        have written meanwhile.
        """
        look_at_database(self.path)
        had_wal = _wal(self.path).exists()
        immutable = not had_wal and _is_wal(self.path)
        before = _stamp(self.path)
        uri = f"file:{_uri_path(self.path)}?mode=ro" + ("&immutable=1" if immutable else "")
        try:
            connection = apsw.Connection(
                uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI, statementcachesize=0
            )
            connection.set_busy_timeout(READ_BUSY_MS)
            distrust(connection)
            connection.execute("PRAGMA query_only=1").fetchall()
        except apsw.Error as error:
            raise _unreadable(self.path, error) from error
        try:
            yield (
                connection,
                lambda: not immutable or (_stamp(self.path) == before and not _wal(self.path).exists()),
            )
        except apsw.BusyError as error:
            raise Busy(
                f"{self.path} is locked{_held_by(self.path)}.",
                code=Code.LOCK,
                next="Try again when the other process has finished.",
            ) from error
        except (apsw.Error, UnicodeDecodeError) as error:
            if _stamp(self.path) != before or _wal(self.path).exists() != had_wal:
                # Others wrote meanwhile: what was seen may have been half of it.
                raise _restless(self.path) from error
            raise _unreadable(self.path, error) from error
        finally:
            connection.close()


def _restless(path: Path) -> Busy:
    return Busy(
        f"{path} is being written to so quickly that it cannot be read.",
        code=Code.LOCK,
        next="Try again when the other process has finished.",
    )


def _to_wal(connection: apsw.Connection) -> None:
    """Switch a new database to WAL; raises BusyError when others hold it for longer than writers wait.

    SQLite does not call its busy handler for this switch when another runner makes it at the same moment.
    """
    end = time.monotonic() + WRITE_BUSY_MS / 1000
    patiently(
        lambda: connection.execute("PRAGMA journal_mode=wal").fetchall(), until(end, (0.02,), apsw.BusyError)
    )


def _checked(path: Path, row: tuple[object, ...]) -> SchemaRow:
    """A row of the schema; a file that somebody has tampered with can hold anything there."""
    kind, name, table, sql = row
    if (
        isinstance(kind, str)
        and isinstance(name, str)
        and isinstance(table, str)
        and (sql is None or isinstance(sql, str))
    ):
        return SchemaRow(kind, name, table, sql)
    raise _unreadable(path, ValueError("its schema is damaged: a row of sqlite_master holds no text"))


def _unreadable(path: Path, error: Exception) -> CannotKnow:
    if isinstance(error, apsw.NotADBError):
        return CannotKnow(f"{path} is not a SQLite database.", next="Name another file: --target sqlite:PATH")
    return CannotKnow(
        f"{path} cannot be read: {error}", next=Next("Check the file and your rights on it: ", DOCTOR)
    )


def _held_by(path: Path) -> str:
    from landed.engines.sqlite.holders import holders

    held = holders(path)
    return f" by {', '.join(held)}" if held else " by another process"


def _wal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _is_wal(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(20)[18:20] == b"\2\2"
    except OSError as error:
        raise CannotKnow(
            f"{path} cannot be read: {error.strerror}", next="Check your rights on the file."
        ) from error


def _stamp(path: Path) -> tuple[int, int]:
    info = os.stat(path)
    return info.st_mtime_ns, info.st_size


def _uri_path(path: Path) -> str:
    from urllib.parse import quote as percent

    return percent(str(path.absolute()))
