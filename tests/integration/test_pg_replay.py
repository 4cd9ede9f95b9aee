"""Replaying in a real Postgres: every statement's effects, failures and claims, data, roles, sessions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from landed.core.facts import OF_SERVER, YES, difference
from landed.core.migration import Migration
from landed.core.timeline import Step, facts_after, net_effects
from landed.engines.postgres.catalog import PLAIN, SUPABASE, Scope, snapshot
from landed.engines.postgres.shadow.platform.baseline import PLAIN as BARE
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.replay.replay import PostgresReplayer, replay_all, touches_roles
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.split import parse

Server = Callable[..., ShadowServer]
CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "supabase"


def migration(sql: str, name: str = "1_x.sql") -> Migration:
    return Migration(name, name.split("_")[0], name, sql, parse)


@pytest.fixture(scope="module")
def scratch(pg_server: Server) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as scratch:
        yield scratch


@pytest.fixture
def fresh(pg_server: Server) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as scratch:
        yield scratch


@pytest.fixture
def project(pg_server: Server) -> Iterator[Scratch]:
    with new_database(pg_server(18, supabase())) as scratch:
        yield scratch


def replay(scratch: Scratch, *files: str, scope: Scope = PLAIN) -> list[Step]:
    return replay_all(scratch, scope, [migration(sql, f"{n}_x.sql") for n, sql in enumerate(files, 1)])


def exists(step: Step, number: int) -> dict[str, str | None]:
    """What a statement made exist (``yes``) or not (``None``)."""
    return {str(c.key.object): c.after for c in step.traces[number - 1].effects if c.key.prop == "exists"}


def messages(step: Step) -> list[tuple[int, str]]:
    return [(failure.statement, failure.message) for failure in step.failures]


def test_every_statement_has_its_own_effects(fresh: Scratch) -> None:
    (step,) = replay(
        fresh,
        """CREATE TABLE t (a int PRIMARY KEY, b text);
        ALTER TABLE t ENABLE ROW LEVEL SECURITY;
        CREATE INDEX i ON t (b);
        ALTER TABLE t RENAME COLUMN b TO c;
        DO $$ BEGIN EXECUTE 'CREATE VIEW v AS SELECT c FROM t'; END $$;
        SELECT 1;
        DROP VIEW v""",
    )
    assert step.failures == ()
    assert exists(step, 1) == {
        "table public.t": YES,
        "column public.t.a": YES,
        "column public.t.b": YES,
        "constraint public.t.t_pkey": YES,
    }
    assert [str(c.key) for c in step.traces[1].effects] == ["table public.t · row level security"]
    assert exists(step, 3) == {"index public.t.i": YES}
    renamed = {str(c.key): c.after for c in step.traces[3].effects}
    assert renamed["index public.t.i · definition"] == "btree (c)"
    assert renamed["column public.t.b · exists"] is None
    assert exists(step, 5) == {"view public.v": YES, "column public.v.c": YES}
    assert step.traces[5].effects == ()
    assert exists(step, 7) == {"view public.v": None, "column public.v.c": None}
    assert "view public.v · exists" not in map(str, step.net)
    with fresh.connect() as connection:
        assert facts_after([step]) | snapshot_of_empty(fresh) == snapshot(connection, PLAIN)


def snapshot_of_empty(scratch: Scratch) -> dict[object, str]:
    with new_database(scratch.server) as empty, empty.connect() as connection:
        return dict(snapshot(connection, PLAIN))


def test_a_rename_that_nobody_expected_is_followed_all_the_same(fresh: Scratch) -> None:
    """CREATE OR REPLACE FUNCTION … does not look as if it renamed; what it calls at once, does."""
    replayer = PostgresReplayer(fresh, PLAIN)
    try:
        replayer.replay(
            migration(
                "CREATE TABLE t (a int); CREATE INDEX i ON t (a);"
                "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS"
                " 'BEGIN ALTER TABLE t RENAME a TO b; RETURN 1; END'"
            )
        )
        step = replayer.replay(migration("INSERT INTO t VALUES (f()); ALTER TABLE t ADD c int", "2_x.sql"))
        assert messages(step) == []
        told = {str(c.key): c.after for c in step.traces[0].effects}
        assert told["index public.t.i · definition"] == "btree (b)"
        assert exists(step, 2) == {"column public.t.c": YES}
        with fresh.connect() as connection:
            assert replayer.facts == snapshot(connection, PLAIN)
    finally:
        replayer.close()


def test_a_failure_leaves_claims_and_what_follows_runs(fresh: Scratch) -> None:
    (step,) = replay(
        fresh,
        """CREATE TABLE a (x int REFERENCES nowhere (y), z vector(3), CONSTRAINT named CHECK (x > 0));
        CREATE TABLE b (x int);
        CREATE INDEX on_a ON a (x);
        CREATE FUNCTION f(p int, q timestamptz[] DEFAULT NULL, OUT r text) LANGUAGE nosuch AS '';
        ALTER TABLE b ADD COLUMN y nosuchtype, ADD CONSTRAINT c CHECK (y IS NULL);
        CREATE POLICY p ON a USING (true);
        CREATE TYPE e AS ENUM ('a', 'a');
        CREATE EXTENSION nosuch;
        DROP TABLE nosuch;
        nonsense;
        CREATE TABLE b (x int, y int);
        CREATE INDEX ok ON b (x)""",
    )
    assert [failure.statement for failure in step.failures] == [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert dict(messages(step))[3] == 'relation "a" does not exist (42P01)'
    assert [failure.code for failure in step.failures] == [
        *("42704", "42P01", "42704", "42704", "42P01", "23505", "0A000", "42P01", "42601", "42P07")
    ]
    assert [[tuple(named) for named in failure.missing] for failure in step.failures] == [
        [("type", "vector")],
        [("relation", "a")],
        [("language", "nosuch")],
        [("type", "nosuchtype")],
        [("relation", "a")],
        [],
        [("extension", "nosuch")],
        [("table", "nosuch")],
        [],
        [],
    ]
    assert [trace.weak for trace in step.traces] == [True, False, *[True] * 9, False]
    assert exists(step, 1) == {
        "table public.a": YES,
        "column public.a.x": YES,
        "column public.a.z": YES,
        "constraint public.a.named": YES,
    }
    assert exists(step, 3) == {"index public.a.on_a": YES}
    assert exists(step, 4) == {"function public.f(integer, timestamp with time zone[])": YES}
    assert exists(step, 5) == {"column public.b.y": YES, "constraint public.b.c": YES}
    assert exists(step, 6) == {"policy public.a.p": YES}
    assert exists(step, 7) == {"enum public.e": YES}
    assert exists(step, 8) == {"extension nosuch": YES}
    assert [step.traces[n - 1].effects for n in (9, 10, 11)] == [(), (), ()]
    assert exists(step, 12) == {"index public.b.ok": YES}


SPELLED = """
CREATE SCHEMA "App"; SET search_path = "App", public;
CREATE TYPE mood AS ENUM ('a'); CREATE TYPE "Pair" AS (l int, "R" text); CREATE DOMAIN d AS int;
CREATE TYPE r AS RANGE (subtype = int);
CREATE TABLE "T" (id serial PRIMARY KEY, "Two Words" varchar(3), m mood, CONSTRAINT "C 1" CHECK (id > 0));
CREATE TABLE copy AS SELECT 1 AS one; CREATE VIEW v AS SELECT id FROM "T";
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS one; CREATE SEQUENCE s;
CREATE INDEX "I" ON "T" (m); CREATE POLICY "My p" ON "T" USING (true);
CREATE FUNCTION f(a int, b varchar(3), c mood[], d "T", VARIADIC e timestamptz[]) RETURNS int
  LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION g(OUT a int, INOUT b bool) LANGUAGE sql AS 'SELECT 1, true';
