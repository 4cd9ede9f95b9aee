"""``landed undo`` through the stand-in: what is lost is named, consented to, restored and read back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from landed.report.json_schema import json_schema
from support.process.landed_process import Answer, Landed
from support.servers.d1_standin import ACCOUNT, READ, Fault, StandIn
from support.worlds.remoteworld import REMOTE, RemoteWorld

pytestmark = pytest.mark.wrangler
FILES = {f"000{n}_t.sql": f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY);" for n in (1, 2, 3)}
ALLOW = ("--yes", "--allow", "restore:test-db")
SCHEMA = json_schema()


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("standin")) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, standin: StandIn) -> RemoteWorld:
    standin.inject()
    standin.database.wipe()
    return RemoteWorld(tmp_path / "project", FILES, standin)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, standin: StandIn) -> tuple[RemoteWorld, str]:
    """The first file was applied, a row written, the other two applied, and a row written."""
    world = RemoteWorld(tmp_path_factory.mktemp("prepared") / "project", FILES, standin)
    run = world.landed()
    run("apply", "--yes", "--to", "0001", *REMOTE)
    standin.database.query([{"sql": "INSERT INTO t1 VALUES (1)"}])
    run("apply", "--yes", *REMOTE)
    standin.database.query([{"sql": "INSERT INTO t1 VALUES (2)"}])
    return world, standin.database.mark()


@pytest.fixture
def run(prepared: tuple[RemoteWorld, str], standin: StandIn, tmp_path: Path) -> Landed:
    """landed in that world, as it was."""
    world, mark = prepared
    standin.inject()
    standin.database.restore(mark)
    return world.copy(tmp_path).landed()


def document(answer: Answer) -> dict[str, Any]:
    """The document, held to its schema."""
    validator = Draft202012Validator({"$ref": "#/$defs/undo", "$defs": SCHEMA["$defs"]})
    assert [e.message for e in validator.iter_errors(answer.body)] == []
    assert Draft202012Validator(SCHEMA).is_valid(answer.body)
    return answer.body


def rows(standin: StandIn) -> list[tuple[Any, ...]]:
    return standin.database.look("SELECT id FROM t1 ORDER BY id")


def test_it_names_what_is_lost_and_does_nothing_without_consent(run: Landed, standin: StandIn) -> None:
    plan = document(run("undo", "--dry-run", *REMOTE))
    assert plan["lost"]["migrations"] == ["0002_t.sql", "0003_t.sql"]
    assert plan["lost"]["objects"] == ["table t2", "table t3"]
    assert "cannot be known" in plan["lost"]["rows"]
    assert plan["known"] == {"ledger": True, "schema": True}
    assert [(b["before"], b["files"]) for b in plan["bookmarks"]] == [
        ("apply", ["0001_t.sql"]),
        ("apply", ["0002_t.sql", "0003_t.sql"]),
    ]
    for words in ((), ("--yes",), ("--yes", "--allow", "restore:other"), ("--allow", "restore:test-db")):
        error = run("undo", *words, *REMOTE, code=4).error
        assert "Nothing was changed" in error["message"]
        assert "--allow restore:test-db" in error["next"]
    assert standin.ledger() == list(FILES)
    assert rows(standin) == [(1,), (2,)]


def test_the_printed_command_goes_back_and_the_next_one_forward(run: Landed, standin: StandIn) -> None:
    command = run("undo", *REMOTE, code=4).error["next"]
    done = document(run.follow(command, code=0))
    assert done["recorded"] == ["0001_t.sql"] == standin.ledger()
    assert rows(standin) == [(1,)]
    assert run("status", *REMOTE).standings() == {
        "0001_t.sql": "ok",
        "0002_t.sql": "pending",
        "0003_t.sql": "pending",
    }
    # The bookmark that was used up is not offered again; the one before it is.
    again = document(run("undo", "--dry-run", *REMOTE))
    assert again["lost"]["migrations"] == ["0001_t.sql"]
    run("undo", "--bookmark", done["back"], *ALLOW, *REMOTE)
    assert standin.ledger() == list(FILES)
    assert rows(standin) == [(1,), (2,)]


def test_apply_prints_the_bookmark_before_and_after(world: RemoteWorld) -> None:
    answer = world.landed().plain("apply", "--yes", *REMOTE)
    (bookmark,) = [
        line.split()[-1] for line in answer.stderr.splitlines() if "bookmark of the moment" in line
    ]
    assert f"landed --target d1:remote/DB undo --bookmark {bookmark}" in answer.stderr
    assert f"undo --bookmark {bookmark}" in answer.stdout
    assert f"wrangler d1 time-travel restore test-db --bookmark={bookmark}" in answer.stderr
    restored = world.wrangler().run("d1", "time-travel", "restore", "DB", f"--bookmark={bookmark}", "--json")
    assert restored.ok, restored
    assert world.standin.ledger() == []


def test_a_time_goes_back_to_the_state_of_that_time(run: Landed, standin: StandIn) -> None:
    first = standin.database.mark_after("INSERT INTO t1 VALUES (3)")
    standin.database.query([{"sql": "INSERT INTO t1 VALUES (4)"}])
    plan = document(run("undo", "--dry-run", "--timestamp", first.isoformat(), *REMOTE))
    assert plan["known"]["schema"] is False
    run("undo", "--timestamp", first.isoformat(), *ALLOW, *REMOTE)
    assert rows(standin) == [(1,), (2,), (3,)]


def test_a_bookmark_of_somebody_else(run: Landed, standin: StandIn) -> None:
    mark = standin.database.mark()
    standin.database.query([{"sql": "DROP TABLE t1"}])
    plan = document(run("undo", "--dry-run", "--bookmark", mark, *REMOTE))
    assert plan["known"] == {"ledger": False, "schema": False}
    told = run.plain("undo", "--dry-run", "--bookmark", mark, *REMOTE).stdout
    assert "seen only afterwards" in told
    assert f"\naccount {ACCOUNT} · an API token\n" in told
    run("undo", "--bookmark", mark, *ALLOW, *REMOTE)
    assert rows(standin) == [(1,), (2,)]


def test_what_is_refused(run: Landed, standin: StandIn) -> None:
    assert "has no Time Travel" in run("undo", "--target", "d1:local", code=2).error["message"]
    assert "is no time" in run("undo", "--timestamp", "yesterday", *REMOTE, code=2).error["message"]
    # What refuses a bookmark is not the database: it is read again, and says so itself.
    error = run("undo", "--bookmark", "nonsense", *ALLOW, *REMOTE, code=1).error
    assert error["message"] == "The database was not restored."
    assert "It was read again: nothing was changed." in error["details"]
    run.env["CLOUDFLARE_API_TOKEN"] = READ
    error = run("undo", *ALLOW, *REMOTE, code=3).error
    assert "Nothing was restored." in error["details"]
    assert standin.ledger() == list(FILES)
    elsewhere = Landed(run.folder, run.folder.parent / "other-cache", **standin.environ())
    assert "remembers no bookmark" in elsewhere("undo", *REMOTE, code=2).error["message"]


@pytest.mark.parametrize(
    "kind", ["drop", "drop-after", "502-after", "hang", "hang-after", "500", "malformed-after"]
)
def test_a_lost_reply(kind: str, run: Landed, standin: StandIn) -> None:
    if kind.startswith("hang"):
        run.env["LANDED_TIMEOUT"] = "5"
    standin.inject()
    run("undo", "--dry-run", *REMOTE)
    assert standin.actions() == ["query"]
    # Reading, a bookmark of the present, the restore: the third request.
    standin.inject(Fault(kind, 3))
    happened = kind.endswith("-after")
    answer = run("undo", *ALLOW, *REMOTE, code=0 if happened else 1)
    assert [seen.action for seen in standin.requests if seen.action == "restore"] == ["restore"]
    assert standin.ledger() == (["0001_t.sql"] if happened else list(FILES))
    if happened:
        assert "reply was lost" in document(answer)["note"]
        return
    error = answer.error
    assert error["message"] == "The database was not restored."
    standin.inject()
    run.follow(error["next"], *ALLOW, code=0)
    assert standin.ledger() == ["0001_t.sql"]
