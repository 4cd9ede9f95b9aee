"""The floor: the same statements in the same transactions with nothing around them but apsw.

``python bare.py MIGRATIONS DATABASE`` reads the files, and per file runs BEGIN IMMEDIATE, its statements,
the ledger row and COMMIT. SQLite itself splits the file: what is executed is what landed executes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import apsw


def main(migrations: Path, database: Path) -> None:
    database.parent.mkdir(parents=True, exist_ok=True)
    connection = apsw.Connection(str(database))
    execute = connection.execute
    execute("PRAGMA journal_mode=wal").fetchall()
    execute(
        'CREATE TABLE IF NOT EXISTS "d1_migrations"('
        "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, "
        "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)"
    )
    for file in sorted(migrations.iterdir()):
        execute("BEGIN IMMEDIATE")
        execute(file.read_text(encoding="utf-8")).fetchall()
        execute('INSERT INTO "d1_migrations" (name) VALUES (?)', (file.name,))
        execute("COMMIT")
    connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
