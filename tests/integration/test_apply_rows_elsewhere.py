"""Files that only the target's own rows make possible: a rehearsal cannot refuse them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from support.clients.wrangler import DATABASE_ID, database_files
from support.process.landed_process import Landed

BASE = """CREATE TABLE users (id INTEGER PRIMARY KEY);
CREATE TABLE prefs (user_id INTEGER NOT NULL UNIQUE REFERENCES users (id), theme TEXT);
"""
NEEDS_A_USER = "INSERT INTO prefs VALUES (7, 'dark');\nALTER TABLE prefs ADD COLUMN font TEXT;\n"


@pytest.fixture
def project(tmp_path: Path) -> Landed:
    folder = tmp_path / "project"
    (folder / "migrations").mkdir(parents=True)
    (folder / "wrangler.jsonc").write_text(
        f'{{"d1_databases": [{{"binding": "DB", "database_id": "{DATABASE_ID}"}}]}}'
    )
    (folder / "migrations" / "0001_base.sql").write_text(BASE)
    run = Landed(folder, tmp_path / "cache")
    run("apply", "--yes")
    (folder / "migrations" / "0002_prefs.sql").write_text(NEEDS_A_USER)
    return run


def on_target(project: Landed) -> Callable[[str], list[tuple[object, ...]]]:
    (file,) = database_files(project.folder / ".wrangler" / "state")

    def execute(sql: str) -> list[tuple[object, ...]]:
        connection = apsw.Connection(str(file))
        connection.execute("PRAGMA foreign_keys=on")
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    return execute


def test_a_row_that_refers_to_one_of_the_application_is_applied(project: Landed) -> None:
    sql = on_target(project)
    sql("INSERT INTO users VALUES (7)")
    plan = project("apply", "--dry-run").body["plan"]
    assert any("statement 1: depends on rows" in notice for notice in plan["notices"])
    project("apply", "--yes")
    assert sql("SELECT * FROM prefs") == [(7, "dark", None)]
    assert project("status").standings() == {"0001_base.sql": "ok", "0002_prefs.sql": "ok"}


def test_where_the_row_is_missing_on_the_target_as_well_the_file_is_rolled_back(project: Landed) -> None:
    error = project("apply", "--yes", code=1).error
    assert error["message"] == "0002_prefs.sql failed: FOREIGN KEY constraint failed"
    assert error["where"] == "migrations/0002_prefs.sql:1"
    assert "every reference has its row" in error["next"]
    assert on_target(project)("SELECT name FROM d1_migrations") == [("0001_base.sql",)]
    assert on_target(project)("SELECT name FROM pragma_table_info('prefs') WHERE name = 'font'") == []


def test_a_file_that_no_rows_could_help_is_still_refused_before_anything_runs(project: Landed) -> None:
    file = project.folder / "migrations" / "0002_prefs.sql"
    file.write_text(NEEDS_A_USER + "ALTER TABLE nowhere ADD COLUMN x;\n")
    on_target(project)("INSERT INTO users VALUES (7)")
    error = project("apply", "--yes", code=1).error
    assert error["message"] == "0002_prefs.sql cannot run: no such table: nowhere"
    assert error["where"] == "migrations/0002_prefs.sql:3"