CREATE FUNCTION h() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE PROCEDURE p(a char(2), INOUT b float8) LANGUAGE sql AS 'SELECT b';
CREATE TRIGGER tr AFTER INSERT ON "T" FOR EACH ROW EXECUTE FUNCTION h();
ALTER TABLE "T" ADD COLUMN late json, ADD CONSTRAINT u UNIQUE (m)
"""


def test_claims_have_the_keys_of_the_catalog(fresh: Scratch) -> None:
    """Each statement's claims, had it failed, are among the facts that it makes when it works."""
    from landed.engines.postgres.shadow.replay.claims import claimed_effects

    replayer = PostgresReplayer(fresh, PLAIN)
    try:
        known = dict(replayer.facts)
        step = replayer.replay(migration(SPELLED))
    finally:
        replayer.close()
    assert step.failures == ()
    claiming = 0
    for statement, trace in zip(parse(SPELLED).statements, step.traces, strict=True):
        made = {c.key for c in trace.effects if c.key.prop == "exists" and not c.key.kind.startswith("grant")}
        claims = {c.key for c in claimed_effects(head_of(statement), known, "App")}
        assert claims <= made, statement.text
        assert bool(claims) == bool(made), statement.text
        claiming += bool(claims)
        known.update({c.key: c.after for c in trace.effects if c.after is not None})
    assert claiming >= 17


