"""landed exec as a user runs it: what needs consent, what is refused, what is left behind."""

import json
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from support.process.landed_process import Landed

SCHEMA = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\nCREATE TABLE posts (u REFERENCES users(id));\n"
)


@pytest.fixture
def project(tmp_path: Path, landed: Callable[..., Landed]) -> Landed:
    folder = tmp_path / "project"
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations" / "0001_users.sql").write_text(SCHEMA)
    config = {"d1_databases": [{"binding": "DB", "database_name": "shop", "database_id": "1"}]}
    (folder / "wrangler.json").write_text(json.dumps(config))
    return landed(folder)


@pytest.fixture
def applied(project: Landed) -> Landed:
    project("apply", "--yes")
    return project


def _files(project: Landed) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(project.folder.rglob("*")) if p.is_file()}


def test_a_database_that_does_not_exist_is_not_created(project: Landed) -> None:
    before = _files(project)
    for sql in ("SELECT 1", "CREATE TABLE t (a)"):
        error = project("exec", sql, "--yes", code=3).error
        assert "does not exist" in error["message"] and error["next"] == "landed doctor"
    assert _files(project) == before and not (project.folder / ".wrangler").exists()


def test_reading_asks_nobody_and_leaves_no_trace(applied: Landed) -> None:
    before = _files(applied)
    answer = applied("exec", "SELECT name FROM sqlite_master WHERE name = ?", "--param", "users")
    assert answer.body["results"][0]["rows"] == [["users"]] and answer.body["writes"] is False
    assert answer.body["target"]["locality"] == "LOCAL"
    assert _files(applied) == before


def test_the_headline_names_the_target_on_stderr(applied: Landed) -> None:
    answer = applied.plain("exec", "SELECT 1 AS one")
    assert answer.stdout.split() == ["one", "---", "1"]
    assert answer.stderr.startswith("D1 DB (LOCAL)") and answer.stderr.endswith("1 row\n")
    failed = applied.plain("exec", "SELECT nix", code=1)
    assert failed.stderr.startswith("D1 DB (LOCAL)") and failed.stdout == ""
    asked = applied.plain("exec", "DELETE FROM users", code=4)
    assert asked.stderr.startswith("D1 DB (LOCAL)") and "writes" in asked.stderr


def test_writing_needs_consent_and_the_command_given_works(applied: Landed) -> None:
    sql = "INSERT INTO users (name) VALUES ('it''s; $HOME')"
    before = _files(applied)
    error = applied("exec", sql, code=4).error
    assert _files(applied) == before
    body = applied.follow(error["next"], code=0).body
    assert body["results"][0]["changes"] == 1
    assert applied("exec", "SELECT name FROM users").body["results"][0]["rows"] == [["it's; $HOME"]]


def test_all_or_nothing(applied: Landed) -> None:
    error = applied(
        "exec", "INSERT INTO users (id) VALUES (1);\nINSERT INTO nix VALUES (1)", "--yes", code=1
    ).error
    assert "statement 2 of 2 (line 2)" in error["message"] and "no such table: nix" in error["message"]
    assert "Nothing was changed." in error["details"]
    assert applied("exec", "SELECT count(*) FROM users").body["results"][0]["rows"] == [[0]]


def test_a_file_and_the_place_of_its_error(applied: Landed) -> None:
    (applied.folder / "fix.sql").write_text(
        "-- a fix\nINSERT INTO users VALUES (1, 'a');\n\nUPDATE users SET nix = 1;\n"
    )
    error = applied("exec", "--file", "fix.sql", "--yes", code=1).error
    assert error["where"] == "fix.sql:4" and "no such column: nix" in error["message"]


def test_d1s_rules_hold(applied: Landed) -> None:
    for sql, word in (
        ("BEGIN; SELECT 1", "BEGIN"),
        ("PRAGMA user_version", "user_version"),
        ("VACUUM", "VACUUM"),
    ):
        assert word in applied("exec", sql, "--yes", code=1).error["message"]
    error = applied("exec", "INSERT INTO posts VALUES (99)", "--yes", code=1).error
    assert "FOREIGN KEY" in error["message"]
    error = applied(
        "exec", "PRAGMA defer_foreign_keys = on; INSERT INTO posts VALUES (99)", "--yes", code=1
    ).error
    assert "cannot be committed" in error["message"]
    assert applied("exec", "SELECT count(*) FROM posts").body["results"][0]["rows"] == [[0]]


def test_the_ledger_and_the_schema_are_warned_about(applied: Landed) -> None:
    body = applied("exec", "DELETE FROM d1_migrations; DROP TABLE posts", "--yes").body
    assert "ledger d1_migrations" in body["warnings"][0] and "schema" in body["warnings"][1]
    assert applied("exec", "UPDATE users SET name = 'x'", "--yes").body["warnings"] == []


def test_a_plain_file_keeps_its_transaction(tmp_path: Path, landed: Callable[..., Landed]) -> None:
    path = tmp_path / "app.db"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    runner = landed(tmp_path)
    target = ("--target", "app.db")
    runner("exec", "INSERT INTO t VALUES (1); COMMIT; SELECT nix", "--yes", *target, code=1)
    assert runner("exec", "SELECT count(*) FROM t", *target).body["results"][0]["rows"] == [[0]]
    assert runner("exec", "PRAGMA user_version = 7", "--yes", *target).body["writes"] is True
    assert runner("exec", "PRAGMA user_version", *target).body["results"][0]["rows"] == [[7]]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "no SQL"),
        (("SELECT 1", "--command", "SELECT 1"), "once"),
        (("/* nothing */",), "no statement"),
        (("SELECT ?",), "parameters"),
        (("SELECT 1", "--param", "1"), "parameters"),
        (("SELECT 1; SELECT ?", "--param", "1"), "single statement"),
        (("--file", "nix.sql"), "nix.sql cannot be read"),
    ],
)
def test_wrong_use(applied: Landed, arguments: tuple[str, ...], word: str) -> None:
    assert word in applied("exec", *arguments, code=2).error["message"]


def test_a_held_database_names_its_holder_and_changes_nothing(applied: Landed) -> None:
    (file,) = (applied.folder / ".wrangler").rglob("*.sqlite")
    holder = apsw.Connection(str(file))
    holder.execute("BEGIN IMMEDIATE")
    error = applied("exec", "INSERT INTO users (id) VALUES (1)", "--yes", code=3).error
    assert error["kind"] == "Busy" and "locked by" in error["message"]
    assert applied("exec", "SELECT count(*) FROM users").body["results"][0]["rows"] == [[0]]
    holder.close()
