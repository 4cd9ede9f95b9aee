"""Writing to a remote database: what one request proves, what it refuses, and what is told afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from landed.core.applied import Consent
from landed.core.errors import (
    Ambiguous,
    CannotKnow,
    Interrupted,
    LandedError,
    NeedsConfirmation,
    NotProven,
)
from landed.engines.d1.observed import Seen, keep
from landed.ops.apply import ApplyReport, plan_apply, run_apply
from landed.ops.examine import examine
from landed.ops.repair import plan_repair, run_repair
from landed.ops.workspace import Workspace, open_workspace
from support.servers.d1_wire import (
    ACCOUNT,
    SECRET,
    UUID,
    Asked,
    Wire,
    drop,
    drop_after,
    garbled_after,
    refuse,
)
from support.worlds.fkmatrix import READ, Rebuild, matrix

INIT = """CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, age INT CHECK (age > 0));
CREATE INDEX users_age ON users(age DESC) WHERE age > 17;
CREATE TRIGGER older AFTER INSERT ON users BEGIN UPDATE users SET age = 18 WHERE id = new.id; END;
CREATE VIEW adults AS SELECT id FROM users WHERE age > 17;
INSERT INTO users (id, email) VALUES (1, 'a'), (2, 'b');
"""
SECOND = """CREATE TABLE posts (id INTEGER PRIMARY KEY, author REFERENCES users(id) ON DELETE CASCADE);
ALTER TABLE users ADD COLUMN region TEXT DEFAULT 'eu';
INSERT INTO posts VALUES (10, 1), (11, 1), (12, 2);
"""
LOG = "CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, text TEXT NOT NULL);"
WRITE = 4
"""The request that carries the first file: schema and ledger (two, as there is no ledger), bookmark, file."""


class Remote:
    """A project whose database is behind a wire."""

    def __init__(self, folder: Path, wire: Wire, **files: str) -> None:
        self.folder = folder
        self.wire = wire
        self.said: list[str] = []
        entry = {"binding": "DB", "database_name": "db", "database_id": UUID}
        (folder / "wrangler.json").write_text(json.dumps({"d1_databases": [entry]}))
        (folder / "migrations").mkdir()
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / "migrations" / f"{name}.sql").write_text(text)

    def workspace(self) -> Workspace:
        environ = {
            "CLOUDFLARE_API_BASE_URL": self.wire.url,
            "CLOUDFLARE_API_TOKEN": SECRET,
            "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
        }
        space = open_workspace(self.folder, "d1:remote", {}, environ)
        space.notify = self.said.append
        target: Any = space.target
        connected = target.connected
        connected.api._sleep = lambda seconds: None
        return space

    def apply(self, *allow: str) -> ApplyReport:
        """Plan and run; forgets the requests so far, so that faults count from 1."""
        self.wire.asked.clear()
        exam = examine(self.workspace())
        return run_apply(exam, plan_apply(exam), Consent(frozenset(allow)))

    def standings(self) -> dict[str, str]:
        self.wire.faults = {}
        return {j.name: str(j.standing) for j in examine(self.workspace()).judgements}

    def ledger(self) -> list[str]:
        return [n for (n,) in self.wire.execute("SELECT name FROM d1_migrations ORDER BY id")]

    def schema(self) -> list[tuple[Any, ...]]:
        return self.wire.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as running:
        yield running


@pytest.fixture
def remote(tmp_path: Path, wire: Wire) -> Remote:
    return Remote(tmp_path, wire, **{"0001_init": INIT, "0002_posts": SECOND})


class TestHappy:
    def test_one_request_per_file(self, remote: Remote) -> None:
        report = remote.apply()
        assert [(a.name, a.outcome) for a in report.applied] == [
            ("0001_init.sql", "applied"),
            ("0002_posts.sql", "applied"),
        ]
        assert [a.path.rpartition("/")[2] for a in remote.wire.asked] == ["query"] * 2 + ["bookmark"] + [
            "query"
        ] * 2
        assert report.undo is not None and report.undo.bookmark == "b00k-mark"
        assert remote.standings() == {"0001_init.sql": "ok", "0002_posts.sql": "ok"}
        assert remote.wire.execute("SELECT count(*) FROM posts") == [(3,)]
        assert not [row for row in remote.schema() if "landed" in row[1]]

    def test_the_ledger_has_wranglers_shape(self, remote: Remote) -> None:
        remote.apply()
        (sql,) = [row[2] for row in remote.schema() if row[1] == "d1_migrations"]
        assert sql.startswith(
            'CREATE TABLE "d1_migrations"(\n\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,'
        )

    def test_statements_go_one_by_one(self, remote: Remote) -> None:
        remote.apply()
        sent = remote.wire.asked[WRITE - 1].sql
        assert sum("CREATE TRIGGER older" in sql and sql.endswith("END") for sql in sent) == 1

    def test_a_file_that_another_runner_recorded(self, remote: Remote) -> None:
        remote.apply()
        exam = examine(remote.workspace())
        remote.write("0003_more", "CREATE TABLE more (id INTEGER PRIMARY KEY);")
        exam = examine(remote.workspace())
        plan = plan_apply(exam)
        remote.apply()
        report = run_apply(exam, plan, Consent())
        assert [a.outcome for a in report.applied] == ["already"]
        assert remote.ledger().count("0003_more.sql") == 1


@pytest.mark.parametrize("number", range(1, 5))
def test_no_statement_can_be_missing_from_the_request_unnoticed(remote: Remote, number: int) -> None:
    """Mutate the batch: without any one of the schema's statements its own proofs must stop it."""
    remote.write("0001_init", INIT.rpartition("INSERT")[0])

    def without(wire: Wire, asked: Asked) -> Any:
        statements = [s for s in asked.body["batch"] if "sqlite_master" not in s["sql"]]
        own = [
            s
            for s in statements
            if s["sql"].startswith(("CREATE TABLE users", "CREATE INDEX", "CREATE TRIGGER", "CREATE VIEW"))
        ]
        asked.body["batch"].remove(own[min(number, len(own)) - 1])
        return wire.answer(asked)

    remote.wire.faults = {WRITE: without}
    with pytest.raises(NotProven):
        remote.apply()
    assert remote.schema() == []


