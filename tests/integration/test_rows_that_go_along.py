"""Rows that a statement takes along without naming them: by a reference, a trigger, a REPLACE."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from landed.core.errors import NotProven
from support.worlds.world import World

SCHEMA = """
CREATE TABLE p (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, n INTEGER NOT NULL DEFAULT 0, code INTEGER UNIQUE);
CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE);
CREATE TABLE g (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c (id) ON DELETE CASCADE);
CREATE TABLE s (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE SET NULL);
CREATE TABLE u (id INTEGER PRIMARY KEY, code INTEGER REFERENCES p (code) ON UPDATE SET NULL);
CREATE TABLE w (id INTEGER PRIMARY KEY, code INTEGER REFERENCES p (code) ON UPDATE CASCADE);
CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT UNIQUE);
CREATE TABLE b (id INTEGER PRIMARY KEY, x TEXT UNIQUE ON CONFLICT REPLACE);
CREATE TABLE log (id INTEGER PRIMARY KEY, a INTEGER);
CREATE TABLE counts (k TEXT PRIMARY KEY, n INTEGER);
CREATE TRIGGER a_gone AFTER DELETE ON a BEGIN DELETE FROM log WHERE a = OLD.id; END;
CREATE TRIGGER a_new AFTER INSERT ON a BEGIN UPDATE counts SET n = n + 1; DELETE FROM log WHERE a < 0; END;
CREATE TRIGGER a_other AFTER UPDATE OF x ON a BEGIN UPDATE counts SET n = n + 1; END;
"""
ROWS = """
INSERT INTO p VALUES (1, 'a', 0, 11), (2, 'b', 0, 12), (3, 'c', 0, 13), (4, 'd', 0, 14);
INSERT INTO c VALUES (10, 1), (11, 2); INSERT INTO g VALUES (20, 11); INSERT INTO s VALUES (30, 2);
INSERT INTO u VALUES (40, 13); INSERT INTO w VALUES (50, 13);
INSERT INTO a VALUES (1, 'a'), (2, 'b'); INSERT INTO b VALUES (1, 'a'), (2, 'b');
INSERT INTO log VALUES (1, 2), (2, -1); INSERT INTO counts VALUES ('a', 2);
"""
GOES = {
    "DELETE FROM p WHERE id = 2": {"lose-rows:c", "lose-rows:g", "change-rows:s.p"},
    "WITH x AS (SELECT 2 AS id) DELETE FROM p WHERE id IN (SELECT id FROM x)": {
        "lose-rows:c", "lose-rows:g", "change-rows:s.p",
    },
    "DELETE FROM c WHERE id = 11": {"lose-rows:g"},
    "DELETE FROM a WHERE id = 2": {"lose-rows:log"},
    "INSERT INTO a VALUES (3, 'c')": {"lose-rows:log"},
    "REPLACE INTO p (id, mail) VALUES (1, 'a')": {"lose-rows:c"},
    "INSERT OR REPLACE INTO p (id, mail) VALUES (9, 'd')": {"lose-rows:p"},
    "INSERT INTO b VALUES (3, 'a'), (4, 'd')": {"lose-rows:b"},
    "UPDATE OR REPLACE b SET x = 'a' WHERE id = 2": {"lose-rows:b"},
    "UPDATE p SET code = 99 WHERE id = 3": {"change-rows:u.code"},
}  # fmt: skip
STAYS = [
    "DELETE FROM p WHERE id = 3 AND code <> 13",
    "DELETE FROM g",
    "UPDATE c SET p = NULL; UPDATE s SET p = NULL; DELETE FROM p WHERE id = 2",
    "DELETE FROM g; DELETE FROM c; UPDATE s SET p = NULL; DELETE FROM p WHERE id < 3",
    "INSERT OR REPLACE INTO counts VALUES ('a', 7)",
    "INSERT INTO p (id, mail) VALUES (1, 'z') ON CONFLICT (id) DO UPDATE SET mail = excluded.mail",
    "INSERT OR IGNORE INTO p (id, mail) VALUES (1, 'z')",
    "UPDATE u SET code = NULL; UPDATE p SET code = 99 WHERE id = 3",
    "UPDATE a SET x = 'z' WHERE id = 1",
    "UPDATE b SET x = 'z' WHERE id = 1",
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("along") / "p", {"0001_a.sql": SCHEMA})
    world.apply()
    world.sql(ROWS)
    return world


def _all(world: World) -> list[object]:
    return [world.sql(f"SELECT * FROM {table} ORDER BY 1") for table in "pcgsuwab"]


@pytest.mark.parametrize("sql", list(GOES))
def test_what_goes_along_has_to_be_named(world: World, sql: str) -> None:
    world.write("0002_b.sql", sql + ";")
    before = _all(world)
    with pytest.raises(NotProven) as caught:
        world.apply()
    named = set(re.findall(r"--allow '([^']*)'", caught.value.next or ""))
    assert named == GOES[sql]
    assert _all(world) == before


@pytest.mark.parametrize("sql", STAYS)
def test_what_the_file_says_itself_needs_no_word(tmp_path: Path, sql: str) -> None:
    world = World(tmp_path / "p", {"0001_a.sql": SCHEMA})
    world.apply()
    world.sql(ROWS)
    world.write("0002_b.sql", sql + ";")
    assert world.apply() == ["0002_b.sql"]


def test_what_is_named_may_go(tmp_path: Path) -> None:
    world = World(tmp_path / "p", {"0001_a.sql": SCHEMA})
    world.apply()
    world.sql(ROWS)
    world.write("0002_b.sql", "DELETE FROM p WHERE id = 2;")
    assert world.apply("lose-rows:c", "lose-rows:g", "change-rows:s.p") == ["0002_b.sql"]
    assert world.sql("SELECT (SELECT count(*) FROM c), (SELECT count(*) FROM g)") == [(1, 0)]
