"""A foreign key to columns that are no key: named where it is made, and in nobody's way afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.errors import NotProven
from landed.ops.doctor import diagnose
from landed.ops.rehearse import rehearse
from support.worlds.world import World

LOOSE = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT);"
    "CREATE TABLE c (id INTEGER PRIMARY KEY, code TEXT REFERENCES p(code));"
    "CREATE TABLE k (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id));"
    "INSERT INTO p VALUES (1, 'x');"
)
SAID = "c(code) refers to p(code), which has no UNIQUE index on exactly these columns"
REBUILD = (
    "PRAGMA defer_foreign_keys = on; CREATE TABLE n (id INTEGER PRIMARY KEY, code TEXT);"
    "INSERT INTO n SELECT * FROM p; DROP TABLE p; ALTER TABLE n RENAME TO p;"
)


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
def test_it_stops_no_file_and_is_named_where_it_is_made(tmp_path: Path, mode: str) -> None:
    world = World(tmp_path / "p", {"0001_a.sql": LOOSE, "0002_b.sql": REBUILD}, mode=mode)
    first, second = rehearse(world.workspace()).files
    assert [note for note in first.notes if SAID in note]
    assert not [note for note in second.notes if SAID in note]
    assert not first.failures
    assert not second.failures
    assert world.apply() == ["0001_a.sql", "0002_b.sql"]
    found = [check for check in diagnose(world.folder, world.target).checks if check.code == "keys"]
    assert SAID in str(found[0].problem)


def test_a_reference_that_can_be_checked_still_is(tmp_path: Path) -> None:
    world = World(tmp_path / "p", {"0001_a.sql": LOOSE})
    world.apply()
    world.write("0002_b.sql", "PRAGMA defer_foreign_keys = on; INSERT INTO k VALUES (1, 77);")
    assert rehearse(world.workspace()).files[1].failures
    with pytest.raises(NotProven, match="refer to nothing") as caught:
        world.apply()
    assert "k: 1 row refer to missing rows of p" in caught.value.details
    assert world.sql("SELECT * FROM k") == []


def test_what_writes_to_it_is_told_which_columns(tmp_path: Path) -> None:
    world = World(tmp_path / "p", {"0001_a.sql": LOOSE})
    world.apply()
    world.write("0002_b.sql", "INSERT INTO c VALUES (1, 'x');")
    with pytest.raises(NotProven, match="foreign key mismatch") as caught:
        world.apply()
    assert SAID in str(caught.value)


def test_a_key_given_later_makes_it_whole(tmp_path: Path) -> None:
    files = {
        "0001_a.sql": LOOSE,
        "0002_b.sql": "CREATE UNIQUE INDEX p_code ON p(code); INSERT INTO c VALUES (1, 'x');",
    }
    world = World(tmp_path / "p", files)
    assert world.apply() == ["0001_a.sql", "0002_b.sql"]
