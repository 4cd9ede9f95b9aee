"""The drivers of the real client: what wrangler does, Miniflare and apsw see in the same file."""

from __future__ import annotations

import apsw
import pytest

from support.clients.wrangler import BatchFailed, WranglerFailed, unapplied_names

FILES = {
    "0001_a.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY);",
    "0002_b.sql": "CREATE TABLE b (id INTEGER PRIMARY KEY)",
    "0010 two words.sql": "CREATE TABLE c (id INTEGER PRIMARY KEY);",
}


def test_wrangler_miniflare_and_sqlite_share_one_file(wrangler_project, miniflare_d1):
    project = wrangler_project(FILES)
    assert project.list_unapplied() == list(FILES)

    # The second file has no final semicolon, at which wrangler stumbles: it appends its INSERT to the text.
    failed = project.apply()
    assert not failed.ok
    assert "syntax error" in failed.stdout + failed.stderr
    assert project.list_unapplied() == ["0002_b.sql", "0010 two words.sql"]

    database = miniflare_d1(project.state_dir)
    assert database.batch(["SELECT name FROM d1_migrations"]) == [[{"name": "0001_a.sql"}]]
    assert project.database_files == [database.file]
    database.batch(["CREATE TABLE b (id)", "INSERT INTO d1_migrations (name) VALUES ('0002_b.sql')"])
    assert project.list_unapplied() == ["0010 two words.sql"]

    connection = apsw.Connection(str(database.file), flags=apsw.SQLITE_OPEN_READONLY)
    assert connection.execute("SELECT count(*) FROM d1_migrations").get == 2
    connection.close()

    assert project.apply().ok
    assert project.list_unapplied() == []
    assert project.execute("SELECT 1 AS x; SELECT name FROM d1_migrations ORDER BY id") == [
        {"name": name} for name in FILES
    ]
    with pytest.raises(WranglerFailed, match="no such column: nope"):
        project.execute("SELECT nope")


def test_a_batch_is_one_transaction_and_the_database_goes_on_after_a_refusal(miniflare_d1):
    database = miniflare_d1()
    with pytest.raises(BatchFailed, match="no such table: missing"):
        database.batch(["CREATE TABLE t (x)", "INSERT INTO missing VALUES (1)"])
    with pytest.raises(BatchFailed, match="not authorized"):
        database.batch(["ATTACH 'x' AS y"])
    assert database.batch(["SELECT name FROM sqlite_master WHERE name = 't'"]) == [[]]

    assert database.exec("CREATE TABLE t (x)\nINSERT INTO t VALUES (1)") == 2
    with pytest.raises(BatchFailed):
        database.exec("INSERT INTO t VALUES (2)\nINSERT INTO missing VALUES (1)")
    assert database.batch(["SELECT x FROM t"]) == [[{"x": 1}]]


def test_a_listing_that_is_not_understood_is_an_error():
    assert unapplied_names("✅ No migrations to apply!\n") == []
    with pytest.raises(ValueError, match="not wrangler's table"):
        unapplied_names("something else\n")
