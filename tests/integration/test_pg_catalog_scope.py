"""What counts as the user's on a Supabase project, what stays untouched, and how a session is followed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from landed.core.facts import compose, difference
from landed.engines.postgres.catalog import PLAIN, SUPABASE, Tracker, snapshot
from landed.engines.postgres.catalog.privileges import differences
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.split import split

Server = Callable[..., ShadowServer]
CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "supabase"


@pytest.fixture
def connection(pg_server: Server) -> Iterator[psycopg.Connection[Any]]:
    with new_database(pg_server(18)) as scratch, scratch.connect() as connection:
        yield connection


@pytest.fixture
def project(pg_server: Server) -> Iterator[psycopg.Connection[Any]]:
    """The superuser's connection to a database with the Supabase baseline."""
    with new_database(pg_server(18, supabase())) as scratch, scratch.connect() as connection:
        yield connection


def shown(facts: dict[Any, str]) -> dict[str, str]:
    return {str(key): value for key, value in facts.items()}


def test_the_platforms_objects_are_not_the_users(project: psycopg.Connection[Any]) -> None:
    facts = snapshot(project, SUPABASE)
    kinds = {key.kind for key in facts}
    assert not kinds & {"table", "column", "function", "trigger", "policy", "event trigger", "foreign table"}
    owned = {key.name for key in facts if key.kind == "schema"}
    assert owned == {"public"}
    assert "publication supabase_realtime · exists" in shown(facts)


def test_what_users_hang_on_managed_tables_is_theirs(project: psycopg.Connection[Any]) -> None:
    before = snapshot(project, SUPABASE)
    project.execute(
        """
        CREATE FUNCTION public.on_user() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE FUNCTION storage.own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER mine AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.on_user();
        CREATE TRIGGER theirs AFTER INSERT ON storage.objects FOR EACH ROW EXECUTE FUNCTION storage.own();
        CREATE POLICY mine ON storage.objects FOR SELECT USING (bucket_id = 'mine');
        CREATE POLICY away ON vault.secrets USING (true);
        CREATE INDEX theirs_too ON storage.objects (name, bucket_id);
        """
    )
    found = {change.key.object for change in difference(before, snapshot(project, SUPABASE))}
    assert {str(key) for key in found if key.kind != "grant on function"} == {
        "function public.on_user()",
        "trigger auth.users.mine",
        "policy storage.objects.mine",
    }


def test_members_of_the_platforms_publication_are_the_users(project: psycopg.Connection[Any]) -> None:
    project.execute("CREATE TABLE public.t (a int PRIMARY KEY)")
    before = snapshot(project, SUPABASE)
    project.execute("ALTER PUBLICATION supabase_realtime ADD TABLE public.t")
    (change,) = difference(before, snapshot(project, SUPABASE))
    assert str(change.key) == "publication table supabase_realtime.public.t · exists"


def test_the_ledger_and_temporary_tables_are_out_of_scope(connection: psycopg.Connection[Any]) -> None:
    before = snapshot(connection, PLAIN)
    connection.execute(
        "CREATE SCHEMA supabase_migrations;"
        "CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY);"
        "CREATE TEMPORARY TABLE t (a int)"
    )
    assert snapshot(connection, PLAIN) == before


def test_members_of_extensions_are_not_told_but_what_refers_to_them_is(
    connection: psycopg.Connection[Any],
) -> None:
    before = snapshot(connection, PLAIN)
    connection.execute("CREATE EXTENSION citext")
    found = difference(before, snapshot(connection, PLAIN))
    assert {str(change.key.object) for change in found} == {"extension citext"}
    connection.execute("CREATE TABLE t (a citext)")
    assert shown(snapshot(connection, PLAIN))["column public.t.a · type"] == "public.citext"


def test_secrets_are_told_by_a_hash(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w"
        " OPTIONS (host 'h', api_key 'swordfish-1', sslpassword 'swordfish-2');"
        "CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (password 'swordfish-3', \"user\" 'joe')"
    )
    facts = shown(snapshot(connection, PLAIN))
    assert "swordfish" not in json.dumps(facts)
    assert facts["foreign server s · option host"] == "h"
    assert facts["foreign server s · option api_key"].startswith("sha256:")


