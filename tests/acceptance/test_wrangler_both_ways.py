"""What landed applied, the real wrangler calls applied and goes on from; and the other way round."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.clients.wrangler import Wrangler
from support.process.landed_process import Landed

pytestmark = pytest.mark.wrangler

USERS = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);\n"
POSTS = """CREATE TABLE posts (
  id INTEGER PRIMARY KEY,
  author INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX posts_author ON posts (author);
"""
NO_SEMICOLON = "ALTER TABLE posts ADD COLUMN title TEXT NOT NULL DEFAULT 'it''s; -- fine'"
TRIGGER = """create trigger users_gone after delete on users begin
  delete from posts where author = old.id and case when title = 'x' then 0 else 1 end;
end;
"""


def config(project: Wrangler, **top: Any) -> None:
    """Rewrite the project's wrangler.jsonc."""
    body = {"name": "landed-test", "compatibility_date": "2026-01-01", **top}
    (project.project_dir / "wrangler.jsonc").write_text(json.dumps(body, indent=2))


def add(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def all_ok(landed: Landed, *options: str) -> list[str]:
    """The names of all migrations; all of them are ok, verify agrees, nothing is unexplained."""
    answer = landed("status", *options)
    assert set(answer.standings().values()) == {"ok"}, answer.stdout
    assert answer.body["unexplained"] == []
    verdict = landed("verify", "--strict", *options)
    assert verdict.body["proven"] is True
    return list(answer.standings())


def test_landed_creates_the_database_and_wrangler_goes_on(
    wrangler_project: Callable[..., Wrangler], landed: Callable[..., Landed]
) -> None:
    files = {"0001_users.sql": USERS, "0002_posts.sql": POSTS, "0003_title.sql": NO_SEMICOLON}
    project = wrangler_project(files)
    run = landed(project.project_dir)

    before = run("status")
    assert before.body["target"]["present"] is False
    assert set(before.standings().values()) == {"pending"}
    assert not project.state_dir.exists(), "status made something"

    applied = run("apply", "--yes")
    assert [f["outcome"] for f in applied.body["files"]] == ["applied"] * 3
    assert all_ok(run) == list(files)
    assert project.list_unapplied() == []

    add(project.project_dir / "migrations", "0004_trigger.sql", TRIGGER)
    assert run("status").standings()["0004_trigger.sql"] == "pending"
    done = project.apply().check()
    assert "0004_trigger.sql" in done.stdout
    assert "0001_users.sql" not in done.stdout, "wrangler ran what landed had applied"
    assert all_ok(run) == [*files, "0004_trigger.sql"]
    assert run("apply", "--yes").body["files"] == []

    # The tables that landed made are wrangler's tables: D1 enforces what they declare.
    rows = project.execute(
        "INSERT INTO users VALUES (1, 'a'); INSERT INTO posts (id, author) VALUES (5, 1);"
        "DELETE FROM users; SELECT (SELECT count(*) FROM posts) AS posts, group_concat(name) AS names "
        "FROM (SELECT name FROM d1_migrations ORDER BY id)"
    )
    assert rows == [{"posts": 0, "names": ",".join([*files, "0004_trigger.sql"])}]


def test_a_file_without_a_final_semicolon_stops_wrangler_and_not_landed(
    wrangler_project: Callable[..., Wrangler], landed: Callable[..., Landed]
) -> None:
    project = wrangler_project(
        {
            "0001_users.sql": USERS,
            "0002_posts.sql": POSTS,
            "0003_title.sql": NO_SEMICOLON,
            "0004_trigger.sql": TRIGGER,
        }
    )
    failed = project.apply()
    assert not failed.ok
    assert "syntax error" in failed.stdout + failed.stderr

    run = landed(project.project_dir)
    assert run("status").standings() == {
        "0001_users.sql": "ok",
        "0002_posts.sql": "ok",
        "0003_title.sql": "pending",
        "0004_trigger.sql": "pending",
    }
    assert run("verify").body["proven"] is True
    run("apply", "--yes", "--to", "0003_title.sql")
    assert project.list_unapplied() == ["0004_trigger.sql"]
    run("apply", "--yes")
    assert len(all_ok(run)) == 4


def test_environment_preview_id_own_table_own_folder_and_subfolders(
    wrangler_project: Callable[..., Wrangler], landed: Callable[..., Landed]
) -> None:
    project = wrangler_project({"0001_other.sql": "CREATE TABLE other (id INTEGER PRIMARY KEY);"})
    database = {"binding": "DB", "database_name": "test-db", "database_id": "top-level"}
    staging = {
        "binding": "DB",
        "database_name": "staging-db",
        "database_id": "staging-id",
        "preview_database_id": "staging-preview-id",
        "migrations_table": "my migrations",
        "migrations_dir": "db/sql",
        "migrations_pattern": "db/sql/**/*.sql",
    }
    config(project, d1_databases=[database], env={"staging": {"d1_databases": [staging]}})
    folder = project.project_dir / "db" / "sql"
    add(folder, "2_core/10_posts.sql", POSTS)
    add(folder, "2_core/9_users.sql", USERS)
    add(folder, "10_late/1_title.sql", NO_SEMICOLON + ";\n")
    names = ["2_core/9_users.sql", "2_core/10_posts.sql", "10_late/1_title.sql"]

    run = landed(project.project_dir)
    assert list(run("--env", "staging", "status").standings()) == names
    assert project.list_unapplied("DB", "--env", "staging") == names, "wrangler sees another order"

    run("apply", "--yes", "--env", "staging", "--to", "2_core/10_posts.sql")
    project.apply("DB", "--env", "staging").check()
    assert all_ok(run, "--env", "staging") == names
    add(folder, "10_late/2_trigger.sql", TRIGGER)
    run("apply", "--yes", "--env", "staging")
    assert project.list_unapplied("DB", "--env", "staging") == []
    assert all_ok(run, "--env", "staging") == [*names, "10_late/2_trigger.sql"]
    ledger = 'SELECT name FROM "my migrations" ORDER BY id'
    found = project.execute(ledger, "DB", "--env", "staging")
    assert [row["name"] for row in found] == [*names, "10_late/2_trigger.sql"]

    # The environment's database is not the top level's.
    assert run("status").standings() == {"0001_other.sql": "pending"}
    assert run("status").body["target"]["present"] is False


def test_drizzle_folders(wrangler_project: Callable[..., Wrangler], landed: Callable[..., Landed]) -> None:
    first, second, third = (
        f"{stamp}_{name}/migration.sql"
        for stamp, name in (
            ("20250110001634", "init"),
            ("20250113063026", "posts"),
            ("20260413181736", "title"),
        )
    )
    project = wrangler_project(
        {first: USERS, second: POSTS.replace(";\nCREATE INDEX", ";\n--> statement-breakpoint\nCREATE INDEX")},
        migrations_dir="drizzle",
        migrations_pattern="drizzle/*/migration.sql",
    )
    folder = project.project_dir / "drizzle"
    add(folder, "20250110001634_init/snapshot.json", "{}")
    project.apply().check()
    run = landed(project.project_dir)
    assert all_ok(run) == [first, second]

    add(folder, third, NO_SEMICOLON)
    assert run("status").standings()[third] == "pending"
    run("apply", "--yes")
    assert project.list_unapplied() == []
    assert all_ok(run) == [first, second, third]
