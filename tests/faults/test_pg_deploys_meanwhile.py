"""Somebody else deploys while landed reads: what it says was so at one moment, or it says that they do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from landed.core.errors import CannotKnow, Code
from landed.core.standing import Standing
from landed.engines.postgres.base import PostgresBase
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.ops import settled
from landed.ops.examine import Examination, examine
from landed.ops.workspace import Workspace, open_workspace
from support.servers.pgservers import remove_servers
from support.servers.tcpproxy import TcpProxy

Server = Callable[..., ShadowServer]

START = """\
CREATE TABLE users (id bigint PRIMARY KEY, name text DEFAULT 'x'::text, age int CHECK (age > 0));
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, total numeric);
CREATE INDEX orders_user ON orders (user_id) WHERE total > 1;
CREATE TABLE legacy (id int PRIMARY KEY, name text DEFAULT 'old'::text);
"""
FILES = {
    "0002_table": (
        "CREATE TABLE notes (id bigint PRIMARY KEY, body text DEFAULT 'none'::text CHECK (length(body) < 9), "
        "user_id bigint REFERENCES users);\nCREATE INDEX notes_user ON notes ((user_id + 1));\n",
        "DROP TABLE notes;",
    ),
    "0003_alter": (
        "ALTER TABLE users ALTER COLUMN age TYPE bigint;\n"
        "ALTER TABLE users ALTER COLUMN name SET DEFAULT 'y';\n"
        "ALTER TABLE users ADD CONSTRAINT known CHECK (name <> 'z');\n",
        "ALTER TABLE users ALTER COLUMN age TYPE int; ALTER TABLE users ALTER COLUMN name SET DEFAULT 'x';"
        "ALTER TABLE users DROP CONSTRAINT known;",
    ),
    "0004_policy": (
        "ALTER TABLE users ENABLE ROW LEVEL SECURITY;\nCREATE POLICY own ON users USING (age > 17);\n",
        "DROP POLICY own ON users; ALTER TABLE users DISABLE ROW LEVEL SECURITY;",
    ),
    "0005_function": (
        "CREATE FUNCTION grown(years int) RETURNS boolean LANGUAGE sql AS 'SELECT years > 17';\n"
        "CREATE VIEW adults AS SELECT id, grown(age::int) AS grown FROM users;\n",
        "DROP VIEW adults; DROP FUNCTION grown;",
    ),
    "0006_rename": (
        "ALTER TABLE orders RENAME TO purchases;\nALTER TABLE purchases RENAME COLUMN total TO amount;\n"
        "CREATE POLICY mine ON purchases USING (amount > 0);\n",
        "DROP POLICY mine ON purchases; ALTER TABLE purchases RENAME COLUMN amount TO total;"
        "ALTER TABLE purchases RENAME TO orders;",
    ),
    "0007_drop": (
        "DROP TABLE legacy;\n",
        "CREATE TABLE legacy (id int PRIMARY KEY, name text DEFAULT 'old'::text);",
    ),
}
"""Files, and what takes each of them back."""
LEDGER = "supabase_migrations.schema_migrations"


def deploys(pause: str) -> str:
    """A loop of the server's own that applies the files one by one and takes them back, for ever; each in one
    transaction with its row in the history."""
    steps = [
        f"{up} INSERT INTO {LEDGER} (version, name) VALUES ('{n[:4]}', '{n[5:]}');"
        for n, (up, _) in FILES.items()
    ]
    steps += [
        f"{down} DELETE FROM {LEDGER} WHERE version = '{name[:4]}';"
        for name, (_, down) in reversed(FILES.items())
    ]
    return endless([f"EXECUTE $q${step}$q$; COMMIT; PERFORM pg_sleep({pause});" for step in steps])


def endless(steps: list[str]) -> str:
    return f"DO $d$ BEGIN LOOP {' '.join(steps)} END LOOP; END $d$"


@pytest.fixture(scope="module")
def shadows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Throw-away servers of these tests, gone at their end."""
    folder = tmp_path_factory.mktemp("s")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANDED_SHADOW_DIR", str(folder))
        yield
    remove_servers(folder)


