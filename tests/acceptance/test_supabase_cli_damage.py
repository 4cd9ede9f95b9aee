"""What goes wrong with the real Supabase CLI: what it does, what landed says of it, and the way out."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
import pytest

from support.clients.supabase_cli import LEDGER, Listed, World, follow_all, special, version
from support.process.landed_process import Answer

Make = Callable[..., World]

A = "20240101000000_a.sql"
B = "20240102000000_b.sql"
C = "20240103000000_c.sql"
TABLE_A = "CREATE TABLE a (id int PRIMARY KEY, email text);\n"
TABLE_B = "CREATE TABLE b (id int PRIMARY KEY);\n"
INDEX_EMAIL = "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_email ON a (email);\n"
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


def missing(said: Answer, name: str) -> set[tuple[object, ...]]:
    """The evidence that does not hold: (fact, expected, observed, statement, line)."""
    return {
        (e["fact"], e["expected"], e["observed"], e["statement"], e["line"])
        for e in said.migration(name)["evidence"]
        if not e["holds"]
    }


def proven_by(world: World) -> list[str]:
    """The commands that ``status`` prints, followed until nothing is left to do; then all is proven."""
    ran = follow_all(world, world.landed("status").body)
    assert special(world.landed("status").body) == {}
    assert world.landed("verify", "--strict").body["proven"] is True
    return ran


def wait_for(query: str, wanted: int, connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Until a count is reached."""
    for _ in range(600):
        row = connection.execute(query.encode()).fetchone()
        if row is not None and row[0] == wanted:
            return
        time.sleep(0.05)
    raise AssertionError(f"never {wanted}: {query}")


# b


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

    said = world.landed("status")
    assert said.standings() == {A: "ok", B: "phantom"}
    assert missing(said, B) >= {("table public.b · exists", "yes", None, 1, 1)}
    assert proven_by(world) == [f"landed repair {B}", "landed apply"]
    assert world.has("a", "b") == ["a", "b"]
    assert world.ledger == real
    assert world.cli.list() == [Listed(version(name), version(name)) for name in (A, B)]


def test_landed_records_nothing_that_never_ran(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A, B: TABLE_B})
    world.landed("apply", "--yes", "--to", A)
    world.landed("repair", B, "--yes")
    world.landed("repair", B, "--yes", "--reason", "it is surely there")
    assert world.versions == [version(A)]
    assert world.landed("status").standings() == {A: "ok", B: "pending"}


# c


def test_a_failing_statement_rolls_its_file_back(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A + "INSERT INTO a VALUES (1);\nSELECT 1/0;\n"})
    failed = world.cli.push()
    assert failed.code == 1
    assert "At statement: 2\nSELECT 1/0" in failed.text, "the CLI counts from 0"
    assert (world.has("a"), world.ledger) == ([], [])

    assert world.landed("status").standings() == {A: "pending"}
    refused = world.landed("apply", "--yes", code=1).error
    assert (refused["where"], "division by zero" in refused["message"]) == (
        f"supabase/migrations/{A}:3",
        True,
    )
    assert refused["details"][0].startswith("statement 3 of 3"), "landed counts from 1"
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

    said = world.landed("status")
    assert said.standings() == {A: "ok", B: "partial"}
    assert missing(said, B) >= {("column public.a.f · exists", "yes", None, 3, 3)}
    assert said.migration(B)["location"] | {"exact": True, "low": 2} == said.migration(B)["location"]
    unable = world.landed("resume", B, "--yes", code=1).error
    assert unable["where"] == f"supabase/migrations/{B}:4"
    assert unable["next"] == f"Correct the file, then run: landed resume {B}"
    assert columns(world, "a") == ["id", "email", "e"], "the third statement stayed"

    world.write({B: PAUSED.replace("COLUMN email text", "COLUMN g int")})
    assert proven_by(world) == [f"landed resume {B}"]
    assert columns(world, "a") == ["id", "email", "e", "f", "g"]
    assert world.cli.list() == [Listed(version(name), version(name)) for name in (A, B)]


def test_landed_runs_nothing_of_a_file_that_cannot_run_whole(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A, B: PAUSED})
    refused = world.landed("apply", "--yes", code=1).error
    assert refused["where"] == f"supabase/migrations/{B}:4"
    assert (world.has("a"), world.ledger) == ([], [])


