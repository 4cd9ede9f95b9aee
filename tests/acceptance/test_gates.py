"""Gates can fail: verify --complete, verify with nothing recorded, lock --check without a lock file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from support.process.landed_process import Landed

FILES = {
    "0001_a.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY, x INTEGER);",
    "0002_rows.sql": "CREATE TABLE b (id INTEGER PRIMARY KEY);\nUPDATE a SET x = coalesce(x, 0) + 1;",
    "0003_c.sql": "CREATE TABLE c (id INTEGER PRIMARY KEY);",
}


@pytest.fixture
def run(tmp_path: Path, landed: Callable[..., Landed]) -> Landed:
    folder = tmp_path / "project"
    (folder / "migrations").mkdir(parents=True)
    databases = [{"binding": b, "database_name": b.lower(), "database_id": f"0-{b}"} for b in ("DB", "OTHER")]
    (folder / "wrangler.json").write_text(json.dumps({"name": "x", "d1_databases": databases}))
    for name, sql in FILES.items():
        (folder / "migrations" / name).write_text(sql)
    return landed(folder)


def test_a_gate_says_no_until_every_file_is_recorded(run: Landed) -> None:
    on = ("--target", "d1:local/DB")
    empty = run.plain("verify", *on, code=0).stdout
    assert empty.startswith("nothing to prove: nothing is recorded in d1_migrations\n")
    assert run("verify", *on).body["complete"] is False
    gate = run.plain("verify", "--complete", *on, code=1).stdout
    assert gate.startswith("NOT complete: 3 pending\n")
    assert "  not recorded: 0003_c.sql\n" in gate
    assert gate.endswith("Next: landed --target d1:local/DB apply\n")

    run("apply", "--yes", "--to", "0002", *on)
    assert run("verify", *on).body["not_recorded"] == ["0003_c.sql"]
    body = run("verify", "--complete", *on, code=1).body
    assert (body["proven"], body["failed"], body["complete"]) == (False, [], False)
    assert body["actions"][0]["argv"][-1] == "apply"

    run("apply", "--yes", *on)
    text = run.plain("verify", "--complete", *on, code=0).stdout
    assert text.startswith("proven: the schema holds what 3 recorded migrations claim\n")
    # A gate that passed names what its proof does not rest on.
    assert "  rows that were not looked at: 0002_rows.sql (statement 2)\n" in text
    body = run("verify", "--complete", *on).body
    assert body["complete"] is True
    assert body["not_looked_at"] == [{"migration": "0002_rows.sql", "why": "rows", "statements": [2]}]

    both = (*on, "--target", "d1:local/OTHER")
    assert run("verify", *both).body["proven"] is True
    assert run("verify", "--complete", *both, code=1).body["proven"] is False
    assert (
        "nothing to prove" in run.plain("verify", "--format", "markdown", "--target", "d1:local/OTHER").stdout
    )


def test_a_folder_without_files_is_not_complete(run: Landed) -> None:
    for name in FILES:
        (run.folder / "migrations" / name).unlink()
    run.plain("verify", "--target", "d1:local/DB", code=0)
    text = run.plain("verify", "--complete", "--target", "d1:local/DB", code=1).stdout
    assert text.startswith("NOT complete: no migrations\n")
    assert text.endswith("Next: landed --target d1:local/DB doctor\n")


def test_what_only_its_text_claims_is_named(run: Landed) -> None:
    for name in FILES:
        (run.folder / "migrations" / name).unlink()
    (run.folder / "migrations" / "0001_old.sql").write_text("CREATE INDEX by_x ON legacy (x);")
    on = ("--target", "sqlite:app.db")
    with closing(sqlite3.connect(run.folder / "app.db")) as database:
        database.executescript(
            "CREATE TABLE legacy (x INTEGER); CREATE INDEX by_x ON legacy (x);"
            "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE, applied_at TEXT);"
            "INSERT INTO d1_migrations (name) VALUES ('0001_old.sql');"
        )
    body = run("verify", *on).body
    assert body["not_looked_at"] == [{"migration": "0001_old.sql", "why": "text", "statements": [1]}]
    assert "  judged by their text only, " in run.plain("verify", *on).stdout


def test_a_check_without_a_lock_file_fails_and_names_what_makes_it(run: Landed) -> None:
    on = ("--target", "d1:local/DB")
    missing = run.plain("lock", "--check", *on, code=1).stdout
    assert missing.startswith("landed.lock does not exist: ")
    assert "Next: landed --target d1:local/DB lock   (" in missing
    body = run("lock", "--check", *on, code=1).body
    assert body["existed"] is False
    assert body["actions"][0]["argv"][-1] == "lock"
    # What is named ends it, also where there is nothing to write down yet.
    assert "has no entry yet" in run.plain("lock", *on, code=0).stdout
    run.plain("lock", "--check", *on, code=0)
    run("apply", "--yes", *on)
    (run.folder / "landed.lock").unlink()
    assert "It would get 3 entries." in run.plain("lock", "--check", *on, code=1).stdout
