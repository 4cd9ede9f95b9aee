"""The formats of a report: chosen by one option, the same everywhere, and refused where there is none."""

from __future__ import annotations

import io
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from landed.cli.main import COMMANDS
from landed.core.given import Given
from landed.report import formats
from landed.report.page import Page
from landed.report.reports import MODULES, Completion
from support import ROOT
from support.process.landed_process import Landed

FILES = {
    "0001_init.sql": "CREATE TABLE t (id INTEGER PRIMARY KEY);\n",
    "0002_more.sql": "CREATE TABLE u (id INTEGER PRIMARY KEY);\n",
}
WITH_MARKDOWN = ("status", "verify", "rehearse", "apply", "resume")


@pytest.fixture
def landed(tmp_path: Path) -> Landed:
    (tmp_path / "migrations").mkdir()
    for name, text in FILES.items():
        (tmp_path / "migrations" / name).write_text(text, encoding="utf-8")
    return Landed(tmp_path, tmp_path / "cache", LANDED_TARGET="sqlite:app.db")


@pytest.mark.parametrize(
    "words", [["--json"], ["--format", "json"], ["--format=json"], ["--json", "--format", "json"]]
)
def test_json_has_a_short_form(landed: Landed, words: list[str]) -> None:
    after, before = landed.plain("status", *words), landed.plain(*words, "status")
    assert after.stdout == before.stdout == landed("status").stdout
    failed = landed.plain("repair", "no-such-file", *words, code=None)
    assert failed.error["kind"] and failed.stderr == ""


def test_what_comes_after_the_command_wins(landed: Landed) -> None:
    assert landed.plain("--json", "status", "--format", "text").stdout == landed.plain("status").stdout
    assert landed.plain("--format", "text", "status", "--json").body["command"] == "status"


def test_two_formats_are_one_too_many(landed: Landed) -> None:
    error = landed.plain("status", "--json", "--format", "markdown", code=2).error
    assert "give one of them" in error["message"]
    assert "'json', 'markdown'" in landed.plain("status", "--format", "yaml", code=2).stderr


def test_which_commands_write_markdown(landed: Landed) -> None:
    said = {
        name
        for name in COMMANDS
        if "writes no markdown"
        in landed.plain(name, *_argument(name), "--format", "markdown", code=None).stderr
    }
    assert said == set(COMMANDS) - set(WITH_MARKDOWN)
    page = (ROOT / "docs" / "markdown.md").read_text(encoding="utf-8")
    assert "`status`, `verify`, `rehearse`, `apply` and `resume`" in page
    help_text = landed.plain("status", "--help").stdout
    assert all(name in help_text for name in (*formats.FORMATS, *WITH_MARKDOWN))


def _argument(name: str) -> list[str]:
    return {"shadow": ["pull"], "exec": ["CREATE TABLE x (a)", "--yes"], "completion": ["bash"]}.get(name, [])


def test_a_format_that_a_command_has_not_is_refused_before_anything_is_done(landed: Landed) -> None:
    done = landed.plain("exec", "CREATE TABLE x (a)", "--yes", "--format", "markdown", code=2)
    assert not (landed.folder / "app.db").exists()
    assert done.stdout.startswith("### ❌ landed: ")
    assert done.stderr.startswith("landed: landed exec writes no markdown\nNext: ")


def test_apply_in_markdown(landed: Landed) -> None:
    plan = landed.plain("apply", "--dry-run", "--format", "markdown")
    assert plan.stdout.startswith("### ⏳ landed apply: 2 files to run on SQLite app.db (FILE)\n")
    assert "Dry run: nothing was changed." in plan.stdout and plan.stderr == ""
    assert "| ⏳ | `0001_init.sql` | 1 statement | 1 change |" in plan.stdout.split("\n")
    assert not (landed.folder / "app.db").exists()
    done = landed.plain("apply", "--yes", "--format", "markdown")
    assert done.stdout.startswith("### ✅ landed apply: 2 files applied and proven on SQLite app.db (FILE)\n")
    assert "| ✅ | `0002_more.sql` | 1 statement | applied, proven, recorded |" in done.stdout.split("\n")
    assert "2/2 0002_more.sql  applied, proven, recorded" in done.stderr
    proven = landed.plain("verify", "--format", "markdown")
    assert proven.stdout.startswith("### ✅ proven: the schema holds what 2 recorded migrations claim\n")
    assert landed.plain("apply", "--format", "markdown").stdout.startswith(
        "### ✅ landed apply: nothing to do"
    )


def test_an_error_is_a_block_and_a_line_of_the_log(landed: Landed) -> None:
    (landed.folder / "app.db").write_bytes(b"no database" * 100)
    failed = landed.plain("verify", "--format", "markdown", code=3)
    assert failed.stdout.startswith("### ❌ landed: could not find out\n\n")
    assert failed.stderr.startswith("landed: ")


def test_consent_that_is_missing_comes_with_the_plan(landed: Landed) -> None:
    asked = landed.plain("apply", "--format", "markdown", code=4)
    assert asked.stdout.startswith("### ❌ landed: nothing was changed; consent is missing\n")
    assert "\n### ⏳ landed apply: 2 files to run on SQLite app.db (FILE)\n" in asked.stdout


def test_several_targets_have_a_column_each(landed: Landed) -> None:
    landed.plain("apply", "--yes")
    both = ("--target", "sqlite:app.db", "--target", "sqlite:other.db", "--format", "markdown")
    status = landed.plain("status", *both).stdout
    assert "| File | SQLite app.db (FILE) | SQLite other.db (FILE) |" in status.split("\n")
    assert "| `0001_init.sql` | ✅ ok | ⏳ pending |" in status.split("\n")
    assert "landed --target sqlite:other.db apply" in status.split("\n")
    verify = landed.plain("verify", *both).stdout
    assert verify.startswith("### ✅ 2 of 2 targets proven\n")


def test_text_and_json_have_every_report() -> None:
    for package in (formats.FORMATS[formats.TEXT], formats.FORMATS[formats.JSON]):
        assert all(find_spec(f"{package}.{module}") for module in MODULES.values())


def test_a_new_format_is_a_folder_and_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for it gets it; what it has no module for is not known."""

    def render(report: Completion, page: Page) -> None:
        page.out.write(f"{report.shell}!")

    module: Any = SimpleNamespace(render=render, __spec__=SimpleNamespace(name="a_format.completion"))
    monkeypatch.setitem(sys.modules, "a_format", SimpleNamespace(__path__=[]))
    monkeypatch.setitem(sys.modules, "a_format.completion", module)
    monkeypatch.setitem(formats.FORMATS, "loud", "a_format")
    assert formats.knows("loud", "completion") and not formats.knows("loud", "status")
    out, given = io.StringIO(), Given()
    formats.render(Completion("zsh", "…"), "loud", Page(out, out, given, lambda _: given))
    assert out.getvalue() == "zsh!"
    assert formats.asked_for(["status", "--format", "loud"]) == "loud"
