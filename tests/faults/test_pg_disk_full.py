"""No room for the shadow: landed says so, changes nothing on the target, and goes on when there is room."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.servers.pgservers import remove_servers
from support.worlds.pgfaults import FILES, File, Project, Unit, project_in

MORE = "0004_more.sql"
BIG = "0005_big.sql"
BIG_TEXT = "CREATE TABLE big AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 20000);\n"
"""20 MB in one statement."""

NEW = File(
    "CREATE TABLE more (id int);\nINSERT INTO runs VALUES ('0004');\n",
    (Unit(("0004",), "to_regclass('more') IS NOT NULL"),),
)


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system of its own, which can be full. Skips where this user may not mount one."""
    folder = Path(tempfile.mkdtemp(prefix="lt", dir="/tmp"))
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "none", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        why = done.stderr.strip() if done.returncode else ""
    except OSError as error:
        why = str(error)
    if why:
        folder.rmdir()
        pytest.skip(f"no file system can be mounted here that could be full: {why}")
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LANDED_SHADOW_DIR", str(folder))
            yield folder
            remove_servers(folder)
    except OSError:
        pass  # the mount point itself stays until it is unmounted
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def fill(folder: Path, *, but: int = 0) -> Path:
    """A file that takes all the room, or all but so many MB."""
    file = folder / "full"
    room = os.statvfs(folder)
    size = room.f_bavail * room.f_frsize - but * (1 << 20) if but else 1 << 40
    with file.open("wb") as junk, contextlib.suppress(OSError):
        while junk.tell() < size:
            junk.write(bytes(1 << 16))
            junk.flush()
    return file


def says_why_and_changes_nothing(project: Project) -> None:
    before = project.truth()
    for words in (("status",), ("apply", "--yes")):
        done = project.landed(*words)
        assert done.code == 3, done
        assert "No space left on device" in done.told, done.told
    assert project.truth() == before


def test_no_room_to_start_a_server(pg_server: Callable[..., ShadowServer], tmp_path: Path) -> None:
    server = pg_server(18)
    with (
        small_disk(8),
        new_database(server) as scratch,
        project_in(scratch, tmp_path, replayed=False) as project,
    ):
        says_why_and_changes_nothing(project)


def test_the_disk_fills_up_and_is_freed(pg_server: Callable[..., ShadowServer], tmp_path: Path) -> None:
    server = pg_server(18)
    with small_disk(240) as disk, new_database(server) as scratch, project_in(scratch, tmp_path) as project:
        assert project.landed("apply", "--yes").code == 0
        (project.folder / "migrations" / MORE).write_text(NEW.text)
        full = fill(disk)
        says_why_and_changes_nothing(project)
        full.unlink()
        project.files = {**FILES, MORE: NEW}
        project.finish()

        # Room for a database, and not for what a file does in it: that is no failure of the file.
        (project.folder / "migrations" / BIG).write_text(BIG_TEXT)
        full = fill(disk, but=20)
        says_why_and_changes_nothing(project)
        full.unlink()
        there = Unit((), "to_regclass('big') IS NOT NULL")
        project.files = {**project.files, BIG: File(BIG_TEXT, (there,))}
        project.finish()
