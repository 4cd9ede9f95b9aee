"""Eight runners at once: every file is applied exactly once, and everybody says truthfully who was first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from landed.project.lockfile import read_lock
from support.process.landed_process import Landed
from support.worlds.world import World

RUNNERS = 8
FILES = 12


def files() -> dict[str, str]:
    made = {
        f"{n:04}_t{n}.sql": f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, a TEXT);\n"
        f"INSERT INTO t{n} (a) VALUES ('x');"
        for n in range(1, FILES)
    }
    return made | {f"{FILES:04}_add.sql": "UPDATE t1 SET a = a || '!';\nALTER TABLE t1 ADD COLUMN b TEXT;"}


@pytest.mark.parametrize("turn", range(5))
@pytest.mark.parametrize("there", [False, True], ids=["no database yet", "database there"])
def test_eight_runners_at_once(turn: int, there: bool, tmp_path: Path) -> None:
    world = World(tmp_path / "project", files())
    if there:
        world.apply(to="0004_t4.sql")
    runners = [Landed(world.folder, tmp_path / f"cache-{n % 2}") for n in range(RUNNERS)]
    started = [runner.popen("apply", "--yes", "--json") for runner in runners]
    ends = [(process.communicate(), process.returncode) for process in started]

    assert [code for _, code in ends] == [0] * RUNNERS, [text for text, code in ends if code]
    assert world.ledger() == sorted(files())
    assert [world.sql(f"SELECT a FROM t{n}") for n in range(1, FILES)] == [[("x!",)]] + [[("x",)]] * (
        FILES - 2
    )
    assert world.sql("PRAGMA integrity_check") == [("ok",)]
    assert set(world.standings().values()) == {"ok"}
    locked = read_lock(world.folder / "landed.lock").entries("migrations")
    assert dict(locked) == {s.name: s.digest for s in world.examine().steps}
    claimed = [line for (text, _), _ in ends for line in _applied(text)]
    assert sorted(claimed) == sorted(set(claimed)) == sorted(files())[4 * there :]


def _applied(text: str) -> list[str]:
    return [item["name"] for item in json.loads(text)["files"] if item["outcome"] == "applied"]
