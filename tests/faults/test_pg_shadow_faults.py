"""The shadow's server is killed, removed or damaged while files run in it: that is no fault of a file."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from landed.core.errors import CannotKnow, Code
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.cache import Cache
from landed.engines.postgres.catalog.scope import PLAIN
from landed.engines.postgres.shadow.platform.baseline import PLAIN as BASELINE
from landed.engines.postgres.shadow.replay.timeline import ShadowChoice, keys_of, timeline
from landed.engines.postgres.sql.split import parse
from support.servers.pgservers import remove_servers


def file(number: int, text: str) -> Migration:
    return Migration(f"{number:04}_x.sql", f"{number:04}", f"{number:04}_x.sql", text, parse)


ALONE = "DO $$ BEGIN PERFORM 1; END $$;"
"""A file with it does not share a transaction with others."""
FILES = [
    file(1, f"CREATE TABLE a (id int PRIMARY KEY, name text);{ALONE}"),
    file(2, f"CREATE TABLE b (id int REFERENCES a);{ALONE}INSERT INTO a VALUES (1, 'x');"),
    file(3, f"ALTER TABLE a ADD COLUMN more text DEFAULT 'y';{ALONE}CREATE INDEX a_more ON a (more);"),
]
CHOICE = ShadowChoice(None, BASELINE)


@pytest.fixture(scope="module")
def servers() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lt", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANDED_SHADOW_DIR", str(folder))
        yield folder
    remove_servers(folder)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    kept = Cache(tmp_path / "cache")
    yield kept
    kept.close()


def root_of(servers: Path) -> Path:
    (root,) = (root for root in servers.glob("*-*") if (root / "pid").exists())
    return root


def postmaster(root: Path) -> int:
    return int((root / "pid").read_text())


def running(servers: Path) -> list[int]:
    """The servers whose data are below a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if os.fsencode(servers) in command and b"\0-D\0" in command:
                found.append(int(entry.name))
    return found


def left_behind(servers: Path, but: int = 0) -> None:
    """Wait until no more servers run than there may."""
    end = time.monotonic() + 30  # a server of a removed folder ends by itself, after a minute
    while len(running(servers)) > but:
        assert time.monotonic() < end, "a server is left behind"
        time.sleep(0.02)


