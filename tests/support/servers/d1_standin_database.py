"""The database behind the stand-in of Cloudflare's API: Miniflare's real D1, and every state it was in."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

import apsw

from support.clients.wrangler import BatchFailed, MiniflareD1

Statement = Mapping[str, Any]
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


class Mark(NamedTuple):
    """A state that can be gone back to: since when it was, its bookmark, and a copy of the file."""

    since: datetime
    bookmark: str
    copy: Path


class Database:
    """One D1 database that is never off: queries are real, Time Travel is a copy of the file per write.

    ``keep`` says whether every write leaves a state to go back to by time (else only those asked for).
    """

    def __init__(self, folder: Path, uuid: str, name: str, *, keep: bool = True) -> None:
        self.uuid = uuid
        self.name = name
        self.lock = RLock()
        self._keep = keep
        self._copies = folder / "copies"
        self._copies.mkdir(parents=True)
        self._engine = MiniflareD1(folder / "state", uuid)
        self._marks: list[Mark] = []
        self._uploads: dict[str, bytes] = {}
        self._serial = 0
        self._start()
        # Hosted databases have this table of the platform's own; no statement sent to D1 may make it.
        with apsw.Connection(str(self._engine.file)) as connection:
            connection.execute("CREATE TABLE _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
        self.mark()

    def close(self) -> None:
        """End Miniflare and let go of the file."""
        self._look.close()
        self._engine.__exit__(None, None, None)

    def _start(self) -> None:
        self._engine.__enter__()
        self._engine.query([{"sql": "SELECT 1"}])
        self._look = apsw.Connection(str(self._engine.file), flags=apsw.SQLITE_OPEN_READONLY)
        self._look.set_busy_timeout(10_000)
        self._version = self._data_version()

    # -- queries ----------------------------------------------------------------------------------

    def query(self, statements: Sequence[Statement]) -> list[dict[str, Any]]:
        """Run statements as one transaction, as D1 does with a batch. Raises BatchFailed."""
        with self.lock:
            answers = self._engine.query(statements)
            if self._keep and self._written():
                self.mark()
            return answers

    def writes(self, statements: Sequence[Statement]) -> bool:
        """Whether SQLite itself says that a statement writes; one that does not compile does not."""
        found: list[bool] = []

        def seen(cursor: apsw.Cursor, sql: str, bindings: Any) -> bool:
            found.append(not cursor.is_readonly)
            return False

        with self.lock:
            for statement in statements:
                cursor = self._look.cursor()
                cursor.exec_trace = seen
                try:
                    cursor.execute(statement["sql"], list(statement.get("params") or ()))
                except apsw.Error:
                    continue
        return any(found)

    def look(self, sql: str) -> list[tuple[Any, ...]]:
        """What is really in the file, read beside D1."""
        with self.lock:
            return self._look.execute(sql).fetchall()

    def wipe(self) -> None:
        """Back to the empty database that it was at first."""
        self.restore(self._marks[0].bookmark)

    # -- import -----------------------------------------------------------------------------------

    def upload(self, filename: str, content: bytes) -> str:
        """Keep a file for the import; its MD5."""
        self._uploads[filename] = content
        return hashlib.md5(content, usedforsecurity=False).hexdigest()

    def ingest(self, filename: str) -> tuple[int, str | None]:
        """Run a file statement by statement, each on its own: how many ran, and what stopped it.

        Not one transaction, as Cloudflare says of it (workers-sdk#13272).
        """
        statements = split(self._uploads.pop(filename).decode())
        for done, sql in enumerate(statements):
            try:
                self.query([{"sql": sql}])
            except BatchFailed as refused:
                return done, str(refused)
        return len(statements), None

    # -- Time Travel ------------------------------------------------------------------------------

    def mark(self) -> str:
        """The bookmark of the present state: a new one if anything was written since the last."""
        with self.lock:
            if self._marks and not self._written():
                return self._marks[-1].bookmark
            self._version = self._data_version()
            self._serial += 1
            copy = self._copies / f"{self._serial}.sqlite"
            kept = apsw.Connection(str(copy))
            with kept.backup("main", self._look, "main") as backup:
                backup.step()
            kept.close()
            digest = hashlib.md5(copy.read_bytes(), usedforsecurity=False).hexdigest()
            bookmark = f"{self._serial:08x}-00000000-000050ad-{digest}"
            self._marks.append(Mark(datetime.now(UTC), bookmark, copy))
            return bookmark

    def mark_at(self, when: datetime) -> str | None:
        """The bookmark of the state at a time, ``None`` before the first."""
        with self.lock:
            self.mark()
            return next((m.bookmark for m in reversed(self._marks) if m.since <= when), None)

    def mark_after(self, sql: str) -> datetime:
        """Write something, and the moment since when the database is so."""
        with self.lock:
            self.query([{"sql": sql}])
            self.mark()
            return self._marks[-1].since

    def restore(self, bookmark: str) -> tuple[str, str] | None:
        """Go back to a bookmark: the bookmark of the state now, and the one before; ``None``: unknown."""
        with self.lock:
            known = next((m for m in self._marks if m.bookmark == bookmark), None)
            if known is None:
                return None
            previous = self.mark()
            # Written through SQLite, beside D1: it sees another connection's commit.
            live = apsw.Connection(str(self._engine.file))
            kept = apsw.Connection(str(known.copy), flags=apsw.SQLITE_OPEN_READONLY)
            live.set_busy_timeout(10_000)
            with live.backup("main", kept, "main") as backup:
                backup.step()
            kept.close()
            live.close()
            self._version = -1
            return self.mark(), previous

    def _written(self) -> bool:
        return self._data_version() != self._version

    def _data_version(self) -> int:
        return int(self._look.execute("PRAGMA data_version").get)


def split(sql: str) -> list[str]:
    """The statements of a text, by SQLite's own idea of where one is complete."""
    found, start = [], 0
    for end in (m.end() for m in re.finditer(";", sql)):
        if sqlite3.complete_statement(sql[start:end]):
            found.append(sql[start:end].strip())
            start = end
    found.append(sql[start:].strip())
    return [text for text in found if _COMMENTS.sub("", text).strip(" \t\r\n;\ufeff")]


def split_badly(sql: str) -> list[str]:
    """The statements of a text as the hosted service splits it, triggers cut."""
    return [piece for text in split(sql) for piece in cuts(text)]


_TOKENS = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\.\s*\w+|\w+|\s+|.", re.DOTALL)


def cuts(sql: str) -> list[str]:
    """The pieces that the hosted service makes of one statement, by what users report: BEGIN is known in
    capitals only (workers-sdk#15314, #10998) and on a line without CR (#14991); from there on, a word END
    that a semicolon or a space follows ends the trigger (emdash#3301): what comes after it is cut off. That
    EXPLAIN before it changes nothing is assumed."""
    trigger = re.match(r"\s*(?:explain\s+)?create\s+(temp\w*\s+)?trigger\b", sql, re.I)
    if trigger is None:
        return [sql]
    words = [m[0] for m in _TOKENS.finditer(sql)]
    if "BEGIN" not in words or "\r" in sql:
        return [part for part in (p.strip() for p in sql.split(";")) if part]
    for place in range(words.index("BEGIN"), len(words)):
        after = words[place + 1] if place + 1 < len(words) else ""
        if words[place].upper() == "END" and (after == ";" or not after or after.isspace()):
            rest = "".join(words[place + 1 :]).strip("; \n\t")
            return [sql] if not rest else ["".join(words[: place + 1]), rest]
    return [part for part in (p.strip() for p in sql.split(";")) if part]
