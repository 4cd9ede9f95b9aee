"""Values that a copy leaves out, that DROP and ADD empty, that go into another column by their position."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from landed.core.errors import LandedError
from support.worlds.world import World

T = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, n INTEGER);"
ROWS = "INSERT INTO t VALUES (1, 'a1', 'b1', 10), (2, 'a2', 'b2', NULL);"


def rebuild(copy: str, columns: str = "id INTEGER PRIMARY KEY, a TEXT, b TEXT, n INTEGER") -> str:
    return f"CREATE TABLE t2 ({columns});\n{copy};\nDROP TABLE t;\nALTER TABLE t2 RENAME TO t;"


GOES = {
    "left out": (rebuild("INSERT INTO t2 (id, a, n) SELECT id, a, n FROM t"), {"change-rows:t.b"}),
    "two left out": (
        rebuild("INSERT INTO t2 (id, a) SELECT id, a FROM t"),
        {"change-rows:t.b", "change-rows:t.n"},
    ),
    "a column less": (
        rebuild(
            "INSERT INTO t2 (id, a, n) SELECT id, a, n FROM t", "id INTEGER PRIMARY KEY, a TEXT, n INTEGER"
        ),
        {"drop-column:t.b"},
    ),
    "another order, all": (
        rebuild("INSERT INTO t2 SELECT * FROM t", "id INTEGER PRIMARY KEY, b TEXT, a TEXT, n INTEGER"),
        {"change-rows:t.a", "change-rows:t.b"},
    ),
    "another order, by position": (
        rebuild("INSERT INTO t2 SELECT id, b, a, n FROM t"),
        {"change-rows:t.a", "change-rows:t.b"},
    ),
    "another order, listed and all": (
        rebuild("INSERT INTO t2 (id, b, a, n) SELECT t.* FROM t"),
        {"change-rows:t.a", "change-rows:t.b"},
    ),
    "dropped and added": (
        "ALTER TABLE t DROP COLUMN b; ALTER TABLE t ADD COLUMN b TEXT;",
        {"drop-column:t.b"},
    ),
    "dropped and added, and other rows written": (
        "CREATE TABLE u (x); ALTER TABLE t DROP COLUMN b; ALTER TABLE t ADD COLUMN b TEXT; "
        "INSERT INTO u VALUES (1);",
        {"change-rows:t.b"},
    ),
}
STAYS = {
    "all": rebuild("INSERT INTO t2 SELECT * FROM t"),
    "by name": rebuild("INSERT INTO t2 (id, b, a, n) SELECT id, b, a, n FROM t"),
    "by an expression": rebuild("INSERT INTO t2 (id, a, b, n) SELECT id, a, NULLIF(b, 'b1'), n FROM t"),
    "exchanged by name": rebuild("INSERT INTO t2 (id, a, b, n) SELECT id, b, a, n FROM t"),
    "under another name": rebuild(
        "INSERT INTO t2 (id, a, c, n) SELECT id, a, b, n FROM t",
        "id INTEGER PRIMARY KEY, a TEXT, c TEXT, n INTEGER",
    ),
    "another type": rebuild(
        "INSERT INTO t2 SELECT * FROM t", "id INTEGER PRIMARY KEY, a TEXT, b TEXT, n REAL"
    ),
    "set by an UPDATE": rebuild("INSERT INTO t2 SELECT * FROM t; UPDATE t2 SET n = NULL"),
    "carried around a DROP and ADD": "CREATE TABLE u AS SELECT id, b FROM t; ALTER TABLE t DROP COLUMN b;"
    "ALTER TABLE t ADD COLUMN b TEXT; UPDATE t SET b = (SELECT u.b FROM u WHERE u.id = t.id); DROP TABLE u;",
}


def _world(folder: Path, second: str) -> World:
    world = World(folder / "p", {"0001_a.sql": T})
    world.apply()
    world.sql(ROWS)
    world.write("0002_b.sql", second)
    return world


@pytest.mark.parametrize("name", list(GOES))
def test_values_that_go_have_to_be_named(tmp_path: Path, name: str) -> None:
    sql, wanted = GOES[name]
    world = _world(tmp_path, sql)
    with pytest.raises(LandedError) as caught:
        world.apply()
    assert set(re.findall(r"--allow '([^']*)'", caught.value.next or "")) == wanted
    assert world.sql("SELECT id, a, b, n FROM t") == [(1, "a1", "b1", 10), (2, "a2", "b2", None)]
    assert world.apply(*wanted) == ["0002_b.sql"]


@pytest.mark.parametrize("name", list(STAYS))
def test_values_that_are_carried_need_no_word(tmp_path: Path, name: str) -> None:
    assert _world(tmp_path, STAYS[name]).apply() == ["0002_b.sql"]