@pytest.mark.parametrize("name", ["solanabr__superteam-academy", "ubiquity__ubiquibot", "supabase__dbdev"])
def test_a_real_projects_steps_add_up_to_its_schema(pg_server: Server, name: str) -> None:
    files = sorted((CORPUS / name / "supabase" / "migrations").glob("*.sql"))
    with new_database(pg_server(18, supabase())) as scratch, scratch.connect() as connection:
        before = snapshot(connection, SUPABASE)
        replayer = PostgresReplayer(scratch, SUPABASE)
        try:
            steps = [replayer.replay(migration(f.read_bytes().decode("utf-8-sig"), f.name)) for f in files]
            assert [f.message for step in steps for f in step.failures if "in parts" not in f.message] == []
            after = snapshot(connection, SUPABASE)
            assert replayer.facts == after
        finally:
            replayer.close()
    folded = dict(before)
    for step in steps:
        assert step.net == net_effects(step.traces)
        for key, (_, value, _) in step.net.items():
            folded.pop(key, None)
            if value is not None:
                folded[key] = value
    found = [
        change
        for change in difference(folded, after)
        # An extension's version is the server's choice, and no migration's effect; and what another replay
        # made of the server's roles is put back when this one begins.
        if change.key.prop != "version" and change.key.kind not in OF_SERVER
    ]
    assert found == []


def test_a_deferred_constraint_that_speaks_at_the_end_undoes_the_file(fresh: Scratch) -> None:
    first, second = replay(
        fresh,
        "CREATE TABLE p (a int PRIMARY KEY);"
        "CREATE TABLE c (a int REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TABLE other (a int); INSERT INTO c VALUES (1)",
    )
    assert first.failures == ()
    ((statement, message),) = messages(second)
    assert statement == 2 and "at the COMMIT" in message and "(23503)" in message
    assert second.failures[0].code == "23503"
    assert [trace.weak for trace in second.traces] == [True, True]
    with fresh.connect() as connection:
        assert not [key for key in snapshot(connection, PLAIN) if key.name == "public.other"]


def test_a_files_own_transactions_end_where_it_says(fresh: Scratch) -> None:
    (step,) = replay(
        fresh,
        "BEGIN; SET LOCAL search_path = nowhere; CREATE TABLE public.a (x int); COMMIT;"
        "CREATE TABLE b (x int); BEGIN; CREATE TABLE c (x int); ROLLBACK; CREATE TABLE d (x int)",
    )
    assert [message for number, message in messages(step) if number not in (1, 6, 8)] == []
    assert {name for n in range(1, 10) for name in exists(step, n) if name.startswith("table")} == {
        "table public.a",
        "table public.b",
        "table public.d",
    }


