"""What landed assumes of hosted D1, asked by the command line of the stand-in, whose runtime is D1's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.servers.d1_standin import READ, StandIn
from support.worlds.remoteworld import REMOTE, RemoteWorld

pytestmark = pytest.mark.wrangler
FILES = {"0001_t.sql": "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);"}
CUT = (
    "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT CASE WHEN new.a = 'x' THEN RAISE(ABORT, 'no') END; END;"
)


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("standin"), keep=False) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, standin: StandIn) -> RemoteWorld:
    standin.inject()
    standin.database.wipe()
    standin.splits_badly = False
    return RemoteWorld(tmp_path / "project", FILES, standin)


def contact(body: dict[str, Any]) -> dict[str, str]:
    return {c["code"]: c["level"] for c in body["checks"] if c["area"] == "contact"}


def test_the_runtime_is_as_assumed(world: RemoteWorld, standin: StandIn) -> None:
    run = world.landed()
    assert contact(run("doctor", "--remote").body)["trigger-case"] == "note", "there is no table yet"
    run("apply", "--yes", *REMOTE)
    there = standin.database.look("SELECT * FROM sqlite_master")
    standin.inject()
    found = run("doctor", "--remote")
    assert found.code == 0
    assert set(contact(found.body).values()) == {"ok"}
    assert standin.database.look("SELECT * FROM sqlite_master") == there
    assert standin.actions().count("query") == 5, "one reading of schema and ledger, and four questions"


def test_a_token_that_may_only_read(world: RemoteWorld) -> None:
    world.landed()("apply", "--yes", *REMOTE)
    levels = contact(world.landed(READ)("doctor", "--remote").body)
    assert levels.pop("rights") == "warning"
    assert {levels.pop(c) for c in list(levels) if c.startswith("trigger")} == {"note"}
    assert set(levels.values()) == {"ok"}


def test_a_server_that_cuts_is_known_afterwards(world: RemoteWorld, standin: StandIn) -> None:
    run = world.landed()
    run("apply", "--yes", *REMOTE)
    standin.splits_badly = True
    levels = contact(run("doctor", "--remote").body)
    assert {levels.pop(c) for c in list(levels) if c.startswith("trigger")} == {"warning"}
    assert set(levels.values()) == {"ok"}
    world.write("0002_g.sql", CUT)
    failed = run("apply", "--yes", *REMOTE, code=1)
    told = "CASE … END in a trigger: expected taken whole; seen: incomplete input: SQLITE_ERROR."
    details = failed.body["error"]["details"]
    assert any(detail.startswith("Asked on ") and told in detail for detail in details)
    assert standin.ledger() == ["0001_t.sql"]
