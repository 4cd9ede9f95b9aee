"""``landed apply`` killed with SIGKILL at every answer of Postgres that it waits for; and others do.

``before``: the message that ends a round trip has not reached the server; ``after``: the server has answered,
and landed is killed before it hears it. Then: a session that an administrator ends, a server that stops at
once in mid-file and comes back.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from landed.engines.postgres.shadow.server.databases import Scratch
from landed.engines.postgres.shadow.server.identity import server_identity
from landed.engines.postgres.shadow.server.locks import recorded_pid
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.servers.pgservers import ANYBODYS, anybodys_server, binaries_of
from support.worlds.pgfaults import FILES, Project, own_shadow, project_in, project_on


@pytest.fixture(scope="module")
def project(
    pg_server: Callable[..., ShadowServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    with project_on(pg_server(18), tmp_path_factory.mktemp("killed")) as made:
        yield made


def test_killed_at_every_round_trip(project: Project) -> None:
    project.fresh()
    assert project.landed("apply", "--yes").code == 0
    points, ends = list(project.proxy.points), sorted(set(project.proxy.ends))
    assert project.truth().recorded == [name[:4] for name in FILES]
    assert len(ends) > 15
    wrong = []
    states = set()
    for at in ends:
        for when in ("before", "after"):
            project.fresh()
            cuts = project.proxy.cuts
            project.proxy.disturb(at, when, project.kill)  # type: ignore[arg-type]
            done = project.landed("apply", "--yes")
            assert (done.code, project.proxy.cuts) == (-9, cuts + 1), (points[at - 1], done)
            project.proxy.disturb()
            truth = project.truth()
            states.add(repr(truth))
            try:
                project.hold(truth)
                project.told_and_finished(truth)
            except AssertionError as problem:
                wrong.append(f"killed {when} message {at} of {len(points)}: {points[at - 1][:80]}\n{problem}")
    assert not wrong, "\n\n".join(wrong)
    assert len(states) == 1 + sum(len(file.units) for file in FILES.values()), "every commit is a state"


def places(project: Project) -> list[int]:
    """Where the world is disturbed: a statement of each file, the index, a proof, both sides of a COMMIT."""
    project.fresh()
    assert project.landed("apply", "--yes").code == 0
    points = list(project.proxy.points)
    assert project.truth().recorded == [name[:4] for name in FILES]
    wanted = ("INSERT INTO runs VALUES ('0001')", "INSERT INTO runs VALUES ('0002')", "CREATE INDEX CONC")
    wanted += ("INSERT INTO runs VALUES ('0002 end')", "INSERT INTO runs VALUES ('0003')")
    found = [next(n for n, p in enumerate(points, 1) if p.startswith(start)) for start in wanted]
    return found + [n for n, p in enumerate(points, 1) if p == "COMMIT"]


def test_a_session_that_an_administrator_ends(project: Project) -> None:
    for at in places(project):
        project.fresh()
        project.proxy.disturb(at, "before", project.terminate, cutting=False)
        done = project.landed("apply", "--yes")
        project.proxy.disturb()
        truth = project.truth()
        project.hold(truth)
        assert done.code in (1, 3), done
        assert "connection" in done.told, done.told
        project.told_and_finished(truth)


def test_a_server_that_stops_at_once_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that runs then has no time to say why; afterwards the server has recovered what was committed."""
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "10")
    binaries = binaries_of(18)
    assert binaries is not None
    with own_shadow(), anybodys_server(binaries, 18, ANYBODYS) as server:
        with server.connect(server.admin) as admin:
            admin.execute("CREATE DATABASE faults")
        with project_in(Scratch(server, "faults"), tmp_path) as project:
            stopped_at_every_place(project, Path(server.host).parent / "data")


def stopped_at_every_place(project: Project, data: Path) -> None:
    server = json.loads((data.parent / "plan").read_text())["command"]

    def stop() -> None:
        told: set[int] = set()
        end = time.monotonic() + 60
        while (pid := recorded_pid(data)) is not None or not told:
            # A second one may have been on its way when the first was started.
            if pid is not None and pid not in told:
                told.add(pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)
            assert time.monotonic() < end, f"the server does not stop: {told}, {pid}"
            time.sleep(0.005)

    def start() -> None:
        command = ["/bin/sh", "-c", '"$@" >/dev/null 2>&1 </dev/null &', "sh", *server]
        end = time.monotonic() + 60
        while True:
            if recorded_pid(data) is None:
                # Again, if the memory of the server before was still in use.
                subprocess.run(command, check=True, **server_identity().options())
                time.sleep(0.1)
            try:
                return project.again()
            except psycopg.OperationalError:
                assert time.monotonic() < end
                time.sleep(0.02)

    def stop_and_start() -> None:
        stop()
        start()

    points = places(project)
    for at, action in [(at, stop) for at in points[2:5]] + [(at, stop_and_start) for at in points[-3:]]:
        project.fresh()
        project.proxy.disturb(at, "before", action, cutting=False)
        done = project.landed("apply", "--yes")
        assert done.code == 1 or (action is stop and done.code == 3), done.told
        project.proxy.disturb()
        if action is stop:
            start()
        truth = project.truth()
        project.hold(truth)
        project.told_and_finished(truth)
