"""Files that share a request: the same end, the same truth, fewer requests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.process.landed_process import Landed
from support.servers.d1_standin import SLOW, Fault, StandIn
from support.worlds.remoteworld import REMOTE, RemoteWorld

pytestmark = pytest.mark.wrangler
MAKES = {
    f"00{n:02}_t.sql": f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, a TEXT);\nCREATE INDEX i{n} ON t{n} (a);"
    for n in range(1, 7)
}
NAMES = list(MAKES)
GROUP = 4
"""The request that carries the files: two readings and the bookmark come before it."""


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("standin"), keep=False) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, standin: StandIn) -> RemoteWorld:
    standin.inject()
    standin.database.wipe()
    return RemoteWorld(tmp_path / "project", MAKES, standin)


@pytest.fixture
def run(world: RemoteWorld) -> Landed:
    return world.landed()


def test_new_tables_share_one_request(run: Landed, standin: StandIn) -> None:
    body = run("apply", "--yes", *REMOTE).body
    assert standin.actions() == ["query", "query", "bookmark", "query"]
    assert [f["outcome"] for f in body["files"]] == ["applied"] * len(NAMES)
    assert standin.ledger() == NAMES
    assert set(run("status", *REMOTE).standings().values()) == {"ok"}


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("CREATE INDEX more ON t1 (id, a)", "it reads the rows of a table that is there"),
        ("INSERT INTO t1 (a) VALUES ('x')", "it writes rows"),
        ("CREATE TABLE copied AS SELECT * FROM t1", "it copies rows"),
        ("ALTER TABLE t1 ADD COLUMN b TEXT", "it changes a table"),
        ("DROP TABLE t1", "it drops a table"),
        ("CREATE TABLE x (a);\n-- landed:verify SELECT count(*) = 0 FROM t1", "its check reads rows"),
        ("CREATE VIRTUAL TABLE x USING fts5(a)", "it is no plain table"),
    ],
)
def test_other_files_have_a_request_of_their_own(
    sql: str, why: str, run: Landed, world: RemoteWorld, standin: StandIn
) -> None:
    world.write("0003_t.sql", sql)
    run("apply", "--yes", "--allow", "drop-table:t1", *REMOTE)
    assert standin.ledger() == NAMES
    writes = [seen.sql for seen in standin.requests if any("INSERT INTO" in s for s in seen.sql)]
    inserts = [next(s for s in sql if 'INTO "d1_migrations"' in s) for sql in writes]
    files = [[n for n in NAMES if f"('{n}')" in insert] for insert in inserts]
    assert files == [NAMES[:2], NAMES[2:3], NAMES[3:]], why
    assert set(run("status", *REMOTE).standings().values()) <= {"ok", "unprovable"}


@pytest.mark.parametrize(
    "kind", ["drop", "drop-after", "502-after", "500", "malformed-after", "429", "revoked"]
)
def test_a_fault_at_the_shared_request(kind: str, run: Landed, standin: StandIn) -> None:
    standin.inject(Fault(kind, GROUP))
    there = kind.endswith("-after") or kind == "429"
    answer = run("apply", "--yes", *REMOTE, code=0 if there else None)
    assert standin.ledger() == (NAMES if there else [])
    standin.inject()
    if there:
        notes = {f["note"] for f in answer.body["files"]}
        assert all("reply was lost" in (note or "") for note in notes) == (kind != "429")
        return
    error = answer.error
    assert f"{NAMES[0]} was not" in error["message"]
    told = "\n".join(error["details"])
    assert "In the same request, and so in the same transaction: 0002_t.sql" in told
    assert "Applied before: nothing." in told
    run("apply", "--yes", *REMOTE)
    assert standin.ledger() == NAMES


def test_a_lost_reply_with_nobody_to_ask(run: Landed, standin: StandIn) -> None:
    standin.inject(Fault("drop-after", GROUP), Fault("drop", GROUP + 1, 99))
    error = run("apply", "--yes", *REMOTE, code=3).error
    assert error["kind"] == "Ambiguous"
    assert standin.ledger() == NAMES
    assert any("In the same request" in line and NAMES[-1] in line for line in error["details"])
    standin.inject()
    assert run("apply", "--yes", *REMOTE).body["files"] == []
    assert set(run("verify", *REMOTE).body["failed"]) == set()


def test_another_runner_in_between(run: Landed, world: RemoteWorld, standin: StandIn) -> None:
    """Somebody applies the third file after landed has read: the request is refused, then one by one."""
    standin.inject(Fault(SLOW, GROUP))
    process = run.popen("apply", "--yes", *REMOTE, "--json")
    while len(standin.requests) < GROUP:
        assert process.poll() is None
    standin.faults = ()
    world.copy(world.folder.parent / "other").landed()("apply", "--yes", "--to", "0003", *REMOTE)
    standin.late.set()
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stdout + stderr
    assert standin.ledger() == NAMES
    assert set(run("status", *REMOTE).standings().values()) == {"ok"}


def test_one_that_fails_does_not_take_the_others_with_it(
    run: Landed, world: RemoteWorld, standin: StandIn
) -> None:
    """The fifth file is in the way of an object that nobody knew: those before it are applied."""
    world.write("0005_t.sql", "CREATE VIEW v AS SELECT 1 AS one;")
    standin.inject(Fault(SLOW, GROUP))
    process = run.popen("apply", "--yes", *REMOTE, "--json")
    while len(standin.requests) < GROUP:
        assert process.poll() is None
    standin.faults = ()
    standin.database.query([{"sql": "CREATE TABLE v (a)"}])
    standin.late.set()
    stdout, _ = process.communicate()
    assert process.returncode == 1
    assert "0005_t.sql" in stdout
    assert standin.ledger() == NAMES[:4]
