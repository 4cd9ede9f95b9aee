"""The second wall: what a throw-away server's superuser, or native code in it, cannot do to the machine.

Nothing here goes through landed's first wall: the attacks connect as the superuser. The filter for system
calls is also tried by itself, on a process that is confined by the same function as the server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from landed.engines.postgres.shadow.platform.baseline import PLAIN
from landed.engines.postgres.shadow.server import walled
from landed.engines.postgres.shadow.server.locks import listens
from landed.engines.postgres.shadow.server.start import own_server
from landed.engines.postgres.shadow.walls import landlock, seccomp
from support.process.landed_process import Landed
from support.servers.pgservers import absent, binaries_of
from support.walls import walls_attacks, walls_confined
from support.walls.escaping import canary

linux = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
pytestmark = linux

WHO = ("ordinary", "root")


def users() -> list[str]:
    return list(WHO) if os.geteuid() == 0 else [WHO[0]]


@pytest.fixture(scope="module", params=users())
def tried(request: pytest.FixtureRequest) -> dict[str, walls_attacks.Tried]:
    """All attacks on one server of the newest major, and on one of an older one."""
    return walls_attacks.all_tried(18, ordinary=request.param == WHO[0] and os.geteuid() == 0)


@pytest.mark.parametrize("attack", walls_attacks.names())
def test_a_superuser_of_the_shadow_gets_nowhere(tried: dict[str, walls_attacks.Tried], attack: str) -> None:
    found = tried[attack]
    assert not found.escaped, found
    assert found.held, found


def test_native_code_did_run(tried: dict[str, walls_attacks.Tried]) -> None:
    answers = walls_attacks.answers(tried["native code in a library that SQL wrote"].said)
    assert answers["getpid"] > 0
    refused = {name: number for name, number in answers.items() if name.startswith("refused ")}
    assert refused
    assert all(-number in (1, 13, 38) for number in refused.values()), answers


@pytest.mark.parametrize("major", [15, 16, 17])
def test_older_majors_too(major: int) -> None:
    if binaries_of(major) is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(absent(major))
    wrong = {
        name: found
        for name, found in walls_attacks.all_tried(major).items()
        if found.escaped or not found.held
    }
    assert not wrong


def test_the_attacks_are_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the wall most of them get through, or they would prove nothing."""
    monkeypatch.setattr(walled, "UP", False)
    found = walls_attacks.all_tried(18, but=["COPY FROM a pipe"])
    through = {name for name, each in found.items() if each.escaped}
    assert len(through) >= 20, sorted(set(found) - through)


def test_whatever_version_of_landlock_the_kernel_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server starts with the rights of the first version only, where no file changes its folder."""
    monkeypatch.setattr(walled, "NEWEST", 1)
    walls = walls_attacks.walls_of(18)
    assert (walls.landlock, walls.seccomp) == (1, True)
    assert "signals" in " ".join(walls.gaps)


def test_what_would_be_in_force_is_known_before_a_server_is_started() -> None:
    walls = walled.expected()
    assert walls == walls_attacks.walls_of(18)
    assert walls.sentence == "Landlock and seccomp"
    assert not walls.lacking


@pytest.mark.parametrize("lacking", ["landlock", "seccomp", "both"])
def test_a_kernel_without_them_starts_the_server_and_says_so(
    monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    """As in containers whose runtime refuses the calls."""

    def refuse(*_: object) -> None:
        raise landlock.Missing("not here")

    if lacking != "seccomp":
        monkeypatch.setattr(landlock, "abi", refuse)
    if lacking != "landlock":
        monkeypatch.setattr(seccomp, "install", refuse)
    # The copy of this process that becomes the server has the changes, too.
    monkeypatch.setattr(sys, "executable", "")
    monkeypatch.setattr(walled, "NEWEST", {"landlock": 91, "seccomp": 92, "both": 93}[lacking])
    walls = walls_attacks.walls_of(18)
    assert walls.sentence == {"landlock": "seccomp", "seccomp": "Landlock", "both": "none"}[lacking]
    assert "not here" in walls.lacking
    assert any("not kept from it" in gap for gap in walls.gaps)


def test_the_watchman_ends_no_process_that_sql_names() -> None:
    """A pid file is in the server's folder; whoever stops the server may be root."""
    for number in (None, -1, 0, 1):
        with walls_attacks.bystander() as other, walls_attacks.place():
            binaries = binaries_of(18)
            assert binaries is not None
            with own_server(binaries, 18, PLAIN) as server, server.connect("postgres") as connection:
                data = Path(server.host).parent / "data"
                text = other.pid if number is None else number
                connection.execute(f"COPY (SELECT {text}) TO '{data}/postmaster.pid'")
            deadline = time.monotonic() + 30
            while listens(data.parent / "s") and time.monotonic() < deadline:
                time.sleep(0.02)
            assert not listens(data.parent / "s"), "the server itself is stopped"
            assert other.poll() is None


def test_doctor_shows_them(tmp_path: Path) -> None:
    (tmp_path / "supabase" / "migrations").mkdir(parents=True)
    (tmp_path / "supabase" / "config.toml").write_text('project_id = "x"\n')
    landed = Landed(tmp_path, tmp_path / "cache")
    (found,) = (c for c in landed("doctor", code=None).body["checks"] if c["code"] == "shadow-walls")
    assert found["value"] == "Landlock and seccomp"
    named = Landed(
        tmp_path, tmp_path / "cache", LANDED_SHADOW="postgresql://landed_shadow@127.0.0.1:1/postgres"
    )
    (found,) = (c for c in named("doctor", code=None).body["checks"] if c["code"] == "shadow-walls")
    assert (found["value"], found["level"]) == ("none", "note")


CONFINED = """
import json, sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from support.walls.walls_confined import main
main(json.loads(sys.argv[3]))
"""


@pytest.fixture(scope="module", params=["root", "nobody"] if os.geteuid() == 0 else ["ordinary"])
def confined(request: pytest.FixtureRequest) -> dict[str, object]:
    with canary() as mark, tempfile.TemporaryDirectory(prefix="own") as folder:
        Path(folder).chmod(0o777)
        given = walls_confined.given(mark, Path(folder), request.param == "nobody")
        source = Path(walled.__file__).parents[3]
        helpers = Path(walls_confined.__file__).parents[2]
        command = [sys.executable, "-I", "-c", CONFINED, str(source), str(helpers), given]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done
        mark.untouched(done.stdout, done.stderr)
        found: dict[str, object] = json.loads(done.stdout)
        return found


def test_what_a_server_needs_is_allowed(confined: dict[str, object]) -> None:
    assert confined["allowed"] == dict.fromkeys(confined["allowed"], 0)  # type: ignore[attr-defined]


def test_everything_else_is_refused(confined: dict[str, object]) -> None:
    refused: dict[str, int] = confined["refused"]  # type: ignore[assignment]
    assert len(refused) > 40
    # EPERM, EACCES, ENOSYS, EXDEV, EFBIG: refused, and not tried in vain.
    assert not {name: number for name, number in refused.items() if number not in (1, 13, 38, 18, 27)}
