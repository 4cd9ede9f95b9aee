"""landed exec on Postgres: the server decides what reads, consent decides the rest, and nothing is lost."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.report.execute_types import typed_json
from landed.report.json_schema import json_schema
from support.process.landed_process import Answer, Landed
from support.servers.tcpproxy import TcpProxy

SCHEMA = """
CREATE TYPE mood AS ENUM ('happy', 'so, so');
CREATE TABLE t (id int PRIMARY KEY, name text);
INSERT INTO t VALUES (1, 'one'), (2, 'two');
CREATE FUNCTION sneaky() RETURNS int LANGUAGE plpgsql AS 'BEGIN DELETE FROM t; RETURN 1; END';
CREATE SEQUENCE s;
CREATE SCHEMA supabase_migrations;
CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY);
"""


class Pg:
    """A database and landed on it."""

    def __init__(self, scratch: Scratch, folder: Path, port: int | None = None) -> None:
        self.scratch = scratch
        self.landed = Landed(folder, folder.parent / "cache")
        server = scratch.server
        place = f"?host={server.host}&port={server.port}" if port is None else ""
        host = f"127.0.0.1:{port}" if port is not None else ""
        self.url = f"postgresql://{server.superuser}:not-shown-pw@{host}/{scratch.name}{place}"

    def __call__(self, *words: str, code: int = 0) -> Answer:
        return self.landed("--target", self.url, "exec", *words, code=code)

    def plain(self, *words: str, code: int = 0) -> Answer:
        return self.landed.plain("--target", self.url, "exec", *words, code=code)

    def value(self, sql: str) -> object:
        with self.scratch.connect() as connection:
            row = connection.execute(sql.encode()).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture(scope="module")
def scratch(pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as made:
        yield made


@pytest.fixture
def pg(scratch: Scratch, tmp_path: Path) -> Pg:
    with scratch.connect() as connection:
        connection.execute(b"DROP SCHEMA IF EXISTS supabase_migrations CASCADE; DROP SCHEMA public CASCADE;")
        connection.execute(b"CREATE SCHEMA public")
        connection.execute(SCHEMA.encode())
    folder = tmp_path / "project"
    folder.mkdir()
    return Pg(scratch, folder)


VALUES = """SELECT 1::int2 AS a, 9007199254740993 AS b, 1.10::numeric(10,2) AS c, 'NaN'::float8 AS d,
 true AS e, '\\xdeadbeef'::bytea AS f, ARRAY[[1,2],[3,NULL]] AS g,
 ARRAY['a,"b','NULL',NULL,'{x}']::text[] AS h, '{"k": [1, 2.5, null]}'::jsonb AS i,
 ARRAY['so, so'::mood] AS j, 'infinity'::timestamptz AS k,
 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS l, int4range(1, 5) AS m, NULL AS n, 'NULL' AS o,
 '[0:1]={7,8}'::int[] AS p, ARRAY['{"a": 1}'::jsonb] AS q, ARRAY['\\x00'::bytea] AS r, '{}'::bool[] AS s,
 ARRAY[true, false] AS t, '1 2'::int2vector AS u, ARRAY[box '((0,0),(1,1))', NULL] AS v, 0.1::float8 AS w,
 interval '1 day 02:00' AS x, 'line
 two' AS y, ARRAY[1.50] AS z"""