def test_statements_alone_are_followed_whether_they_work_or_not(fresh: Scratch) -> None:
    (step,) = replay(
        fresh,
        "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1);"
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a); CREATE INDEX CONCURRENTLY j ON t (a); VACUUM t",
    )
    ((number, message),) = messages(step)
    assert number == 3 and "could not create unique index" in message
    assert exists(step, 3) == {"index public.t.i": YES} and step.traces[2].weak
    assert [change.key.prop for change in step.traces[2].effects] == ["exists"]  # not that it is not valid
    assert exists(step, 4) == {"index public.t.j": YES} and step.traces[4].effects == ()


def test_what_a_file_loses_is_named(fresh: Scratch) -> None:
    first, second, third, fourth = replay(
        fresh,
        'CREATE TABLE a (x int); CREATE SCHEMA s; CREATE TABLE s."B" (x int); CREATE TABLE c (x int)',
        "ALTER TABLE a RENAME TO renamed; DROP TABLE c; CREATE TABLE c (x int, y int)",
        'SET search_path = s; DELETE FROM "B" WHERE x = 1; TRUNCATE ONLY public.renamed, "B"',
        "DO $$ BEGIN DELETE FROM c; END $$",
    )
    assert (first.dropped, first.deleted, first.guarded) == ((), (), False)
    assert (second.dropped, second.deleted, second.guarded) == (("public.c",), (), True)
    assert (third.dropped, third.deleted, third.guarded) == ((), ("public.renamed", 's."B"'), True)
    assert fourth.guarded and fourth.deleted == ()


CHECKED = """
CREATE TABLE t (id int PRIMARY KEY, "Code" text UNIQUE, region text, n numeric);
CREATE TABLE pair (a uuid, "order" int, PRIMARY KEY (a, "order"));
INSERT INTO t VALUES (1, 'one', NULL), (-2, 'it''s', 'x');
INSERT INTO t (id, "Code") VALUES (1, 'again') ON CONFLICT DO NOTHING;
INSERT INTO pair (a, "order") VALUES ('00000000-0000-0000-0000-000000000001'::uuid, 7);
INSERT INTO t (id) SELECT generate_series(10, 12);
INSERT INTO t (id) VALUES (2 + 3);
INSERT INTO t ("Code") VALUES (DEFAULT);
UPDATE t SET region = 'eu', n = 1 WHERE region IS NULL;
UPDATE t SET n = NULL WHERE n IS NULL;
UPDATE t SET n = 2 WHERE region = 'eu';
INSERT INTO t (id) VALUES (99);
DELETE FROM t WHERE id = 99
"""


def test_checks_are_derived_where_they_are_safe_and_true(fresh: Scratch) -> None:
    sql = CHECKED.replace('INSERT INTO t ("Code") VALUES (DEFAULT);\n', "")
    (step,) = replay(fresh, "-- landed:verify SELECT count(*) > 1 FROM t\n" + sql)
    assert step.failures == ()
    derived = {check.statement: check for check in step.checks if check.derived}
    assert sorted(derived) == [3, 4, 5, 8]
    assert "public.t has id 1, -2" in derived[3].text
    assert "pair has a/order" in derived[5].text
    assert derived[8].sql == 'SELECT NOT EXISTS (SELECT FROM "public"."t" WHERE "region" IS NULL)'
    assert [check.sql for check in step.checks if not check.derived] == ["SELECT count(*) > 1 FROM t"]
    with fresh.connect() as connection:
        connection.execute("SET search_path = ''")
        assert all(connection.execute(check.sql.encode()).fetchone() == (True,) for check in derived.values())
        connection.execute("TRUNCATE public.t, public.pair; INSERT INTO public.t VALUES (77)")
        found = [connection.execute(check.sql.encode()).fetchone() for check in derived.values()]
        assert found == [(False,)] * 4


def test_a_temporary_table_hides_the_one_that_a_check_would_ask(fresh: Scratch) -> None:
    (step,) = replay(
        fresh,
        "CREATE TABLE t (id int PRIMARY KEY); CREATE TEMP TABLE t (id int PRIMARY KEY);"
        "INSERT INTO t VALUES (1)",
    )
    assert step.failures == () and step.checks == ()


