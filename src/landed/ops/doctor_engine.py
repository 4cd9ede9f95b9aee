"""doctor's look at landed itself: versions, what its SQLite can do, the cache, wrangler beside it."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

import apsw

from landed import __version__
from landed.core.check import Check, Level
from landed.core.errors import ConfigError
from landed.engines.cache import cache_dir
from landed.engines.sqlite.shadow.sandbox import open_sandbox
from landed.project.regular_files import read
from landed.project.target_spec import TargetSpec

PROBES: tuple[tuple[str, str], ...] = (
    ("fts5", "CREATE VIRTUAL TABLE probe_fts USING fts5(a)"),
    ("fts5 trigram", "CREATE VIRTUAL TABLE probe_tri USING fts5(a, tokenize = trigram)"),
    ("rtree", "CREATE VIRTUAL TABLE probe_rtree USING rtree(id, a, b)"),
    ("STRICT", "CREATE TABLE probe_strict (a ANY) STRICT"),
    ("WITHOUT ROWID", "CREATE TABLE probe_rowid (a PRIMARY KEY) WITHOUT ROWID"),
    ("generated columns", "CREATE TABLE probe_generated (a, b AS (a + 1) STORED)"),
    ("RETURNING", "INSERT INTO probe_generated (a) VALUES (1) RETURNING b"),
    ("UPSERT", "INSERT INTO probe_rowid VALUES (1) ON CONFLICT DO NOTHING"),
    ("DROP COLUMN", "ALTER TABLE probe_generated DROP COLUMN b"),
    ("window functions", "SELECT row_number() OVER ()"),
    ("math functions", "SELECT sqrt(2)"),
    ("json", "SELECT json_extract('{\"a\":1}', '$.a')"),
    ("json ->>", "SELECT '{\"a\":1}' ->> 'a'"),
    ("jsonb", "SELECT jsonb('{}')"),
    ("ALTER … SET NOT NULL", "ALTER TABLE probe_strict ALTER COLUMN a SET NOT NULL"),
    ("ATTACH", "ATTACH ':memory:' AS probe_other"),
)
"""What is tried, in this order, in a throw-away database: a name and the statement that shows it."""


def examine(start: Path, spec: TargetSpec | None) -> Iterator[Check]:
    """Versions, features under the target's rules, cache folder, installed wrangler."""
    python = f"Python {platform.python_version()}"
    yield Check("landed", "version", "landed", f"{__version__}, {python}, {platform.system()}")
    if spec is not None and spec.mode == "postgres":
        yield _psycopg()
        yield _cache()
        return
    mode = spec.mode if spec is not None else "d1"
    yield Check("landed", "sqlite", "SQLite", f"{apsw.sqlite_lib_version()} (apsw {apsw.apsw_version()})")
    found = features(mode)
    rules = "D1's rules" if mode == "d1" else "plain SQLite"
    yield Check(
        "landed", "features", "can do", ", ".join(n for n, works in found.items() if works),
        f"tried under {rules}",
    )  # fmt: skip
    lacking = [name for name, works in found.items() if not works]
    if lacking:
        yield Check("landed", "lacks", "cannot do", ", ".join(lacking), f"tried under {rules}")
    yield _cache()
    yield from _wrangler(start, spec)


def features(mode: str) -> dict[str, bool]:
    """What SQLite does in this mode, tried out in a throw-away database in memory."""
    connection = open_sandbox(mode).connection
    works = {}
    try:
        for name, statement in PROBES:
            try:
                connection.execute(statement).fetchall()
                works[name] = True
            except apsw.Error:
                works[name] = False
    finally:
        connection.close()
    return works


def _psycopg() -> Check:
    import psycopg
    from psycopg.pq import __impl__, version

    library = version()
    return Check(
        "landed", "psycopg", "psycopg", f"{psycopg.__version__} ({__impl__}), libpq {library // 10000}"
    )


def _cache() -> Check:
    folder = cache_dir()
    variable = next((n for n in ("LANDED_CACHE_DIR", "XDG_CACHE_HOME") if os.environ.get(n)), None)
    origin = f"environment {variable}" if variable else "default"
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        return Check(
            "landed", "cache", "cache folder", str(folder), origin, Level.WARNING,
            "it cannot be written to: every command replays all files anew",
            "set LANDED_CACHE_DIR to a folder that you may write to",
        )  # fmt: skip
    return Check("landed", "cache", "cache folder", str(folder), origin)


def _wrangler(start: Path, spec: TargetSpec | None) -> Iterator[Check]:
    folder = Path(os.path.abspath(start))
    for parent in (folder, *folder.parents):
        package = parent / "node_modules" / "wrangler" / "package.json"
        if package.is_file():
            break
    else:
        return
    try:
        version = str(json.loads(read(package, package.name, anywhere=True))["version"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, ConfigError):
        return
    numbers = tuple(map(int, re.findall(r"[0-9]+", version)[:3]))
    pattern = spec is not None and spec.migrations_pattern is not None
    problem = None
    if numbers < (3, 33):
        problem = "before 3.33, wrangler d1 goes to the REMOTE database unless told --local"
    elif pattern and numbers < (4, 98):
        problem = "it does not know migrations_pattern yet (wrangler 4.98 does)"
    elif numbers < (4, 80):
        problem = "before 4.80 it orders migration files by name, not by number"
    yield Check(
        "landed", "wrangler", "wrangler", f"{version} ({package.parent})", None,
        Level.WARNING if problem else Level.GOOD, problem, "update wrangler" if problem else None,
    )  # fmt: skip
