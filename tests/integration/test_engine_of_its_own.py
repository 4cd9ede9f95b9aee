"""A new engine is one package and one row: the commands work with it, and know nothing of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from landed.cli.failure import run
from landed.cli.main import cli
from landed.engines import ENGINES
from support.shelves.engine import ROOMS, ROW

FILES = {
    "0001_tools.shelf": "# where tools lie\nmake tools;\nset tools colour red;",
    "0002_books.shelf": "make books;\nset books width 90;",
}


class Shop:
    def __init__(self, folder: Path, out: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._out = out
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / "shelves").mkdir(exist_ok=True)
        (self.folder / "shelves" / name).write_text(text, encoding="utf-8")

    def run(self, *words: str) -> tuple[int, str]:
        """The real command line, in this process: exit code and what was printed."""
        code = run(cli, ["--project", str(self.folder), "--target", "shelves:shop", *words])
        return code, self._out.readouterr().out

    def json(self, *words: str) -> tuple[int, dict[str, Any]]:
        code, out = self.run(*words, "--json")
        return code, json.loads(out)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shop:
    for kind, place in ROW.items():
        monkeypatch.setitem(ENGINES, kind, place)
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))
    ROOMS.clear()
    (tmp_path / "project").mkdir()
    return Shop(tmp_path / "project", capsys)


def standings(body: dict[str, Any]) -> dict[str, str]:
    return {migration["name"]: migration["standing"] for migration in body["migrations"]}


def test_status_apply_and_verify_work_with_it(shop: Shop) -> None:
    code, body = shop.json("status")
    assert (code, standings(body)) == (0, dict.fromkeys(FILES, "pending"))
    assert (body["target"]["kind"], body["target"]["label"]) == ("shelves", "Shelves shop (FILE)")
    code, body = shop.json("apply", "--yes")
    assert (code, [m["outcome"] for m in body["files"]]) == (0, ["applied", "applied"])
    assert ROOMS["shelves:shop"].shelves == {"tools": {"colour": "red"}, "books": {"width": "90"}}
    code, body = shop.json("verify")
    assert (code, body["proven"]) == (0, True)
    code, out = shop.run("status")
    assert code == 0 and "2 recorded in applied" in out and "2 ok" in out


def test_a_change_by_hand_is_seen_and_made_good(shop: Shop) -> None:
    shop.run("apply", "--yes")
    ROOMS["shelves:shop"].shelves["tools"]["colour"] = "blue"
    code, body = shop.json("verify")
    assert (code, body["proven"]) == (1, False)
    code, body = shop.json("status")
    assert standings(body) == {"0001_tools.shelf": "partial", "0002_books.shelf": "ok"}
    code, body = shop.json("resume", "--yes")
    assert code == 0 and ROOMS["shelves:shop"].shelves["tools"] == {"colour": "red"}
    assert shop.json("verify")[0] == 0


def test_what_is_not_recorded_and_what_never_ran(shop: Shop) -> None:
    shop.run("apply", "--yes")
    room = ROOMS["shelves:shop"]
    room.ledger = ["0002_books.shelf"]
    del room.shelves["books"]
    assert standings(shop.json("status")[1]) == {
        "0001_tools.shelf": "unrecorded",
        "0002_books.shelf": "phantom",
    }
    assert shop.json("repair", "--yes")[0] == 0
    assert room.ledger == ["0001_tools.shelf"]
    assert shop.json("apply", "--yes")[0] == 0
    assert shop.json("verify")[0] == 0


def test_a_file_that_cannot_run_leaves_nothing(shop: Shop) -> None:
    shop.write("0003_wrong.shelf", "make maps;\ndrop charts;")
    code, body = shop.json("apply", "--yes")
    assert code == 1 and "there is no shelf charts" in body["error"]["message"]
    assert ROOMS == {}


def test_the_other_commands_have_an_answer(shop: Shop) -> None:
    code, body = shop.json("rehearse")
    assert (code, [f["changes"] for f in body["files"]]) == (0, [["+ shelf tools"], ["+ shelf books"]])
    shop.run("apply", "--yes")
    assert shop.json("drift", "files", "target")[1]["differences"] == []
    assert shop.json("lock")[0] == 0
    code, body = shop.json("exec", "make maps")
    assert code == 2 and "only migrations run there" in body["error"]["message"]
    assert shop.json("undo")[0] == 2
    assert shop.json("shadow", "pull")[0] == 2
    code, body = shop.json("doctor")
    assert code == 0, body
