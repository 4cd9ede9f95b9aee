"""What goes wrong with the real Supabase CLI: what it does, what landed says of it, and the way out."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
import pytest
from supabase_cli import LEDGER, Listed, World, version

Make = Callable[..., World]

A = "20240101000000_a.sql"
B = "20240102000000_b.sql"
C = "20240103000000_c.sql"
TABLE_A = "CREATE TABLE a (id int PRIMARY KEY, email text);\n"
TABLE_B = "CREATE TABLE b (id int PRIMARY KEY);\n"
UNIQUE_EMAIL = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_email ON a (email);\n"
PAUSED = """ALTER TABLE a ADD COLUMN e int;
CREATE INDEX CONCURRENTLY a_e ON a (e);
ALTER TABLE a ADD COLUMN f int;
ALTER TABLE a ADD COLUMN email text;
"""
TRAP = "CREATE TABLE t (id int);\nCOMMIT;\nBEGIN;\nCREATE TABLE t2 (id int);\n"


def columns(world: World, table: str) -> list[str]:
    of = f"attrelid = '{table}'::regclass AND attnum > 0"
    return [name for (name,) in world.sql(f"SELECT attname FROM pg_attribute WHERE {of} ORDER BY attnum")]


def is_valid(world: World, index: str) -> bool:
    return bool(world.value(f"SELECT indisvalid FROM pg_index WHERE indexrelid = '{index}'::regclass"))


def wait_for(query: str, wanted: int, connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Until a count is reached."""
    for _ in range(600):
        row = connection.execute(query.encode()).fetchone()
        if row is not None and row[0] == wanted:
            return
        time.sleep(0.05)
    raise AssertionError(f"never {wanted}: {query}")


# b


def recorded_without_running(make: Make) -> World:
    world = make({A: TABLE_A, B: TABLE_B})
    world.cli.push().check()
    world.sql("DROP TABLE b", f"DELETE FROM {LEDGER} WHERE version = '{version(B)}'")
    world.cli("migration", "repair", "--status", "applied", version(B)).check()
    return world


def test_repair_records_a_file_that_never_ran(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A, B: TABLE_B})
    world.cli.push().check()
    real = world.ledger
    world.sql("DROP TABLE b", f"DELETE FROM {LEDGER} WHERE version = '{version(B)}'")
    world.cli("migration", "repair", "--status", "applied", version(B)).check()

    pushed = world.cli.push()
    assert (pushed.code, "Remote database is up to date." in pushed.text) == (0, True)
    assert world.has("a", "b") == ["a"]
    assert world.ledger == real, "a row that repair wrote looks different now"


# c


def test_a_failing_statement_rolls_its_file_back(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A + "INSERT INTO a VALUES (1);\nSELECT 1/0;\n"})
    failed = world.cli.push()
    assert failed.code == 1
    assert "At statement: 2\nSELECT 1/0" in failed.text, "the CLI counts from 0"
    assert (world.has("a"), world.ledger) == ([], [])


# d2


def test_an_index_in_the_middle_leaves_half_a_file(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A, B: PAUSED})
    failed = world.cli.push()
    assert (failed.code, 'column "email" of relation "a" already exists' in failed.text) == (1, True)
    assert columns(world, "a") == ["id", "email", "e"]
    assert is_valid(world, "a_e")
    assert world.versions == [version(A)]

    retried = world.cli.push()
    assert (retried.code, 'column "e" of relation "a" already exists' in retried.text) == (1, True)


# d3 and d4


def test_an_invalid_index_is_recorded_by_the_retry(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A})
    world.cli.push().check()
    world.sql("INSERT INTO a VALUES (1, 'x'), (2, 'x')")
    world.write({B: UNIQUE_EMAIL})
    failed = world.cli.push()
    assert (failed.code, "could not create unique index" in failed.text) == (1, True)
    assert not is_valid(world, "a_email")
    assert world.versions == [version(A)]

    world.sql("DELETE FROM a WHERE id = 2")
    retried = world.cli.push()
    assert (retried.code, "Finished supabase db push." in retried.text) == (0, True)
    assert world.versions == [version(A), version(B)]
    assert not is_valid(world, "a_email")


# d5


def test_commit_begin_loses_what_follows(supabase_world: Make) -> None:
    world = supabase_world({A: TRAP, B: TABLE_B})
    done = world.cli.push()
    assert (done.code, "Finished supabase db push." in done.text) == (0, True)
    assert world.has("t", "t2", "b") == ["t"]
    assert world.ledger == []


# e


def test_a_row_without_a_file_stops_everything(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A, B: TABLE_B})
    world.cli.push().check()
    (world.migrations / B).unlink()
    world.write({C: "CREATE TABLE c (id int);"})
    for command in (("db", "push"), ("db", "push", "--dry-run"), ("migration", "up")):
        done = world.cli(*command)
        assert done.code == 1
        assert "Remote migration versions not found in local migrations directory." in done.text
        assert f"migration repair --status reverted {version(B)}" in done.text
    assert world.has("a", "b", "c") == ["a", "b"]


# f


def test_edited_and_renamed_files_are_not_seen(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A, B: TABLE_B})
    world.cli.push().check()
    world.write({A: TABLE_A.replace("email text", "email text NOT NULL")})
    (world.migrations / B).rename(world.migrations / B.replace("_b", "_renamed"))
    done = world.cli.push()
    assert (done.code, "Remote database is up to date." in done.text) == (0, True)
    assert world.cli.list() == [Listed(version(name), version(name)) for name in (A, B)]


# g

GATE = "SELECT pg_advisory_xact_lock_shared(4711)"


def at_once(world: World) -> list[tuple[int, str]]:
    """Two pushes that are both held in the middle of a file, then let go."""
    with world.connect() as gate:
        gate.execute("SELECT pg_advisory_lock(4711)")
        pushes = [world.cli.popen("db", "push") for _ in range(2)]
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 4711"
        try:
            wait_for(held, 2, gate)
        finally:
            gate.execute("SELECT pg_advisory_unlock(4711)")
        texts = ["".join(push.communicate()) for push in pushes]
    return sorted(zip((push.returncode for push in pushes), texts, strict=True))


@pytest.mark.parametrize("own_transaction", [True, False])
def test_two_pushes_at_once(supabase_world: Make, own_transaction: bool) -> None:
    world = supabase_world({A: "CREATE TABLE n (id int);\n"})
    world.cli.push().check()
    body = f"{GATE};\nINSERT INTO n VALUES (1);\n"
    world.write({B: f"BEGIN;\n{body}COMMIT;\n" if own_transaction else body})
    (code, _), (failed, text) = at_once(world)
    assert (code, failed) == (0, 1)
    assert 'duplicate key value violates unique constraint "schema_migrations_pkey"' in text
    assert world.value("SELECT count(*) FROM n") == (2 if own_transaction else 1)
    assert world.versions == [version(A), version(B)]


# two files, one version


def test_two_files_with_one_version(supabase_world: Make) -> None:
    other = A.replace("_a", "_z")
    world = supabase_world({A: TABLE_A, other: TABLE_B})
    failed = world.cli.push()
    assert (failed.code, "SQLSTATE 23505" in failed.text) == (1, True)
    assert world.has("a", "b") == ["a"]
    assert [row.name for row in world.ledger] == ["a"]
    assert world.cli.list() == [Listed(version(A), version(A)), Listed(version(A), "")]
