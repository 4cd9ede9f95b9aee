"""Why a statement failed, as values: codes and what was missing, from the engines' errors to the cache."""

from __future__ import annotations

import apsw
import psycopg
import pytest

from landed.core.facts import EXISTS, YES, FactKey
from landed.core.migration import Migration
from landed.core.timeline import Failure, Named, Step
from landed.engines.postgres.shadow.platform.elevated import Powers
from landed.engines.postgres.shadow.reason import Reason, reason
from landed.engines.postgres.shadow.replay.again import Told
from landed.engines.postgres.wanting import lacks, needs_managed, wants_rows
from landed.engines.postgres.wanting import needs_base as needs_base_there
from landed.engines.postgres.wire import Lost, Refused
from landed.engines.sqlite.shadow.reason import code_of, is_of_rows, missing_of, needs_base
from landed.engines.sqlite.shadow.replay import Replayer
from landed.engines.sqlite.sql.split import parse
from landed.engines.stored import dump_step, load_step

WORDS = [
    ('relation "app.posts" does not exist', "42P01", [("relation", "app.posts")]),
    ('table "posts" does not exist', "42P01", [("table", "posts")]),
    ('type "mood" does not exist', "42704", [("type", "mood")]),
    ('role "reporter" does not exist', "22023", [("role", "reporter")]),
    ("type app.mood does not exist", "42704", [("type", "app.mood")]),
    ("cast from type integer to type mood does not exist", "42704", []),
    ('schema "app" does not exist', "3F000", [("schema", "app")]),
    ("function app.now_in(text) does not exist", "42883", [("function", "app.now_in(text)")]),
    ('function f("My Type", integer) does not exist', "42883", [("function", 'f("My Type", integer)')]),
    ("operator does not exist: integer ~ text", "42883", []),
    ('column "nick" of relation "users" does not exist', "42703", [("column", "users.nick")]),
    ('column "nick" does not exist', "42703", [("column", "nick")]),
    (
        'constraint "c" of relation "users" does not exist',
        "42704",
        [("constraint", "c"), ("relation", "users")],
    ),
    ('trigger "t" for table "users" does not exist', "42704", [("trigger", "t"), ("table", "users")]),
    (
        'operator class "extensions.gin_trgm_ops" does not exist for access method "gin"',
        "42704",
        [("operator class", "extensions.gin_trgm_ops"), ("access method", "gin")],
    ),
    ('extension "postgis" is not available', "0A000", [("extension", "postgis")]),
    (
        'extension "hstore" has no installation script nor update path for version "9"',
        "22023",
        [("extension", "hstore")],
    ),
    ('relation "posts" already exists', "42P07", []),
    ('relation "said" does not exist', "P0001", []),
    ("syntax error", "42601", []),
]


@pytest.mark.parametrize(("message", "code", "missing"), WORDS)
def test_what_postgres_says_is_missing(message: str, code: str, missing: list[tuple[str, str]]) -> None:
    why = reason(Refused(psycopg.errors.lookup(code)(message), 3))
    assert (why.text, why.code) == (f"{message} ({code})", code)
    assert [tuple(named) for named in why.missing] == missing
    late = why.at_commit()
    assert (late.missing, late.at, late.text) == (why.missing, "commit", f"at the COMMIT: {why.text}")


THERE = [
    ('column "b" of relation "t" already exists', "42701", [("column", "b"), ("relation", "t")]),
    ('constraint "c" for relation "t" already exists', "42710", [("constraint", "c"), ("relation", "t")]),
    ('policy "p" for table "t" already exists', "42710", [("policy", "p"), ("relation", "t")]),
    ('trigger "x" for relation "t" already exists', "42710", [("trigger", "x"), ("relation", "t")]),
    ('relation "t" already exists', "42P07", [("relation", "t")]),
    ('type "mood" already exists', "42710", [("type", "mood")]),
    ('function "f" already exists with same argument types', "42723", [("function", "f")]),
    ('schema "app" already exists', "42P06", [("schema", "app")]),
    ('multiple primary keys for table "t" are not allowed', "42P16", [("primary key", "t")]),
    ('relation "t" already exists', "P0001", []),
    ("syntax error", "42601", []),
]


@pytest.mark.parametrize(("message", "code", "there"), THERE)
def test_what_postgres_says_is_there_already(message: str, code: str, there: list[tuple[str, str]]) -> None:
    why = reason(Refused(psycopg.errors.lookup(code)(message), 3))
    assert [tuple(named) for named in why.there] == there


def test_a_sentence_as_long_as_a_file_likes_takes_no_time() -> None:
    for words in ("function f(", 'column "a" of ', "type x ", 'relation "', "a "):
        assert Reason(words * 1_000_000, "42883").missing == ()


