"""Made-up rows in Postgres: every kind of column and constraint gets one that the database takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from landed.engines.postgres.shadow.replay.observe import KNOWN
from landed.engines.postgres.shadow.seed.seed import SeedReport, seed
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer

Connection = psycopg.Connection[Any]

TYPES = """
smallint · integer · bigint · numeric · numeric(5,2) · numeric(3,3) · real · double precision · money
boolean · text · varchar · varchar(3) · char(2) · name · "char" · uuid · bytea · json · jsonb · date · time
timetz · timestamp · timestamptz · timestamp(0) · interval · inet · cidr · macaddr · macaddr8 · bit(5)
varbit(7) · bit varying · point · line · lseg · box · path · polygon · circle · tsvector · tsquery · int4range
int8range · numrange · daterange · tsrange · tstzrange · int4multirange · oid · regclass · regtype · integer[]
text[] · uuid[] · jsonb[] · mood · mood[] · email · percent · pair · floats · varchar(4)[]
""".replace("\n", " · ")

ZOO = """
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE DOMAIN address AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN email AS address CHECK (length(VALUE) < 40);
CREATE DOMAIN percent AS int NOT NULL CHECK (VALUE BETWEEN 60 AND 100);
CREATE TYPE pair AS (a int, b int);
CREATE TYPE floats AS RANGE (subtype = float8);
"""

CASES = {
    "choice": "CREATE TABLE t (status text NOT NULL CHECK (status IN ('open', 'closed')))",
    "range": "CREATE TABLE t (age int NOT NULL CHECK (age > 17 AND age < 100))",
    "length": "CREATE TABLE t (code text NOT NULL CHECK (char_length(code) = 6))",
    "digits": "CREATE TABLE t (code text NOT NULL CHECK (code ~ '^[0-9]{11}$'))",
    "colour": "CREATE TABLE t (c text NOT NULL CHECK (c ~* '^#[0-9a-f]{6}$'))",
    "two columns": "CREATE TABLE t (a date NOT NULL, b date NOT NULL, CHECK (b > a))",
    "one of two": "CREATE TABLE t (a int, b int, CHECK ((a IS NULL) <> (b IS NULL)))",
    "default breaks it": "CREATE TABLE t (n int NOT NULL DEFAULT 0, kind text, CHECK (n > 5))",
    "identity": "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int)",
    "generated": "CREATE TABLE t (a int NOT NULL, b int GENERATED ALWAYS AS (a * 2) STORED UNIQUE)",
    "unique": "CREATE TABLE t (a text NOT NULL UNIQUE, b uuid UNIQUE NOT NULL, c int NOT NULL UNIQUE)",
    "exclusion": "CREATE TABLE t (r tstzrange NOT NULL, EXCLUDE USING gist (r WITH &&))",
    "itself": "CREATE TABLE t (id int PRIMARY KEY, up int NOT NULL REFERENCES t)",
    "names": 'CREATE TABLE "T ""%s" ("a b" int NOT NULL CHECK ("a b" > 3), "%s" text NOT NULL)',
    "partitions": (
        "CREATE TABLE t (at date NOT NULL, a int) PARTITION BY RANGE (at);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')"
    ),
    "a trigger that refuses": (
        "CREATE TABLE t (a int);"
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
        "CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()"
    ),
    "row security": (
        "CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
        "ALTER TABLE t FORCE ROW LEVEL SECURITY"
    ),
    "references": (
        "CREATE TABLE a (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), x int NOT NULL, UNIQUE (id, x));"
        "CREATE TABLE b (id int PRIMARY KEY, a uuid NOT NULL, x int NOT NULL,"
        "  FOREIGN KEY (a, x) REFERENCES a (id, x));"
        "CREATE TABLE c (a uuid REFERENCES a, b int REFERENCES b, CHECK ((a IS NULL) <> (b IS NULL)));"
        "CREATE TABLE d (b int PRIMARY KEY REFERENCES b DEFERRABLE INITIALLY DEFERRED)"
    ),
    "a circle": (
        "CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL); CREATE TABLE b (id int PRIMARY KEY, a int);"
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b; ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a;"
        "CREATE TABLE c (a int NOT NULL REFERENCES a)"
    ),
}


@pytest.fixture(scope="module")
def database(pg_server: Callable[..., ShadowServer]) -> Iterator[Connection]:
    with new_database(pg_server()) as scratch, scratch.connect() as connection:
        yield connection


@pytest.fixture
def connection(database: Connection) -> Iterator[Connection]:
    """A transaction that is taken back."""
    database.execute("BEGIN")
    database.execute(ZOO)
    yield database
    database.rollback()


def seeded(connection: Connection) -> tuple[SeedReport, dict[str, int]]:
    tables = connection.execute(KNOWN).fetchall()
    report = seed(connection, tables)
    return report, {name: report.rows.get(oid, -1) for oid, _, name in tables}


@pytest.mark.parametrize("nullable", [False, True], ids=["NOT NULL", "NULL"])
def test_every_type_has_a_value(connection: Connection, nullable: bool) -> None:
    types = [t.strip() for t in TYPES.split("·") if t.strip()]
    for number, kind in enumerate(types):
        connection.execute(f"CREATE TABLE t{number} (a {kind} {'' if nullable else 'NOT NULL'})".encode())
    report, rows = seeded(connection)
    assert report.skipped == {}
    assert {types[int(name[1:])]: n for name, n in rows.items() if n != 2} == {}
    for number, kind in enumerate(types):
        query = f"SELECT count(*) FILTER (WHERE a IS NULL) FROM t{number}"
        expected = 1 if nullable and kind != "percent" else 0
        assert connection.execute(query.encode()).fetchone() == (expected,), kind


@pytest.mark.parametrize("case", list(CASES))
def test_constraints_are_kept(connection: Connection, case: str) -> None:
    connection.execute(CASES[case].encode())
    report, rows = seeded(connection)
    assert report.skipped == {}
    assert all(n > 0 for name, n in rows.items() if name != "t1"), rows
    assert (len(report.quiet) == 1) == (case == "a trigger that refuses")


def test_no_row_is_an_orphan_and_no_event_is_left_pending(connection: Connection) -> None:
    connection.execute(CASES["references"].encode())
    seeded(connection)
    for child, column, parent in (("b", "a", "a"), ("c", "a", "a"), ("c", "b", "b"), ("d", "b", "b")):
        query = f"SELECT count(*) FROM {child} WHERE {column} NOT IN (SELECT id FROM {parent})"
        assert connection.execute(query.encode()).fetchone() == (0,)
    connection.execute("ALTER TABLE d ADD COLUMN more int")


def test_rows_are_the_same_every_time_and_equal_where_no_key_holds_them_apart(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (id uuid PRIMARY KEY, a text NOT NULL, b text)")
    seen = []
    for _ in range(2):
        seeded(connection)
        seen.append(connection.execute("SELECT * FROM t ORDER BY b").fetchall())
        connection.execute("DELETE FROM t")
    assert seen[0] == seen[1]
    one, two = seen[0]
    assert one[0] != two[0]
    assert one[1] == two[1]
    assert (one[2] is None) != (two[2] is None)


def test_a_table_that_has_rows_is_left_alone(connection: Connection) -> None:
    connection.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (5)")
    _, rows = seeded(connection)
    assert rows == {"t": 0}
    assert connection.execute("SELECT * FROM t").fetchall() == [(5,)]


def test_what_cannot_be_seeded_says_why(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE t (id int PRIMARY KEY CHECK (id > 5 AND id < 5));"
        "CREATE TABLE c (t int NOT NULL REFERENCES t)"
    )
    report, _ = seeded(connection)
    reasons = sorted(report.skipped.values())
    assert len(reasons) == 2
    assert any("t must refer to a row of public.t, which has none" in reason for reason in reasons)