class TestProofs:
    def test_a_table_that_was_there_in_another_shape(self, remote: Remote) -> None:
        remote.apply()
        remote.write("0003_log", LOG)
        exam = examine(remote.workspace())
        plan = plan_apply(exam)
        remote.wire.execute("CREATE TABLE log (id INTEGER PRIMARY KEY)")
        exam.workspace.target.read()
        with pytest.raises(NotProven, match="what it should have done is not there") as raised:
            run_apply(exam, plan, Consent())
        assert "It was not sent" in "\n".join(raised.value.details)
        assert any("column log.text · exists: expected yes, is not there" in d for d in raised.value.details)
        assert "0003_log.sql" not in remote.ledger()

    def test_a_schema_that_changed_since_it_was_read(self, remote: Remote) -> None:
        remote.apply()
        remote.write("0003_log", LOG)
        exam = examine(remote.workspace())
        plan = plan_apply(exam)
        remote.wire.execute("CREATE TABLE log (id INTEGER PRIMARY KEY)")
        with pytest.raises(NotProven, match=r"0003_log\.sql is not recorded, but a part") as raised:
            run_apply(exam, plan, Consent())
        assert any("somebody else changed the schema" in d for d in raised.value.details)
        assert not any("landed-proof" in d for d in raised.value.details)
        assert "0003_log.sql" not in remote.ledger()

    def test_a_statement_that_would_fail_is_named_and_not_sent(self, remote: Remote) -> None:
        remote.apply()
        remote.write("0003_x", "CREATE TABLE a (id);\nCREATE INDEX i ON users(email);\n")
        exam = examine(remote.workspace())
        plan = plan_apply(exam)
        remote.wire.execute("CREATE INDEX i ON users(age)")
        exam.workspace.target.read()
        with pytest.raises(NotProven, match="index i already exists") as raised:
            run_apply(exam, plan, Consent())
        assert raised.value.where == "migrations/0003_x.sql:2"

    def test_rows_decide_over_there(self, remote: Remote) -> None:
        remote.apply()
        remote.write("0003_u", "CREATE TABLE c (id);\nCREATE UNIQUE INDEX one_each ON posts(author);\n")
        with pytest.raises(NotProven, match=r"UNIQUE constraint failed: posts\.author") as raised:
            remote.apply()
        assert raised.value.where == "migrations/0003_u.sql:2"
        assert not [row for row in remote.schema() if row[1] == "c"]

    def test_a_check_of_its_own(self, remote: Remote) -> None:
        remote.apply()
        remote.write("0003_c", "CREATE TABLE c (a);\n-- landed:verify SELECT count(*) > 0 FROM c -- rows\n")
        with pytest.raises(NotProven, match="its own check is not true") as raised:
            remote.apply()
        assert raised.value.where == "migrations/0003_c.sql:2"
        assert "c" not in {row[1] for row in remote.schema()}

    def test_a_check_of_its_own_that_holds(self, remote: Remote) -> None:
        remote.write(
            "0003_c", "-- landed:verify SELECT count(*) = 2 FROM users;\nUPDATE users SET region = 'us';"
        )
        remote.apply()
        assert remote.standings()["0003_c.sql"] == "ok"

    def test_an_object_that_no_file_made_is_not_taken_away(self, remote: Remote) -> None:
        remote.apply()
        remote.wire.execute("CREATE INDEX by_hand ON posts(author)")
        remote.write(
            "0003_r",
            "CREATE TABLE n (id INTEGER PRIMARY KEY, author REFERENCES users(id) ON DELETE CASCADE, t TEXT);"
            "INSERT INTO n (id, author) SELECT id, author FROM posts; DROP TABLE posts;"
            "ALTER TABLE n RENAME TO posts;",
        )
        with pytest.raises(NeedsConfirmation, match="index by_hand"):
            remote.apply()
        remote.apply("drop-index:by_hand")
        assert remote.ledger()[-1] == "0003_r.sql"

    def test_dropping_data_needs_its_name(self, remote: Remote) -> None:
        remote.apply()
        remote.write("0003_d", "DROP TABLE posts;")
        with pytest.raises(NeedsConfirmation, match="drops the table posts, which holds data") as raised:
            remote.apply()
        assert "table posts: dropped with 3 rows" in raised.value.details
        remote.apply("drop-table:posts")
        assert remote.ledger()[-1] == "0003_d.sql"

    def test_so_does_a_column(self, remote: Remote) -> None:
        remote.apply()
        remote.write("0003_d", "ALTER TABLE users DROP COLUMN region;")
        with pytest.raises(NeedsConfirmation, match=r"drops the column users\.region") as raised:
            remote.apply()
        assert "column users.region: dropped with 2 values" in raised.value.details
        remote.apply("drop-column:users.region")

    def test_a_reference_that_breaks(self, remote: Remote) -> None:
        remote.apply()
        remote.write(
            "0003_b",
            "PRAGMA defer_foreign_keys = on; INSERT INTO posts VALUES (20, 99), (21, 98);"
            "PRAGMA defer_foreign_keys = off;",
        )
        with pytest.raises(NotProven, match="leave 2 rows that refer to nothing") as raised:
            remote.apply()
        assert "posts: 2 rows refer to missing rows of users" in raised.value.details
        assert remote.wire.execute("SELECT count(*) FROM posts") == [(3,)]

    def test_one_that_was_broken_before_is_no_hindrance(self, remote: Remote) -> None:
        remote.apply()
        remote.wire.execute(
            "PRAGMA foreign_keys = off; INSERT INTO posts VALUES (20, 99); PRAGMA foreign_keys = on"
        )
        remote.write("0003_b", "PRAGMA defer_foreign_keys = on; INSERT INTO posts VALUES (21, 1);")
        remote.apply()
        assert remote.ledger()[-1] == "0003_b.sql"


