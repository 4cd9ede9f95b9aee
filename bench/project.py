"""Projects to measure: n trivial migrations of the kind that wrangler users write."""

from __future__ import annotations

import json
from pathlib import Path

DATABASE_ID = "11111111-2222-3333-4444-555555555555"
LOCAL_FILE = (
    Path(".wrangler/state/v3/d1/miniflare-D1DatabaseObject")
    / "f023adf8de81e80d62670e09f086149af129cccda34c51f26517069258c53e8c.sqlite"
)
"""Where wrangler keeps the local database with that id (checked against the real one in the tests)."""


def trivial(number: int) -> tuple[str, str]:
    """Name and SQL of one migration: a table and an index on it."""
    table = f"orders_{number:05d}"
    sql = (
        f"-- Migration number: {number:05d} \t 2026-01-01T00:00:00.000Z\n"
        f"CREATE TABLE {table} (\n"
        "    id INTEGER PRIMARY KEY AUTOINCREMENT,\n"
        "    customer TEXT NOT NULL,\n"
        "    total REAL NOT NULL DEFAULT 0,\n"
        "    created_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP\n"
        ");\n"
        f"CREATE INDEX idx_{table}_customer ON {table} (customer);\n"
    )
    return f"{number:05d}_create_{table}.sql", sql


def write_project(folder: Path, files: int) -> Path:
    """A folder with a wrangler configuration and so many migrations; returns it."""
    migrations = folder / "migrations"
    migrations.mkdir(parents=True)
    config = {
        "name": "bench",
        "compatibility_date": "2026-01-01",
        "d1_databases": [{"binding": "DB", "database_name": "bench", "database_id": DATABASE_ID}],
    }
    (folder / "wrangler.jsonc").write_text(json.dumps(config, indent=2), encoding="utf-8")
    for number in range(1, files + 1):
        name, sql = trivial(number)
        (migrations / name).write_text(sql, encoding="utf-8")
    return folder
