"""A rename keeps every value: it is said as one and goes through; a drop beside it is still a loss."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.errors import NeedsConfirmation, NotProven
from landed.ops.apply import plan_apply
from landed.ops.rehearse import rehearse
from support.worlds.world import World

T = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, c TEXT); INSERT INTO t VALUES (1, 'x', 'y');"
FAMILY = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY);"
    "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id) ON DELETE {});"
    "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1);"
)
REBUILD = (
    "CREATE TABLE p2 (id INTEGER PRIMARY KEY); INSERT INTO p2 SELECT * FROM p; DROP TABLE p;"
    "ALTER TABLE p2 RENAME TO p;"
)


def world_with(folder: Path, first: str, second: str, mode: str = "d1") -> World:
    world = World(folder / "p", {"0001_a.sql": first}, mode=mode)
    world.apply()
    world.write("0002_b.sql", second)
    return world


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize(
    ("sql", "said", "rows"),
    [
        ("ALTER TABLE t RENAME COLUMN a TO b;", ["~ column t.a is renamed to b"], "SELECT b FROM t"),
        ("ALTER TABLE t RENAME TO u;", ["~ table t is renamed to u"], "SELECT a FROM u"),
        (
            "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN a TO tmp;"
            "ALTER TABLE u RENAME COLUMN tmp TO b;",
            ["~ table t is renamed to u", "~ column t.a is renamed to b"],
            "SELECT b FROM u",
        ),
    ],
)
def test_a_rename_is_no_loss(tmp_path: Path, mode: str, sql: str, said: list[str], rows: str) -> None:
    world = world_with(tmp_path, T, sql, mode)
    assert list(plan_apply(world.examine()).items[0].changes) == said
    assert not [note for note in rehearse(world.workspace()).files[1].notes if "drops" in note]
    assert world.apply() == ["0002_b.sql"]
    assert world.sql(rows) == [("x",)]
    assert set(world.standings().values()) == {"ok"}


def test_a_rename_carries_index_view_and_trigger(tmp_path: Path) -> None:
    first = (
        T + "CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT a FROM t;"
        "CREATE TRIGGER g AFTER UPDATE OF a ON t BEGIN UPDATE t SET c = new.a; END;"
    )
    world = world_with(tmp_path, first, "ALTER TABLE t RENAME COLUMN a TO b;")
    assert world.apply() == ["0002_b.sql"]
    assert world.sql("SELECT b FROM v") == [("x",)]


@pytest.mark.parametrize(
    ("sql", "allow"),
    [
        ("ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN b TEXT;", "drop-column:t.a"),
        ("ALTER TABLE t ADD COLUMN b TEXT; ALTER TABLE t DROP COLUMN a;", "drop-column:t.a"),
        ("ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a TEXT;", "drop-column:t.a"),
        ("ALTER TABLE t RENAME COLUMN a TO b; ALTER TABLE t DROP COLUMN b;", "drop-column:t.a"),
        (
            "ALTER TABLE t RENAME COLUMN c TO x; ALTER TABLE t DROP COLUMN a;"
            "ALTER TABLE t RENAME COLUMN x TO a;",
            "drop-column:t.a",
        ),
        ("ALTER TABLE t RENAME TO u; ALTER TABLE u DROP COLUMN a;", "drop-column:t.a"),
        ("ALTER TABLE t RENAME TO u; DROP TABLE u;", "drop-table:t"),
    ],
)
def test_what_is_dropped_is_a_loss_under_any_name(tmp_path: Path, sql: str, allow: str) -> None:
    world = world_with(tmp_path, T, sql)
    with pytest.raises(NeedsConfirmation, match="holds data") as caught:
        world.apply()
    assert allow in str(caught.value.next)
    assert world.sql("SELECT a, c FROM t") == [("x", "y")]
    assert world.apply(allow) == ["0002_b.sql"]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE t ADD COLUMN n INT; UPDATE t SET n = 7; ALTER TABLE t DROP COLUMN a;"
        "ALTER TABLE t RENAME COLUMN n TO a;",
        "ALTER TABLE t RENAME TO o; CREATE TABLE n (id INTEGER PRIMARY KEY, a INT, c TEXT);"
        "INSERT INTO n SELECT id, 7, c FROM o; ALTER TABLE n RENAME TO t; DROP TABLE o;",
    ],
)
def test_values_that_are_written_anew_are_no_loss(tmp_path: Path, sql: str) -> None:
    world = world_with(tmp_path, T, sql)
    assert world.apply() == ["0002_b.sql"]
    assert world.sql("SELECT a, c FROM t") == [(7, "y")]


@pytest.mark.parametrize(
    ("action", "sql", "said"),
    [
        ("CASCADE", "ALTER TABLE c RENAME TO k;" + REBUILD, "lose 1 row of the table c"),
        (
            "SET NULL",
            "ALTER TABLE c RENAME TO k; ALTER TABLE k RENAME COLUMN p TO q;" + REBUILD,
            "change 1 row of the table c",
        ),
        (
            "CASCADE",
            "ALTER TABLE p RENAME TO o; CREATE TABLE p (id INTEGER PRIMARY KEY);"
            "INSERT INTO p SELECT * FROM o; DROP TABLE o;",
            "lose 1 row of the table c",
        ),
    ],
)
def test_the_row_guard_follows_renames(tmp_path: Path, action: str, sql: str, said: str) -> None:
    world = world_with(tmp_path, FAMILY.format(action), sql)
    with pytest.raises(NotProven, match=said):
        world.apply()
    assert world.sql("SELECT * FROM c") == [(1, 1)]


def test_a_rebuild_old_name_first_that_forgets_the_rows_is_a_loss(tmp_path: Path) -> None:
    forgets = "ALTER TABLE t RENAME TO o; CREATE TABLE t (id INTEGER PRIMARY KEY, a, c); DROP TABLE o;"
    world = world_with(tmp_path, T, forgets)
    with pytest.raises(NotProven, match="lose 1 row of the table t"):
        world.apply()