@pytest.mark.parametrize("case", list(matrix()), ids=lambda case: case.label)
def test_foreign_keys(tmp_path: Path, wire: Wire, case: Rebuild) -> None:
    """What keeps all rows is applied, everything else is refused and rolled back; no row is ever lost."""
    remote = Remote(tmp_path, wire, **{"0001_s": case.schema_sql})
    remote.apply()
    before = {name: wire.execute(sql) for name, sql in READ.items()}
    remote.write("0002_m", case.migration_sql)
    recorded = ["0001_s.sql"]
    try:
        remote.apply()
        recorded.append("0002_m.sql")
    except LandedError:
        assert not case.safe
    assert {name: wire.execute(sql) for name, sql in READ.items()} == before
    assert remote.ledger() == recorded
    assert not [row for row in remote.schema() if "landed" in row[1]]


class TestFailures:
    """The request that carries the first file goes wrong; then everything is well again."""

    @pytest.mark.parametrize("fault", [drop_after, garbled_after])
    def test_it_ran_and_the_reply_was_lost(self, remote: Remote, fault: Any) -> None:
        remote.wire.faults = {WRITE: fault}
        report = remote.apply()
        assert [a.outcome for a in report.applied] == ["applied", "applied"]
        assert "the reply was lost" in report.applied[0].note
        assert remote.ledger() == ["0001_init.sql", "0002_posts.sql"]

    @pytest.mark.parametrize(
        "message",
        ["D1 DB reset because its code was updated.", "Replica disconnected.", "exceeded its CPU time limit"],
    )
    def test_it_ran_and_the_answer_was_an_error(self, remote: Remote, message: str) -> None:
        def ran(wire: Wire, asked: Asked) -> Any:
            wire.answer(asked)
            return refuse(400, 7500, message)(wire, asked)

        remote.wire.faults = {WRITE: ran}
        report = remote.apply()
        assert [a.outcome for a in report.applied] == ["applied", "applied"]
        assert "the answer was an error; the database was read again" in report.applied[0].note

    def test_a_replica_cannot_tell(self, remote: Remote) -> None:
        def behind(wire: Wire, asked: Asked) -> Any:
            status, headers, body = wire.answer(asked)
            body = body.replace(b'"meta": {', b'"meta": {"served_by_primary": false, ')
            return status, {**headers, "content-length": str(len(body))}, body

        remote.wire.faults = {WRITE: drop_after} | dict.fromkeys(range(WRITE + 1, 30), behind)
        with pytest.raises(Ambiguous, match="not known whether") as raised:
            remote.apply()
        assert any("A replica of the database answered" in d for d in raised.value.details)

    @pytest.mark.parametrize(
        "fault",
        [
            drop,
            refuse(500, 10001, "Internal"),
            refuse(502, 0, ""),
            refuse(500, 7500, "internal error; reference = x"),
        ],
    )
    def test_it_did_not_run(self, remote: Remote, fault: Any) -> None:
        remote.wire.faults = {WRITE: fault}
        with pytest.raises(NotProven, match=r"0001_init\.sql was not applied") as raised:
            remote.apply()
        assert any("nothing of it is there" in d for d in raised.value.details)
        assert str(raised.value.next).endswith("landed apply")
        assert remote.schema() == []
        remote.wire.faults = {}
        assert [a.outcome for a in remote.apply().applied] == ["applied", "applied"]

    @pytest.mark.parametrize("fault", [drop, drop_after, refuse(500, 0, "")])
    def test_nobody_can_tell(self, remote: Remote, fault: Any) -> None:
        remote.wire.faults = {WRITE: fault} | dict.fromkeys(range(WRITE + 1, 30), refuse(503, 0, "down"))
        with pytest.raises(Ambiguous, match="not known whether") as raised:
            remote.apply()
        assert raised.value.exit_code == 3
        assert "landed status" in str(raised.value.next)
        remote.wire.faults = {}
        remote.apply()
        assert remote.ledger() == ["0001_init.sql", "0002_posts.sql"]

    @pytest.mark.parametrize("fault", [refuse(401, 10000, "revoked"), refuse(404, 7404, "gone")])
    def test_refused_for_good(self, remote: Remote, fault: Any) -> None:
        remote.wire.faults = dict.fromkeys(range(WRITE, 30), fault)
        with pytest.raises(CannotKnow, match=r"0001_init\.sql was not run") as raised:
            remote.apply()
        assert not isinstance(raised.value, Ambiguous)
        assert any("did not get to the database" in d for d in raised.value.details)
        assert remote.schema() == []

    def test_the_second_file_tells_of_the_first_and_of_the_way_back(self, remote: Remote) -> None:
        remote.wire.faults = {WRITE + 1: drop}
        with pytest.raises(NotProven, match=r"0002_posts\.sql was not applied") as raised:
            remote.apply()
        text = "\n".join(raised.value.details)
        assert "Applied before, proven and recorded: 0001_init.sql. Not run: 1 of 2 files." in text
        assert "To go back to before all of it: landed undo --bookmark b00k-mark" in text

    def test_too_many_requests(self, remote: Remote) -> None:
        remote.wire.faults = {WRITE: refuse(429, 971, "", retry_after="3")}
        assert len(remote.apply().applied) == 2
        assert remote.said == ["Cloudflare asks to wait 3 s (too many requests)."]

    def test_the_server_did_not_roll_back(self, remote: Remote) -> None:
        def half(wire: Wire, asked: Asked) -> Any:
            wire.execute(INIT.partition(";")[0])
            return refuse(400, 7500, "too much: SQLITE_ERROR")(wire, asked)

        remote.wire.faults = {WRITE: half}
        with pytest.raises(NotProven, match="is not recorded, but a part of it is there now") as raised:
            remote.apply()
        assert "landed resume 0001_init.sql" in str(raised.value.next)
        assert remote.standings()["0001_init.sql"] == "partial"

    def test_another_runner_was_faster_by_a_moment(self, remote: Remote) -> None:
        def first(wire: Wire, asked: Asked) -> Any:
            wire.answer(asked)
            return wire.answer(asked)

        remote.wire.faults = {WRITE: first}
        assert [a.outcome for a in remote.apply().applied] == ["already", "applied"]
        assert remote.ledger() == ["0001_init.sql", "0002_posts.sql"]

    def test_a_rollback_that_cannot_be_checked(self, remote: Remote) -> None:
        remote.apply()
        remote.write("0003_u", "CREATE UNIQUE INDEX one_each ON posts(author);")
        sent = 4
        remote.wire.faults = dict.fromkeys(range(sent + 1, 30), refuse(401, 10000, "revoked"))
        with pytest.raises(NotProven, match="UNIQUE constraint failed") as raised:
            remote.apply()
        assert any("that could not be checked" in d for d in raised.value.details)

    @pytest.mark.parametrize("ran", [True, False])
    def test_interrupted(self, remote: Remote, monkeypatch: pytest.MonkeyPatch, ran: bool) -> None:
        exam = examine(remote.workspace())
        plan = plan_apply(exam)
        target: Any = exam.workspace.target
        write = target.connected.api.write

        def interrupted(*args: Any, **options: Any) -> Any:
            if ran:
                write(*args, **options)
            raise KeyboardInterrupt

        monkeypatch.setattr(target.connected.api, "write", interrupted)
        with pytest.raises(Interrupted, match="it is applied" if ran else "it is not applied") as raised:
            run_apply(exam, plan, Consent())
        assert raised.value.exit_code == 130
        assert ("users" in {row[1] for row in remote.schema()}) is ran

    def test_no_secret_in_any_of_it(self, remote: Remote) -> None:
        for fault in (drop, refuse(401, 10000, "x"), refuse(500, 0, "x")):
            remote.wire.faults = dict.fromkeys(range(WRITE, 30), fault)
            with pytest.raises(LandedError) as raised:
                remote.apply()
            seen: BaseException | None = raised.value
            while seen is not None:
                assert SECRET not in repr(vars(seen)) + str(seen)
                seen = seen.__cause__ or seen.__context__


