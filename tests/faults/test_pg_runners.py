"""Eight runners at once on one Postgres database: everything is there exactly once, nobody says otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.process.landed_process import Landed
from support.worlds.pgfaults import FILES, project_on

RUNNERS = 8


@pytest.mark.parametrize("turn", range(2))
def test_eight_runners_at_once(turn: int, pg_server: Callable[..., ShadowServer], tmp_path: Path) -> None:
    with project_on(pg_server(18), tmp_path) as project:
        runners = [Landed(project.folder, tmp_path / "cache", **project.environ) for _ in range(RUNNERS)]
        started = [runner.popen("apply", "--yes", "--json") for runner in runners]
        ends = [(*process.communicate(), process.returncode) for process in started]

        truth = project.truth()
        project.hold(truth)
        assert truth.recorded == [name[:4] for name in FILES]
        applied = []
        for out, err, code in ends:
            assert "Traceback" not in err
            body = json.loads(out)
            if code == 0:
                applied += [f["name"] for f in body["files"] if f["outcome"] == "applied"]
                continue
            error = body["error"]
            if error["kind"] == "NotProven":
                # It looked while the other was between two parts of the file that commits in parts.
                assert code == 1 and error["message"].startswith("0002_index.sql is partial"), error
                assert "Nothing was changed." in error["details"]
                continue
            assert (code, error["kind"]) == (3, "Busy"), error
            told = "\n".join([error["message"], *error["details"]])
            assert "another runner" in told and "nothing was changed" in told, told
            # Who it is, unless it had gone when it was looked for.
            assert "held by" not in told or "pid" in told, told
        assert applied == list(FILES), "one runner applied each file, or found it done"
        project.told_truly(truth)
        assert project.landed("verify").code == 0


def test_the_other_runner_is_named(pg_server: Callable[..., ShadowServer], tmp_path: Path) -> None:
    """While one runner is in the middle of a file, another changes nothing and says who is at work."""
    with project_on(pg_server(18), tmp_path) as project:
        other = Landed(project.folder, tmp_path / "cache", **project.environ)
        said = []

        def meanwhile() -> None:
            process = other.popen("apply", "--yes", "--json")
            out, _ = process.communicate()
            said.append((process.returncode, json.loads(out)["error"]))

        project.fresh()
        project.proxy.disturb(20, "before", meanwhile, cutting=False)
        assert project.landed("apply", "--yes").code == 0
        ((code, error),) = said
        assert (code, error["kind"]) == (3, "Busy"), error
        told = "\n".join(error["details"])
        assert "held by pid" in told and "landed" in told, told
        truth = project.truth()
        project.hold(truth)
        assert truth.recorded == [name[:4] for name in FILES]
