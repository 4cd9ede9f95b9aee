"""Started in the wrong folder: the folders below that are meant are named, with a command that works."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from landed.project.below import find_below
from support.process.landed_process import Landed

CONFIG = json.dumps({"d1_databases": [{"binding": "DB", "database_id": "0-x"}]})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    outside = tmp_path / "outside"
    (outside / "migrations").mkdir(parents=True)
    (outside / "wrangler.json").write_text(CONFIG)
    root = tmp_path / "mono"
    for name in ("apps/the web/migrations", "apps/api/supabase/migrations", "packages/db/migrations"):
        (root / name).mkdir(parents=True)
        (root / name / "0001_a.sql").write_text("CREATE TABLE a (x INTEGER);")
    (root / "apps/the web/wrangler.json").write_text(CONFIG)
    (root / "apps/api/supabase/config.toml").write_text('project_id = "api"')
    for hidden in ("node_modules/x", ".cache/x"):
        (root / hidden).mkdir(parents=True)
        (root / hidden / "wrangler.json").write_text(CONFIG)
    (root / "apps/link").symlink_to(outside)
    (root / "apps/round").symlink_to(root)
    return root


def test_the_folders_that_are_meant_are_named(root: Path, landed: Callable[..., Landed]) -> None:
    run = landed(root)
    error = run("status", code=2).error
    assert [action["argv"][-1] for action in error["actions"]] == ["apps/api", "apps/the web"]
    assert {action["choice"] for action in error["actions"]} == {"folder"}

    for target in ("d1:local", "d1:remote/DB"):
        (action,) = run("--target", target, "status", code=2).error["actions"]
        assert action["argv"] == ["landed", "--target", target, "status", "--project", "apps/the web"]
    # What is printed can be run.
    shown = run.plain("--target", "d1:local", "status", code=2).stderr.rpartition("Next: ")[2]
    assert run(*shlex.split(shown)[1:]).standings() == {"0001_a.sql": "pending"}

    (action,) = run("--target", "supabase:linked", "status", code=2).error["actions"]
    assert action["argv"][-1] == "apps/api"
    for target in ("supabase:local", "postgresql://u:secret@127.0.0.1:1/x"):
        error = run("--target", target, "status", code=2).error
        assert error["actions"][0]["argv"][-1] == "apps/api"
        assert "secret" not in json.dumps(error)


def test_a_file_keeps_its_path(root: Path, landed: Callable[..., Landed]) -> None:
    run = landed(root)
    actions = run("--target", "sqlite:app.db", "status", code=2).error["actions"]
    assert [a["argv"][-2:] for a in actions] == [
        ["--migrations", "apps/the web/migrations"],
        ["--migrations", "packages/db/migrations"],
        ["--migrations", "apps/api/supabase/migrations"],
    ]
    assert run(*actions[0]["argv"][1:]).standings() == {"0001_a.sql": "pending"}


def test_the_search_is_bounded(root: Path) -> None:
    deep = root / "a/b/c/d/e"
    deep.mkdir(parents=True)
    (deep / "wrangler.json").write_text(CONFIG)
    found = find_below(root)
    assert deep not in [place.folder for place in found]
    assert all(".." not in str(place.folder) and "link" not in str(place.folder) for place in found)
    for number in range(40):
        (root / f"many{number:02}").mkdir()
        (root / f"many{number:02}" / "wrangler.json").write_text(CONFIG)
    assert len(find_below(root)) == 6
