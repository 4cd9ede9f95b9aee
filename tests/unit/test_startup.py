# ruff: noqa: E501
"""Speed, held without a clock: what is imported, replayed, and how many statements a file costs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.sqlite.shadow.replay import Replayer
from support import ROOT
from support.worlds.world import World

HEAVY = {
    "asyncio", "hypothesis", "http", "httpx2", "jsonschema", "multiprocessing", "postgast", "psycopg", "rich",
    "sqlite3", "ssl", "syntaqlite", "urllib.request",
}  # fmt: skip
AFTER_RUN = """
import contextlib, io, sys
from landed.cli.failure import run
from landed.cli.main import cli
with contextlib.redirect_stdout(io.StringIO()):
    code = run(cli, sys.argv[1:])
print(code, *sorted(sys.modules))
"""


def modules(folder: Path, *words: str) -> set[str]:
    """Everything that is imported once a command has ended."""
    done = subprocess.run(
        [sys.executable, "-c", AFTER_RUN, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "LANDED_CACHE_DIR": str(folder.parent / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    code, *found = done.stdout.split()
    assert code == "0", done.stderr
    return set(found)


def trivial(files: int) -> dict[str, str]:
    return {
        f"{n:04}_t{n}.sql": f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, a TEXT NOT NULL);\n"
        f"CREATE INDEX i{n} ON t{n} (a);\n"
        for n in range(1, files + 1)
    }


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))


def test_help_loads_the_command_line_and_nothing_else(tmp_path: Path) -> None:
    found = modules(tmp_path, "--help")
    assert not found & (HEAVY | {"apsw", "hashlib", "json", "pathlib", "subprocess", "traceback"})
    assert {m for m in found if m.startswith("landed")} <= {
        "landed", "landed.cli", "landed.cli.failure", "landed.cli.given", "landed.cli.main", "landed.cli.options", "landed.cli.start",
        "landed.core", "landed.core.errors", "landed.core.stopping", "landed.report", "landed.report.formats",
    }  # fmt: skip


def test_nobody_looks_for_garbage_in_what_a_command_needs_to_its_end() -> None:
    code = (
        "import atexit, gc\n"
        "atexit.register(lambda: print(gc.isenabled(), gc.get_freeze_count() > 0, *gc.get_threshold()))\n"
        "from landed.cli import GARBAGE\n"
        "from landed.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--version"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    enabled, frozen, young, *_ = done.stdout.splitlines()[-1].split()
    assert (enabled, frozen) == ("True", "True")
    assert 10_000 < int(young) < 1_000_000, "collections are rare, but memory stays bounded"


@pytest.mark.usefixtures("own_cache")
def test_a_warm_status_loads_no_reader_no_shadow_and_no_writer(tmp_path: Path) -> None:
    world = World(tmp_path / "project", trivial(3))
    world.apply()
    modules(world.folder, "status")
    found = modules(world.folder, "status")
    assert not found & (HEAVY | {"subprocess", "platform.uname", "difflib"})
    assert not found & {
        "landed.engines.sqlite.catalog.table", "landed.engines.sqlite.shadow.replay", "landed.engines.sqlite.shadow.sandbox",
        "landed.engines.sqlite.sql.query", "landed.engines.sqlite.holders", "landed.engines.sqlite.oneoff",
        "landed.engines.sqlite.writer",
    }  # fmt: skip
    assert not [
        m
        for m in found
        if m.startswith(
            ("landed.engines.d1.", "landed.engines.postgres.connect", "landed.engines.postgres.write")
        )
    ]


def test_a_warm_status_on_postgres_loads_no_reader_no_shadow_and_no_writer(
    tmp_path: Path, pg_server: Callable[..., ShadowServer]
) -> None:
    folder = tmp_path / "project"
    (folder / "supabase" / "migrations").mkdir(parents=True)
    (folder / "supabase" / "config.toml").write_text('project_id = "shop"\n', encoding="utf-8")
    for n in (1, 2):
        file = folder / "supabase" / "migrations" / f"2026010100000{n}_t{n}.sql"
        file.write_text(f"create table t{n} (id int primary key);\n", encoding="utf-8")
    server = pg_server()
    with new_database(server) as scratch:
        target = f"postgresql://{server.role}@/{scratch.name}?host={server.host}&port={server.port}"
        modules(folder, "--target", target, "apply", "--yes")
        modules(folder, "--target", target, "status")
        found = modules(folder, "--target", target, "status")
    # The driver itself loads asyncio, ssl and subprocess.
    assert not found & (HEAVY - {"asyncio", "psycopg", "ssl"} | {"difflib"})
    assert not found & {
        "landed.engines.postgres.catalog.looks", "landed.engines.postgres.catalog.touched", "landed.engines.postgres.catalog.tracker",
        "landed.ops.git_evidence", "landed.engines.postgres.shadow.server.cluster", "landed.engines.postgres.shadow.server.databases",
        "landed.engines.postgres.shadow.replay.replay", "landed.engines.postgres.sql.segments", "landed.engines.postgres.sql.head",
        "landed.project.d1_local", "landed.project.githistory", "landed.project.lockfile",
        "landed.engines.postgres.connect.failures", "landed.engines.postgres.oneoff", "landed.engines.sqlite.target",
    }  # fmt: skip
    assert not [
        m for m in found if m.startswith(("landed.engines.postgres.write.writer", "landed.engines.d1.target"))
    ]


@pytest.mark.usefixtures("own_cache")
def test_nothing_is_replayed_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replayed: list[str] = []
    real = Replayer.replay

    def counting(self: Replayer, migration: Any) -> Any:
        replayed.append(migration.name)
        return real(self, migration)

    monkeypatch.setattr(Replayer, "replay", counting)
    world = World(tmp_path / "project", trivial(5))
    world.apply()
    assert replayed == sorted(trivial(5))
    replayed.clear()
    world.examine()
    world.sql("CREATE TABLE by_hand (a)")
    world.examine()
    assert replayed == []
    world.write("0006_t6.sql", "CREATE TABLE t6 (a);")
    world.examine()
    assert replayed == ["0006_t6.sql"]


def test_a_file_costs_the_same_statements_however_large_the_schema_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDED_NO_CACHE", "1")  # the smaller history is the beginning of the larger one

    class Counting(apsw.Connection):
        calls = 0

        def execute(self, *args: Any, **named: Any) -> Any:
            Counting.calls += 1
            return super().execute(*args, **named)

    def calls(files: int) -> int:
        world = World(tmp_path / str(files), trivial(files))
        Counting.calls = 0
        with monkeypatch.context() as patch:
            patch.setattr(apsw, "Connection", Counting)
            world.apply()
        return Counting.calls

    ten, twenty, eighty = calls(10), calls(20), calls(80)
    each = (twenty - ten) / 10
    assert (eighty - twenty) / 60 == each
    # Writer: BEGIN, ledger there, recorded, version, 2 statements, new objects, ledger row, version, COMMIT.
    # Shadow: BEGIN, 2 statements with the new objects after each, COMMIT.
    assert each <= 16


def test_no_pattern_spans_all_of_unicode() -> None:
    """Such a range takes 10 ms to compile whenever landed starts."""
    wide = [
        f"{name}.{attribute}"
        for name, module in list(sys.modules.items())
        if name.startswith("landed.")
        for attribute, value in vars(module).items()
        if isinstance(value, re.Pattern) and "0010ffff" in str(value.pattern).lower()
    ]
    assert wide == []