@pytest.mark.parametrize("autocommit", [True, False])
def test_a_snapshot_leaves_the_session_as_it_was(
    connection: psycopg.Connection[Any], autocommit: bool
) -> None:
    connection.autocommit = autocommit
    settings = "SELECT name, setting FROM pg_settings ORDER BY name"
    connection.execute("SET search_path = nowhere")
    connection.execute("SET DateStyle = 'German'")
    connection.commit()
    before = connection.execute(settings).fetchall()
    connection.rollback()
    snapshot(connection, PLAIN)
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert connection.execute(settings).fetchall() == before


def test_a_snapshot_inside_a_transaction_sees_it_and_leaves_it(connection: psycopg.Connection[Any]) -> None:
    connection.execute("BEGIN")
    connection.execute("SET search_path = public, other")
    connection.execute("SET LOCAL TimeZone = 'Asia/Tokyo'")
    connection.execute("CREATE TABLE t (a int)")
    assert "table public.t · exists" in shown(snapshot(connection, PLAIN))
    assert connection.execute("SHOW search_path").fetchone() == ("public, other",)
    assert connection.execute("SHOW TimeZone").fetchone() == ("Asia/Tokyo",)
    connection.execute("COMMIT")
    assert connection.execute("SHOW search_path").fetchone() == ("public, other",)
    assert connection.execute("SHOW TimeZone").fetchone() != ("Asia/Tokyo",)