EXPECTED = [
    *(1, {"integer": "9007199254740993"}, "1.10", {"real": "NaN"}, True),
    *({"base64": "3q2+7w=="}, [[1, 2], [3, None]], ['a,"b', "NULL", None, "{x}"]),
    *({"k": [1, 2.5, None]}, ["so, so"], "infinity"),
    *("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "[1,5)", None, "NULL"),
    *([7, 8], [{"a": 1}], [{"base64": "AA=="}], []),
    *([True, False], "1 2", ["(1,1),(0,0)", None], 0.1),
    *("1 day 02:00:00", "line\n two", ["1.50"]),
]


def test_reading_needs_no_consent_and_loses_nothing(pg: Pg) -> None:
    import jsonschema

    body = pg(VALUES).body
    jsonschema.validate(body, json_schema())
    result = body["results"][0]
    assert result["rows"] == [EXPECTED]
    assert not body["writes"] and body["target"]["locality"] == "LOCAL"
    types = dict(zip(result["columns"], result["types"], strict=True))
    assert types["c"] == "numeric(10,2)" and types["j"] == "mood[]" and types["k"].startswith("timestamp")
    assert result["status"] == "SELECT 1"


def test_a_table_for_people(pg: Pg) -> None:
    answer = pg.plain("SELECT id, name, NULL AS n, 'NULL' AS t, ARRAY[1,2] AS a, 'a\tb' AS c FROM t")
    lines = answer.stdout.splitlines()
    assert lines[0].split() == ["id", "name", "n", "t", "a", "c"]
    assert lines[2] == r" 1  one   NULL  'NULL'  {1,2}  a\tb"
    assert "(LOCAL)" in answer.stderr and "2 rows" in answer.stderr
    for one in (answer, pg.plain("SELECT nothing", code=1), pg.plain("DELETE FROM t", code=4)):
        assert "not-shown-pw" not in one.stdout + one.stderr


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM t",
        "SELECT sneaky()",
        "WITH d AS (DELETE FROM t RETURNING 1) SELECT * FROM d",
        "SELECT nextval('s')",
        "EXPLAIN ANALYZE DELETE FROM t",
        "DO $$ BEGIN DELETE FROM t; END $$",
        "SELECT 1; DELETE FROM t; SELECT 2",
        "SELECT * FROM t FOR UPDATE",
        "SET TRANSACTION READ WRITE; DELETE FROM t",
        "SELECT set_config('transaction_read_only', 'off', true); DELETE FROM t",
        "SET default_transaction_read_only = off; DELETE FROM t",
        "CREATE INDEX CONCURRENTLY i ON t (name)",
        "COPY t TO '/tmp/landed-never-written'",
        "SELECT pg_terminate_backend(0)",
        "SELECT pg_catalog.\"pg_notify\"('a', 'b')",
        "NOTIFY a",
        "DO $$ BEGIN PERFORM pg_notify('a', 'b'); END $$",
    ],
)
def test_what_writes_or_acts_asks_first(pg: Pg, sql: str) -> None:
    error = pg(sql, code=1 if "READ WRITE" in sql or "set_config" in sql else 4).error
    if error["exit_code"] == 4:
        assert error["kind"] == "NeedsConfirmation" and error["next"].endswith("--yes")
    assert pg.value("SELECT count(*) FROM t") == 2
    assert pg.value("SELECT is_called FROM s") is False


def test_with_consent_all_of_it_is_one_transaction(pg: Pg) -> None:
    done = pg("UPDATE t SET name = 'x'; DO $$ BEGIN RAISE WARNING 'careful'; END $$; SELECT 1", "--yes").body
    first, second, _ = done["results"]
    assert done["writes"] and (first["changes"], first["indirect_changes"]) == (2, None)
    assert first["status"] == "UPDATE 2"
    assert second["notices"] == [{"severity": "WARNING", "message": "careful"}]
    assert pg.value("SELECT count(*) FROM t WHERE name = 'x'") == 2

    error = pg("DELETE FROM t;\nINSERT INTO t VALUES (3), (3);\nSELECT 1", "--yes", code=1).error
    assert error["message"].startswith("statement 2 of 3 (line 2) failed: duplicate key")
    assert any("Key (id)=(3) already exists" in line for line in error["details"])
    assert "Nothing was changed." in error["details"]
    assert pg.value("SELECT count(*) FROM t") == 2

    pg("BEGIN; DELETE FROM t WHERE id = 1; COMMIT;", "--yes")
    assert pg.value("SELECT count(*) FROM t") == 1


