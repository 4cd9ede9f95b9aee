"""SQLite's walls: a file system without files for shadows, and what no SQL may name in any database.

Two walls, each of which holds alone. The first is the authorizer (``.sandbox``) with the lists
here: no ATTACH, no VACUUM INTO, no function or pragma that reaches the machine. The second, for databases in
memory: SQLite's own gate to the system, its VFS, is one that opens, deletes and loads nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import apsw

from landed.core.limits import Limits

FUNCTIONS: Final = frozenset(
    {
        "load_extension", "fts3_tokenizer", "sqlite_log",
        # Not in landed's own SQLite; named all the same, for one that has them.
        "readfile", "writefile", "edit", "fsdir", "lsmode", "zipfile", "eval", "sqlite_dbpage",
    }
)  # fmt: skip
"""Functions that reach the machine, or memory that is not SQL's (lower case)."""

MODULES: Final = frozenset(
    {"csv", "fsdir", "zipfile", "fileio", "sqlite_dbpage", "fts3tokenize", "unionvtab", "swarmvtab"}
)
"""Virtual table modules that read files or other databases."""

_REACHING: Final = frozenset(
    {"temp_store_directory", "data_store_directory", "lock_proxy_file", "activate_extensions"}
)
_OWN_CONNECTION: Final = frozenset(
    {
        "busy_timeout", "cache_size", "cache_spill", "cell_size_check", "checkpoint_fullfsync", "fullfsync",
        "hard_heap_limit", "journal_size_limit", "locking_mode", "max_page_count", "mmap_size", "query_only",
        "soft_heap_limit", "synchronous", "temp_store", "threads", "trusted_schema", "wal_autocheckpoint",
    }
)  # fmt: skip
"""Pragmas about the connection that runs them or the machine below it: set, they do nothing here."""

_OFF: Final = frozenset({"0", "off", "no", "false", "reset"})
LENGTH: Final = 64 * 1024 * 1024
"""How large a value, a row or a statement may be in a shadow, in bytes, where D1's own limit is not lower."""
_PAGE: Final = 4096

_SHADOW_LIMITS: Final = (
    (apsw.SQLITE_LIMIT_LENGTH, LENGTH),
    (apsw.SQLITE_LIMIT_SQL_LENGTH, LENGTH),
    (apsw.SQLITE_LIMIT_ATTACHED, 0),
    (apsw.SQLITE_LIMIT_WORKER_THREADS, 0),
    (apsw.SQLITE_LIMIT_VDBE_OP, 5_000_000),
)


def pragma(name: str, argument: str | None, *, shadow: bool) -> int:
    """What the authorizer answers to a pragma in a plain SQLite database: run it, skip it, or refuse.

    Files are full of pragmas for the application's own connection; those are skipped. ``journal_mode`` is
    kept in a database file: skipped in a shadow, and left to SQLite, which refuses it inside the file's
    transaction, on a file, but for the modes that could lose the transaction.
    """
    name = name.lower()
    if argument is None:
        return apsw.SQLITE_OK
    if name in _REACHING:
        return apsw.SQLITE_DENY
    value = argument.strip("'\"").lower()
    if name == "writable_schema":
        return apsw.SQLITE_IGNORE if value in _OFF else apsw.SQLITE_DENY
    if name in _OWN_CONNECTION:
        return apsw.SQLITE_IGNORE
    if name == "journal_mode":
        if shadow:
            return apsw.SQLITE_IGNORE
        return apsw.SQLITE_OK if value in ("wal", "delete") else apsw.SQLITE_DENY
    return apsw.SQLITE_OK


def harden(connection: apsw.Connection) -> None:
    """What holds on every connection to whatever database: nothing hidden in its schema gets power."""
    config = connection.config
    config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    config(apsw.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0)
    config(apsw.SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0)


def distrust(connection: apsw.Connection) -> None:
    """For reading a database file of somebody's: pages are checked, the schema is trusted with nothing."""
    harden(connection)
    connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
    connection.execute("PRAGMA cell_size_check=1; PRAGMA mmap_size=0").fetchall()