@pytest.fixture(scope="module", params=[15, 18])
def server(pg_server: Server, shadows: None, request: pytest.FixtureRequest) -> ShadowServer:
    return pg_server(request.param)


@pytest.fixture
def database(server: ShadowServer) -> Iterator[Scratch]:
    with new_database(server) as scratch:
        with scratch.connect() as connection:
            connection.execute(START.encode())
            connection.execute(
                f"CREATE SCHEMA supabase_migrations; CREATE TABLE {LEDGER} "
                "(version text PRIMARY KEY, statements text[], name text);"
                f"INSERT INTO {LEDGER} (version, name) VALUES ('0001', 'start')".encode()
            )
        yield scratch


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "migrations").mkdir()
    for name, text in {"0001_start": START, **{name: up for name, (up, _) in FILES.items()}}.items():
        (folder / "migrations" / f"{name}.sql").write_text(text)
    return folder


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for between readings."""
    monkeypatch.setattr(settled, "PAUSES", (0.0,))


def opened(project: Path, database: Scratch) -> Workspace:
    server = database.server
    url = f"postgresql:///{database.name}?host={server.host}&port={server.port}&user={server.superuser}"
    return open_workspace(project, url, None, {})


class Meanwhile:
    """Somebody else's session that does something without end."""

    def __init__(self, database: Scratch, sql: str) -> None:
        self._connection = database.connect()
        self._database = database
        self._thread = threading.Thread(target=self._run, args=(sql,))
        self.error: Exception | None = None

    def _run(self, sql: str) -> None:
        try:
            self._connection.execute(sql.encode())
        except psycopg.Error as error:
            self.error = error

    def __enter__(self) -> Meanwhile:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._database.connect() as other:
            pid = self._connection.info.backend_pid
            other.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
        self._thread.join()
        self._connection.close()
        assert isinstance(self.error, psycopg.errors.AdminShutdown), self.error


def answer(exam: Examination) -> dict[str, Any]:
    return {j.name[:4]: j.standing for j in exam.judgements} | {"": [str(k) for k in exam.unexplained]}


def real(upto: int) -> dict[str, Any]:
    """What is true after so many of the files."""
    names = ["0001", *(name[:4] for name in FILES)]
    return {n: Standing.OK if at <= upto else Standing.PENDING for at, n in enumerate(names)} | {"": []}


STATES = [real(upto) for upto in range(len(FILES) + 1)]