class TestLimits:
    def test_a_statement_that_is_too_long(self, remote: Remote) -> None:
        remote.apply()
        remote.write("0003_l", f"CREATE TABLE l (a);\nINSERT INTO l VALUES ('{'x' * 100_001}');")
        with pytest.raises(NotProven, match=r"100 KB per statement|100,000 per statement") as raised:
            remote.apply()
        assert raised.value.where == "migrations/0003_l.sql:2"
        assert "0003_l.sql" not in remote.ledger()

    def test_a_file_that_is_too_large(self, remote: Remote) -> None:
        remote.apply()
        row = f"INSERT INTO l VALUES ('{'x' * 99_000}');\n"
        remote.write("0003_l", "CREATE TABLE l (a);\n" + row * 90)
        sent = len(remote.wire.asked)
        with pytest.raises(NotProven, match="at most 8,000,000 in one request") as raised:
            remote.apply()
        assert "Split the file" in str(raised.value.next)
        assert len(remote.wire.asked) <= sent
        assert "0003_l.sql" not in remote.ledger()

    def test_a_large_one_is_announced(self, remote: Remote) -> None:
        row = f"INSERT INTO l VALUES ('{'x' * 90_000}');\n"
        remote.write("0003_l", "CREATE TABLE l (a);\n" + row * 12)
        remote.apply()
        assert any("D1 stops a call after 30 s" in text for text in remote.said)


