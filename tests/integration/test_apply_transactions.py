"""A transaction of the file's own is taken as wrangler takes it; what changes the history is not run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from landed.core.errors import NotProven
from landed.ops.rehearse import rehearse
from support.clients.wrangler import Wrangler
from support.worlds.world import World

TAKEN = (
    "BEGIN TRANSACTION;\nCREATE TABLE a (x);\nCOMMIT;\n",
    "-- a comment\nBEGIN TRANSACTION;\nCREATE TABLE a (x);\nCOMMIT;",
    "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE a (x);\nINSERT INTO a VALUES (1);\nCOMMIT;\n",
    "BEGIN TRANSACTION;\nCREATE TABLE a (x);\n",
    "CREATE TABLE a (x);\nBEGIN TRANSACTION;\nINSERT INTO a VALUES (1);\nCOMMIT;\nANALYZE;\n",
)
REFUSED = (
    "begin transaction;\nCREATE TABLE a (x);\ncommit;\n",
    "BEGIN;\nCREATE TABLE a (x);\nCOMMIT;\n",
    "BEGIN TRANSACTION;\nCREATE TABLE a (x);\nCOMMIT;\nBEGIN TRANSACTION;\nCREATE TABLE b (x);\nCOMMIT;\n",
    "BEGIN TRANSACTION;\nCREATE TABLE a (x);\nEND TRANSACTION;\n",
    "-- BEGIN TRANSACTION;\nBEGIN TRANSACTION;\nCREATE TABLE a (x);\nCOMMIT;\n",
    "BEGIN TRANSACTION;\n-- COMMIT;\nCREATE TABLE a (x);\nCOMMIT;\n",
    "CREATE TABLE a (x);\nCOMMIT;\n",
)


@pytest.mark.parametrize("sql", TAKEN)
def test_a_transaction_around_a_file_is_left_out(tmp_path: Path, sql: str) -> None:
    world = World(tmp_path / "p", {"0000_z.sql": "CREATE TABLE z (x);", "0001_a.sql": sql})
    found = rehearse(world.workspace()).files[1]
    assert not found.failures
    assert [note for note in found.notes if "left out" in note]
    assert world.apply() == ["0000_z.sql", "0001_a.sql"]
    assert world.standings()["0001_a.sql"] == "ok"
    assert len(world.sql("SELECT x FROM a")) == sql.count("INSERT")


@pytest.mark.parametrize("sql", REFUSED)
def test_other_transaction_statements_are_refused(tmp_path: Path, sql: str) -> None:
    world = World(tmp_path / "p", {"0001_a.sql": sql})
    assert rehearse(world.workspace()).files[0].failures
    with pytest.raises(NotProven, match="D1 does not allow BEGIN, COMMIT"):
        world.apply()


@pytest.mark.wrangler
def test_wrangler_takes_the_same(wrangler_project: Callable[..., Wrangler]) -> None:
    files = {f"000{n}_{n}.sql": sql.replace(" a ", f" a{n} ") for n, sql in enumerate(TAKEN, 1)}
    wrangler_project(files).apply().check()


@pytest.mark.wrangler
@pytest.mark.parametrize("sql", [REFUSED[0], REFUSED[3], REFUSED[4], REFUSED[5]])
def test_wrangler_refuses_the_same(wrangler_project: Callable[..., Wrangler], sql: str) -> None:
    assert not wrangler_project({"0001_a.sql": sql}).apply().ok


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM d1_migrations WHERE name = 'old.sql'",
        'DELETE FROM main."D1_Migrations"',
        "WITH x AS (SELECT 1) UPDATE OR IGNORE d1_migrations SET name = 'other.sql'",
        "INSERT OR REPLACE INTO d1_migrations (name) VALUES ('other.sql')",
        "CREATE TABLE IF NOT EXISTS d1_migrations (id, name); DELETE FROM d1_migrations",
        "DROP TABLE IF EXISTS d1_migrations",
        "ALTER TABLE [d1_migrations] RENAME TO other",
    ],
)
def test_a_file_that_changes_the_history_is_not_run(tmp_path: Path, mode: str, sql: str) -> None:
    world = World(tmp_path / "p", {"0001_a.sql": "CREATE TABLE a (x);"}, mode=mode)
    world.apply()
    world.write("0002_b.sql", f"CREATE TABLE b (x); {sql};")
    (failure,) = rehearse(world.workspace()).files[1].failures
    assert "changes the history (d1_migrations) itself" in failure.message
    with pytest.raises(NotProven, match="changes the history itself: it writes to d1_migrations") as caught:
        world.apply()
    assert "landed repair" in str(caught.value.next)
    assert "Nothing was changed." in caught.value.details
    assert world.ledger() == ["0001_a.sql"]
    assert world.sql("SELECT name FROM sqlite_master WHERE name = 'b'") == []


def test_nor_is_one_that_changes_it_through_a_trigger(tmp_path: Path) -> None:
    world = World(tmp_path / "p", {"0001_a.sql": "CREATE TABLE a (x);"})
    world.apply()
    world.write(
        "0002_b.sql",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM d1_migrations; END;"
        "INSERT INTO a VALUES (1); DROP TRIGGER t;",
    )
    with pytest.raises(NotProven):
        world.apply()
    assert world.ledger() == ["0001_a.sql"]


def test_a_file_may_speak_of_the_history(tmp_path: Path) -> None:
    sql = "-- DELETE FROM d1_migrations\nCREATE TABLE a (x DEFAULT 'DELETE FROM d1_migrations');"
    assert World(tmp_path / "p", {"0001_a.sql": sql}).apply() == ["0001_a.sql"]
