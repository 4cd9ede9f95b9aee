"""What may not be committed on Postgres: missing effects, failing statements, files that are traps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from landed.core.applied import Consent
from landed.core.errors import LandedError, NotProven, UsageError
from landed.core.migration import Migration
from landed.engines.live import StoredRow
from landed.engines.postgres.catalog.readback import SETTINGS
from landed.engines.postgres.ledger import row_for
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse
from support.servers.tcpproxy import TcpProxy
from support.worlds.pgwriting import World


@pytest.fixture
def world(pg_world: World) -> World:
    """The module's database, emptied: schema public and the history table."""
    pg_world.empty()
    return pg_world


def there(world: World, name: str) -> bool:
    return bool(world.sql(f"SELECT to_regclass('{name}') IS NOT NULL")[0][0])


def test_if_not_exists_over_another_shape_is_not_recorded(world: World) -> None:
    world.sql("CREATE TABLE orders (id int)")
    with pytest.raises(NotProven) as caught:
        world.apply(
            "\nCREATE TABLE other (a int);\nCREATE TABLE IF NOT EXISTS orders (id bigint, region text);"
        )
    said = caught.value
    assert said.where == "migrations/0001_file.sql:3"
    assert any("column public.orders.id · type: expected bigint, is integer" in line for line in said.details)
    assert any("column public.orders.region · exists" in line for line in said.details)
    assert any("IF NOT EXISTS" in line for line in said.details)
    assert not there(world, "other") and world.recorded() == []


def test_a_policy_that_is_there_with_another_condition_is_told(world: World) -> None:
    world.sql("CREATE TABLE t (a int); CREATE POLICY p ON t USING (a > 2)")
    first = world.file("CREATE TABLE IF NOT EXISTS t (a int); ")
    second = world.file(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_policies WHERE policyname = 'p') THEN "
        "CREATE POLICY p ON t USING (a > 1); END IF; END $$"
    )
    with world.opened() as writer:
        world.run(writer, first)
        with pytest.raises(NotProven) as caught:
            world.run(writer, second)
    assert "policy public.t.p · using: expected (a > 1), is (a > 2) (statement 1)" in caught.value.details
    assert world.recorded() == ["0001"]


def test_a_statement_that_fails_is_named_with_its_place(world: World) -> None:
    text = "CREATE TABLE a (i int);\nINSERT INTO a\n  SELECT 1,\n  nonsense;\nCREATE TABLE b (i int);"
    with pytest.raises(NotProven) as caught:
        world.apply(text)
    said = caught.value
    assert said.message == '0001_file.sql failed: column "nonsense" does not exist (42703)'
    assert said.where == "migrations/0001_file.sql:4"
    assert said.details[0].startswith("statement 2 of 3: INSERT INTO a SELECT 1, nonsense")
    assert said.details[1] == "line 4, column 3: nonsense"
    assert "rolled back" in said.details[-1] and not there(world, "a") and world.recorded() == []


def test_detail_hint_and_context_of_the_server_are_shown(world: World) -> None:
    with pytest.raises(NotProven) as caught:
        world.apply("DO $$ BEGIN RAISE 'no' USING DETAIL = 'the detail', HINT = 'the hint'; END $$")
    assert "no (P0001)" in caught.value.message
    assert "detail: the detail" in caught.value.details and "hint: the hint" in caught.value.details
    assert any("PL/pgSQL function inline_code_block line 1" in line for line in caught.value.details)


def test_a_deferred_constraint_speaks_before_the_row_is_written(world: World) -> None:
    setup = world.file(
        "CREATE TABLE parent (id int PRIMARY KEY);"
        "CREATE TABLE child (p int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)"
    )
    with world.opened() as writer:
        world.run(writer, setup)
        with pytest.raises(NotProven) as caught:
            world.run(writer, world.file("INSERT INTO child VALUES (7)"))
    assert "a deferred constraint does not hold after the last statement" in caught.value.message
    assert any("(p)=(7)" in line for line in caught.value.details)
    assert world.recorded() == ["0001"]


def test_a_file_that_is_recorded_is_not_run(world: World) -> None:
    migration = world.file("CREATE TABLE a (i int); INSERT INTO a VALUES (1);")
    with world.opened() as writer:
        assert world.run(writer, migration).outcome == "applied"
        world.sql("DROP TABLE a")
        assert world.run(writer, migration).outcome == "already"
    assert not there(world, "a") and world.recorded() == ["0001"]


def test_begin_and_commit_around_a_file_are_landeds_own_transaction(world: World) -> None:
    done = world.apply("BEGIN;\nCREATE TABLE a (i int);\nCOMMIT;")
    assert (done.outcome, done.statements, world.recorded()) == ("applied", 1, ["0001"])
    with pytest.raises(NotProven):
        world.apply("BEGIN;\nCREATE TABLE b (i int);\nSELECT 1/0;\nCOMMIT;")
    assert there(world, "a") and not there(world, "b")


