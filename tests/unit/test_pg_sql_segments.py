"""How a file is cut into transactions, and what kind of statement each one is."""

from __future__ import annotations

import pytest

from landed.engines.postgres.sql.head import read_head
from landed.engines.postgres.sql.segments import (
    cli_mode,
    cli_segments,
    early_enum_values,
    read_only,
    refused_trap,
    segments,
    transaction_options,
    transaction_trap,
    wrapping,
)
from landed.engines.postgres.sql.split import split


def cut(sql: str) -> list[tuple[int, ...]]:
    return [s.statements for s in segments(split(sql))]


def cli_cut(sql: str) -> list[tuple[int, ...]]:
    return [s.statements for s in cli_segments(sql, split(sql))]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "create unique index concurrently if not exists i on t (a)",
        "/* c */ DROP /* d */ INDEX CONCURRENTLY i",
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX (VERBOSE) INDEX CONCURRENTLY i",
        "REINDEX (CONCURRENTLY) INDEX i",
        "REINDEX DATABASE x",
        "VACUUM",
        "VACUUM (ANALYZE) t",
        "CLUSTER",
        "CLUSTER (VERBOSE)",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "CREATE DATABASE x",
        "DROP DATABASE IF EXISTS x",
        "CREATE TABLESPACE x LOCATION '/x'",
        "ALTER DATABASE x SET TABLESPACE y",
        "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
        "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
        "DROP SUBSCRIPTION s",
        "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
    ],
)
def test_runs_in_no_transaction(sql: str) -> None:
    assert read_head(sql).alone


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON t (concurrently)",
        "DROP INDEX i",
        "REINDEX TABLE t",
        "CLUSTER t USING i",
        "ANALYZE t",
        "ALTER DATABASE x SET work_mem = '1MB'",
        "ALTER TABLE p DETACH PARTITION c",
        "ALTER TABLE p DETACH PARTITION c FINALIZE",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
        "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = false)",
        "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)",
        "ALTER TYPE e ADD VALUE 'x'",
        "COMMENT ON TABLE t IS 'VACUUM'",
    ],
)
def test_runs_in_a_transaction(sql: str) -> None:
    assert read_head(sql).alone == ""


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("BEGIN", "begin"),
        ("begin isolation level serializable", "begin"),
        ("START TRANSACTION READ WRITE", "begin"),
        ("COMMIT AND CHAIN", "commit"),
        ("END", "commit"),
        ("END TRANSACTION", "commit"),
        ("ROLLBACK", "rollback"),
        ("ABORT WORK", "rollback"),
        ("ROLLBACK TO SAVEPOINT a", "savepoint"),
        ("ROLLBACK WORK TO a", "savepoint"),
        ("SAVEPOINT a", "savepoint"),
        ("RELEASE a", "savepoint"),
        ("PREPARE TRANSACTION 'x'", "prepare"),
        ("COMMIT PREPARED 'x'", "prepare"),
        ("PREPARE q AS SELECT 1", ""),
        ("SELECT 'BEGIN'", ""),
    ],
)
def test_transaction_statements(sql: str, kind: str) -> None:
    assert read_head(sql).transaction == kind


def test_roles_and_rows() -> None:
    switching = [
        "SET ROLE a",
        "SET LOCAL ROLE a",
        "set session role to 'a'",
        "RESET ROLE",
        "SET SESSION AUTHORIZATION a",
    ]
    assert all(read_head(s).switches_role for s in switching)
    assert not any(
        read_head(s).switches_role for s in ("SET search_path = a", "SET SESSION work_mem = 1", "RESET ALL")
    )
    shared = ["CREATE ROLE a", "ALTER USER a SET x = 1", "DROP GROUP a", "GRANT a TO b",
              "REVOKE ADMIN OPTION FOR a FROM b",
              "COMMENT ON ROLE a IS ''", "DROP OWNED BY a", "CREATE DATABASE a",
              "GRANT SET ON PARAMETER x TO a"]  # fmt: skip
    assert all(read_head(s).cluster_wide for s in shared)
    own = ["GRANT SELECT ON a TO b", "REVOKE ALL ON SCHEMA a FROM b", "CREATE USER MAPPING FOR a SERVER b",
           "CREATE TABLE role (a int)",
           "GRANT USAGE ON TYPE a TO b", "COMMENT ON TABLE a IS ''"]  # fmt: skip
    assert not any(read_head(s).cluster_wide for s in own)
    writing = ["INSERT INTO a VALUES (1)", "update a set b = 1",
               "MERGE INTO a USING b ON true WHEN MATCHED THEN DELETE",
               "COPY a FROM '/x'", "WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x",
               "TRUNCATE a"]  # fmt: skip
    assert all(read_head(s).writes_rows for s in writing)
    assert not any(
        read_head(s).writes_rows
        for s in ("COPY a TO STDOUT", "WITH x AS (SELECT 1) SELECT 'DELETE'", "SELECT 1")
    )
    assert read_head("DO $$ $$").dynamic and not read_head("CREATE TABLE a ()").dynamic


