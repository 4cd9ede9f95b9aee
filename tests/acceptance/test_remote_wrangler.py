"""Remote D1 through the stand-in, with the real wrangler on the other side: each sees what the other did."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.servers.d1_standin import EDIT, READ, Fault, StandIn
from support.worlds.remoteworld import REMOTE, RemoteWorld

pytestmark = pytest.mark.wrangler
FILES = {
    "0001_users.sql": "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);",
    "0002_orders.sql": "CREATE TABLE orders (id INTEGER PRIMARY KEY, user INTEGER REFERENCES users(id));\n"
    "CREATE INDEX orders_user ON orders (user);",
    "0003_seen.sql": "ALTER TABLE users ADD COLUMN seen TEXT;",
}
NAMES = list(FILES)
TRIGGER = (
    "create trigger touched after update on users begin\n"
    "  insert into orders (user) values (new.id);\n"
    "  update users set seen = case when new.seen is null then 'yes' end where id = new.id;\n"
    "end;"
)


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("standin")) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, standin: StandIn) -> Iterator[RemoteWorld]:
    standin.inject()
    standin.database.wipe()
    yield RemoteWorld(tmp_path / "project", FILES, standin)
    standin.splits_badly = False


def test_landed_applies_and_wrangler_lists_it(world: RemoteWorld) -> None:
    run, wrangler = world.landed(), world.wrangler()
    assert wrangler.list_unapplied() == NAMES == list(run("status", *REMOTE).standings())
    run("apply", "--yes", "--to", "0002", *REMOTE)
    assert wrangler.list_unapplied() == NAMES[2:]
    assert wrangler.apply().ok
    assert wrangler.list_unapplied() == []
    assert set(run("status", *REMOTE).standings().values()) == {"ok"}


def test_wrangler_applies_and_landed_verifies_it(world: RemoteWorld) -> None:
    assert world.wrangler().apply().ok
    run = world.landed()
    assert run("verify", *REMOTE).body["proven"] is True
    assert run("drift", *REMOTE).body["equal"] is True
    world.standin.database.query([{"sql": "DROP INDEX orders_user"}])
    answer = run("verify", *REMOTE, code=1).body
    assert answer["failed"] == ["0002_orders.sql"]
    run("resume", "--yes", *REMOTE)
    assert run("verify", *REMOTE).body["proven"] is True


@pytest.mark.parametrize("kind", ["drop-after", "502-after"])
def test_wrangler_prints_a_failure_for_what_was_committed_and_landed_does_not(
    kind: str, world: RemoteWorld
) -> None:
    """The reply to the second file is lost after the commit."""
    wrangler, run = world.wrangler(), world.landed()
    world.standin.inject(Fault(kind, 4))
    failed = wrangler.apply()
    assert not failed.ok
    assert world.standin.ledger() == NAMES[:2]
    assert "ERROR" in failed.stdout + failed.stderr

    status = run("status", *REMOTE)
    assert status.standings() == {
        "0001_users.sql": "ok",
        "0002_orders.sql": "ok",
        "0003_seen.sql": "pending",
    }
    run("apply", "--yes", *REMOTE)
    assert world.standin.ledger() == NAMES

    # The same fault under landed: it asks, and tells.
    world.standin.database.wipe()
    run("apply", "--yes", "--to", "0001", *REMOTE)
    world.standin.inject(Fault(kind, 3))
    body = run("apply", "--yes", *REMOTE).body
    assert [f["outcome"] for f in body["files"]] == ["applied", "applied"]
    assert world.standin.ledger() == NAMES
    assert "the reply was lost" in body["files"][0]["note"]


def test_a_trigger_that_the_server_cuts(world: RemoteWorld) -> None:
    """Inside a batch, too: landed says so before, and what it prints then works."""
    run = world.landed()
    run("apply", "--yes", *REMOTE)
    world.write("0004_trigger.sql", TRIGGER)
    world.standin.splits_badly = True
    assert not world.wrangler().apply().ok
    plan = run("apply", "--dry-run", *REMOTE).body
    (told,) = [text for text in plan["plan"]["notices"] if "hosted D1 may cut this trigger" in text]
    error = run("apply", "--yes", *REMOTE, code=1).error
    assert "hosted D1 cut a statement of it (incomplete input)" in error["message"]
    assert world.standin.ledger() == NAMES
    world.write("0004_trigger.sql", told.partition("A form that works: ")[2] + ";\n")
    plan = run("apply", "--dry-run", *REMOTE).body
    assert not any("may cut" in text for text in plan["plan"]["notices"])
    run("apply", "--yes", *REMOTE)
    assert world.standin.ledger() == [*NAMES, "0004_trigger.sql"]
    assert set(run("status", *REMOTE).standings().values()) == {"ok"}


def test_a_token_that_may_only_read(world: RemoteWorld) -> None:
    """It is enough for reading, which sends nothing that could write; wrangler's list is a write."""
    world.landed()("apply", "--yes", "--to", "0001", *REMOTE)
    reader = world.landed(READ)
    world.standin.inject()
    assert reader("status", *REMOTE).standings()["0001_users.sql"] == "ok"
    assert reader("verify", *REMOTE).body["proven"] is True
    reader("drift", *REMOTE, code=1)
    assert reader("exec", "SELECT count(*) FROM users", *REMOTE).body["results"][0]["rows"] == [[0]]
    assert {seen.status for seen in world.standin.requests} == {200}
    assert not any(world.standin.database.writes([{"sql": s}]) for r in world.standin.requests for s in r.sql)
    for words in (("apply", "--yes"), ("exec", "--yes", "DELETE FROM users")):
        error = reader(*words, *REMOTE, code=None).error
        assert error["exit_code"] in (1, 3)
        assert "CLOUDFLARE_API_TOKEN" in "\n".join([error["message"], *error["details"]])
    assert world.standin.ledger() == NAMES[:1]