def test_a_file_that_commits_in_parts_is_taken_back_whole(world: World) -> None:
    text = "BEGIN;\nCREATE TABLE a (i int);\nCOMMIT;\nCREATE TABLE b (i int);\nNOTIFY pgrst, 'reload schema';"
    with pytest.raises(NotProven):
        world.apply(text + "\nSELECT 1/0;")
    assert not there(world, "a") and world.recorded() == []
    assert world.apply(text).outcome == "applied"
    assert there(world, "a") and there(world, "b") and len(world.recorded()) == 1


def test_a_commit_that_the_next_statements_rely_on_is_kept(world: World) -> None:
    world.apply("CREATE SCHEMA s")
    text = "BEGIN;\nSET LOCAL search_path = s;\nCREATE TABLE a (i int);\nCOMMIT;\nCREATE TABLE b (i int);"
    with pytest.raises(NotProven) as caught:
        world.apply(text + "\nSELECT 1/0;")
    assert there(world, "s.a") and not there(world, "b") and len(world.recorded()) == 1
    assert "resume" in (caught.value.next or "")
    world.sql("DROP TABLE s.a")
    assert world.apply(text).outcome == "applied"
    assert there(world, "s.a") and there(world, "b") and len(world.recorded()) == 2


REFUSED = {
    "open-end": ("CREATE TABLE a (i int);\nCOMMIT;\nBEGIN;\nCREATE TABLE b (i int);", "5047", ":3"),
    "parts": ("BEGIN READ WRITE; CREATE TABLE b (i int);\nCOMMIT;\nCREATE TABLE a (i int);", "parts", ""),
    "rollback": ("BEGIN;\nCREATE TABLE a (i int);\nROLLBACK;", "takes back", ":3"),
    "prepare": ("BEGIN;\nCREATE TABLE a (i int);\nPREPARE TRANSACTION 'x';", "", ""),
    "psql": ("CREATE TABLE a (i int);\n\\connect other\n", "\\connect is a command of psql", ":2"),
    "stdin": ("CREATE TABLE a (i int);\nCOPY a FROM stdin;\n1\n\\.\n", "INSERT", ":2"),
    "stdout": ("CREATE TABLE a (i int);\nCOPY a TO STDOUT;", "psql", ":2"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_files_that_cannot_be_run_whole_are_refused_before_anything_runs(
    world: World, pg_server: Callable[..., ShadowServer], kind: str
) -> None:
    text, word, place = REFUSED[kind]
    with TcpProxy.before(pg_server(18)) as proxy, world.opened(proxy) as writer:
        migration = world.file(text)
        before = proxy.count()
        with pytest.raises(NotProven) as caught:
            world.run(writer, migration)
        assert proxy.count() == before
    said = caught.value
    assert word in " ".join([said.message, *said.details, said.next or ""])
    assert (said.where or "").endswith(place) and "Nothing was changed." in said.details
    assert not there(world, "a")


def test_what_a_file_sets_does_not_reach_the_proof_or_the_next_file(world: World) -> None:
    world.sql("DROP ROLE IF EXISTS landed_other; CREATE ROLE landed_other")
    world.sql("GRANT ALL ON SCHEMA public TO PUBLIC")
    first = world.file(
        "SET ROLE landed_other; SET search_path = nowhere; SET TimeZone = 'Asia/Tokyo';"
        "SET statement_timeout = '7min';"
        "CREATE TABLE public.theirs (at timestamptz DEFAULT '2020-01-01 00:00Z')"
    )
    second = world.file("CREATE TABLE mine AS SELECT current_setting('statement_timeout') AS setting")
    third = world.file("SET SESSION AUTHORIZATION landed_other; DEALLOCATE ALL")
    fourth = world.file("CREATE TABLE whose AS SELECT current_user::text AS name")
    with world.opened() as writer:
        for migration in (first, second, third, fourth):
            assert world.run(writer, migration).outcome == "applied"
    assert world.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'theirs'") == [("landed_other",)]
    assert world.sql("SELECT setting, name FROM mine, whose") == [("0", world.live.server.role)]
    assert world.recorded() == ["0001", "0002", "0003", "0004"]
    world.sql("DROP OWNED BY landed_other; REVOKE ALL ON SCHEMA public FROM landed_other")
    world.sql("DROP ROLE landed_other")


CHECKS = {
    "true": ("SELECT count(*) = 1 FROM a", None),
    "false": ("SELECT count(*) = 2 FROM a", "is not true: SELECT count(*) = 2 FROM a"),
    "empty": ("SELECT true WHERE false", "is not true"),
    "error": ("SELECT nonsense", "could not be run"),
    "writing": ("INSERT INTO a VALUES (2) RETURNING true", "could not be run"),
}


@pytest.mark.parametrize("kind", CHECKS)
def test_a_files_own_check_decides(world: World, kind: str) -> None:
    sql, said = CHECKS[kind]
    text = f"CREATE TABLE a (i int); INSERT INTO a VALUES (1);\n-- landed:verify {sql}\n"
    if said is None:
        assert world.apply(text).outcome == "applied"
        return
    with pytest.raises(NotProven, match="its own check") as caught:
        world.apply(text)
    assert said in caught.value.message and caught.value.where == "migrations/0001_file.sql:2"
    assert not there(world, "a") and world.recorded() == []


def test_an_older_ledger_is_brought_up_to_date_and_an_unrecorded_run_writes_no_row(world: World) -> None:
    world.sql(
        "CREATE SCHEMA supabase_migrations;"
        "CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY);"
        "INSERT INTO supabase_migrations.schema_migrations VALUES ('0000')"
    )
    first, second = world.file("CREATE TABLE a (i int)"), world.file("CREATE TABLE b (i int)")
    with world.opened() as writer:
        world.run(writer, first, record=False)
        assert world.recorded() == ["0000"]
        world.run(writer, second)
    assert world.ledger() == (StoredRow("0000"), row_for(second)) and there(world, "a")


def test_a_ledger_that_may_not_be_written_says_so_and_takes_the_file_back(world: World) -> None:
    world.sql(
        "CREATE SCHEMA supabase_migrations; CREATE TABLE supabase_migrations.schema_migrations"
        " (version text PRIMARY KEY, statements text[], name text CHECK (false))"
    )
    with pytest.raises(NotProven, match="its history row could not be written") as caught:
        world.apply("CREATE TABLE a (i int)")
    assert "23514" in caught.value.message and not there(world, "a")


WHAT_A_LEDGER_DOES = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON {ledger} FOR EACH ROW EXECUTE FUNCTION public.undo()",
    "deferred trigger": "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON {ledger} DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION public.undo()",
    "statement trigger": "CREATE TRIGGER t AFTER INSERT ON {ledger} EXECUTE FUNCTION public.undo()",
}


@pytest.mark.parametrize("kind", WHAT_A_LEDGER_DOES)
def test_a_trigger_on_the_ledger_keeps_files_from_being_run(world: World, kind: str) -> None:
    world.apply("CREATE TABLE z (i int)")
    world.sql(
        "CREATE FUNCTION public.undo() RETURNS trigger LANGUAGE plpgsql AS"
        " $$BEGIN DROP TABLE IF EXISTS public.a; RETURN new; END$$"
    )
    world.sql(WHAT_A_LEDGER_DOES[kind].format(ledger="supabase_migrations.schema_migrations"))
    migration = world.file("CREATE TABLE a (i int)")
    with world.opened() as writer:
        with pytest.raises(NotProven, match="would run more than that") as caught:
            list(writer.run_together([world.unit(migration)]))
        assert caught.value.details[0].startswith("on it: trigger t (function public.undo of ")
        with pytest.raises(NotProven, match="would run more than that"):
            world.run(writer, migration)
    assert world.recorded() == ["0001"] and not there(world, "a")


def test_a_file_that_records_itself_is_not_taken_for_somebody_elses_work(world: World) -> None:
    world.apply("CREATE TABLE z (i int)")
    ledger = "supabase_migrations.schema_migrations"
    world.sql(
        f"CREATE FUNCTION public.note() RETURNS void LANGUAGE sql AS $$INSERT INTO {ledger} VALUES ('0002')$$"
    )
    migration = world.file("CREATE TABLE a (i int)")
    step = world.steps[migration.name]
    text = "CREATE TABLE a (i int); SELECT note()"
    running = Migration(migration.name, migration.version, migration.file, text, parse)
    with world.opened() as writer, pytest.raises(NotProven, match="it writes its own history row"):
        writer.run(running, step, (1, 2), Consent())
    assert world.recorded() == ["0001"] and not there(world, "a")


def test_a_transaction_in_another_session_than_that_of_the_lock_is_refused(world: World) -> None:
    """As behind several poolers at one address, which look like a session pool while they are quiet."""
    migration = world.file("CREATE TABLE a (i int)")
    with world.opened() as writer:
        writer._session.provide_ledger()
        writer._session.pid += 1
        assert list(writer.run_together([world.unit(migration)])) == []
        with pytest.raises(UsageError, match="transaction pooler") as caught:
            world.run(writer, migration)
    assert "another server process" in caught.value.details[0]
    assert world.recorded() == [] and not there(world, "a")


def test_a_files_own_statement_timeout_is_not_that_of_its_proof(world: World) -> None:
    assert world.apply("SET statement_timeout = '1h'; CREATE TABLE a (i int)").outcome == "applied"
    with world.opened() as writer, writer.connection.transaction():
        writer.connection.execute("SET LOCAL statement_timeout = '1h'")
        writer.connection.execute(SETTINGS.encode())
        assert writer.connection.execute("SHOW statement_timeout").fetchone() == ("0",)


def test_rows_of_the_ledger_are_changed_as_repair_does(world: World) -> None:
    files = [world.file(f"CREATE TABLE t{n} (i int)") for n in range(4)]
    with world.opened() as writer:
        world.run(writer, files[0])
        writer.change_ledger([files[1].name, files[2].name], [], [])
        assert world.ledger() == tuple(row_for(f) for f in files[:3])
        world.sql("INSERT INTO supabase_migrations.schema_migrations VALUES ('9', '{x}', 'dashboard')")
        writer.change_ledger([], [files[1].name], [("9_dashboard", files[3].name)])
        assert world.ledger() == tuple(row_for(f) for f in (files[0], files[2], files[3]))
        for wrong in (
            ([files[0].name], [], []),
            ([], [files[1].name], []),
            ([], [], [("9_dashboard", files[1].name)]),
        ):
            with pytest.raises(NotProven, match="has changed since it was judged"):
                writer.change_ledger(*wrong)
        assert world.recorded() == ["0001", "0003", "0004"]
    assert not there(world, "t1")


def test_a_transaction_pooler_is_refused(world: World, pooled: Callable[..., int]) -> None:
    port = pooled("transaction")
    target = world.target()
    target.dsn = type(target.dsn)("127.0.0.1", port, target.dsn.user, target.dsn.database)
    with pytest.raises(UsageError, match="transaction pooler"), target.writer():
        raise AssertionError("it must not be opened")
    target.close()
    assert issubclass(UsageError, LandedError)


def test_a_pool_in_session_mode_is_as_good_as_the_server(world: World, pooled: Callable[..., int]) -> None:
    port = pooled("session")
    migration = world.file("CREATE TABLE a (i int); SET search_path = nowhere")
    target = world.target()
    target.dsn = type(target.dsn)("127.0.0.1", port, target.dsn.user, target.dsn.database)
    with target.writer() as writer:
        assert world.run(writer, migration).outcome == "applied"
    target.close()
    assert world.recorded() == ["0001"]


@pytest.mark.parametrize("given", ["", "7s"])
def test_the_time_to_wait_for_a_lock_is_the_users_where_there_is_one(
    world: World, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    if given:
        monkeypatch.setenv("PGOPTIONS", f"-c lock_timeout={given}")
    world.apply("CREATE TABLE a AS SELECT current_setting('lock_timeout') AS setting")
    assert world.sql("SELECT setting FROM a") == [(given or "4s",)]


RICH = """
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE DOMAIN app.positive AS int CHECK (VALUE > 0);
CREATE TABLE app.parent (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Mood" app.mood DEFAULT 'ok');
CREATE TABLE app.child (p bigint NOT NULL REFERENCES app.parent ON DELETE CASCADE, n app.positive UNIQUE);
CREATE INDEX ON app.child (p) WHERE n > 1;
ALTER TABLE app.child ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON app.child FOR SELECT USING (n > 1);
CREATE FUNCTION app.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER t BEFORE INSERT ON app.child FOR EACH ROW EXECUTE FUNCTION app.f();
CREATE VIEW app.v WITH (security_invoker) AS SELECT p FROM app.child;
GRANT SELECT ON app.child TO PUBLIC; COMMENT ON COLUMN app.child.n IS 'how many';
ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC;
CREATE PUBLICATION landed_rich FOR TABLE app.parent;
"""


def test_every_kind_of_fact_is_needed_for_the_proof(world: World) -> None:
    migration = world.file(RICH)
    step = world.steps[migration.name]
    assert len(step.net) > 60
    none = (0,)  # a statement that is not there: only the proof is done
    with world.opened() as writer:
        assert world.run(writer, migration).outcome == "applied"
        assert world.run(writer, migration, statements=none, record=False).outcome == "applied"
        one_of_each = {(key.kind, key.prop): key for key in step.net if key.prop != "column order"}
        for key in one_of_each.values():
            before, after, number = step.net[key]
            wrong = None if after is not None and len(after) % 2 else f"{after}, other"
            world.steps[migration.name] = replace(step, net={**step.net, key: (before, wrong, number)})
            with pytest.raises(NotProven, match="what it should have done is not there") as caught:
                world.run(writer, migration, statements=none, record=False)
            assert any(str(key) in line for line in caught.value.details), key
    world.sql("DROP PUBLICATION landed_rich; DROP SCHEMA app CASCADE")