def test_a_snapshot_writes_nothing(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SET default_transaction_read_only = on")
    snapshot(connection, PLAIN)
    before = connection.execute("SELECT pg_current_snapshot()::text").fetchone()
    snapshot(connection, PLAIN)
    assert connection.execute("SELECT pg_current_snapshot()::text").fetchone() == before


def test_a_snapshot_is_of_one_moment(pg_server: Server) -> None:
    """Another session's table appears between two snapshots, never in half of one."""
    with new_database(pg_server(18)) as scratch, scratch.connect() as reader, scratch.connect() as writer:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        before = snapshot(reader, PLAIN)
        writer.execute("CREATE TABLE t (a int)")
        assert snapshot(reader, PLAIN) == before
        reader.execute("COMMIT")
        assert "table public.t · exists" in shown(snapshot(reader, PLAIN))


def test_an_error_leaves_a_usable_connection(pg_server: Server) -> None:
    """Somebody holds a catalog, and the reader does not wait for ever."""
    with new_database(pg_server(18)) as scratch, scratch.connect() as reader, scratch.connect() as holder:
        holder.execute("BEGIN; LOCK TABLE pg_policy IN ACCESS EXCLUSIVE MODE")
        reader.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            snapshot(reader, PLAIN)
        assert reader.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        holder.execute("ROLLBACK")
        assert snapshot(reader, PLAIN)


def test_privileges_are_what_aclexplode_says(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        """
        DROP ROLE IF EXISTS "scope, =""role"; CREATE ROLE "scope, =""role";
        CREATE TABLE t (a int); GRANT SELECT, INSERT ON t TO PUBLIC;
        GRANT UPDATE, DELETE ON t TO "scope, =""role" WITH GRANT OPTION;
        REVOKE TRIGGER ON t FROM CURRENT_USER;
        """
    )
    query = """
        SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee) END, a.privilege_type,
               bool_or(a.is_grantable)
        FROM pg_class c, aclexplode({}) a WHERE c.relname = 't' GROUP BY 1, 2"""
    actual = set(connection.execute(query.format("c.relacl").encode()).fetchall())
    usual = set(connection.execute(query.format("acldefault('r', c.relowner)").encode()).fetchall())
    row = connection.execute(
        "SELECT relacl::text, pg_get_userbyid(relowner) FROM pg_class WHERE relname = 't'"
    ).fetchone()
    assert row is not None
    found = differences(row[0], "table", row[1], True)
    assert {(who, what, option) for held, what, who, option in found if held} == actual - usual
    assert {(who, what, option) for held, what, who, option in found if not held} == usual - actual
    connection.execute('DROP TABLE t; DROP ROLE "scope, =""role"')


def test_the_owners_name_is_no_fact(pg_server: Server) -> None:
    """A shadow's owner has another name than the target's; the facts are the same."""
    server = pg_server(18)
    found = []
    with server.connect(server.admin) as admin:
        admin.execute("DROP ROLE IF EXISTS scope_owner")
        admin.execute("CREATE ROLE scope_owner LOGIN")
    for owner in (server.superuser, "scope_owner"):
        with new_database(server) as scratch:
            with scratch.connect() as admin:
                admin.execute(f"ALTER DATABASE {scratch.name} OWNER TO {owner}".encode())
            with scratch.connect(owner) as connection:
                connection.execute(
                    "CREATE SCHEMA app; CREATE TABLE app.t (a int); REVOKE DELETE ON app.t FROM CURRENT_USER;"
                    "ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO PUBLIC"
                )
                found.append(snapshot(connection, PLAIN))
    assert difference(*found) == ()
    with server.connect(server.admin) as admin:
        admin.execute("DROP ROLE scope_owner")


def test_the_tracker_follows_what_happened_in_other_transactions(
    connection: psycopg.Connection[Any],
) -> None:
    tracker = Tracker(connection, PLAIN)
    connection.execute("CREATE TABLE t (a int)")
    tracker.begin()
    connection.execute("CREATE INDEX CONCURRENTLY i ON t (a)")
    assert {str(c.key.object) for c in tracker.changes()} == {"index public.t.i"}
    connection.execute("BEGIN")
    tracker.begin()
    connection.execute("ALTER TABLE t ADD b int; COMMIT; BEGIN; ALTER TABLE t ADD c int")
    assert {str(c.key.object) for c in tracker.changes()} == {
        "column public.t.b",
        "column public.t.c",
        "table public.t",
    }
    connection.execute("COMMIT")
    assert tracker.facts == snapshot(connection, PLAIN)


def test_the_tracker_outlives_discarded_statements(connection: psycopg.Connection[Any]) -> None:
    tracker = Tracker(connection, PLAIN)
    connection.execute("BEGIN")
    tracker.begin()
    for number, other in enumerate(("SELECT 1", "DEALLOCATE ALL", "DROP TABLE IF EXISTS x")):
        connection.execute(f"CREATE TABLE t{number} (a int)".encode())
        assert len(tracker.changes()) > 3
        connection.execute(other.encode())
        connection.execute(f"ALTER TABLE t{number} ADD b int".encode())
        assert {str(c.key.object) for c in tracker.changes()} == {
            f"column public.t{number}.b",
            f"table public.t{number}",
        }
    connection.execute("ROLLBACK")


def test_rolling_back_to_a_savepoint(connection: psycopg.Connection[Any]) -> None:
    tracker = Tracker(connection, PLAIN)
    connection.execute("BEGIN")
    tracker.begin()
    connection.execute("SAVEPOINT s")
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("CREATE TABLE t (a int); DROP TABLE nowhere")
    connection.execute("ROLLBACK TO s")
    assert tracker.changes() == ()
    connection.execute("CREATE TABLE t (a int)")
    assert tracker.changes() != ()
    connection.execute("ROLLBACK TO s")
    undone = tracker.changes(everything=True)
    assert undone and all(change.after is None for change in undone)
    connection.execute("ROLLBACK")


def test_data_alone_changes_nothing(connection: psycopg.Connection[Any]) -> None:
    connection.execute("CREATE TABLE t (a int PRIMARY KEY, b text)")
    tracker = Tracker(connection, PLAIN)
    connection.execute("BEGIN")
    tracker.begin()
    connection.execute("INSERT INTO t SELECT n, repeat('x', 9999) FROM generate_series(1, 50) n")
    connection.execute("ANALYZE t")
    assert tracker.changes() == ()
    connection.execute("ROLLBACK")


def test_roles_by_other_names_and_roles_that_only_change(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "DROP ROLE IF EXISTS scope_one, scope_two; CREATE ROLE scope_one; CREATE TABLE t (a int)"
    )
    connection.execute("GRANT SELECT ON t TO scope_one")
    tracker = Tracker(connection, PLAIN)
    connection.execute("BEGIN")
    tracker.begin()
    connection.execute("ALTER ROLE scope_one CREATEDB")
    assert [str(c.key) for c in tracker.changes()] == ["role scope_one · create databases"]
    connection.execute("ALTER ROLE scope_one RENAME TO scope_two")
    changes = tracker.changes()
    assert {c.key.name for c in changes if c.key.kind == "role"} == {"scope_one", "scope_two"}
    assert [str(c.key) for c in changes if c.key.kind != "role"] == [
        "grant on table public.t(SELECT to scope_one) · exists",
        "grant on table public.t(SELECT to scope_two) · exists",
    ]
    connection.execute("ROLLBACK")
    connection.execute("DROP TABLE t; DROP ROLE scope_one")


@pytest.mark.parametrize("name", sorted(folder.name for folder in CORPUS.iterdir()))
def test_followed_statement_by_statement_real_projects_come_out_as_two_snapshots_say(
    pg_server: Server, name: str
) -> None:
    files = sorted((CORPUS / name / "supabase" / "migrations").glob("*.sql"))
    compared_after = {*files[:: max(1, len(files) // 5)], files[-1]}
    as_a_whole = set(files) - set(files[:: 1 + len(files) // 30])  # of long histories, for the time it takes
    followed = 0
    powers = pg_server(18, supabase()).powers
    assert powers is not None
    with new_database(pg_server(18, supabase())) as scratch, scratch.connect("postgres") as connection:
        tracker = Tracker(connection, SUPABASE)
        tracker.begin()
        before = dict(tracker.facts)
        effects = []
        for file in files:
            connection.execute("BEGIN")
            tracker.begin()
            for statement in split(file.read_bytes().decode("utf-8-sig")):
                connection.execute("SAVEPOINT one")
                try:
                    for part in powers.sent(head_of(statement)):
                        connection.execute(part)
                except psycopg.Error:
                    # It needs a transaction of its own, or broke in its own history, too.
                    connection.execute("ROLLBACK TO one")
                    continue
                if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
                    connection.execute("BEGIN")
                if file not in as_a_whole:
                    effects.append(tracker.changes())
                    followed += 1
            if file in as_a_whole:
                effects.append(tracker.changes())
            connection.execute("COMMIT")
            connection.execute("RESET ALL")
            connection.execute("RESET ROLE")
            if file in compared_after:
                after = snapshot(connection, SUPABASE)
                assert tracker.facts == after, file.name
                assert sorted(compose(effects)) == sorted(difference(before, after)), file.name
                before, effects = after, []
    assert followed


def test_what_a_subtransaction_took_back_hides_nothing(connection: psycopg.Connection[Any]) -> None:
    """A row changed again in a subtransaction that failed shows another command's number (combo cid)."""
    tracker = Tracker(connection, PLAIN)
    connection.execute("BEGIN")
    tracker.begin()
    for number in range(5):
        connection.execute(f"CREATE TABLE other{number} (a int)".encode())
        tracker.changes()
        connection.execute(
            f"""DO $$ BEGIN
              CREATE TABLE t{number} (a int, b text DEFAULT 'x');
              CREATE POLICY p ON t{number} USING (a = 1);
              BEGIN
                ALTER TABLE t{number} ADD c int, ALTER b SET NOT NULL, ENABLE ROW LEVEL SECURITY;
                ALTER POLICY p ON t{number} USING (a = 2);
                RAISE division_by_zero;
              EXCEPTION WHEN division_by_zero THEN NULL;
              END; END $$""".encode()
        )
        found = {str(change.key): change.after for change in tracker.changes()}
        assert found[f"table public.t{number} · exists"] == "yes"
        assert found[f"column public.t{number}.b · default"] == "'x'::text"
        assert found[f"policy public.t{number}.p · using"] == "(a = 1)"
        assert tracker.facts == snapshot(connection, PLAIN)
    connection.execute("ROLLBACK")


def test_a_commit_between_changes_is_no_change(connection: psycopg.Connection[Any]) -> None:
    tracker = Tracker(connection, PLAIN)
    connection.execute("BEGIN")
    tracker.begin()
    connection.execute("CREATE TABLE t (a int); COMMENT ON TABLE t IS 'x'")
    assert tracker.changes()
    connection.execute("COMMIT")
    assert tracker.changes() == ()
    connection.execute("CREATE EXTENSION citext")
    assert {str(c.key.object) for c in tracker.changes()} == {"extension citext"}
    connection.execute("ALTER EXTENSION citext ADD TABLE t")
    assert {str(c.key) for c in tracker.changes()} >= {"table public.t · exists", "table public.t · comment"}
    connection.execute("ALTER EXTENSION citext DROP TABLE t")
    connection.execute("ALTER TABLE t RENAME TO u")
    connection.execute("DROP EXTENSION citext")
    tracker.changes()
    assert tracker.facts == snapshot(connection, PLAIN)
