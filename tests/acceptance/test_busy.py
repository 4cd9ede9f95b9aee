"""Other processes on the same file: one that holds the lock, a running Miniflare, content only in the WAL."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from support.clients.wrangler import MiniflareD1, Wrangler, database_files
from support.process.landed_process import Landed

USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);\n"
POSTS = "CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id));\n"
TAGS = "CREATE TABLE tags (id INTEGER PRIMARY KEY);\n"
FILES = {"0001_users.sql": USERS, "0002_posts.sql": POSTS}

HOLDER = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print("holding", flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(file: Path, *statements: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has run the statements on the file and keeps its connection until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file), *statements],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        yield process
    finally:
        process.communicate()


@pytest.fixture
def project(wrangler_project: Callable[..., Wrangler]) -> Wrangler:
    return wrangler_project({"0001_users.sql": USERS})


def database(project: Wrangler) -> Path:
    (file,) = project.database_files
    return file


def look(file: Path) -> tuple[list[str], list[str]]:
    """Tables and ledger, read by SQLite itself."""
    connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
    tables = [
        n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
    ]
    ledger = [n for (n,) in connection.execute("SELECT name FROM d1_migrations ORDER BY id")]
    connection.close()
    return [t for t in tables if t in ("users", "posts", "tags")], ledger


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_held_write_lock_is_waited_for_and_then_named(
    begin: str, project: Wrangler, landed: Callable[..., Landed]
) -> None:
    run = landed(project.project_dir)
    run("apply", "--yes")
    file = database(project)
    before = look(file)
    (project.project_dir / "migrations" / "0002_posts.sql").write_text(POSTS)
    with holder(file, begin, "CREATE TABLE half_done (x)") as process:
        # In WAL mode readers are not disturbed; what is not committed is not seen.
        status = run("status")
        assert status.standings() == {"0001_users.sql": "ok", "0002_posts.sql": "pending"}
        assert status.body["unexplained"] == []

        started = time.monotonic()
        refused = run("apply", "--yes", code=3)
        waited = time.monotonic() - started
        assert refused.error["kind"] == "Busy"
        assert "python" in refused.error["message"]
        assert f"(pid {process.pid})" in refused.error["message"]
        assert any("nothing was changed" in line for line in refused.error["details"])
        assert refused.error["next"], "no way out is named"
        # Long enough for a short transaction of somebody else.
        assert waited > 2
        assert look(file) == before
    assert run("status").standings() == {"0001_users.sql": "ok", "0002_posts.sql": "pending"}
    run("apply", "--yes")
    assert look(file) == (["posts", "users"], list(FILES))


def test_a_lock_that_is_let_go_in_time_is_waited_out(
    project: Wrangler, landed: Callable[..., Landed]
) -> None:
    run = landed(project.project_dir)
    run("apply", "--yes")
    file = database(project)
    (project.project_dir / "migrations" / "0002_posts.sql").write_text(POSTS)
    with holder(file, "BEGIN IMMEDIATE", "INSERT INTO users (id) VALUES (7)"):
        waiting = run.popen("apply", "--yes", "--json")
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1.5)
    stdout, stderr = waiting.communicate()
    assert waiting.returncode == 0, stdout + stderr
    assert look(file) == (["posts", "users"], list(FILES))


def test_a_database_in_rollback_mode_says_who_blocks_reading(
    tmp_path: Path, landed: Callable[..., Landed]
) -> None:
    """Without a WAL an exclusive lock keeps readers out, too: not knowing is said, never guessed."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_users.sql").write_text(USERS)
    file = tmp_path / "app.db"
    connection = apsw.Connection(str(file))
    connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT)").fetchall()
    connection.close()
    run = landed(tmp_path)
    target = ("--target", f"sqlite:{file}", "--migrations", "migrations")
    with holder(file, "BEGIN EXCLUSIVE") as process:
        for command in (("status",), ("verify",), ("apply", "--yes")):
            refused = run(*command, *target, code=3)
            assert refused.error["kind"] == "Busy"
            assert f"(pid {process.pid})" in refused.error["message"]
    assert run("status", *target).standings() == {"0001_users.sql": "unrecorded"}


def test_what_is_only_in_the_wal_is_seen(project: Wrangler, landed: Callable[..., Landed]) -> None:
    run = landed(project.project_dir)
    run("apply", "--yes")
    file = database(project)
    folder = project.project_dir / "migrations"
    for name, text in (("0002_posts.sql", POSTS), ("0003_tags.sql", TAGS)):
        (folder / name).write_text(text)
    size = file.stat().st_size
    record = "INSERT INTO d1_migrations (name) VALUES ('{}')"
    statements = [POSTS, record.format("0002_posts.sql"), record.format("0003_tags.sql")]
    with holder(file, "PRAGMA wal_autocheckpoint=0", *statements):
        assert file.stat().st_size == size, "the holder has written to the main file: this proves nothing"
        assert file.with_name(file.name + "-wal").stat().st_size > 0
        assert run("status").standings() == {
            "0001_users.sql": "ok",
            "0002_posts.sql": "ok",
            "0003_tags.sql": "phantom",
        }
        assert run("verify", code=1).body["failed"] == ["0003_tags.sql"]
        run("repair", "0003_tags.sql", "--yes")
        run("apply", "--yes")
        assert run("verify").body["proven"] is True
    assert look(file) == (["posts", "tags", "users"], [*FILES, "0003_tags.sql"])


@pytest.mark.wrangler
def test_a_running_miniflare_and_landed_do_not_disturb_each_other(
    project: Wrangler, miniflare_d1: Callable[..., MiniflareD1], landed: Callable[..., Landed]
) -> None:
    run = landed(project.project_dir)
    worker = miniflare_d1(project.state_dir)
    # D1 opens its file at the first query; wrangler dev is a process that has it open from then on.
    assert worker.batch(["SELECT 1 AS x"]) == [[{"x": 1}]]
    assert set(run("status").standings().values()) == {"pending"}

    run("apply", "--yes")
    assert database_files(project.state_dir) == [worker.file]
    assert worker.batch(["INSERT INTO users (email) VALUES ('a') RETURNING id"]) == [[{"id": 1}]]
    assert worker.batch(["SELECT name FROM d1_migrations"]) == [[{"name": "0001_users.sql"}]]

    (project.project_dir / "migrations" / "0002_posts.sql").write_text(POSTS)
    assert run("status").standings() == {"0001_users.sql": "ok", "0002_posts.sql": "pending"}
    run("apply", "--yes")
    worker.batch(["INSERT INTO posts (author) VALUES (1)"])
    assert run("verify", "--strict").body["proven"] is True

    # What the worker does is seen at once, though it is in the WAL of an open database.
    worker.batch(["DROP TABLE posts"])
    assert run("status").standings()["0002_posts.sql"] == "phantom"
    run("repair", "0002_posts.sql", "--yes")
    run("apply", "--yes")
    assert worker.batch(["SELECT count(*) AS n FROM posts"]) == [[{"n": 0}]]
    assert worker.batch(["SELECT email FROM users"]) == [[{"email": "a"}]]
    assert worker.batch(["PRAGMA quick_check"]) == [[{"quick_check": "ok"}]]