def test_text_that_only_psql_understands_is_a_failure_with_a_reason(fresh: Scratch) -> None:
    (step,) = replay(
        fresh,
        "\\restrict abc\nCREATE TABLE t (a int);\nCOPY t (a) FROM stdin;\n1\n\\.\n\nCREATE TABLE u (a int);\n"
        "COPY u TO STDOUT;",
    )
    found = [message for _, message in messages(step)]
    assert any("\\restrict is a command of psql" in message for message in found)
    assert any("COPY … FROM stdin" in message for message in found)
    assert any("COPY … TO stdout" in message for message in found)


def test_odd_bytes_and_long_statements(fresh: Scratch) -> None:
    long = "x" * 1_200_000
    (step,) = replay(
        fresh,
        f"CREATE TABLE t (a text); SELECT 'a\0b'; COMMENT ON TABLE t IS '{long}';"
        'CREATE TABLE "ünïcode ☃" (a int); CREATE TABLE u (a int)',
    )
    assert messages(step) == [(2, "there is a NUL character in it: no server takes it")]
    assert step.traces[2].effects[0].after == long
    assert exists(step, 4).keys() == {'table public."ünïcode ☃"', 'column public."ünïcode ☃".a'}
    assert exists(step, 5)["table public.u"] == YES


def test_a_file_does_not_leak_its_settings_into_the_next(project: Scratch) -> None:
    first, second = replay(
        project,
        "SET search_path = ''; SET ROLE anon; SET statement_timeout = '1h'; SELECT 1",
        "CREATE TABLE here (a int); DO $$ BEGIN ASSERT current_setting('statement_timeout') = '0'; END $$",
        scope=SUPABASE,
    )
    assert (first.failures, second.failures) == ((), ())
    assert exists(second, 1)["table public.here"] == YES


def test_a_statement_that_ends_its_session_is_a_failure_and_the_rest_goes_on(fresh: Scratch) -> None:
    first, second = replay(
        fresh,
        "CREATE TABLE a (x int); SELECT pg_terminate_backend(pg_backend_pid()); CREATE TABLE b (x int)",
        "CREATE TABLE c (x int)",
    )
    ((number, message),) = messages(first)
    assert number == 2 and "(57P01)" in message and first.failures[0].code == "57P01"
    assert exists(first, 1)["table public.a"] == exists(first, 3)["table public.b"] == YES
    assert second.failures == () and exists(second, 1)["table public.c"] == YES


def test_what_the_platform_runs_as_superuser_is_run_so_and_nothing_stays_elevated(project: Scratch) -> None:
    (step,) = replay(
        project,
        "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();"
        "CREATE EVENT TRIGGER bad ON ddl_command_end EXECUTE FUNCTION nosuch();"
        "CREATE PUBLICATION everything FOR ALL TABLES;"
        "DO $$ BEGIN ASSERT NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user); END $$;"
        "ALTER TABLE storage.objects ADD mine int",
        scope=SUPABASE,
    )
    assert [number for number, _ in messages(step)] == [3, 6]
    assert "must be owner of table objects" in dict(messages(step))[6]
    assert exists(step, 2) == {"event trigger e": YES} and exists(step, 4) == {"publication everything": YES}


ROLES = """
CREATE ROLE replay_maker LOGIN; GRANT anon TO replay_maker; ALTER ROLE anon SET statement_timeout = '7s';
CREATE TABLE owned (a int); GRANT SELECT ON owned TO replay_maker; ALTER ROLE authenticator CREATEROLE;
DO $$ BEGIN CREATE ROLE replay_made_by_do; END $$
"""


def roles_of(server: ShadowServer) -> Sequence[object]:
    with server.connect(server.admin) as admin:
        return [
            admin.execute(query.encode()).fetchall()
            for query in (
                "SELECT to_jsonb(a) FROM pg_authid a ORDER BY oid",
                "SELECT to_jsonb(m) FROM pg_auth_members m ORDER BY 1",
                "SELECT to_jsonb(s) FROM pg_db_role_setting s ORDER BY 1",
                "SELECT to_jsonb(d) FROM pg_shdescription d WHERE classoid = 'pg_authid'::regclass"
                " ORDER BY 1",
            )
        ]


