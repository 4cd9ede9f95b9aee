"""A recorded migration whose statements cannot make good what is there: a new file can, and apply lets it."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from support.clients.wrangler import DATABASE_ID, database_files
from support.process.landed_process import Landed

USERS, AUDIT, HEAL = "0001_users.sql", "0002_audit.sql", "0003_heal.sql"
SHAPE = "(id INTEGER PRIMARY KEY, actor TEXT NOT NULL)"
REBUILD = f"DROP TABLE IF EXISTS audit;\nCREATE TABLE audit {SHAPE};\n"


@pytest.fixture
def partial(tmp_path: Path) -> Landed:
    """IF NOT EXISTS over a table of another shape, recorded as applied (as wrangler records it)."""
    folder = tmp_path / "project"
    (folder / "migrations").mkdir(parents=True)
    (folder / "wrangler.jsonc").write_text(
        f'{{"d1_databases": [{{"binding": "DB", "database_id": "{DATABASE_ID}"}}]}}'
    )
    (folder / "migrations" / USERS).write_text("CREATE TABLE users (id INTEGER PRIMARY KEY);")
    run = Landed(folder, tmp_path / "cache")
    run("apply", "--yes")
    (folder / "migrations" / AUDIT).write_text(f"CREATE TABLE IF NOT EXISTS audit {SHAPE};")
    sql(run, "CREATE TABLE audit (id INTEGER PRIMARY KEY, who TEXT)")
    sql(run, f"INSERT INTO d1_migrations (name) VALUES ('{AUDIT}')")
    assert run("status").standings() == {USERS: "ok", AUDIT: "partial"}
    return run


def sql(run: Landed, statement: str) -> list[tuple[object, ...]]:
    (file,) = database_files(run.folder / ".wrangler" / "state")
    connection = apsw.Connection(str(file))
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_a_new_file_that_makes_it_good_is_applied_and_proven(partial: Landed) -> None:
    (partial.folder / "migrations" / HEAL).write_text(REBUILD)
    plan = partial("apply", "--dry-run").body
    assert f"{AUDIT} is partial; the pending files set it right" in plan["plan"]["notices"]
    assert "+ column audit.actor" in plan["files"][0]["changes"]

    # What was made by hand is not taken away without a word, even so.
    asked = partial("apply", "--yes", code=4)
    assert "would remove column audit.who, which no migration made" in asked.error["message"]
    assert partial("status").standings()[AUDIT] == "partial"

    partial("apply", "--yes", "--allow", "drop-column:audit.who")
    assert set(partial("status").standings().values()) <= {"ok", "unprovable"}
    assert partial("status").standings()[AUDIT] == "ok"
    assert partial("status").body["unexplained"] == []
    assert partial("verify").body["proven"] is True
    assert [n for _, n, *_ in sql(partial, "PRAGMA table_info(audit)")] == ["id", "actor"]


def test_rows_of_the_hand_made_table_are_guarded(partial: Landed) -> None:
    sql(partial, "INSERT INTO audit VALUES (1, 'me'), (2, 'you')")
    (partial.folder / "migrations" / HEAL).write_text(REBUILD)
    error = partial("apply", "--yes", "--allow", "drop-column:audit.who", code=1).error
    assert error["message"] == f"{HEAL} would lose 2 rows of the table audit."
    assert sql(partial, "SELECT who FROM audit") == [("me",), ("you",)]


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE other (id INTEGER PRIMARY KEY);",
        "ALTER TABLE audit RENAME COLUMN who TO actor;",
    ],
    ids=["does something else", "cannot be replayed after the file"],
)
def test_a_file_that_does_not_make_it_good_has_to_wait(text: str, partial: Landed) -> None:
    (partial.folder / "migrations" / HEAL).write_text(text)
    before = sql(partial, "SELECT * FROM sqlite_master")
    error = partial("apply", "--yes", code=1).error
    assert error["message"].startswith(f"{AUDIT} is partial")
    assert sql(partial, "SELECT * FROM sqlite_master") == before
