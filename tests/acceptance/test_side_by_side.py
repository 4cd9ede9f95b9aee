"""Several targets at once: one table, one document, the worst exit code; one target is as it ever was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.process.landed_process import Landed

FILES = {f"000{n}_t.sql": f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY);" for n in (1, 2, 3)}
TWO = ("--target", "d1:local/DB", "--target", "d1:local/OTHER")


@pytest.fixture
def run(tmp_path: Path, landed: Callable[..., Landed]) -> Landed:
    folder = tmp_path / "project"
    (folder / "migrations").mkdir(parents=True)
    databases = [{"binding": b, "database_name": b.lower(), "database_id": f"0-{b}"} for b in ("DB", "OTHER")]
    (folder / "wrangler.json").write_text(json.dumps({"name": "x", "d1_databases": databases}))
    for name, sql in FILES.items():
        (folder / "migrations" / name).write_text(sql)
    run = landed(folder)
    run("apply", "--yes", "--target", "d1:local/DB")
    run("apply", "--yes", "--target", "d1:local/OTHER", "--to", "0001")
    return run


def test_applied_here_and_not_there_is_one_glance(run: Landed) -> None:
    text = run.plain("status", *TWO).stdout
    table, _, rest = text.partition("\n\n")
    assert [line.split() for line in table.splitlines()] == [
        ["migration", "D1", "DB", "(LOCAL)", "D1", "OTHER", "(LOCAL)"],
        ["0001_t.sql", "✓", "ok", "✓", "ok"],
        ["0002_t.sql", "✓", "ok", "·", "pending"],
        ["0003_t.sql", "✓", "ok", "·", "pending"],
    ]
    assert rest.startswith("2 migrations do not stand alike.\n")
    assert "differ in 2 objects: landed drift d1:local/DB d1:local/OTHER" in rest
    # The printed command is for the one target that needs it, and it works.
    command = rest.rpartition("Next: ")[2].strip()
    assert command == "landed --target d1:local/OTHER apply"
    run.follow(command, "--yes", code=0)
    again = run.plain("status", *TWO).stdout
    assert "All 3 migrations stand alike." in again
    assert "are the same." in again
    assert "Next:" not in again


def test_the_document_has_the_document_of_each(run: Landed) -> None:
    body = run("status", *TWO).body
    assert body["differing"] == ["0002_t.sql", "0003_t.sql"]
    assert body["drift"] == [{"a": "d1:local/DB", "b": "d1:local/OTHER", "objects": 2}]
    for name, document in zip(TWO[1::2], body["targets"], strict=True):
        assert document == run("status", "--target", name).body


def test_targets_need_no_option(run: Landed) -> None:
    assert run("status", "d1:local/DB", "d1:local/OTHER").body == run("status", *TWO).body
    assert run.plain("status", "d1:local/OTHER").stdout == run.plain("status", "-t", "d1:local/OTHER").stdout
    assert run("verify", "--complete", "d1:local/OTHER", code=1).body["actions"][0]["argv"] == [
        "landed", "--target", "d1:local/OTHER", "apply",
    ]  # fmt: skip
    error = run("status", "0001_t.sql", code=2).error
    assert error["message"] == '"0001_t.sql" is no target' and error["code"] == "unknown-target"


def test_verify_needs_all_of_them(run: Landed) -> None:
    assert run("verify", *TWO).body["proven"] is True
    run("exec", "--yes", "--target", "d1:local/OTHER", "DROP TABLE t1")
    body = run("verify", *TWO, code=1).body
    assert [t["proven"] for t in body["targets"]] == [True, False]
    assert body["targets"][1]["failed"] == ["0001_t.sql"]
    text = run.plain("verify", *TWO, code=1).stdout
    assert "NOT proven: 1 phantom" in text
    assert "Next: landed --target d1:local/OTHER repair 0001_t.sql" in text


def test_drift_of_two_targets_is_the_drift_of_their_names(run: Landed) -> None:
    assert run("drift", *TWO, code=1).body == run("drift", "d1:local/DB", "d1:local/OTHER", code=1).body
    error = run("drift", *TWO, "files", code=2).error
    assert "drift compares two" in error["message"]


def test_what_cannot_be_read_does_not_hide_the_rest(run: Landed) -> None:
    broken = run.folder / "broken.db"
    broken.write_bytes(b"this is no database at all" * 40)
    answer = run("status", *TWO, "--target", "sqlite:broken.db", code=3)
    assert [("error" in t) for t in answer.body["targets"]] == [False, False, True]
    assert answer.body["targets"][2]["error"]["exit_code"] == 3
    text = run.plain("status", *TWO, "--target", "sqlite:broken.db", code=3).stdout
    assert text.splitlines()[1].split() == ["0001_t.sql", "✓", "ok", "✓", "ok", "?", "not", "known"]
    assert "sqlite:broken.db: could not find out: " in text
    assert run("verify", *TWO, "--target", "sqlite:broken.db", code=3).body["proven"] is False


def test_long_runs_are_folded(run: Landed) -> None:
    for n in range(4, 30):
        (run.folder / "migrations" / f"00{n:02}_x.sql").write_text(f"CREATE TABLE x{n} (id);")
    table = run.plain("status", *TWO).stdout.partition("\n\n")[0]
    assert "0002_t.sql … 0003_t.sql" not in table
    assert "0004_x.sql … 0029_x.sql (26)" in table
    assert "0017_x.sql" in run.plain("status", "--all", *TWO).stdout.partition("\n\n")[0]


@pytest.mark.parametrize("command", ["apply", "resume", "repair", "lock", "doctor", "rehearse"])
def test_other_commands_take_one(run: Landed, command: str) -> None:
    error = run(command, *TWO, code=2).error
    assert "works on one target; there are 2" in error["message"]


def test_after_the_command_wins(run: Landed) -> None:
    body = run("--target", "d1:local/DB", "status", "--target", "d1:local/OTHER").body
    assert body["target"]["name"] == "d1:local/OTHER"
    assert "targets" not in body
