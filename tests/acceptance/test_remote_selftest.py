"""A trial on a database of its own: what it shows where all is well, and where something is not; and that it
deletes what it made, and nothing else, whatever happens. Over the stand-in, whose runtime is D1's."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGINT, SIGKILL
from typing import Any

import pytest

from landed.core.errors import Ambiguous, CannotKnow, UsageError
from landed.engines.d1.trial.proofs import LABELS, Proofs
from landed.ops.selftest import Tried, find_left, plan_selftest, run_selftest
from support import ROOT
from support.oracles.d1_answers import differences
from support.oracles.json_documents import held
from support.process.landed_process import Landed
from support.servers import d1_standin
from support.servers.d1_standin import ACCOUNT, EDIT, READ, Answer, Fault, RemoteWrangler, StandIn, ok
from support.servers.d1_standin_database import Database

pytestmark = pytest.mark.wrangler
YES = ("selftest", "--create-database", "--yes", "--account", ACCOUNT)
CREATE = 2
"""The request that makes the database: the account's name is asked before."""
SERIOUS = ("apply", "atomic", "guard", "restore", "trigger-form")


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("standin"), keep=False) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    standin.inject()
    standin.splits_badly = False
    for database in standin.made.values():
        database.close()
    standin.made.clear()
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))
    return standin


@pytest.fixture
def run(tmp_path: Path, world: StandIn) -> Landed:
    (tmp_path / "empty").mkdir()
    return Landed(tmp_path / "empty", tmp_path / "cache", **world.environ())


def tried(folder: Path, standin: StandIn, token: str = EDIT) -> Tried:
    trial, plan = plan_selftest(folder, {}, standin.environ(token))
    return run_selftest(trial, plan)


def kept(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(f.read_text()) for f in sorted((folder / "cache" / "selftest").glob("*.json"))]


# -- all is well -------------------------------------------------------------------------------------


