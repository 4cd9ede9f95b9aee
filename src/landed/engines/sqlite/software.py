"""doctor's look at what works under SQLite's rules: the library, what it can do, wrangler beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import apsw

from landed.core.check import Check, Level
from landed.engines.sqlite.shadow.sandbox import open_sandbox
from landed.project.npm import installed

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


def examine(mode: str) -> Iterator[Check]:
    """The library, and its features under the rules of this mode."""
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


def wrangler(start: Path, *, pattern: bool) -> Iterator[Check]:
    """The wrangler that npm installed for the project, where its version matters; ``pattern`` says that the
    project chooses its migrations by a pattern."""
    found = installed(start, "wrangler")
    if found is None:
        return
    numbers = tuple(map(int, re.findall(r"[0-9]+", found.version)[:3]))
    problem = None
    if numbers < (3, 33):
        problem = "before 3.33, wrangler d1 goes to the REMOTE database unless told --local"
    elif pattern and numbers < (4, 98):
        problem = "it does not know migrations_pattern yet (wrangler 4.98 does)"
    elif numbers < (4, 80):
        problem = "before 4.80 it orders migration files by name, not by number"
    yield Check(
        "landed", "wrangler", "wrangler", f"{found.version} ({found.folder})", None,
        Level.WARNING if problem else Level.GOOD, problem, "update wrangler" if problem else None,
    )  # fmt: skip