def sessions(root: Path, doing: bytes) -> list[int]:
    """The processes of sessions in scratch databases that are at such a statement."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            title = (entry / "cmdline").read_bytes().rstrip(b"\0 ")
            if parent == postmaster(root) and b"landed_shadow_s" in title and title.endswith(doing):
                found.append(int(entry.name))
    return found


def replayed(
    files: list[Migration], cache: Cache, at: int = -1, act: Callable[[], None] = lambda: None
) -> list[Step]:
    """The replay of files; ``act`` is done once, when one of them begins."""
    acts = [act]

    def progress(n: int, of: int, name: str) -> None:
        if n == at and acts:
            acts.pop()()

    return timeline(CHOICE, PLAIN, files, cache=cache, progress=progress)


def kill_the_server(servers: Path) -> None:
    os.kill(postmaster(root_of(servers)), signal.SIGKILL)


def shut_the_server_down(servers: Path) -> None:
    os.kill(postmaster(root_of(servers)), signal.SIGINT)


def stop_the_server_at_once(servers: Path) -> None:
    os.kill(postmaster(root_of(servers)), signal.SIGQUIT)


def remove_the_data(servers: Path) -> None:
    shutil.rmtree(root_of(servers) / "data", ignore_errors=True)


def remove_the_databases(servers: Path) -> None:
    shutil.rmtree(root_of(servers) / "data" / "base", ignore_errors=True)


def remove_all(servers: Path) -> None:
    shutil.rmtree(root_of(servers), ignore_errors=True)


FAULTS = [
    kill_the_server, shut_the_server_down, stop_the_server_at_once, remove_the_data, remove_the_databases,
    remove_all,
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("at", [0, 2])
def test_a_server_that_goes_is_no_fault_of_a_file(
    servers: Path, cache: Cache, fault: Callable[[Path], None], at: int
) -> None:
    sound = replayed(FILES, Cache(servers / "none"))
    assert all(not step.failures for step in sound)
    with pytest.raises(CannotKnow) as caught:
        replayed(FILES, cache, at, lambda: fault(servers))
    assert caught.value.code is Code.SHADOW, caught.value
    assert cache.steps(keys_of(CHOICE, PLAIN, FILES)) == []
    assert replayed(FILES, cache) == sound
    assert cache.steps(keys_of(CHOICE, PLAIN, FILES)) == sound
    left_behind(servers, but=1)  # the last one, unless its watchman was quicker


class Killer:
    """Kills every session in a scratch database, again and again."""

    def __init__(self, servers: Path, sign: signal.Signals) -> None:
        self._servers, self._sign = servers, sign
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.killed: set[int] = set()

    def _run(self) -> None:
        while not self._end.wait(0.005):
            with contextlib.suppress(OSError, ValueError):
                for pid in set(sessions(root_of(self._servers), b"DO")) - self.killed:
                    os.kill(pid, self._sign)
                    self.killed.add(pid)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


LONG = file(4, "DO $$ BEGIN PERFORM pg_sleep(60); END $$;")


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSEGV], ids=["killed", "crashed"])
def test_a_session_that_is_killed_is_no_fault_of_a_file(
    servers: Path, cache: Cache, sign: signal.Signals
) -> None:
    with Killer(servers, sign) as killer, pytest.raises(CannotKnow) as caught:
        replayed([*FILES[:1], LONG], cache)
    assert killer.killed
    assert caught.value.code is Code.SHADOW and str(caught.value.where) == "0004_x.sql:1"
    assert cache.steps(keys_of(CHOICE, PLAIN, [*FILES[:1], LONG])) == []


DAMAGES = {
    "a type that is gone": (
        "DELETE FROM pg_type WHERE typname = 'mood'",
        "CREATE TABLE c (a mood);",
        "ALTER TABLE c ALTER COLUMN a SET DEFAULT 'ok';",
    ),
    "a column that is gone": (
        "DELETE FROM pg_attribute WHERE attrelid = 'a'::regclass AND attname = 'name'",
        "", "ALTER TABLE a ALTER COLUMN id TYPE bigint; SELECT name FROM a;",
    ),
    "a function that is gone": (
        "DELETE FROM pg_proc WHERE proname = 'f'",
        "CREATE VIEW v AS SELECT f() AS x;", "SELECT * FROM v;",
    ),
}  # fmt: skip
"""What is done to the catalog; what a file made before, and what one does after."""


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_catalog_is_no_fault_of_a_file(servers: Path, cache: Cache, what: str) -> None:
    damage, before, after = DAMAGES[what]
    files = [
        file(1, "CREATE TABLE a (id int PRIMARY KEY, name text);CREATE TYPE mood AS ENUM ('ok');"
             f"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; {before}{ALONE}"),
        file(2, ALONE + after),
    ]  # fmt: skip

    def harm() -> None:
        with psycopg.connect(
            host=str(root_of(servers) / "s"), user=BASELINE.superuser, dbname="template1", autocommit=True
        ) as admin:
            ((name,),) = admin.execute(
                "SELECT DISTINCT datname FROM pg_stat_activity WHERE datname LIKE 'landed_shadow_s%'"
            ).fetchall()
        with psycopg.connect(
            host=str(root_of(servers) / "s"), user=BASELINE.superuser, dbname=name, autocommit=True
        ) as inside:
            inside.execute(f"SET allow_system_table_mods = on; {damage}".encode())

    with pytest.raises(CannotKnow) as caught:
        replayed(files, cache, 1, harm)
    assert caught.value.code is Code.SHADOW, caught.value.details
    assert cache.steps(keys_of(CHOICE, PLAIN, files)) == []
    assert len(replayed(files, cache)) == 2


def test_what_a_file_says_itself_is_its_own_failure(servers: Path, cache: Cache) -> None:
    codes = ["53100", "53200", "57P01", "57P02", "58030", "58P01"]
    raising = "DO $$ BEGIN RAISE EXCEPTION 'mine' USING ERRCODE = '{}'; END $$;"
    ending = "SELECT pg_terminate_backend(pg_backend_pid());"
    files = [
        file(1, "".join(map(raising.format, codes))),
        file(2, f"{ending}CREATE EXTENSION nobodys;CREATE TABLE a (id int);"),
        # An error of the server's inside, and its catalog is sound.
        file(3, "SELECT array_in('{1}', 0, -1);CREATE TABLE b (id int);" + raising.format("XX001")),
        file(4, "CREATE TABLE c (id int);"),
    ]
    steps = replayed(files, cache)
    assert [failure.code for failure in steps[0].failures] == codes
    assert [failure.statement for failure in steps[1].failures] == [1, 2]
    assert [(f.statement, f.code) for f in steps[2].failures] == [(1, "XX000"), (3, "XX001")]
    assert len(cache.steps(keys_of(CHOICE, PLAIN, files))) == 2  # what nobody can be sure of is not kept


def test_a_server_whose_folder_was_removed_ends_with_its_last_user(servers: Path, cache: Cache) -> None:
    with pytest.raises(CannotKnow):
        replayed(FILES, cache, 1, lambda: remove_all(servers))
    left_behind(servers)