def test_a_commit_that_fails_is_no_success(pg: Pg) -> None:
    pg("CREATE TABLE c (id int REFERENCES t DEFERRABLE INITIALLY DEFERRED)", "--yes")
    error = pg("INSERT INTO c VALUES (9)", "--yes", code=1).error
    assert "could not be committed" in error["message"] and "23503" in error["message"]
    assert pg.value("SELECT count(*) FROM c") == 0


def test_the_schema_and_the_ledger_are_warned_about(pg: Pg) -> None:
    ledger = "INSERT INTO supabase_migrations.schema_migrations VALUES ('1')"
    assert "ledger" in pg(ledger, "--yes").body["warnings"][0]
    assert "schema" in pg("ALTER TABLE t ADD x int", "--yes").body["warnings"][0]
    assert pg("CREATE TEMP TABLE gone (a int); INSERT INTO gone VALUES (1)", "--yes").body["warnings"] == []
    assert pg("SELECT count(*) FROM supabase_migrations.schema_migrations").body["results"][0]["rows"] == [
        [1]
    ]
    told = pg.plain("SELECT 1; UPDATE t SET name = 'y'; ALTER TABLE t DROP x", code=4).stderr
    assert "Statement 2 of 3 writes; all of them run in one transaction." in told
    assert "outside the migrations" in told


def test_what_cannot_run_in_a_transaction_runs_alone(pg: Pg) -> None:
    told = pg.plain("CREATE INDEX CONCURRENTLY i ON t (name)", code=4).stderr
    assert "outside of a transaction (CREATE INDEX CONCURRENTLY)" in told
    pg("CREATE INDEX CONCURRENTLY i ON t (name)", "--yes")
    assert pg.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") is True
    pg("VACUUM t", "--yes")
    error = pg("VACUUM t; DELETE FROM t", "--yes", code=2).error
    assert error["message"] == "VACUUM cannot run in a transaction, and the others do"
    pg.value("INSERT INTO t VALUES (4, 'two') RETURNING id")
    error = pg("CREATE UNIQUE INDEX CONCURRENTLY u ON t (name)", "--yes", code=1).error
    assert any("may have stayed" in line for line in error["details"])


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT 1; COMMIT; SELECT 2", "COMMIT: exec runs everything in one transaction"),
        ("COPY t FROM STDIN", "needs psql"),
        ("\\d t", "psql"),
        ("  -- nothing\n ;", "no statement"),
    ],
)
def test_what_exec_cannot_run_is_refused(pg: Pg, sql: str, says: str) -> None:
    assert says in pg(sql, "--yes", code=2).error["message"]


def test_parameters(pg: Pg) -> None:
    rows = pg("SELECT id, name FROM t WHERE id = $1", "--param", "2").body["results"][0]["rows"]
    assert rows == [[2, "two"]]
    row = pg(
        "SELECT $1::text, $2::text, $3::bytea, $4::numeric, 'a%sb'",
        *("-p", "NULL", "-p", "'NULL'", "-p", "x'ff'", "-p", "007"),
    ).body["results"][0]["rows"][0]
    assert row == [None, "NULL", {"base64": "/w=="}, "7", "a%sb"]
    for given in ((), ("-p", "1", "-p", "2")):
        error = pg("SELECT $1::int", *given, code=2).error
        assert "number of parameters" in error["message"]


def test_a_failing_statement_says_where(pg: Pg) -> None:
    file = pg.landed.folder / "fix.sql"
    file.write_text("SELECT 1;\n\nSELECT id,\n  nothing\nFROM t;\n")
    error = pg("--file", "fix.sql", code=1).error
    assert error["where"] == "fix.sql:4"
    assert 'column "nothing" does not exist (42703)' in error["message"]


