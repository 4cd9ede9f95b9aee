"""The content-addressed cache of replay results: no file is replayed twice after the same history.

A step's key is the hash of everything that its effects depend on: engine, mode, landed's own
catalog code, the ledger table's name, and every file so far. The cache is a convenience: if it
cannot be read or written, landed replays, and says nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed import __version__
from landed.core.facts import Change, FactKey
from landed.core.migration import Migration
from landed.core.timeline import DataCheck, Failure, StatementTrace, Step, net_effects

if TYPE_CHECKING:
    import apsw

FORMAT = 1
"""Raised whenever the meaning of a cached step changes."""

MAX_BYTES = 256 * 1024 * 1024
IMAGES_KEPT = 12


def cache_dir() -> Path:
    """Where results are kept: ``LANDED_CACHE_DIR``, else ``XDG_CACHE_HOME``/landed, else ~/.cache/landed."""
    own = os.environ.get("LANDED_CACHE_DIR")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path(os.path.expanduser("~")) / ".cache") / "landed"


def chain(
    mode: str, ledger_table: str | None, migrations: Sequence[Migration], base: str = ""
) -> list[bytes]:
    """The cache key of each migration of a history, in replay order."""
    from apsw import SQLITE_VERSION_NUMBER

    seed = f"landed/{__version__}/{FORMAT}/{SQLITE_VERSION_NUMBER}/{mode}/{ledger_table}/{base}"
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
            db.execute(
                "DROP TABLE IF EXISTS steps; DROP TABLE IF EXISTS images;"
                "CREATE TABLE steps (key BLOB PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;"
                "CREATE TABLE images (id INTEGER PRIMARY KEY, key BLOB UNIQUE, body BLOB NOT NULL);"
                f"PRAGMA user_version={FORMAT}"
            ).fetchall()
        db.execute("PRAGMA synchronous=off")
        self._db = db

    def steps(self, keys: Sequence[bytes]) -> list[Step]:
        """The longest cached beginning of a history."""
        if self._db is None:
            return []
        found: list[Step] = []
        try:
            cursor = self._db.cursor()
            for key in keys:
                row = cursor.execute("SELECT body FROM steps WHERE key = ?", (key,)).fetchone()
                if row is None:
                    break
                found.append(load_step(row[0]))
        except Exception:
            return []
        return found

    def image(self, key: bytes) -> bytes | None:
        """The shadow as it stood after the step with this key."""
        if self._db is None:
            return None
        try:
            row = self._db.execute("SELECT body FROM images WHERE key = ?", (key,)).fetchone()
            return zlib.decompress(row[0]) if row else None
        except Exception:
            return None

    def store(self, keys: Sequence[bytes], steps: Sequence[Step], image: bytes | None) -> None:
        """Keep new steps and the last shadow image; the oldest images go."""
        if self._db is None:
            return
        try:
            with self._db:
                self._db.executemany(
                    "INSERT OR REPLACE INTO steps VALUES (?, ?)",
                    [(k, dump_step(s)) for k, s in zip(keys, steps, strict=True)],
                )
                if image is not None and keys:
                    self._db.execute(
                        "INSERT OR REPLACE INTO images (key, body) VALUES (?, ?)",
                        (keys[-1], zlib.compress(image, 1)),
                    )
                    self._db.execute(
                        "DELETE FROM images WHERE id <= (SELECT max(id) FROM images) - ?", (IMAGES_KEPT,)
                    )
                self._trim()
        except Exception:
            return

    def _trim(self) -> None:
        assert self._db is not None
        size = self._db.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").get
        if int(size) > MAX_BYTES:
            self._db.execute("DELETE FROM steps; DELETE FROM images").fetchall()

    def close(self) -> None:
        """Close the cache's file."""
        if self._db is not None:
            self._db.close()
            self._db = None


def dump_step(step: Step) -> str:
    """One step as compact JSON."""
    return json.dumps(
        [
            step.name,
            step.digest,
            [
                [
                    t.number,
                    t.line,
                    int(t.writes),
                    int(t.weak),
                    [[*c.key, c.before, c.after] for c in t.effects],
                ]
                for t in step.traces
            ],
            [[f.statement, f.line, f.message] for f in step.failures],
            [[c.statement, c.line, c.sql, c.text, int(c.derived)] for c in step.checks],
            step.dropped,
            step.deleted,
            int(step.guarded),
        ],
        separators=(",", ":"),
    )


def load_step(body: str) -> Step:
    """The step that :func:`dump_step` wrote."""
    name, digest, traces, failures, checks, dropped, deleted, guarded = json.loads(body)
    parsed = tuple(_load_trace(t) for t in traces)
    return Step(
        name=name,
        digest=digest,
        traces=parsed,
        failures=tuple(Failure(*f) for f in failures),
        checks=tuple(DataCheck(s, line, sql, text, bool(d)) for s, line, sql, text, d in checks),
        dropped=tuple(dropped),
        deleted=tuple(deleted),
        guarded=bool(guarded),
        net=net_effects(parsed),
    )


def _load_trace(body: list[Any]) -> StatementTrace:
    number, line, writes, weak, effects = body
    make = FactKey._make
    return StatementTrace(
        number,
        line,
        tuple(Change(make(e[:4]), e[4], e[5]) for e in effects),
        bool(writes),
        bool(weak),
    )