def test_everything_holds_and_nothing_is_left(run: Landed, world: StandIn, tmp_path: Path) -> None:
    answer = run(*YES)
    body = held(answer.stdout, "selftest")
    assert {one["code"]: one["holds"] for one in body["shown"] if one["holds"] is not True} == {}
    assert {*SERIOUS, "runners", "sizes", "batch"} <= {one["code"] for one in body["shown"]}
    assert body["deleted"]
    assert world.made == {}
    assert kept(tmp_path) == []
    actions = world.actions()
    assert actions[CREATE - 1] == "create"
    assert actions.count("create") == actions.count("delete") == 1
    assert actions[-1] == "delete"
    mine = world.database.look("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
    assert mine == []
    said = Path(body["answers"]).read_text()
    for secret in (ACCOUNT, EDIT, body["database"]["id"], body["database"]["name"], "Stand-in", "000050ad"):
        assert secret not in said
    document = json.loads(said)
    assert {entry["step"] for entry in document["answers"]} == {"create", *LABELS, "delete"}
    for known in sorted((ROOT / "tests" / "data" / "d1_answers").glob("*.json")):
        assert differences(json.loads(known.read_text()), document) == [], known.name


def test_consent_names_the_account(run: Landed, world: StandIn) -> None:
    for words in (("--create-database",), ("--create-database", "--yes")):
        asked = run("selftest", *words, code=4)
        assert ACCOUNT in str(asked.body["error"]["next"])
        plan = asked.body["error"]["plan"]
        assert (plan["account"]["id"], plan["tried"], plan["deleted"]) == (ACCOUNT, False, False)
    run("selftest", "--create-database", "--yes", "--account", "another", code=2)
    run("selftest", code=2)
    run("selftest", "--create-database", "--delete", "x", code=2)
    assert set(world.actions()) <= {"accounts", ACCOUNT}


# -- something is not as expected --------------------------------------------------------------------


def one_by_one(self: Database, statements: Any) -> list[dict[str, Any]]:
    """Statements that are no transaction: those before the one that fails stay."""
    return [answer for one in statements for answer in self._engine.query([one])]


def stays(self: Database, bookmark: str) -> tuple[str, str]:
    return self.mark(), self.mark()


def test_a_batch_that_is_no_transaction(
    world: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "query", one_by_one)
    done = tried(tmp_path, world)
    found = {one.code: one for one in done.shown}
    assert found["atomic"].holds is False
    assert "a table" in found["atomic"].seen
    assert "do not write there" in found["atomic"].means
    assert done.exit_code == 1
    assert (world.made, done.left) == ({}, None)


def test_a_restore_that_brings_nothing_back(
    world: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "restore", stays)
    done = tried(tmp_path, world)
    assert [one.code for one in done.shown if one.holds is not True] == ["restore"]
    assert done.shown[-1].seen.endswith("0 after a bare rebuild, 0 again")
    assert done.exit_code == 1
    assert world.made == {}


def test_triggers_that_are_cut(world: StandIn, tmp_path: Path) -> None:
    world.splits_badly = True
    wrong = {one.code for one in tried(tmp_path, world).shown if one.holds is not True}
    forms = ("case", "lower", "cr")
    assert wrong == {f"{how}-{form}" for how in ("explain", "trigger") for form in forms}


# -- what was made is deleted, and nothing else ------------------------------------------------------


@pytest.mark.parametrize("token", [READ, "revoked"])
def test_what_may_not_be_made(world: StandIn, tmp_path: Path, token: str) -> None:
    world.tokens["revoked"] = "edit"
    trial, plan = plan_selftest(tmp_path, {}, world.environ(token))
    del world.tokens["revoked"]
    with pytest.raises(CannotKnow, match="Cloudflare refuses a new database"):
        run_selftest(trial, plan)
    assert (world.made, kept(tmp_path)) == ({}, [])


@pytest.mark.parametrize("kind", ["drop-after", "502-after", "malformed-after", "drop", "500"])
def test_a_create_call_without_an_answer(world: StandIn, tmp_path: Path, kind: str) -> None:
    world.inject(Fault(kind, CREATE))
    with pytest.raises(Ambiguous, match="It is not known whether landed-selftest-") as raised:
        tried(tmp_path, world)
    assert len(world.requests) == CREATE, "nothing else was sent: it is not looked for by its name"
    assert bool(world.made) is kind.endswith("-after")
    (record,) = kept(tmp_path)
    assert record["id"] == ""
    assert f"wrangler d1 delete {record['name']}" in str(raised.value.next)
    _, plan = plan_selftest(tmp_path, {}, world.environ())
    assert [left.name for left in plan.left] == [record["name"]], "it is named until somebody looks"
    with pytest.raises(UsageError):
        find_left("", tmp_path, {}, world.environ())


def test_what_is_printed_for_one_without_an_id_is_what_wrangler_takes(
    run: Landed, world: StandIn, tmp_path: Path
) -> None:
    world.inject(Fault("drop-after", CREATE))
    error = run(*YES, code=3).body["error"]
    assert error["kind"] == "Ambiguous"
    assert error["actions"] == [], "whether it is there has to be looked at first"
    (name,) = [database.name for database in world.made.values()]
    assert f"wrangler d1 delete {name} " in error["next"]
    client = RemoteWrangler(run.folder, world)
    assert name in client.run("d1", "list").check().stdout
    client.run("d1", "delete", name, "-y").check()
    assert world.made == {}


def lie(*, uuid: str | None = None, name: str | None = None) -> Callable[..., Answer]:
    def create(self: StandIn, body: dict[str, Any], rights: str) -> Answer:
        told = self._description(self.database)
        return ok(told | {"uuid": uuid or told["uuid"], "name": name or body["name"]})

    return create


@pytest.mark.parametrize("what", ["the id of another", "another name", "no id"])
def test_an_answer_that_names_another_database(
    world: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    lies = {
        "the id of another": lie(),
        "another name": lie(name="production"),
        "no id": lie(uuid="../query"),
    }
    monkeypatch.setattr(StandIn, "_create", lies[what])
    if what == "the id of another":
        done = tried(tmp_path, world)
        assert done.left is not None
        assert done.exit_code == 3
        assert "it is left alone" in done.shown[0].seen
    else:
        with pytest.raises(Ambiguous):
            tried(tmp_path, world)
    assert "delete" not in world.actions()
    assert "query" not in world.actions()


def test_without_a_file_nothing_is_made(world: StandIn, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(CannotKnow, match="Nothing was made"):
        tried(tmp_path, world)
    assert "create" not in world.actions()


def test_an_interrupt_deletes_it_all_the_same(
    world: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Proofs.show

    def show(self: Proofs, code: str) -> None:
        if code == "contact":
            raise KeyboardInterrupt
        whole(self, code)

    monkeypatch.setattr(Proofs, "show", show)
    done = tried(tmp_path, world)
    assert (done.interrupted, done.exit_code, done.left, world.made) == (True, 130, None, {})
    assert [one.code for one in done.shown] == ["apply"]


def test_what_is_left_is_named_and_can_be_deleted_by_its_id_alone(
    run: Landed, world: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Proofs, "show", lambda self, code: None)
    monkeypatch.setattr(StandIn, "_delete", lambda self, which, rights: d1_standin.MAY_NOT)
    done = tried(tmp_path, world)
    monkeypatch.undo()
    assert done.left is not None
    (id,) = world.made
    assert str(done.left.remove) == f"landed selftest --delete {id}"
    assert [record["id"] for record in kept(tmp_path)] == [id]

    plan = run("selftest", "--create-database", code=4).body["error"]["plan"]
    assert [left["id"] for left in plan["left"]] == [id]
    assert any(action["argv"] == ["landed", "selftest", "--delete", id] for action in plan["actions"])

    run("selftest", "--delete", world.database.uuid, "--yes", code=2)
    run("selftest", "--delete", id, code=4)
    assert list(world.made) == [id]
    body = held(run("selftest", "--delete", id, "--yes").stdout, "selftest")
    assert (body["deleted"], body["left"], world.made, kept(tmp_path)) == (True, [], {}, [])
    run("selftest", "--delete", id, "--yes", code=2)


@pytest.mark.parametrize(("kind", "gone"), [("drop-after", True), ("drop", False), ("500", False)])
def test_a_delete_without_an_answer(
    world: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, gone: bool
) -> None:
    monkeypatch.setattr(Proofs, "show", lambda self, code: None)
    world.inject(Fault(kind, CREATE + 3))
    done = tried(tmp_path, world)
    assert world.actions().count("delete") == 1, "it is sent once"
    assert (done.left is None, world.made == {}, kept(tmp_path) == []) == (gone, gone, gone)
    assert done.exit_code == (0 if gone else 3)


def stopped(run: Landed, world: StandIn, at: int, signal: int) -> tuple[int, str, str]:
    """A run that gets this signal while it waits for the answer to this request: code, stdout, stderr."""
    world.inject(Fault("hang-after", at))
    process = run.popen(*YES)
    while len(world.requests) < at or not world.requests[at - 1].fault or not world.made:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal)
    stdout, stderr = process.communicate()
    return process.returncode, stdout, stderr


@pytest.mark.parametrize("at", [CREATE, CREATE + 2, CREATE + 9, CREATE + 20])
def test_ctrl_c(run: Landed, world: StandIn, tmp_path: Path, at: int) -> None:
    code, stdout, stderr = stopped(run, world, at, SIGINT)
    assert code == 130
    assert "Traceback" not in stderr
    if at == CREATE:
        assert "It is not known whether landed-selftest-" in stderr
        assert [record["id"] for record in kept(tmp_path)] == [""]
    else:
        assert "Interrupted: the rest was not tried." in stdout
        assert (world.made, kept(tmp_path)) == ({}, [])


@pytest.mark.parametrize("at", range(CREATE, CREATE + 12, 3))
def test_a_run_that_is_killed_has_written_down_what_it_made(
    run: Landed, world: StandIn, tmp_path: Path, at: int
) -> None:
    stopped(run, world, at, SIGKILL)
    (record,) = kept(tmp_path)
    (id,) = world.made
    assert record["id"] == ("" if at == CREATE else id)
    if record["id"]:
        run("selftest", "--delete", id, "--yes")
        assert (world.made, kept(tmp_path)) == ({}, [])