def test_a_lock_is_waited_for_and_not_for_ever(pg: Pg) -> None:
    with pg.scratch.connect(autocommit=False) as other:
        other.execute("LOCK TABLE t")
        ended = threading.Event()

        def let_go() -> None:
            while not ended.is_set():
                if pg.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
                    other.rollback()
                    return
                time.sleep(0.05)

        thread = threading.Thread(target=let_go)
        thread.start()
        try:
            pg("DELETE FROM t", "--yes")
        finally:
            ended.set()
            thread.join()
    with pg.scratch.connect(autocommit=False) as other:
        other.execute("LOCK TABLE t")
        error = pg("SET LOCAL lock_timeout = '2500ms'; DELETE FROM t", "--yes", code=3).error
    assert error["kind"] == "Busy"
    assert "another session holds it" in error["message"] and "Nothing was changed." in error["details"]


def test_a_transaction_pooler_is_for_reading(pg: Pg, pooled: Callable[..., int]) -> None:
    through = Pg(pg.scratch, pg.landed.folder, pooled("transaction"))
    assert through("SELECT count(*) FROM t").body["results"][0]["rows"] == [[2]]
    assert through("SELECT $1::int", "-p", "5").body["results"][0]["rows"] == [[5]]
    for sql in ("DELETE FROM t", "VACUUM t"):
        error = through(sql, "--yes", code=2).error
        assert error["message"].startswith("nothing is written through a transaction pooler")
    assert pg.value("SELECT count(*) FROM t") == 2


def test_a_database_set_to_read_only_takes_nothing(pg: Pg) -> None:
    name = pg.scratch.name
    with pg.scratch.connect() as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    try:
        assert "read-only" in pg("DELETE FROM t", "--yes", code=2).error["message"]
    finally:
        with pg.scratch.connect() as connection:
            connection.execute(b"SET default_transaction_read_only = off")
            connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_that_is_lost_is_never_called_a_success(pg: Pg, when: Any) -> None:
    with TcpProxy.before(pg.scratch.server) as proxy:
        through = Pg(pg.scratch, pg.landed.folder, proxy.port)
        proxy.cut("COMMIT", when=when)
        error = through("DELETE FROM t", "--yes", code=3).error
        assert error["kind"] == "Ambiguous" and "it may have happened" in error["message"]
        assert pg.value("SELECT count(*) FROM t") == (2 if when == "before" else 0)
        proxy.cut("UPDATE.*", when=when)
        error = through("UPDATE t SET id = id + 10", "--yes", code=3).error
        assert error["kind"] == "CannotKnow" and "Nothing was changed." in error["details"]
        assert pg.value("SELECT count(*) FROM t WHERE id > 10") == 0
        proxy.cut("VACUUM.*", when=when)
        assert through("VACUUM t", "--yes", code=3).error["kind"] == "Ambiguous"


def test_ctrl_c_outside_of_a_transaction_is_no_roll_back(pg: Pg) -> None:
    # It waits for the other session when its index is in the catalogs, and not yet valid.
    building = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY stopped%' "
        "AND wait_event_type = 'Lock'"
    )
    with pg.scratch.connect(autocommit=False) as other:
        other.execute("UPDATE t SET name = 'held'")
        process = pg.landed.popen(
            *("--target", pg.url, "exec", "CREATE INDEX CONCURRENTLY stopped ON t (name)", "--yes", "--json")
        )
        while not pg.value(building):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=30)
        other.rollback()
    error = json.loads(stdout)["error"]
    assert (process.returncode, error["kind"]) == (130, "Interrupted")
    assert any("may have stayed" in line for line in error["details"])
    assert pg.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'stopped'::regclass") is False


def test_no_answer(tmp_path: Path) -> None:
    landed = Landed(tmp_path, tmp_path / "cache")
    answer = landed("-t", "postgresql://me:not-shown-pw@127.0.0.1:1/x", "exec", "SELECT 1", code=3)
    assert "no Postgres is running at 127.0.0.1:1" in answer.error["message"]
    assert "not-shown-pw" not in json.dumps(answer.body)


@pytest.mark.parametrize("text", ["{1,2", '{"a', "{1}x", "{{1},2"])
def test_a_text_that_is_no_array_stays_one(text: str) -> None:
    assert typed_json("text[]", text) == text
