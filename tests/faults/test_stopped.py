"""Ctrl-C and SIGTERM at every call of SQLite, and while landed is loaded: what is said is what is there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from landed.cli.failure import run
from landed.cli.main import cli
from landed.project.lockfile import read_lock
from support import ROOT
from support.worlds.world import World

REAL = apsw.Connection
FILES = {
    "0001_a.sql": "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT);\nINSERT INTO a (x) VALUES ('1');",
    "0002_b.sql": "CREATE TABLE b (id INTEGER PRIMARY KEY);\nUPDATE a SET x = x || '2';",
    "0003_c.sql": "ALTER TABLE a ADD COLUMN y TEXT;\nINSERT INTO b DEFAULT VALUES;",
}


class Stopped(REAL):
    """A connection at whose n-th call a signal arrives, before or after it."""

    watched = ""
    at = 0
    when = "before"
    sign = signal.SIGINT
    calls = 0

    def execute(self, statements: str, *args: Any, **named: Any) -> Any:
        if not self.filename.endswith(self.watched):
            return super().execute(statements, *args, **named)
        Stopped.calls += 1
        here = Stopped.calls == Stopped.at
        if here and self.when == "before":
            signal.raise_signal(self.sign)
        found = super().execute(statements, *args, **named)
        if here and self.when == "after":
            signal.raise_signal(self.sign)
        return found


@pytest.fixture
def handlers() -> Iterator[None]:
    """What the command line sets for the process is set back."""
    kept = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for one, handler in kept.items():
        signal.signal(one, handler)


def stopped(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *args: str
) -> tuple[int, dict[str, Any], int]:
    """Exit code and document of a run, and how many calls it made."""
    Stopped.calls = 0
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(apsw, "Connection", Stopped)
        code = run(cli, [*args, "--json"], listen=lambda: None)
    return code, json.loads(capsys.readouterr().out), Stopped.calls


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_apply_says_what_is_committed_and_the_lock_file_agrees(
    sign: signal.Signals,
    when: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))
    fresh = World(tmp_path / "fresh", FILES)
    fresh.workspace()
    monkeypatch.setattr(Stopped, "watched", fresh.path.name)
    monkeypatch.setattr(Stopped, "when", when)
    monkeypatch.setattr(Stopped, "sign", sign)
    monkeypatch.setattr(Stopped, "at", 0)
    whole = World(tmp_path / "whole", FILES)
    code, _, calls = stopped(whole.folder, capsys, monkeypatch, "apply", "--yes")
    assert code == 0 and calls > 30
    seen = set()
    for at in range(1, calls + 1):
        monkeypatch.setattr(Stopped, "at", at)
        world = World(tmp_path / f"at-{at}", FILES)
        code, document, _ = stopped(world.folder, capsys, monkeypatch, "apply", "--yes")
        there = world.ledger() if world.path.exists() and world.sql("SELECT 1 FROM sqlite_master") else []
        lock = world.folder / "landed.lock"
        locked = list(read_lock(lock).entries("migrations")) if lock.exists() else []
        assert sorted(locked) == there, (at, document)
        assert set(world.standings().values()) <= {"ok", "pending"}, (at, document)
        if code == 0:
            assert there == sorted(FILES)
            continue
        assert code == 130 and document["error"]["code"] == "interrupted", (at, document)
        told = "\n".join(document["error"]["details"])
        assert [name for name in FILES if f" {name}" in told] == there or len(there) == len(FILES), (at, told)
        seen.add(len(there))
        shutil.rmtree(world.folder)
    assert seen >= {0, 1, 2}


AT = """
import os, signal, sys
class Sends:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.{sign})
sys.meta_path.insert(0, Sends())
from landed.cli.start import main
main()
"""


@pytest.mark.parametrize(
    ("sign", "module"),
    [
        (sign, module)
        for sign in ("SIGINT", "SIGTERM", "SIGHUP")
        for module in ("click", "landed.cli.failure", "landed.cli.status", "landed.ops.examine", "apsw")
    ],
)
def test_a_signal_while_landed_is_loaded(sign: str, module: str, tmp_path: Path) -> None:
    world = World(tmp_path / "project", FILES)
    program = AT.format(sign=sign, module=module)
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "LANDED_CACHE_DIR": str(tmp_path / "c"),
    }
    for form in ("text", "json"):
        done = subprocess.run(
            [sys.executable, "-c", program, "status", "--format", form],
            cwd=world.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 130, done
        assert "Traceback" not in done.stderr, done.stderr
        if form == "json":
            assert json.loads(done.stdout)["error"]["code"] == "interrupted"
        else:
            assert done.stderr.strip().splitlines()[0] == "landed: Interrupted.", done.stderr
            assert "landed status" in done.stderr.splitlines()[-1]


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("when", ["before", "after"])
def test_repair_says_what_is_recorded_and_the_lock_file_agrees(
    when: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))
    fresh = World(tmp_path / "fresh", FILES)
    fresh.apply()
    fresh.sql("DELETE FROM d1_migrations WHERE name > '0001_z'")
    (fresh.folder / "landed.lock").unlink()
    monkeypatch.setattr(Stopped, "watched", fresh.path.name)
    monkeypatch.setattr(Stopped, "when", when)
    monkeypatch.setattr(Stopped, "at", 0)
    ends = set()
    at = calls = 0
    while at <= calls:
        folder = tmp_path / f"at-{at}"
        shutil.copytree(fresh.folder, folder)
        monkeypatch.setattr(Stopped, "at", at)
        code, document, made = stopped(
            folder, capsys, monkeypatch, "repair", "0003_c.sql", "--yes", "--reason", "it ran"
        )
        calls = calls or made
        world = World(folder, {})
        locked = folder / "landed.lock"
        there = world.ledger()
        assert ("0003_c.sql" in there) == (locked.exists() and "0003_c.sql" in locked.read_text()), (
            at,
            document,
        )
        if code == 130:
            told = document["error"]["message"]
            assert ("changed as planned" in told) == ("0003_c.sql" in there), (at, told)
        else:
            assert code == 0 and "0003_c.sql" in there, (at, document)
        ends.add((code, len(there)))
        at += 1
    assert ends >= {(0, 2), (130, 1), (130, 2)}