def bound_memory(limits: Limits) -> None:
    """Bound what SQLite may allocate in this process, all its databases together."""
    apsw.hard_heap_limit(limits.memory_bytes)


def open_in_memory(limits: Limits, image: bytes | None = None) -> apsw.Connection:
    """An empty database in memory, or one from an image, behind the second wall and within the limits."""
    bound_memory(limits)
    connection = apsw.Connection(":memory:", statementcachesize=0, vfs=_no_files())
    if image:
        connection.deserialize("main", image)
    for limit, value in _SHADOW_LIMITS:
        connection.limit(limit, value)
    # The memory for a copy of it (what is cached, what rehearse keeps per file) counts, too.
    pages = min(limits.memory_bytes // 4, limits.disk_bytes) // _PAGE
    connection.execute(f"PRAGMA temp_store=memory; PRAGMA max_page_count={pages}").fetchall()
    harden(connection)
    return connection


def reading_only() -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    """An authorizer for a check: it may select and call functions, and do nothing else."""

    def authorize(action: int, one: str | None, two: str | None, three: str | None, four: str | None) -> int:
        if action in _READS:
            return apsw.SQLITE_OK
        if action == apsw.SQLITE_FUNCTION:
            return apsw.SQLITE_DENY if (two or "").lower() in FUNCTIONS else apsw.SQLITE_OK
        if action == apsw.SQLITE_PRAGMA and (two is None or (one or "").lower() in _ASKING):
            return apsw.SQLITE_OK
        return apsw.SQLITE_DENY

    return authorize


def building() -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    """An authorizer for the schema of somebody's database: its rows can hold any text, not only CREATE."""

    def authorize(action: int, one: str | None, two: str | None, three: str | None, four: str | None) -> int:
        if action in _NOT_BUILDING or (action == apsw.SQLITE_PRAGMA and two is not None):
            return apsw.SQLITE_DENY
        if action == apsw.SQLITE_FUNCTION:
            return apsw.SQLITE_DENY if (two or "").lower() in FUNCTIONS else apsw.SQLITE_OK
        if action == apsw.SQLITE_CREATE_VTABLE and (two or "").lower() in MODULES:
            return apsw.SQLITE_DENY
        return apsw.SQLITE_OK

    return authorize


_NOT_BUILDING: Final = frozenset({apsw.SQLITE_ATTACH, apsw.SQLITE_DETACH, apsw.SQLITE_TRANSACTION})
_READS: Final = frozenset({apsw.SQLITE_SELECT, apsw.SQLITE_READ, apsw.SQLITE_RECURSIVE})
_ASKING: Final = frozenset(
    {
        "foreign_key_check", "foreign_key_list", "index_info", "index_list", "index_xinfo", "integrity_check",
        "quick_check", "table_info", "table_list", "table_xinfo",
    }
)  # fmt: skip

_made: list[apsw.VFS] = []


def _no_files() -> str:
    if not _made:
        _made.append(_NoFiles())
    return _NAME


_NAME: Final = "landed-no-files"
SAYS: Final = "a replay"
"""How what the second wall says begins."""


class _NoFiles(apsw.VFS):
    """The second wall: whatever SQL gets at, there is no file to open, to delete, to load or to look for."""

    def __init__(self) -> None:
        super().__init__(_NAME, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        raise apsw.CantOpenError(f"{SAYS} opens no files")

    def xDelete(self, filename: str, syncdir: bool) -> None:
        raise apsw.IOError(f"{SAYS} deletes no files")

    def xAccess(self, pathname: str, flags: int) -> bool:
        raise apsw.IOError(f"{SAYS} looks for no files")

    def xFullPathname(self, name: str) -> str:
        raise apsw.CantOpenError(f"{SAYS} opens no files")

    def xDlOpen(self, filename: str) -> int:
        raise apsw.IOError(f"{SAYS} loads no libraries")