class TestCli:
    """The rules of CLI 3.1.0."""

    def test_one_pipeline(self) -> None:
        assert cli_mode("", split("SELECT 1; SELECT 2")) == "batch"
        assert cli_cut("SELECT 1; SELECT 2") == [(1, 2)]

    def test_statements_that_commit_what_came_before(self) -> None:
        sql = "SELECT 1; SELECT 2; CREATE INDEX CONCURRENTLY i ON t (a); VACUUM; SELECT 3;"
        assert cli_cut(sql) == [(1, 2), (3,), (4,), (5,)]

    def test_statements_that_it_does_not_know(self) -> None:
        sql = "SELECT 1; ALTER TABLE p DETACH PARTITION c CONCURRENTLY; CREATE DATABASE x; "
        sql += "REINDEX (CONCURRENTLY) TABLE t"
        assert cli_cut(sql) == [(1, 2, 3, 4)]
        assert cut(sql) == [(1,), (2,), (3,), (4,)]

    @pytest.mark.parametrize(
        "sql", ["BEGIN; SELECT 1; COMMIT", "SELECT 1; ROLLBACK", "END", "SELECT 1; ABORT WORK; SELECT 2"]
    )
    def test_own_transaction_statements(self, sql: str) -> None:
        assert cli_mode(sql, split(sql)) == "explicit"
        assert cli_cut(sql) == [(s.number,) for s in split(sql)]

    @pytest.mark.parametrize(
        "sql", ["SAVEPOINT a; ROLLBACK TO a", "ROLLBACK WORK TO SAVEPOINT a", "SELECT 'COMMIT'", "ENDING"]
    )
    def test_what_it_does_not_take_for_them(self, sql: str) -> None:
        assert cli_mode(sql, split(sql)) == "batch"

    def test_the_first_line(self) -> None:
        for text in ("-- pg-delta: transaction=false\nBEGIN", "-- pg-delta: transaction=false\r\nSELECT 1"):
            assert cli_mode(text, split(text)) == "autocommit"
        for text in (
            "-- pg-delta: transaction=false \nSELECT 1",
            "\n-- pg-delta: transaction=false\nSELECT 1",
        ):
            assert cli_mode(text, split(text)) == "batch"


class TestTransactions:
    def trap(self, sql: str) -> tuple[str, int] | None:
        found = transaction_trap(split(sql))
        return (found.code, found.line) if found else None

    def test_a_pair_around_everything_is_left_out(self) -> None:
        sql = "BEGIN;\nSELECT 1;\nSAVEPOINT a;\nCOMMIT;"
        assert self.trap(sql) is None
        assert wrapping(split(sql)) == {1, 4}
        assert cut(sql) == [(2, 3)]

    def test_commit_and_begin_in_the_middle(self) -> None:
        assert self.trap("SELECT 1;\nCOMMIT;\nBEGIN;\nSELECT 2;") == ("open-end", 3)

    @pytest.mark.parametrize(
        ("sql", "code"),
        [
            ("BEGIN; SELECT 1", "open-end"),
            ("BEGIN; SELECT 1; COMMIT AND CHAIN; SELECT 2", "open-end"),
            ("BEGIN; SELECT 1; ROLLBACK", "rollback"),
            ("BEGIN; SELECT 1; PREPARE TRANSACTION 'x'; COMMIT", "prepare"),
            ("BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT", "parts"),
            ("SELECT 0; BEGIN; SELECT 1; COMMIT", "parts"),
            ("BEGIN; SELECT 1; COMMIT; SELECT 2", "parts"),
            ("SELECT 1; COMMIT", "parts"),
        ],
    )
    def test_traps(self, sql: str, code: str) -> None:
        found = transaction_trap(split(sql))
        assert found is not None and found.code == code
        assert wrapping(split(sql)) == frozenset()
        assert (refused_trap(split(sql)) is None) == (code == "parts")

    def test_parts_that_need_no_end_of_their_own_are_joined(self) -> None:
        assert cut(
            "BEGIN; DROP TABLE a; COMMIT WORK; START TRANSACTION; DROP TABLE b; END; NOTIFY x, 'y'"
        ) == [(2, 5, 7)]
        assert cut("BEGIN; SET LOCAL lock_timeout = '5s'; DROP TABLE a; COMMIT; SELECT 2") == [(2, 3, 5)]

    @pytest.mark.parametrize(
        "sql",
        [
            "BEGIN; SET LOCAL search_path = s; SELECT 1; COMMIT; SELECT 2",
            "BEGIN; SET CONSTRAINTS ALL DEFERRED; COMMIT; SELECT 2",
            "BEGIN; SELECT set_config('a.b', 'c', true); COMMIT; SELECT 2",
            "BEGIN; CREATE TEMP TABLE t (i int) ON COMMIT DROP; COMMIT; SELECT 2",
            "BEGIN; SELECT logs_in('me'); COMMIT; SELECT 2",
            "BEGIN; DO $$ BEGIN PERFORM logs_in('me'); END $$; COMMIT; SELECT 2",
        ],
    )
    def test_parts_whose_end_matters_are_not(self, sql: str) -> None:
        first, second = segments(split(sql))
        assert first.ended and not second.ended
        assert refused_trap(split(sql)) is None

    def test_a_transaction_that_is_no_plain_one_is_refused(self) -> None:
        found = refused_trap(split("BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT; SELECT 2"))
        assert found is not None and found.code == "parts"

    def test_none(self) -> None:
        assert self.trap("SELECT 1; SAVEPOINT a; RELEASE a") is None
        assert self.trap("") is None