class TestLedger:
    def repair(self, remote: Remote) -> None:
        exam = examine(remote.workspace())
        # It wrote rows: that these went with their table is somebody's word.
        plan = plan_repair(exam, ["0001_init.sql", "0002_posts.sql"], reason="posts was dropped by hand")
        assert plan.changes
        run_repair(exam, plan)

    def damage(self, remote: Remote) -> None:
        remote.apply()
        remote.wire.execute("DELETE FROM d1_migrations WHERE name = '0001_init.sql'; DROP TABLE posts")
        remote.wire.execute("ALTER TABLE users DROP COLUMN region")

    def test_repair(self, remote: Remote) -> None:
        self.damage(remote)
        self.repair(remote)
        assert remote.ledger() == ["0001_init.sql"]
        assert remote.standings() == {"0001_init.sql": "ok", "0002_posts.sql": "pending"}

    def test_a_lost_reply(self, remote: Remote) -> None:
        self.damage(remote)
        remote.wire.asked.clear()
        remote.wire.faults = {5: drop_after}
        self.repair(remote)
        assert remote.ledger() == ["0001_init.sql"]

    def test_not_sent_twice(self, remote: Remote) -> None:
        self.damage(remote)
        remote.wire.asked.clear()
        remote.wire.faults = {5: drop}
        with pytest.raises(NotProven, match="The ledger was not changed"):
            self.repair(remote)
        assert remote.ledger() == ["0002_posts.sql"]

    def test_others_changed_it_meanwhile(self, remote: Remote) -> None:
        self.damage(remote)
        exam = examine(remote.workspace())
        plan = plan_repair(exam)
        remote.wire.execute("INSERT INTO d1_migrations (name) VALUES ('0001_init.sql')")
        with pytest.raises(NotProven, match="changed since it was judged") as raised:
            run_repair(exam, plan)
        assert "recorded meanwhile: 0001_init.sql" in raised.value.details