def test_two_runners_at_once_apply_each_file_once(world: RemoteWorld) -> None:
    world.standin.delay = 0.05
    more = {f"00{n}_t.sql": f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY);" for n in range(10, 16)}
    for name, sql in more.items():
        world.write(name, sql)
    runners = [world.landed() for _ in range(3)]
    for number, runner in enumerate(runners):
        runner.env["LANDED_CACHE_DIR"] += str(number)
    try:
        with ThreadPoolExecutor(len(runners)) as pool:
            answers = list(pool.map(lambda run: run("apply", "--yes", *REMOTE, code=None), runners))
    finally:
        world.standin.delay = 0.0
    everything = [*NAMES, *more]
    assert world.standin.ledger() == everything
    applied = [
        f["name"]
        for answer in answers
        if answer.code == 0
        for f in answer.body["files"]
        if f["outcome"] == "applied"
    ]
    assert sorted(applied) == sorted(set(applied)), "two runners claim the same file"
    assert [answer.body["error"] for answer in answers if answer.code] == []
    assert sorted(applied) == sorted(everything)
    assert set(world.landed()("status", *REMOTE).standings().values()) == {"ok"}


def test_applied_locally_and_forgotten_in_production_is_one_glance(world: RemoteWorld) -> None:
    run = world.landed()
    run("apply", "--yes", "--target", "d1:local")
    run("apply", "--yes", "--to", "0001", *REMOTE)
    both = ("--target", "d1:local/DB", *REMOTE)
    world.standin.inject()
    text = run.plain("status", *both).stdout
    assert [line.split() for line in text.splitlines()[:4]] == [
        ["migration", "D1", "DB", "(LOCAL)", "D1", "DB", "(REMOTE)"],
        ["0001_users.sql", "✓", "ok", "✓", "ok"],
        ["0002_orders.sql", "✓", "ok", "·", "pending"],
        ["0003_seen.sql", "✓", "ok", "·", "pending"],
    ]
    assert world.standin.actions() == ["query"]
    assert text.rstrip().endswith("Next: landed --target d1:remote/DB apply")
    run("drift", *both, code=1)
    run("apply", "--yes", *REMOTE)
    assert "All 3 migrations stand alike." in run.plain("status", *both).stdout
    assert run("drift", *both).body["equal"] is True


def test_a_database_is_found_by_its_name(world: RemoteWorld) -> None:
    config = world.folder / "wrangler.jsonc"
    config.write_text(config.read_text().replace(f'"database_id": "{world.standin.database.uuid}"', '"x": 1'))
    run = world.landed()
    del run.env["CLOUDFLARE_ACCOUNT_ID"]
    world.standin.inject()
    assert run("status", *REMOTE).standings()["0001_users.sql"] == "pending"
    assert world.standin.actions() == ["accounts", "database", "query", "query"]


@pytest.mark.parametrize("kind", ["revoked", "500", "drop", "malformed-after", "deleted"])
def test_no_secret_is_in_any_output(kind: str, world: RemoteWorld) -> None:
    """Nor in the traceback that --debug shows."""
    world.standin.inject(Fault(kind, 1, 99))
    process = world.landed().popen("status", *REMOTE, "--debug")
    stdout, stderr = process.communicate()
    assert process.returncode == 3
    assert "Traceback" in stderr
    assert EDIT not in stdout + stderr
