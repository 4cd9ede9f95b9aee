"""landed demo as a newcomer runs it: it needs nothing, leaves nothing, and does not tell what is not so."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from landed.cli.demo_tour import Tour
from landed.core.errors import NotProven
from landed.demo import d1 as worlds
from landed.demo import supabase as demo_postgres
from landed.engines.postgres.shadow.server import start
from landed.report.text.demo import Stage, folded, uncoloured
from support.process.landed_process import Landed

WORLDS = {
    "1-forgotten-production": ("d1:local/PROD", {"0003_region.sql": "pending"}),
    "2-untrue-history": ("d1:local", {"0002_audit_log.sql": "phantom", "0003_plans.sql": "partial"}),
    "3-cascading-rebuild": ("d1:local", {"0003_unique_email.sql": "pending"}),
}


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def test_it_leaves_nothing_behind(tmp_path: Path, temporary: Path, landed: Callable[..., Landed]) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "landed.toml").write_text('target = "sqlite:nix.db"\n')
    hostile = {
        "TMPDIR": str(temporary),
        "LANDED_TARGET": "d1:remote",
        "LANDED_LEDGER": "x",
        "PGOPTIONS": "-c search_path=nowhere",
        "SUPABASE_DB_PASSWORD": "not-a-secret",
        "CLOUDFLARE_ENV": "prod",
    }
    answer = landed(home, **hostile).plain("demo")
    assert answer.stderr == "" and list(temporary.iterdir()) == []
    assert [p.name for p in home.iterdir()] == ["landed.toml"] and not (tmp_path / "landed-cache").exists()
    assert "left out" not in answer.stdout
    for word in ("1 of 4", "4 of 4", "phantom", "partial", "CASCADE", "posts 12 -> 0", "INVALID", "Supabase"):
        assert word in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 80


def test_the_kept_projects_are_broken_as_told(
    tmp_path: Path, temporary: Path, landed: Callable[..., Landed]
) -> None:
    printed = landed(tmp_path, TMPDIR=str(temporary)).plain("demo", "--keep").stdout
    (folder,) = temporary.iterdir()
    assert f"cd {folder}/2-untrue-history && landed status" in printed
    for name, (target, wanted) in WORLDS.items():
        standings = landed(folder / name)("status", "--target", target).standings()
        assert {n: s for n, s in standings.items() if s != "ok"} == wanted
        repaired = landed(folder / "tour" / name)("verify", "--target", target).body
        assert repaired["proven"] is True


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("POSTS", worlds.POSTS.replace(" ON DELETE CASCADE", "")),  # then nothing would be lost
        ("AUDIT", "SELECT 1;\n"),  # then the history is not untrue
        ("REGION", "CREATE TABLE other (a);\n"),  # then production lacks something else
        ("REBUILD_SAFE", worlds.REBUILD),  # then the rewritten file is no better
    ],
)
def test_a_story_that_is_not_so_fails_loudly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setattr(worlds, name, text)
    environment, here = dict(os.environ), os.getcwd()
    with pytest.raises(NotProven, match="did not come out as told") as caught:
        Tour(tmp_path, None).play(keep=False)
    assert caught.value.exit_code == 1
    assert dict(os.environ) == environment and os.getcwd() == here


def test_a_story_on_postgres_that_is_not_so_fails_loudly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(demo_postgres.FILES, demo_postgres.SECOND, "select 1;\n")  # then it is no phantom
    with pytest.raises(NotProven, match="did not come out as told"):
        Tour(tmp_path, None).play(keep=False)


def test_where_no_postgres_can_be_started_the_rest_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "sys", SimpleNamespace(platform="win32"))
    out = io.StringIO()
    tour = Tour(tmp_path, Stage(out))
    tour.play(keep=False)
    runs = [step for step in tour.steps if step["kind"] == "run"]
    assert len(runs) >= 10 and all(step["output"] for step in runs)
    assert {step["chapter"] for step in runs} == {1, 2, 3}
    assert "left out: landed cannot start a Postgres" in " ".join(out.getvalue().split())


def test_a_configuration_above_the_temporary_folder_is_named(
    tmp_path: Path, temporary: Path, landed: Callable[..., Landed]
) -> None:
    (tmp_path / "wrangler.json").write_text("{}")
    error = landed(tmp_path, TMPDIR=str(temporary))("demo", code=2).error
    assert str(tmp_path / "wrangler.json") in error["message"] and "TMPDIR" in error["next"]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("width", [30, 40, 76])
def test_folding_loses_no_word_and_keeps_the_width(width: int) -> None:
    line = "    \x1b[31m✗ partial\x1b[0m  0003_plans.sql  recorded, but only partly there: what 1 of 3 leave"
    pieces = folded(line, width)
    assert " ".join(pieces).split() == line.split()
    assert all(len(uncoloured(piece)) <= width for piece in pieces)
    assert uncoloured(pieces[0]).startswith("    ✗ partial  0003")


def test_a_style_does_not_run_into_the_next_lines_margin() -> None:
    pieces = folded("plain \x1b[2mdim words that go on\x1b[0m and plain again", 16)
    assert len(pieces) > 2
    assert all(piece.count("\x1b[2m") == piece.count("\x1b[0m") for piece in pieces)


def test_a_narrow_stage_folds_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    stage = Stage(out)
    stage.chapter(1, 3, "A title")
    stage.say("word " * 60)
    stage.output("x " * 100)
    assert max(len(uncoloured(line)) for line in out.getvalue().splitlines()) <= 80