def test_what_a_history_does_to_roles_is_undone(pg_server: Server) -> None:
    server = pg_server(18, supabase())
    before = roles_of(server)
    failed = []
    for _ in range(2):
        with new_database(server) as scratch:
            (step,) = replay_all(
                scratch, SUPABASE, [migration(ROLES.replace(" CREATEROLE", " SET jit = off"))]
            )
            failed.append(messages(step))
            assert "grant on table public.owned(SELECT to replay_maker) · exists" in map(str, step.net)
        assert roles_of(server) == before
    assert failed == [[], []]
    assert touches_roles([migration(ROLES)]) and touches_roles([migration("DO $$ BEGIN DROP ROLE x; END $$")])
    assert not touches_roles([migration("CREATE TABLE t (a int); CREATE USER MAPPING FOR x SERVER y")])


def test_a_replay_that_was_killed_leaves_its_roles_to_the_next(pg_server: Server) -> None:
    server = pg_server(18, supabase())
    before = roles_of(server)
    with new_database(server) as scratch:
        killed = PostgresReplayer(scratch, SUPABASE)
        killed.replay(migration("CREATE ROLE replay_left; ALTER ROLE anon SET jit = off"))
        assert killed._roles is not None
        killed._roles._guard.close()
        killed.connection.close()
    assert roles_of(server) != before
    with new_database(server) as scratch:
        (step,) = replay_all(scratch, SUPABASE, [migration("CREATE ROLE replay_left")])
    assert messages(step) == []
    assert roles_of(server) == before


def test_two_replays_of_one_history_with_roles_at_once(pg_server: Server) -> None:
    server = pg_server(18, supabase())
    before = roles_of(server)
    found: list[list[tuple[int, str]]] = []

    def one() -> None:
        with new_database(server) as scratch:
            files = [
                migration("CREATE ROLE replay_both"),
                migration("GRANT replay_both TO postgres; SELECT 1"),
            ]
            steps = replay_all(scratch, SUPABASE, files)
            found.extend(messages(step) for step in steps)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[]] * 6
    assert roles_of(server) == before


def test_the_shadow_of_somebody_who_is_no_superuser(pg_server: Server) -> None:
    """The look lies in the session's own temporary schema then."""
    import dataclasses

    server = pg_server(18)
    with server.connect(server.admin) as admin:
        admin.execute("DROP ROLE IF EXISTS replay_plain")
        admin.execute("CREATE ROLE replay_plain LOGIN CREATEDB")
    try:
        with new_database(server) as scratch:
            with scratch.connect() as admin:
                admin.execute(f"ALTER DATABASE {scratch.name} OWNER TO replay_plain".encode())
            theirs = dataclasses.replace(
                server, superuser="replay_plain", role="replay_plain", baseline=BARE, key=b""
            )
            plain = dataclasses.replace(scratch, server=theirs)
            (step,) = replay(
                plain, "CREATE SCHEMA app; CREATE TABLE app.t (a int); SET ROLE replay_plain; SELECT 1"
            )
        assert step.failures == () and exists(step, 2)["table app.t"] == YES
    finally:
        with server.connect(server.admin) as admin:
            admin.execute("DROP ROLE replay_plain")


def test_following_costs_one_answer_for_a_file(fresh: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements that only make new things are sent without waiting for each other's answers."""
    from landed.engines.postgres.shadow.replay import batch as replay_batch

    sent: list[int] = []
    real = replay_batch.send

    def counted(connection: psycopg.Connection, commands: object, answered: object) -> None:
        sent.append(1)
        real(connection, commands, answered)  # type: ignore[arg-type]

    monkeypatch.setattr(replay_batch, "send", counted)
    files = "".join(
        f"CREATE TABLE t{n} (a int PRIMARY KEY); ALTER TABLE t{n} ADD b text, ENABLE ROW LEVEL SECURITY;"
        f"CREATE INDEX i{n} ON t{n} (b);"
        for n in range(30)
    )
    (step,) = replay(fresh, files)
    assert step.failures == () and len(step.traces) == 90
    assert len(sent) == 2  # the statements, the COMMIT