def test_names_are_told_alone() -> None:
    assert Named("relation", "app.posts").last == "posts"
    assert Named("function", "app.now_in(text, pg_catalog.int4)").last == "now_in"
    assert Named("type", "app.mood[]").last == "mood"


def test_an_error_without_a_code_has_its_words_only() -> None:
    assert reason(Lost(psycopg.OperationalError(""))) == Reason("the connection was closed", "")


SQLITE = [
    ("INSERT INTO t VALUES (0, 2)", "SQLITE_CONSTRAINT_CHECK", True),
    ("INSERT INTO t VALUES (2, 1)", "SQLITE_CONSTRAINT_UNIQUE", True),
    ("INSERT INTO t VALUES (2, NULL)", "SQLITE_CONSTRAINT_NOTNULL", True),
    ("INSERT INTO child VALUES (7)", "SQLITE_CONSTRAINT_FOREIGNKEY", True),
    ("ALTER TABLE t ADD COLUMN z CHECK (z IS NOT NULL)", "SQLITE_CONSTRAINT", True),
    ("INSERT INTO r VALUES (1, 3, 2)", "SQLITE_CONSTRAINT", True),
    ("INSERT INTO t VALUES (99, 4)", "SQLITE_CONSTRAINT_TRIGGER", False),
    ("INSERT INTO t VALUES (98, 4)", "SQLITE_CONSTRAINT", True),
    ("INSERT INTO s VALUES ('x')", "SQLITE_CONSTRAINT_DATATYPE", False),
    ("ALTER TABLE t ADD COLUMN z NOT NULL", "SQLITE_ERROR", False),
    ("SELECT * FROM main.nope", "SQLITE_ERROR_MISSING", False),
    ("SELEC", "SQLITE_ERROR_SYNTAX", False),
]


@pytest.mark.parametrize(("sql", "code", "of_rows"), SQLITE)
def test_what_sqlite_refuses_has_its_results_name(sql: str, code: str, of_rows: bool) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute(
        """
        CREATE TABLE t (a INTEGER PRIMARY KEY CHECK (a > 0), b UNIQUE NOT NULL); INSERT INTO t VALUES (1, 1);
        CREATE TABLE s (x INTEGER) STRICT;
        CREATE TABLE child (t REFERENCES t (a));
        CREATE VIRTUAL TABLE r USING rtree (id, low, high);
        CREATE TRIGGER no BEFORE INSERT ON t WHEN new.a = 99 BEGIN SELECT raise(ABORT, 'no'); END;
        CREATE TRIGGER own BEFORE INSERT ON t WHEN new.a = 98
          BEGIN SELECT raise(ABORT, 'FOREIGN KEY constraint failed'); END;
        PRAGMA foreign_keys = ON
        """
    )
    with pytest.raises(apsw.Error) as caught:
        connection.execute(sql).fetchall()
    assert code_of(caught.value) == code
    assert is_of_rows(code) is of_rows
    assert missing_of(caught.value) == ((Named("table", "main.nope"),) if "nope" in sql else ())


def test_what_is_no_error_of_sqlites_has_no_code() -> None:
    assert code_of(ValueError("embedded null character")) == ""


FAILURES = (
    Failure(1, 2, 'relation "app.posts" does not exist (42P01)', code="42P01"),
    Failure(3, 4, "permission denied (42501)", withheld=True, code="42501"),
    Failure(
        5,
        6,
        'constraint "c" of relation "users" does not exist (42704)',
        code="42704",
        missing=(Named("constraint", "c"), Named("relation", "users")),
    ),
    Failure(0, 7, "only psql understands it"),
)


def test_failures_come_out_of_the_cache_as_they_went_in() -> None:
    step = Step("1_x.sql", "d" * 64, (), FAILURES)
    kept = load_step(*dump_step(step))
    assert kept.failures == FAILURES
    assert [type(f) for f in kept.failures] == [Failure] * len(FAILURES)
    assert kept.failures[2].lacking("relation") == Named("relation", "users")
    assert kept.failures[2].missing[0].last == "c"


def test_only_codes_say_that_rows_are_wanting() -> None:
    for code in ("23503", "23502"):
        assert wants_rows(Failure(1, 1, "anything", code=code))
    assert not wants_rows(Failure(1, 1, "UNIQUE constraint failed (23503)", code="23505"))
    assert is_of_rows("SQLITE_CONSTRAINT_UNIQUE") and is_of_rows("SQLITE_CONSTRAINT")
    for code in ("SQLITE_ERROR", "SQLITE_CONSTRAINT_TRIGGER", "refused", ""):
        assert not is_of_rows(code)


def failed(message: str, code: str) -> Failure:
    return Failure(1, 1, message, code=code, missing=Reason(message, code).missing)


LIVE = {
    FactKey("table", "", "public.users", EXISTS): YES,
    FactKey("role", "", "reporter", EXISTS): YES,
    FactKey("enum", "", "public.mood", EXISTS): YES,
}