def test_landed_says_which_half_of_a_file_is_there(supabase_world: Make) -> None:
    """What only the target's rows can tell: the rehearsal has none."""
    world = supabase_world({A: TABLE_A})
    world.landed("apply", "--yes")
    world.sql("INSERT INTO a VALUES (1, NULL)")
    world.write({B: PAUSED.replace("ADD COLUMN email text", "ALTER COLUMN email SET NOT NULL")})
    half = world.landed("apply", "--yes", code=1).error
    assert half["where"] == f"supabase/migrations/{B}:4"
    assert [d.rpartition(": ")[2] for d in half["details"] if d.startswith("in the database now")] == [
        "ALTER TABLE a ADD COLUMN e int",
        "CREATE INDEX CONCURRENTLY a_e ON a (e)",
    ]
    assert world.versions == [version(A)]
    assert world.landed("status").standings() == {A: "ok", B: "partial"}

    world.sql("UPDATE a SET email = 'x'")
    assert proven_by(world) == [f"landed resume {B}"]
    assert columns(world, "a") == ["id", "email", "e", "f"]
    assert world.versions == [version(A), version(B)]


# d3, as version 2.104 does it


def test_an_index_that_never_came_about_is_recorded_by_the_retry(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A})
    world.cli.push_by_older(world.tcp.port).check()
    world.write({B: f"{INDEX_EMAIL}ALTER TABLE a ADD COLUMN id int;\n"})
    failed = world.cli.push_by_older(world.tcp.port)
    assert (failed.code, 'column "id" of relation "a" already exists' in failed.text) == (1, True)
    assert not is_valid(world, "a_email"), "nothing is wrong with its rows: it was cut off by the other one"
    assert world.versions == [version(A)]

    world.write({B: INDEX_EMAIL})
    retried = world.cli.push_by_older(world.tcp.port)
    assert (retried.code, "Finished supabase db push." in retried.text) == (0, True)
    assert world.versions == [version(A), version(B)]
    assert not is_valid(world, "a_email")

    said = world.landed("status")
    assert said.standings() == {A: "ok", B: "partial"}
    assert missing(said, B) >= {("index public.a.a_email · valid", "yes", "no", 1, 1)}
    assert proven_by(world) == [f"landed resume {B} --allow drop-invalid-index:public.a_email"]
    assert is_valid(world, "a_email")


def test_landed_leaves_a_valid_index_where_a_later_statement_fails(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A})
    world.landed("apply", "--yes")
    world.write({B: f"{INDEX_EMAIL}ALTER TABLE a ADD COLUMN extra int;\n"})
    world.sql("ALTER TABLE a ADD COLUMN extra text")
    world.landed("apply", "--yes", code=1)
    assert world.versions == [version(A)]
    assert not world.has("a_email") or is_valid(world, "a_email")


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

    said = world.landed("status")
    assert said.standings() == {A: "ok", B: "partial"}
    assert missing(said, B) >= {("index public.a.a_email · valid", "yes", "no", 1, 1)}
    assert any("INVALID" in note for note in said.migration(B)["notes"])
    assert proven_by(world) == [f"landed resume {B} --allow drop-invalid-index:public.a_email"]
    assert is_valid(world, "a_email")
    with pytest.raises(psycopg.errors.UniqueViolation):
        world.sql("INSERT INTO a VALUES (3, 'x')")


def test_landed_records_no_invalid_index(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A})
    world.landed("apply", "--yes")
    world.sql("INSERT INTO a VALUES (1, 'x'), (2, 'x')")
    world.write({B: UNIQUE_EMAIL})
    failed = world.landed("apply", "--yes", code=1).error
    assert "could not create unique index" in failed["message"]
    assert any("1 value occurs more than once in public.a (email)" in d for d in failed["details"])
    assert world.versions == [version(A)]

    world.sql("DELETE FROM a WHERE id = 2")
    world.landed("apply", "--yes", code=1)
    assert world.versions == [version(A)], "a retry records what is not valid"
    assert proven_by(world) == [f"landed resume {B} --allow drop-invalid-index:public.a_email"]
    assert is_valid(world, "a_email")
    assert world.versions == [version(A), version(B)]


# d5


def test_commit_begin_loses_what_follows(supabase_world: Make) -> None:
    world = supabase_world({A: TRAP, B: TABLE_B})
    done = world.cli.push()
    assert (done.code, "Finished supabase db push." in done.text) == (0, True)
    assert world.has("t", "t2", "b") == ["t"]
    assert world.ledger == []

    said = world.landed("status")
    assert said.standings() == {A: "partial", B: "pending"}
    assert missing(said, A) >= {("table public.t2 · exists", "yes", None, 4, 4)}
    refused = world.landed("resume", A, "--yes", code=1).error
    assert "never committed" in refused["message"]
    world.write({A: TRAP.replace("COMMIT;\nBEGIN;\n", "")})
    assert proven_by(world) == [f"landed resume {A}", "landed apply"]
    assert world.has("t", "t2", "b") == ["t", "t2", "b"]
    assert world.cli.list() == [Listed(version(name), version(name)) for name in (A, B)]