@pytest.mark.parametrize("pause", ["0.001", "random() * 0.03"], ids=["always", "now and then"])
def test_no_reading_tells_of_a_state_that_never_was(
    project: Path, database: Scratch, pause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = opened(project, database)
    assert answer(examine(workspace)) in STATES
    readings: list[None] = []
    read = workspace.target.read
    monkeypatch.setattr(workspace.target, "read", lambda: (readings.append(None), read())[1])
    wrong: list[Any] = []
    with Meanwhile(database, deploys(pause)):
        while len(readings) < 60:
            try:
                found = answer(examine(workspace))
            except CannotKnow as error:
                found = error.code
            if found not in [*STATES, Code.CHANGED]:
                wrong.append(found)
    assert wrong == []
    workspace.target.close()


def wrong_by_hand(database: Scratch) -> None:
    with database.connect() as connection:
        connection.execute("ALTER TABLE users ALTER COLUMN name SET DEFAULT 'mine'")


WRONG = real(0) | {"0001": Standing.PARTIAL}


def test_a_reading_costs_as_much_as_ever_where_all_is_well_and_one_question_more_where_not(
    project: Path, database: Scratch
) -> None:
    with TcpProxy.before(database.server) as proxy:
        url = f"postgresql://{database.server.superuser}@127.0.0.1:{proxy.port}/{database.name}"
        workspace = open_workspace(project, url, None, {})
        workspace.target.read()
        before = proxy.count()
        workspace.target.read()
        reading = (proxy.count() - before).round_trips
        before = proxy.count()
        assert answer(examine(workspace)) == real(0)
        assert (proxy.count() - before).round_trips == reading == 5
        wrong_by_hand(database)
        before = proxy.count()
        assert answer(examine(workspace)) == WRONG
        assert (proxy.count() - before).round_trips == reading + 1
        workspace.target.close()


BUSY = {
    "rows": ["INSERT INTO busy VALUES (1);", "COMMIT;"],
    "emptied": ["TRUNCATE busy;", "COMMIT;"],
    "temporary": [
        "CREATE TEMP TABLE mine (a int PRIMARY KEY, b text DEFAULT 'x' CHECK (b <> ''));", "COMMIT;",
        "DROP TABLE mine;", "COMMIT;",
    ],
    "refreshed": ["REFRESH MATERIALIZED VIEW shown;", "COMMIT;"],
    "numbers": ["PERFORM nextval('number');", "COMMIT;"],
}  # fmt: skip


@pytest.mark.parametrize("what", BUSY)
def test_an_application_at_work_is_no_deploy(project: Path, database: Scratch, what: str) -> None:
    with database.connect() as connection:
        connection.execute(
            "CREATE TABLE busy (a int); CREATE MATERIALIZED VIEW shown AS SELECT 1 AS a;"
            "CREATE SEQUENCE number"
        )
    wrong_by_hand(database)
    workspace = opened(project, database)
    told: list[str] = []
    workspace.notify = told.append
    by_hand = answer(examine(workspace))
    assert by_hand[""] != [] and by_hand | {"": []} == WRONG
    told.clear()
    with Meanwhile(database, endless(BUSY[what])):
        for _ in range(5):
            exam = examine(workspace)
            assert answer(exam) == by_hand
            assert exam.notes == ()
    assert told == []
    workspace.target.close()


def test_what_changed_between_two_readings_is_read_again_and_said(project: Path, database: Scratch) -> None:
    workspace = opened(project, database)
    wrong_by_hand(database)
    told: list[str] = []
    workspace.notify = told.append
    with database.connect() as other:

        def deploy(statement: str) -> None:
            settle = workspace.engine.unchanged
            monkey.setattr(
                workspace.engine, "unchanged", lambda *a, **k: (other.execute(statement), settle(*a, **k))[1]
            )

        with pytest.MonkeyPatch.context() as monkey:
            deploy("ALTER TABLE users ALTER COLUMN name SET DEFAULT 'x'")
            exam = examine(workspace)
    assert answer(exam) == real(0)
    assert [note.code for note in exam.notes] == ["deploying"]
    assert told == ["The schema changed while it was read: somebody is deploying. Reading it again."]
    workspace.target.close()


def test_a_catalog_that_is_damaged_is_no_deploy(project: Path, database: Scratch) -> None:
    with database.connect() as connection:
        connection.execute(
            "SET allow_system_table_mods = on; "
            "DELETE FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attname = 'total'"
        )
    workspace = opened(project, database)
    with pytest.raises(CannotKnow) as caught:
        examine(workspace)
    assert caught.value.code is Code.UNREADABLE and caught.value.sqlstate == "XX000"
    assert "somebody is deploying" not in caught.value.message


def test_a_comparison_is_of_one_moment_too(project: Path, database: Scratch) -> None:
    workspace = opened(project, database)
    assert isinstance(workspace.engine, PostgresBase)
    source = workspace.engine
    same = source.sides({"a": source}, None, None)[0]["a"].facts
    states = [dict(same)]
    with database.connect() as connection:
        for name, (up, _) in FILES.items():
            connection.execute(
                f"{up} INSERT INTO {LEDGER} (version, name) VALUES ('{name[:4]}', '')".encode()
            )
            states.append(dict(source.sides({"a": source}, None, None)[0]["a"].facts))
        for name, (_, down) in reversed(FILES.items()):
            connection.execute(f"{down} DELETE FROM {LEDGER} WHERE version = '{name[:4]}'".encode())
    with Meanwhile(database, deploys("random() * 0.03")):
        for _ in range(5):
            try:
                found: Any = dict(source.sides({"a": source}, None, None)[0]["a"].facts)
            except CannotKnow as error:
                found = error.code
            assert found in [*states, Code.CHANGED]
