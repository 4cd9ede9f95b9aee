"""Commands that read leave no trace on Postgres: not one transaction that wrote has a number of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.process.landed_process import Landed

FILES = {
    "20240101000000_users.sql": "create table users (id int primary key, name text);\n"
    "create function next_id() returns int language sql as 'select 1';",
    "20240102000000_rows.sql": "insert into users values (1, 'a');\n"
    "-- landed:verify SELECT count(*) = 1 FROM users",
    "20240103000000_pending.sql": "alter table users add column mail text;",
}
READING = (
    ("status",),
    ("status", "--json"),
    ("verify",),
    ("doctor",),
    ("rehearse",),
    ("drift", "files", "target"),
    ("exec", "SELECT count(*) FROM users"),
    ("exec", "INSERT INTO users VALUES (9, 'nine')"),
    ("exec", "SELECT nextval('numbers')"),
    ("apply",),
    ("apply", "--dry-run"),
    ("resume", "--dry-run"),
    ("repair", "--dry-run"),
    ("lock",),
)


def last_write(scratch: Scratch) -> int:
    """The number that the next transaction of the whole server that writes will have; asking takes none."""
    with scratch.connect() as connection:
        row = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("ledger", [True, False], ids=["with a ledger", "without one"])
def test_no_reading_command_writes(
    pg_server: Callable[..., ShadowServer], tmp_path: Path, ledger: bool
) -> None:
    server = pg_server()
    folder = tmp_path / "project"
    (folder / "supabase" / "migrations").mkdir(parents=True)
    (folder / "supabase" / "config.toml").write_text('project_id = "reading"\n')
    for name, text in FILES.items():
        (folder / "supabase" / "migrations" / name).write_text(text)
    with new_database(server) as scratch:
        url = f"postgresql://{server.superuser}@/{scratch.name}?host={server.host}&port={server.port}"
        landed = Landed(folder, tmp_path / "cache", LANDED_TARGET=url)
        with scratch.connect() as connection:
            connection.execute("CREATE SEQUENCE numbers")
            connection.execute("CREATE TABLE users (id int PRIMARY KEY, name text)")
            connection.execute("INSERT INTO users VALUES (1, 'a')")
            if ledger:
                connection.execute("CREATE SCHEMA supabase_migrations")
                connection.execute(
                    "CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, name text)"
                )
                connection.execute(
                    "INSERT INTO supabase_migrations.schema_migrations VALUES ('20240101000000')"
                )
        before = last_write(scratch)
        told = {words: landed.plain(*words, code=None) for words in READING}
        assert last_write(scratch) == before
        with scratch.connect() as connection:
            assert connection.execute("SELECT is_called FROM numbers").fetchone() == (False,)
    assert not [words for words, done in told.items() if "landed itself failed" in done.stdout + done.stderr]
    assert {words: done.code for words, done in told.items() if done.code in (2, 3)} == {}