def test_landed_refuses_commit_begin(supabase_world: Make) -> None:
    world = supabase_world({A: TRAP, B: TABLE_B})
    refused = world.landed("apply", "--yes", code=1).error
    assert refused["where"] == f"supabase/migrations/{A}:3"
    assert "the transaction that line 3 opens is never committed" in refused["message"]
    assert (world.has("t", "t2", "b"), world.ledger) == ([], [])


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

    said = world.landed("status")
    assert said.standings() == {A: "ok", C: "pending", B.removesuffix(".sql"): "no-file"}
    assert said.body["unexplained"] == [], "the row holds the SQL that explains it"
    world.landed("verify", code=1)
    world.landed("apply", "--yes")
    assert world.has("a", "b", "c") == ["a", "b", "c"], "a row without a file stops landed, too"
    assert proven_by(world) == [f"landed repair {B.removesuffix('.sql')} --fetch"]
    assert world.landed("status").standings() == {A: "ok", B: "ok", C: "ok"}
    assert world.cli.list() == [Listed(version(name), version(name)) for name in (A, B, C)]


# f


def test_edited_and_renamed_files_are_not_seen(supabase_world: Make) -> None:
    world = supabase_world({A: TABLE_A, B: TABLE_B})
    world.cli.push().check()
    world.write({A: TABLE_A.replace("email text", "email text NOT NULL")})
    (world.migrations / B).rename(world.migrations / B.replace("_b", "_renamed"))
    done = world.cli.push()
    assert (done.code, "Remote database is up to date." in done.text) == (0, True)
    assert world.cli.list() == [Listed(version(name), version(name)) for name in (A, B)]

    renamed = B.replace("_b", "_renamed")
    said = world.landed("status")
    assert said.standings() == {A: "edited", renamed: "ok"}
    assert missing(said, A) == {("column public.a.email · not null", "yes", "no", 1, 1)}
    assert "is not the SQL that the ledger holds for it" in said.migration(A)["notes"][-1]
    assert said.migration(A)["next"].startswith(f"restore supabase/migrations/{A} as it was applied")
    world.write({A: "-- a comment and white space are no edit\n" + TABLE_A.replace(" (", "\n(")})
    assert proven_by(world) == []


# g

GATE = "SELECT pg_advisory_xact_lock_shared(4711)"
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 4711"


def at_once(world: World) -> list[tuple[int, str]]:
    """Two pushes that are both held in the middle of a file, then let go."""
    with world.connect() as gate:
        gate.execute("SELECT pg_advisory_lock(4711)")
        pushes = [world.cli.popen("db", "push") for _ in range(2)]
        try:
            wait_for(HELD, 2, gate)
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

    # Rows leave nothing in the schema: never said to be ok, and with a check the truth.
    assert world.landed("status").standings() == {A: "ok", B: "unprovable"}
    check = "-- landed:verify SELECT count(*) = 1 FROM n\n"
    world.write({B: check + (world.migrations / B).read_text()})
    assert world.landed("status").standings() == {A: "ok", B: "phantom" if own_transaction else "ok"}


@pytest.mark.parametrize("own_transaction", [True, False])
def test_two_landed_at_once(supabase_world: Make, own_transaction: bool) -> None:
    world = supabase_world({A: "CREATE TABLE n (id int);\n"})
    world.landed("apply", "--yes")
    body = f"{GATE};\nINSERT INTO n VALUES (1);\n"
    world.write({B: f"BEGIN;\n{body}COMMIT;\n" if own_transaction else body})
    with world.connect() as gate:
        gate.execute("SELECT pg_advisory_lock(4711)")
        first = world.landed.popen("apply", "--yes", "--json")
        try:
            wait_for(HELD, 1, gate)
            second = world.landed("apply", "--yes", code=None)
        finally:
            gate.execute("SELECT pg_advisory_unlock(4711)")
        first.communicate()
    assert first.returncode == 0
    assert (second.code, second.error["kind"]) == (3, "Busy"), second
    assert world.value("SELECT count(*) FROM n") == 1
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

    said = world.landed("status")
    assert said.standings() == {A: "ok", other: "duplicate"}
    told = f"rename supabase/migrations/{other} so that its version is its own, then: landed status"
    assert said.migration(other)["next"] == told
    assert world.landed("apply", "--yes", code=1).error["next"] == told
    (world.migrations / other).rename(world.migrations / B)
    assert proven_by(world) == ["landed apply"]
    assert world.cli.list() == [Listed(version(name), version(name)) for name in (A, B)]


def test_landed_runs_neither_of_two_files_with_one_version(supabase_world: Make) -> None:
    other = A.replace("_a", "_z")
    world = supabase_world({A: TABLE_A, other: TABLE_B})
    assert world.landed("status").standings() == {A: "duplicate", other: "duplicate"}
    world.landed("apply", "--yes", code=1)
    assert (world.has("a", "b"), world.ledger) == ([], [])