@pytest.mark.parametrize(
    ("message", "code", "has"),
    [
        ('extension "postgis" is not available', "0A000", True),
        ('extension "postgis" does not exist', "42704", False),
        ('relation "public.users" does not exist', "42P01", True),
        ('relation "public.posts" does not exist', "42P01", False),
        ('constraint "c" of relation "users" does not exist', "42704", True),
        ('column "c" of relation "users" does not exist', "42703", False),
        ('role "reporter" does not exist', "22023", True),
        ('relation "public.users" does not exist', "P0001", False),
        ('relation "landed.history" does not exist', "42P01", True),
        ('type "mood" does not exist', "42704", True),
        ("type public.mood[] does not exist", "42704", True),
        ("type public.other does not exist", "42704", False),
    ],
)
def test_what_the_target_may_have(message: str, code: str, has: bool) -> None:
    assert lacks(failed(message, code), LIVE, "landed.history") is has


@pytest.mark.parametrize(
    ("message", "code", "managed"),
    [
        ('relation "auth.events" does not exist', "42P01", True),
        ('relation "app.events" does not exist', "42P01", False),
        ('relation "events" does not exist', "42P01", False),
        ("function storage.search_v9(text) does not exist", "42883", True),
        ("function f(auth.odd) does not exist", "42883", False),
        ('column "nick" of relation "users" does not exist', "42703", True),
        ('column "nick" of relation "posts" does not exist', "42703", False),
        ('type "auth.odd" does not exist', "42704", True),
        ("type auth.odd does not exist", "42704", True),
    ],
)
def test_what_only_the_projects_own_platform_has(message: str, code: str, managed: bool) -> None:
    assert needs_managed(failed(message, code)) is managed


def test_rights_that_no_file_gets() -> None:
    plain, platform = Powers(b"", platform=False), Powers(b"", platform=True)
    denied = Reason("permission denied for schema x (42501)", "42501")
    member = Reason('role "a" is a member of role "b" (0LP01)', "0LP01")
    never = Reason("permission denied to create subscription (42501)", "42501")
    assert [plain.withheld(why) for why in (denied, member, never)] == [True, True, True]
    assert [platform.withheld(why) for why in (denied, member, never)] == [False, False, True]
    assert not plain.withheld(Reason("it says (42501)", "P0001"))
    assert not plain.withheld(Reason("0LP01 of another kind (0LP01)", "0LP01"))


def test_what_fails_for_certain_without_another_file() -> None:
    step = Step("1_x.sql", "", ())
    missing, taken = failed("x", "42P01"), failed("x", "42P07")
    assert Told(step, same=True).fails_for_certain(taken)
    assert Told(step, same=False, lacks=True).fails_for_certain(missing)
    assert not Told(step, same=False, lacks=True).fails_for_certain(taken)
    assert not Told(step, same=False).fails_for_certain(missing)


def test_a_replay_in_sqlite_says_what_kind_of_failure_it_was() -> None:
    replayer = Replayer("d1")
    try:
        step = replayer.replay(
            Migration(
                "1_x.sql",
                "1",
                "1_x.sql",
                "CREATE TABLE t (a INTEGER PRIMARY KEY, up REFERENCES t (a));\nINSERT INTO t VALUES (1, 7);\n"
                "INSERT INTO main.nope VALUES (1);\nVACUUM;\nPRAGMA defer_foreign_keys = on;\n"
                "INSERT INTO t VALUES (2, 9);",
                parse,
            )
        )
    finally:
        replayer.close()
    assert [(f.statement, f.code, f.missing) for f in step.failures] == [
        (2, "SQLITE_CONSTRAINT_FOREIGNKEY", ()),
        (3, "SQLITE_ERROR_MISSING", (Named("table", "main.nope"),)),
        (4, "refused", ()),
        (6, "SQLITE_CONSTRAINT_FOREIGNKEY", ()),
    ]
    assert needs_base(step.failures[1], [step]) and not any(needs_base(f, [step]) for f in step.failures[::2])
    assert step.failures[3].message == "at the end of the file: FOREIGN KEY constraint failed"


@pytest.mark.parametrize(
    ("message", "code", "needs"),
    [
        ('relation "public.posts" does not exist', "42P01", True),
        ('relation "public.users" does not exist', "42P01", False),
        ("function app.now_in(text) does not exist", "42883", True),
        ("type app.mood does not exist", "42704", True),
        ('table "posts" does not exist', "42P01", False),
        ('column "c" of relation "posts" does not exist', "42703", False),
        ('relation "public.posts" does not exist', "P0001", False),
    ],
)
def test_what_no_file_makes(message: str, code: str, needs: bool) -> None:
    made = Step("1_x.sql", "", (), net={FactKey("table", "", "public.users", EXISTS): (None, YES, 1)})
    assert needs_base_there(failed(message, code), [made]) is needs