def test_a_rename_is_no_loss_and_what_goes_beside_it_is(remote: Remote) -> None:
    remote.apply()
    remote.write(
        "0005_rename", "ALTER TABLE users RENAME COLUMN email TO mail; ALTER TABLE posts RENAME TO notes;"
    )
    remote.apply()
    assert remote.wire.execute("SELECT mail FROM users ORDER BY id") == [("a",), ("b",)]
    remote.write("0006_drop", "ALTER TABLE users RENAME COLUMN region TO r; ALTER TABLE users DROP COLUMN r;")
    with pytest.raises(NeedsConfirmation, match=r"drops the column users\.region") as caught:
        remote.apply()
    assert "drop-column:users.region" in str(caught.value.next)
    assert remote.wire.execute("SELECT region FROM users") == [("eu",), ("eu",)]
    remote.apply("drop-column:users.region")
    remote.write("0007_gone", "ALTER TABLE notes RENAME TO n; DROP TABLE n;")
    with pytest.raises(NeedsConfirmation, match="drops the table notes"):
        remote.apply()


def test_a_reference_to_no_key_stops_no_other_file(remote: Remote) -> None:
    remote.write(
        "0005_loose",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, code); CREATE TABLE b (c REFERENCES a (code));",
    )
    remote.apply()
    remote.write(
        "0006_rebuild",
        "PRAGMA defer_foreign_keys = on; CREATE TABLE n (id INTEGER PRIMARY KEY, code); "
        "INSERT INTO n SELECT * FROM a; DROP TABLE a; ALTER TABLE n RENAME TO a;",
    )
    remote.apply()
    assert remote.ledger()[-1] == "0006_rebuild.sql"
    remote.write(
        "0007_broken", "PRAGMA defer_foreign_keys = on; INSERT INTO posts (id, author) VALUES (99, 77);"
    )
    with pytest.raises(NotProven, match="refer to nothing") as caught:
        remote.apply()
    assert "posts: 1 row refer to missing rows of users" in caught.value.details
    remote.write("0007_broken", "INSERT INTO b VALUES (1);")
    with pytest.raises(NotProven, match="foreign key mismatch") as caught:
        remote.apply()
    said = "b(c) refers to a(code), which has no UNIQUE index on exactly these columns"
    assert said in str(caught.value)


def test_a_transaction_of_the_files_own_is_not_sent(remote: Remote) -> None:
    remote.write("0005_own", "BEGIN TRANSACTION;\nINSERT INTO users (id, email) VALUES (9, 'z');\nCOMMIT;\n")
    remote.apply()
    assert remote.ledger()[-1] == "0005_own.sql"
    assert remote.wire.execute("SELECT email FROM users WHERE id = 9") == [("z",)]
    sent = [str(asked) for asked in remote.wire.asked]
    assert not [text for text in sent if "BEGIN TRANSACTION" in text]


