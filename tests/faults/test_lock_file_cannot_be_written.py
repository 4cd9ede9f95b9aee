"""What is needed at the end is looked at first: without a place for the lock file nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.process.landed_process import Landed
from support.worlds.world import World

FILES = {
    "0001_a.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER);",
    "0002_b.sql": "CREATE TABLE b (id INTEGER);",
}


def no_folder(folder: Path) -> str:
    return "gone/landed.lock"


def a_file_for_a_folder(folder: Path) -> str:
    (folder / "plain").write_text("")
    return "plain/landed.lock"


def a_folder_in_its_place(folder: Path) -> str:
    (folder / "taken.lock").mkdir()
    return "taken.lock"


def a_pipe_in_its_place(folder: Path) -> str:
    import os

    os.mkfifo(folder / "pipe.lock")
    return "pipe.lock"


def a_name_that_is_too_long(folder: Path) -> str:
    return "x" * 250 + ".lock"


PLACES = [no_folder, a_file_for_a_folder, a_folder_in_its_place, a_pipe_in_its_place, a_name_that_is_too_long]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("command", ["apply", "repair", "resume"])
def test_nothing_is_written(command: str, place: Callable[[Path], str], tmp_path: Path) -> None:
    world = World(tmp_path / "project", FILES)
    world.apply(to="0001_a.sql")
    if command == "repair":
        world.sql("CREATE TABLE b (id INTEGER)")
    if command == "resume":
        world.sql("DROP TABLE c")
    before = world.sql("SELECT name, sql FROM sqlite_master"), world.ledger()
    where = place(world.folder)
    (world.folder / "landed.toml").write_text(f'lock = "{where}"\n')
    run = Landed(world.folder, tmp_path / "cache")
    answer = run(command, *(["0002_b.sql"] if command == "repair" else []), "--yes", code=None)
    assert answer.code in (2, 3), answer
    error = answer.body["error"]
    assert "lock" in error["message"] and error["next"], error
    assert (world.sql("SELECT name, sql FROM sqlite_master"), world.ledger()) == before
