"""The content-addressed cache of replay results: no file is replayed twice after the same history.

A step's key is the hash of everything that its effects depend on: engine, mode, landed's own
catalog code, the ledger table's name, and every file so far. The cache is a convenience: if it
cannot be read or written, landed replays, and says nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import compress, crc32, decompress

from landed import __version__
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.stored import dump_step, load_step

if TYPE_CHECKING:
    import apsw

FORMAT = 27
"""Raised whenever the meaning of what is cached changes."""

MAX_BYTES = 256 * 1024 * 1024
IMAGES_KEPT = 12
RULINGS_KEPT = 48

_SCHEMA = f"""
DROP TABLE IF EXISTS steps;
DROP TABLE IF EXISTS images;
DROP TABLE IF EXISTS rulings;
CREATE TABLE steps (id INTEGER PRIMARY KEY, key BLOB UNIQUE, head TEXT NOT NULL, body TEXT NOT NULL,
  crc INTEGER NOT NULL);
CREATE TABLE images (id INTEGER PRIMARY KEY, key BLOB UNIQUE, body BLOB NOT NULL);
CREATE TABLE rulings (id INTEGER PRIMARY KEY, key BLOB UNIQUE, body TEXT NOT NULL, crc INTEGER NOT NULL);
PRAGMA user_version={FORMAT}"""


def cache_dir() -> Path:
    """Where results are kept: ``LANDED_CACHE_DIR``, else ``XDG_CACHE_HOME``/landed, else ~/.cache/landed."""
    own = os.environ.get("LANDED_CACHE_DIR")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path(os.path.expanduser("~")) / ".cache") / "landed"


def chain(mode: str, ledger_table: str | None, migrations: Sequence[Migration]) -> list[bytes]:
    """The cache key of each migration of a history, in replay order."""
    from apsw import SQLITE_VERSION_NUMBER

    seed = f"landed/{__version__}/{FORMAT}/{SQLITE_VERSION_NUMBER}/{mode}/{ledger_table}"
    h = hashlib.sha256(seed.encode()).digest()
    keys = []
    for migration in migrations:
        h = hashlib.sha256(h + migration.name.encode() + b"\0" + migration.content_hash.encode()).digest()
        keys.append(h)
    return keys


class Cache:
    """Steps and shadow images by key. Every method degrades to "not cached" on any failure."""

    def __init__(self, directory: Path | None = None) -> None:
        self._db: apsw.Connection | None = None
        if os.environ.get("LANDED_NO_CACHE"):
            return
        try:
            self._open(directory or cache_dir())
        except Exception:  # the cache must never be the reason that landed fails
            self._db = None

    def _open(self, directory: Path) -> None:
        import apsw

        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        db = apsw.Connection(str(directory / "replay.db"))
        db.set_busy_timeout(2000)
        if db.execute("PRAGMA user_version").get != FORMAT:
            db.execute("PRAGMA journal_mode=wal").fetchall()
            db.execute("BEGIN IMMEDIATE")  # two runners may find the cache empty at once
            if db.execute("PRAGMA user_version").get != FORMAT:
                db.execute(_SCHEMA).fetchall()
            db.execute("COMMIT")
        db.execute("PRAGMA synchronous=off")
        self._db = db

    def steps(self, keys: Sequence[bytes]) -> list[Step]:
        """The longest cached beginning of a history."""
        if self._db is None:
            return []
        found: list[Step] = []
        try:
            rows = self._db.executemany(
                "SELECT key, head, body, crc FROM steps WHERE key = ?", [(key,) for key in keys]
            )
            for key, (stored, head, body, crc) in zip(keys, rows, strict=False):
                # The body is decoded later, where a failure could no longer be passed over.
                if stored != key or crc32(body.encode()) != crc:
                    break
                found.append(load_step(head, body))
        except Exception:
            return []
        return found

    def image(self, key: bytes) -> bytes | None:
        """The shadow as it stood after the step with this key."""
        if self._db is None:
            return None
        try:
            row = self._db.execute("SELECT body FROM images WHERE key = ?", (key,)).fetchone()
            return decompress(row[0]) if row else None
        except Exception:
            return None

    def store(self, keys: Sequence[bytes], steps: Sequence[Step], image: bytes | None) -> None:
        """Keep new steps and the last shadow image; the oldest images go."""
        if self._db is None:
            return
        try:
            stored = [(key, *dump_step(step)) for key, step in zip(keys, steps, strict=True)]
            with self._db:
                self._db.executemany(
                    "INSERT OR REPLACE INTO steps (key, head, body, crc) VALUES (?, ?, ?, ?)",
                    [(key, head, body, crc32(body.encode())) for key, head, body in stored],
                )
                if image is not None and keys:
                    self._db.execute(
                        "INSERT OR REPLACE INTO images (key, body) VALUES (?, ?)",
                        (keys[-1], compress(image, 1)),
                    )
                    self._db.execute(
                        "DELETE FROM images WHERE id <= (SELECT max(id) FROM images) - ?", (IMAGES_KEPT,)
                    )
                self._trim()
        except Exception:
            return

    def ruling(self, key: bytes) -> str | None:
        """A kept ruling, as it was given to :meth:`keep_ruling`."""
        if self._db is None:
            return None
        try:
            row = self._db.execute("SELECT body, crc FROM rulings WHERE key = ?", (key,)).fetchone()
            return row[0] if row and crc32(row[0].encode()) == row[1] else None
        except Exception:
            return None

    def keep_ruling(self, key: bytes, body: str) -> None:
        """Keep one ruling; the oldest ones go."""
        if self._db is None:
            return
        try:
            with self._db:
                self._db.execute(
                    "INSERT OR REPLACE INTO rulings (key, body, crc) VALUES (?, ?, ?)",
                    (key, body, crc32(body.encode())),
                )
                self._db.execute(
                    "DELETE FROM rulings WHERE id <= (SELECT max(id) FROM rulings) - ?", (RULINGS_KEPT,)
                )
        except Exception:
            return

    def _trim(self) -> None:
        assert self._db is not None
        size = self._db.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").get
        if int(size) > MAX_BYTES:
            self._db.execute("DELETE FROM steps; DELETE FROM images; DELETE FROM rulings").fetchall()

    def close(self) -> None:
        """Close the cache's file."""
        if self._db is not None:
            self._db.close()
            self._db = None
