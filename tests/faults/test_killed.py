"""``landed apply`` killed with SIGKILL at every call into SQLite: the second run reaches the same end.

Every statement boundary, the read-backs, the ledger row and both sides of every COMMIT are among the calls;
each is tried in a process of its own on a copy of the project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import ROOT
from support.worlds import histories
from support.worlds.world import World

SEEDED = {
    "0001_init.sql": "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);\n"
    "CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id), n INTEGER);\n"
    "INSERT INTO parents VALUES (1, 'one'), (2, 'two');",
    "0002_rows.sql": "INSERT INTO children SELECT id * 10, id, id FROM parents;\n"
    "UPDATE children SET n = n + 1;\nDELETE FROM parents WHERE id NOT IN (SELECT parent FROM children);",
    "0003_rebuild.sql": "CREATE TABLE children_new (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL "
    "REFERENCES parents (id), n INTEGER NOT NULL DEFAULT 0);\n"
    "INSERT INTO children_new SELECT id, parent, n FROM children;\nDROP TABLE children;\n"
    "ALTER TABLE children_new RENAME TO children;\nCREATE INDEX idx_children_parent ON children (parent);",
    "0004_count.sql": "UPDATE children SET n = n * 2;\nALTER TABLE parents ADD COLUMN age INTEGER;",
}
"""Files whose statements must not run twice: an UPDATE more, and the rows are others."""


def project(name: str, folder: Path) -> World:
    if name == "seeded rows":
        return World(folder, SEEDED)
    read = histories.folder(name)
    files = {str(p.relative_to(read)): p.read_text("utf-8") for p in sorted(read.rglob("*.sql"))}
    return World(folder, files)


def kills(world: World, scratch: Path) -> list[dict[str, Any]]:
    scratch.mkdir()
    command = [
        sys.executable,
        str(ROOT / "tests" / "support" / "process" / "killing.py"),
        str(world.folder),
        str(scratch),
        "apply",
        "--yes",
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", ["seeded rows", "triggers_with_case", "fts5"])
def test_killed_at_every_call_and_run_again(name: str, tmp_path: Path) -> None:
    world = project(name, tmp_path / "project")
    whole, *points = kills(world, tmp_path / "scratch")
    assert whole["code"] == 0, whole["text"]
    names = sorted(p.name for p in (world.folder / "migrations").iterdir())
    assert whole["state"]["ledger"] == names
    assert len(points) == whole["calls"] + len(names) > 8 * len(names)
    for point in points:
        assert point["killed"] == -9, point["point"]
        assert point["code"] == 0, (point["point"], point["text"])
        for part, expected in whole["state"].items():
            assert point["state"][part] == expected, (point["point"], part)
