"""Commands that read leave no trace: no byte, no time stamp, no file, in any state of the database."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from support.process.landed_process import Landed
from support.worlds.world import World

FILES = {
    "0001_init.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n"
    "CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users (id));",
    "0002_rows.sql": "INSERT INTO users VALUES (1, 'a');\n-- landed:verify SELECT count(*) = 1 FROM users",
    "0003_pending.sql": "ALTER TABLE users ADD COLUMN mail TEXT;",
}
COMMANDS = (
    ("status",),
    ("status", "--json"),
    ("verify",),
    ("doctor",),
    ("rehearse",),
    ("rehearse", "--with-data"),
    ("drift", "files", "target"),
    ("exec", "SELECT count(*) FROM users"),
    ("exec", "INSERT INTO users VALUES (9, 'nine')"),
    ("apply",),
    ("apply", "--dry-run"),
    ("resume", "--dry-run"),
    ("repair", "--dry-run"),
)
STATES = ("wal with a -wal file", "wal without one", "rollback journal", "no database", "empty file")

Listing = dict[str, tuple[int, int, int, str]]


def listing(folder: Path) -> Listing:
    """Every file and folder: mode, size, time of change in nanoseconds, content."""
    found: Listing = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        info = path.stat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        size = info.st_size if path.is_file() else 0
        found[str(path.relative_to(folder))] = (info.st_mode, size, info.st_mtime_ns, content)
    return found


@pytest.fixture(params=STATES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    state: str = request.param
    world = World(tmp_path / "project", FILES, mode="sqlite" if state == "rollback journal" else "d1")
    left_open = None
    if state == "empty file":
        world.path.parent.mkdir(parents=True)
        world.path.touch()
    elif state != "no database":
        world.apply(to="0002_rows.sql")
        if state == "wal with a -wal file":
            # A connection that stays open, and never checkpoints, keeps everything in the -wal file.
            left_open = apsw.Connection(str(world.path))
            left_open.execute("PRAGMA wal_autocheckpoint=0; CREATE TABLE in_wal_only (a)").fetchall()
            assert Path(f"{world.path}-wal").stat().st_size
    yield world
    if left_open is not None:
        left_open.close()


def test_no_reading_command_leaves_a_trace(world: World, tmp_path: Path) -> None:
    landed = Landed(world.folder, tmp_path / "cache")
    target = ("--target", world.target) if world.target else ()
    before = listing(world.folder)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [world.folder, *world.folder.rglob("*")]}
    for command in COMMANDS:
        answer = landed.plain(*command, *target, code=None)
        assert "landed itself failed" not in answer.stderr, answer
        after = listing(world.folder)
        # The index of a WAL (-shm) is memory that readers share: its locks are in it.
        shared = {name for name in before.keys() | after.keys() if name.endswith("-shm")}
        assert after.keys() == before.keys(), command
        assert {n: v for n, v in after.items() if n not in shared} == {
            n: v for n, v in before.items() if n not in shared
        }, command
    if os.geteuid() == 0:
        return  # nothing is read-only to root
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        for command in COMMANDS:
            answer = landed.plain(*command, *target, code=None)
            assert "landed itself failed" not in answer.stderr, answer
            assert answer.code == landed.plain(*command, *target, code=None).code
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def test_what_only_the_wal_holds_is_seen(tmp_path: Path) -> None:
    world = World(tmp_path / "project", FILES)
    world.apply(to="0002_rows.sql")
    writer = apsw.Connection(str(world.path))
    writer.execute("PRAGMA wal_autocheckpoint=0; DROP TABLE posts").fetchall()
    try:
        assert world.standings()["0001_init.sql"] == "partial"
    finally:
        writer.close()