class TestEnumValues:
    def early(self, sql: str) -> set[int]:
        return set(early_enum_values(split(sql)))

    def test_used_in_the_same_file(self) -> None:
        sql = (
            "ALTER TYPE public.e ADD VALUE IF NOT EXISTS 'new' AFTER 'old'; SELECT 1; UPDATE t SET e = 'new'"
        )
        assert self.early(sql) == {1}
        assert cut(sql) == [(1,), (2, 3)]

    def test_used_in_a_block_that_runs_now(self) -> None:
        assert self.early("ALTER TYPE e ADD VALUE 'new'; DO $$ BEGIN UPDATE t SET e = 'new'; END $$") == {1}

    def test_not_used_yet(self) -> None:
        function = "CREATE FUNCTION f() RETURNS e LANGUAGE plpgsql AS $$ BEGIN RETURN 'new'; END $$"
        assert self.early(f"ALTER TYPE e ADD VALUE 'new'; {function}") == set()
        assert self.early("ALTER TYPE e ADD VALUE 'new'; ALTER TYPE e ADD VALUE 'b' AFTER 'new'") == set()

    def test_of_a_type_that_the_file_made(self) -> None:
        assert self.early("CREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE 'b'; SELECT 'b'::e") == set()


OPTIONS = {
    "BEGIN ISOLATION LEVEL SERIALIZABLE; CREATE TABLE a (i int); COMMIT": "ISOLATION LEVEL SERIALIZABLE",
    "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE, DEFERRABLE; SELECT 1; END": (
        "ISOLATION LEVEL REPEATABLE READ"
    ),
    "BEGIN; SET LOCAL x.y = 1; SET TRANSACTION ISOLATION LEVEL read committed; SELECT 1; COMMIT": (
        "ISOLATION LEVEL READ COMMITTED"
    ),
    "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT 1": "ISOLATION LEVEL SERIALIZABLE",
    "BEGIN READ WRITE; SELECT 1; COMMIT": "",
    "SELECT 1; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE": "",
    "SELECT 1": "",
}


@pytest.mark.parametrize("sql", OPTIONS)
def test_what_a_file_asks_of_its_transaction(sql: str) -> None:
    statements = split(sql)
    (segment,) = segments(statements)
    assert transaction_options(statements, segment.statements) == OPTIONS[sql]
    sent = [s.text for s in statements if s.number in segment.statements]
    late = sql.startswith("SELECT 1; SET")
    assert any(text.startswith("SET TRANSACTION") for text in sent) is late
    assert read_only(statements) is None


def test_each_part_has_the_options_of_its_own_begin() -> None:
    sql = (
        "BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SET LOCAL role = a; SELECT 1; COMMIT; SELECT 2"
    )
    statements = split(sql)
    one, two = segments(statements)
    assert transaction_options(statements, one.statements) == "ISOLATION LEVEL SERIALIZABLE"
    assert transaction_options(statements, two.statements) == ""
    (found,) = (read_only(split(s)) for s in ("BEGIN; SET TRANSACTION READ ONLY; SELECT 1; COMMIT",))
    assert found is not None and found.number == 2
    assert read_only(split("BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE; COMMIT")) is not None