def test_a_file_that_changes_the_history_is_not_sent(remote: Remote) -> None:
    remote.apply()
    remote.write("0005_history", "DELETE FROM d1_migrations;")
    with pytest.raises(NotProven, match="changes the history itself"):
        remote.apply()
    assert len(remote.ledger()) > 1


@pytest.mark.parametrize(
    ("size", "rows", "told"),
    [
        (0, 60_000, None),
        (5_000_000, 10, None),
        (5_000_000, 30_000, "0003_r.sql: proving that no row is lost reads about 240,"),
        (5_000_000, 60_000, "0003_r.sql: proving that no row is lost reads about 480,"),
        (1_000_000, 60_000, None),
    ],
)
def test_many_reads_of_the_guard_are_told_before(
    remote: Remote, size: int, rows: int, told: str | None
) -> None:
    remote.apply()
    remote.wire.execute(
        "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < "
        f"{rows}) INSERT INTO posts SELECT i, 1 FROM n"
    )
    rebuild = (
        "CREATE TABLE p2 (id INTEGER PRIMARY KEY, author REFERENCES users(id) ON DELETE CASCADE, x INT);"
    )
    rebuild += "INSERT INTO p2 (id, author) SELECT id, author FROM posts; DROP TABLE posts;"
    remote.write("0003_r", f"{rebuild} ALTER TABLE p2 RENAME TO posts;")
    exam = examine(remote.workspace())
    target: Any = exam.workspace.target
    target.size = size
    asked = len(remote.wire.asked)
    notices = [text for text in plan_apply(exam).notices if "no row is lost" in text]
    assert [text[: len(told)] for text in notices] == [told] if told else notices == []
    assert len(remote.wire.asked) - asked <= (size > 2_000_000)


@pytest.mark.parametrize(("size", "told"), [(5_000_000, True), (1_000_000, False)])
def test_reads_of_a_table_without_rowid_are_told_without_a_number(
    remote: Remote, size: int, told: bool
) -> None:
    remote.write(
        "0003_w",
        "CREATE TABLE w (a INTEGER PRIMARY KEY, b REFERENCES users(id) ON DELETE CASCADE) WITHOUT ROWID;",
    )
    remote.apply()
    remote.write("0004_r", "CREATE TABLE u2 (id INTEGER PRIMARY KEY); DROP TABLE users;")
    exam = examine(remote.workspace())
    target: Any = exam.workspace.target
    target.size = size
    notices = [text for text in plan_apply(exam).notices if "no row is lost" in text]
    assert len(notices) == told
    for text in notices:
        assert "0004_r.sql: proving that no row is lost reads every row of w (" in text
        assert "posts" not in text


@pytest.mark.parametrize("words", ["begin {} end", "BEGIN {} END", "BEGIN\r\n{}\r\nEND"])
def test_a_trigger_that_was_cut_says_so(remote: Remote, words: str) -> None:
    remote.apply()
    body = words.format("SELECT CASE WHEN new.age < 0 THEN RAISE(ABORT, 'no') END;")
    remote.write("0003_t", f"CREATE TRIGGER g AFTER UPDATE ON users {body};")
    exam = examine(remote.workspace())
    target: Any = exam.workspace.target
    plan = plan_apply(exam)
    (told,) = [text for text in plan.notices if "hosted D1 may cut this trigger" in text]
    remote.wire.faults = {len(remote.wire.asked) + 2: refuse(400, 7500, "incomplete input: SQLITE_ERROR")}
    with pytest.raises(NotProven, match="hosted D1 cut a statement of it") as raised:
        run_apply(exam, plan, Consent())
    form = told.partition("A form that works: ")[2]
    assert any(form in detail for detail in raised.value.details)
    ask = "How this server takes them can be asked: landed doctor --remote"
    assert ask in plan.notices
    assert ask in raised.value.details
    remote.wire.faults = {}
    keep(target.connected.place, [Seen("trigger-lower", "begin", "taken whole", "it was", True, "")])
    quoted = [text for text in plan_apply(exam).notices if text.startswith("Asked on ")]
    assert [text.partition(": ")[2] for text in quoted] == ["begin: expected taken whole; seen: it was."]
    remote.write("0003_t", f"{form};")
    assert not [t for t in plan_apply(examine(remote.workspace())).notices if "may cut" in t]
    remote.apply()
    assert remote.ledger()[-1] == "0003_t.sql"
