"""The history table on real servers: every shape it has had, and rows as the Supabase CLI writes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from landed.core.errors import CannotKnow, ConfigError
from landed.core.migration import Migration
from landed.engines.postgres.connect.connect import connect
from landed.engines.postgres.ledger import (
    Command,
    StoredRow,
    delete,
    insert,
    look,
    match,
    provision,
    read_ledger,
    row_for,
    upsert,
)
from landed.engines.postgres.ledger_name import LedgerTable, ledger_table
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse
from landed.project.pg_url import Dsn

STORED = json.loads(
    (Path(__file__).parents[1] / "cases" / "supabase_ledger" / "cli-3.1.0.json").read_text("utf-8")
)
TABLE = ledger_table()


@pytest.fixture
def scratch(pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as made:
        yield made


@pytest.fixture
def db(scratch: Scratch) -> Iterator[psycopg.Connection[Any]]:
    with scratch.connect() as connection:
        yield connection


def run(db: psycopg.Connection[Any], command: Command) -> Any:
    return db.execute(*command)


def is_provisioned(db: psycopg.Connection[Any], table: LedgerTable) -> bool:
    seen = look(db, table)
    return seen is not None and seen.provisioned


def migration(name: str, text: str) -> Migration:
    return Migration(name, name.split("_")[0], f"supabase/migrations/{name}", text, parse)


SHAPES = {
    "version": ("version text NOT NULL PRIMARY KEY", "('1')", StoredRow("1")),
    "statements": ("version text, statements text[]", "('1', '{a,b}')", StoredRow("1", None, ("a", "b"))),
    "name": ("version text, statements text[], name text", "('1', NULL, 'n')", StoredRow("1", "n", None)),
    "order": ("name text, version text, statements text[]", "('', '1', '{}')", StoredRow("1", None, ())),
    "hosted": (
        "version text PRIMARY KEY, statements text[], name text, created_by text, "
        "idempotency_key text UNIQUE, rollback text[]",
        "('1', '{\"a \\\"b\\\"\"}', 'n', 'me', 'k', '{c}')",
        StoredRow("1", "n", ('a "b"',)),
    ),
    "number": ("version bigint, dirty boolean", "(20240101000000, false)", StoredRow("20240101000000")),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read(db: psycopg.Connection[Any], shape: str) -> None:
    columns, values, row = SHAPES[shape]
    db.execute(
        f"CREATE SCHEMA supabase_migrations; CREATE TABLE supabase_migrations.schema_migrations ({columns})"
    )
    assert read_ledger(db) == ()
    db.execute(f"INSERT INTO supabase_migrations.schema_migrations VALUES {values}")
    assert read_ledger(db) == (row,)


def test_what_is_not_there(db: psycopg.Connection[Any]) -> None:
    assert read_ledger(db) is None
    db.execute("CREATE SCHEMA supabase_migrations")
    assert read_ledger(db) is None
    assert read_ledger(db, ledger_table("my.history")) is None


def test_reading_never_writes(scratch: Scratch) -> None:
    server = scratch.server
    with connect(Dsn(server.host, server.port, server.superuser, scratch.name), readonly=True) as reading:
        assert read_ledger(reading) is None
    with scratch.connect() as db:
        found = db.execute(
            "SELECT count(*) FROM pg_namespace WHERE nspname = 'supabase_migrations'"
        ).fetchone()
        assert found == (0,)


def test_rows_are_in_the_order_of_their_versions_as_texts(db: psycopg.Connection[Any]) -> None:
    db.execute("; ".join(provision(TABLE)))
    for version in ("9", "10", "1"):
        run(db, insert(TABLE, StoredRow(version)))
    assert [row.version for row in read_ledger(db) or ()] == ["1", "10", "9"]


def test_a_table_that_may_not_be_read(scratch: Scratch, db: psycopg.Connection[Any]) -> None:
    db.execute("; ".join(provision(TABLE)))
    db.execute("DROP ROLE IF EXISTS landed_reader; CREATE ROLE landed_reader LOGIN")
    try:
        with (
            scratch.connect("landed_reader") as other,
            pytest.raises(CannotKnow, match="cannot be read") as raised,
        ):
            read_ledger(other)
        assert "GRANT USAGE ON SCHEMA supabase_migrations" in (raised.value.next or "")
    finally:
        db.execute("DROP ROLE landed_reader")


def test_a_table_of_another_kind(db: psycopg.Connection[Any]) -> None:
    db.execute("CREATE TABLE history (id int); INSERT INTO history VALUES (1)")
    with pytest.raises(CannotKnow, match="no column version"):
        read_ledger(db, ledger_table("history"))


class TestWriting:
    @pytest.mark.parametrize(
        "before",
        ["", "version text NOT NULL PRIMARY KEY", "version text NOT NULL PRIMARY KEY, statements text[]"],
    )
    def test_the_table_as_the_cli_makes_it(self, db: psycopg.Connection[Any], before: str) -> None:
        if before:
            db.execute(f"CREATE SCHEMA supabase_migrations; CREATE TABLE {TABLE.sql} ({before})")
            db.execute(f"INSERT INTO {TABLE.sql} VALUES ('1')")
            assert not is_provisioned(db, TABLE)
        for _ in range(2):
            with db.transaction():
                for statement in provision(TABLE):
                    db.execute(statement)
        assert is_provisioned(db, TABLE)
        columns = db.execute(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attnum > 0 "
            "AND attrelid = 'supabase_migrations.schema_migrations'::regclass ORDER BY attname"
        ).fetchall()
        assert columns == [
            ("name", "text", False),
            ("statements", "text[]", False),
            ("version", "text", True),
        ]
        assert read_ledger(db) == ((StoredRow("1"),) if before else ())

    @pytest.mark.parametrize("name", STORED)
    def test_the_row_as_the_cli_writes_it(self, db: psycopg.Connection[Any], name: str) -> None:
        db.execute("; ".join(provision(TABLE)))
        run(db, insert(TABLE, row_for(migration(name, STORED[name]["text"].removeprefix("\ufeff")))))
        found = db.execute(f"SELECT version, name, statements FROM {TABLE.sql}").fetchall()
        assert found == [(name[:14], name[15:-4], STORED[name]["stored"])]

    def test_a_second_runner_is_refused(self, db: psycopg.Connection[Any]) -> None:
        db.execute("; ".join(provision(TABLE)))
        run(db, insert(TABLE, StoredRow("1", "a", ("x",))))
        with pytest.raises(psycopg.errors.UniqueViolation):
            run(db, insert(TABLE, StoredRow("1", "b", ("y",))))
        run(db, upsert(TABLE, StoredRow("1", "b", ("y", "it's"))))
        run(db, upsert(TABLE, StoredRow("2", "c")))
        assert read_ledger(db) == (StoredRow("1", "b", ("y", "it's")), StoredRow("2", "c", ()))
        run(db, delete(TABLE, ["1", "3"]))
        assert read_ledger(db) == (StoredRow("2", "c", ()),)

    def test_any_name_of_a_table(self, db: psycopg.Connection[Any]) -> None:
        for table in (
            LedgerTable('Odd"schema', "a table; drop"),
            LedgerTable("{table}", " OR 1 = 1 OR '"),
            ledger_table("history"),
            ledger_table("my.history"),
        ):
            db.execute("; ".join(provision(table)))
            assert is_provisioned(db, table)
            run(db, insert(table, StoredRow("1", "n", ("s",))))
            assert read_ledger(db, table) == (StoredRow("1", "n", ("s",)),)


@pytest.mark.parametrize("name", ["a.b.c", "", ".x", "x."])
def test_what_is_no_name_of_a_table(name: str) -> None:
    with pytest.raises(ConfigError):
        ledger_table(name)


class TestMatching:
    def test_by_version_alone(self) -> None:
        files = [migration("1_a.sql", "SELECT 1"), migration("2_b.sql", "SELECT 2")]
        rows = (
            StoredRow("1", "renamed", ("SELECT 1",)),
            StoredRow("2", "b", ("SELECT 3",)),
            StoredRow("3", "c"),
            StoredRow("4"),
        )
        found = match(files, rows)
        assert [(r.id, r.name) for r in found.rows] == [(1, "1_a.sql"), (2, "2_b.sql"), (3, "3_c"), (4, "4")]
        assert found.content == {"1_a.sql": True, "2_b.sql": False}

    def test_a_row_without_sql(self) -> None:
        found = match([migration("1_a.sql", "SELECT 1")], (StoredRow("1", "a"),))
        assert found.content == {"1_a.sql": None}

    @pytest.mark.parametrize(
        ("row", "name"),
        [
            (StoredRow("1", "a", ("SELECT 2",)), "1_b.sql"),
            (StoredRow("1", "b", ("SELECT 3",)), "1_b.sql"),
            (StoredRow("1", "x", ("SELECT 3",)), "1_a.sql"),
        ],
    )
    def test_two_files_with_one_version(self, row: StoredRow, name: str) -> None:
        files = [migration("1_a.sql", "SELECT 1"), migration("1_b.sql", "SELECT 2")]
        assert [r.name for r in match(files, (row,)).rows] == [name]
