"""Where a history is replayed: own server, the target's own with nothing left behind, or a named one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from landed.core.errors import CannotKnow, ConfigError
from landed.core.migration import Migration
from landed.engines.postgres.catalog.scope import SUPABASE
from landed.engines.postgres.shadow.platform.baseline import PLAIN, supabase
from landed.engines.postgres.shadow.replay.timeline import ShadowChoice, start_facts, timeline
from landed.engines.postgres.shadow.server.choice import chosen, open_server, refuse_cluster_wide
from landed.engines.postgres.shadow.server.databases import new_database, snapshot_as_template
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse
from support.servers.pgservers import lent_role

Server = Callable[..., ShadowServer]


def databases(server: ShadowServer) -> set[str]:
    with server.connect(server.admin) as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def parameters(server: ShadowServer, user: str | None = None, database: str = "postgres") -> dict[str, Any]:
    return {"host": server.host, "port": server.port, "user": user or server.superuser, "dbname": database}


def test_a_scratch_database_on_the_targets_own_server_leaves_nothing_behind(pg_server: Server) -> None:
    target = pg_server(18)
    before = databases(target)
    with open_server("same-server", parameters(target, lent_role(target)), 18, baseline=PLAIN) as server:
        assert (server.origin, server.host, server.major) == ("same-server", target.host, 18)
        assert "own server" in server.sentence
        with new_database(server) as scratch:
            assert databases(target) - before == {scratch.name}
            with scratch.connect(server.role) as connection:
                connection.execute("CREATE TABLE t (id integer)")
            snapshot_as_template(scratch, "ab" * 20)
    assert databases(target) == before


def test_a_supabase_project_on_its_own_server(pg_server: Server) -> None:
    target = pg_server(18, supabase())
    login = lent_role(target)
    before = databases(target)
    with open_server("same-server", parameters(target, login), 18, baseline=supabase()) as server:
        assert server.role == login
        with new_database(server) as scratch, scratch.connect(server.role) as connection:
            connection.execute(
                "CREATE TABLE t (id uuid DEFAULT extensions.uuid_generate_v4(),"
                " owner uuid DEFAULT auth.uid() REFERENCES auth.users);"
                "CREATE POLICY own ON storage.objects USING (auth.uid() = owner)"
            )
            row = connection.execute(
                "SELECT current_user::text, has_table_privilege('anon', 't', 'SELECT'),"
                " to_regprocedure('pg_catalog.landed_act(text,text,text)')"
            ).fetchone()
        assert row == (login, True, None)
    assert databases(target) == before


@pytest.mark.parametrize("login", ["supabase_admin", "postgres"])
def test_the_platforms_own_logins_may_do_too_much(pg_server: Server, login: str) -> None:
    target = pg_server(18, supabase())
    with pytest.raises(ConfigError, match="may do more") as refused:
        open_server("same-server", parameters(target, login), 18, baseline=supabase()).__enter__()
    assert "CREATE ROLE landed_shadow LOGIN CREATEDB" in (refused.value.next or "")


def test_facts_are_the_same_whoever_replays(pg_server: Server) -> None:
    """The login stands for the platform's postgres: owners and default privileges are the same."""
    target = pg_server(18, supabase())
    url = f"postgresql://{lent_role(target)}@/postgres?host={target.host}&port={target.port}"
    sql = (
        "create table public.t (id int primary key, o uuid references auth.users default auth.uid());"
        "alter table t enable row level security;"
        "create policy p on t for select to authenticated using (auth.uid() = o);"
        "grant select on t to anon; grant all on t to postgres; revoke all on t from service_role;"
        "create view v as select * from t; create function f() returns int language sql as 'select 1';"
        "create schema s; grant usage on schema s to anon, postgres;"
        "alter default privileges in schema s grant select on tables to anon;"
    )
    migration = Migration("1_a.sql", "1", "1_a.sql", sql, parse)
    choices = [ShadowChoice(18, supabase(), setting=setting) for setting in (None, url)]
    own, named = ([start_facts(c, SUPABASE), timeline(c, SUPABASE, [migration])[0]] for c in choices)
    assert not own[1].failures and not named[1].failures
    assert own[1].net == named[1].net
    assert own[0] == named[0]


def test_a_login_without_the_right_or_without_a_server_is_told_so(pg_server: Server) -> None:
    target = pg_server(18)
    with target.connect("postgres") as connection:
        connection.execute("DROP ROLE IF EXISTS landed_test_reader")
        connection.execute("CREATE ROLE landed_test_reader LOGIN")
    try:
        with (
            pytest.raises(ConfigError, match="landed_test_reader may not make databases"),
            open_server("same-server", parameters(target, "landed_test_reader"), 18),
        ):
            pass
    finally:
        with target.connect("postgres") as connection:
            connection.execute("DROP ROLE landed_test_reader")
    with pytest.raises(ConfigError, match="lacks roles"):
        open_server("same-server", parameters(target, lent_role(target)), 18, baseline=supabase()).__enter__()
    with pytest.raises(ConfigError, match="needs a Postgres target"):
        open_server("same-server", None, 18).__enter__()
    nowhere = {**parameters(target), "host": "127.0.0.1", "port": 1, "password": "geheim"}
    with pytest.raises(CannotKnow) as caught:
        open_server("same-server", nowhere, 18).__enter__()
    assert "geheim" not in repr((caught.value.message, caught.value.details))


def test_a_server_that_is_named_is_used(pg_server: Server) -> None:
    target = pg_server(18)
    url = f"postgresql://{lent_role(target)}@/postgres?host={target.host}&port={target.port}"
    with open_server(url, None, 17) as server:
        assert server.origin == "named" and "the target is Postgres 17" in server.sentence


@pytest.mark.parametrize("setting", ["yes", "http://u:geheim@h", "same_server"])
def test_a_setting_that_means_no_server_is_not_repeated(setting: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen(setting)
    assert "geheim" not in repr((caught.value.message, caught.value.details, caught.value.next))


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("CREATE TABLE t ();\nCREATE ROLE r;", 2),
        ("GRANT r TO s;", 1),
        ("ALTER SYSTEM SET work_mem = '4MB';", 1),
        ("\n\nDO $$ BEGIN CREATE  ROLE r; END $$;", 3),
        ("CREATE USER MAPPING FOR CURRENT_USER SERVER s;\nDROP OWNED BY r;", 2),
    ],
)
def test_files_that_touch_roles_are_refused_on_the_targets_server(sql: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        refuse_cluster_wide([Migration("1_a", "1", "supabase/migrations/1_a.sql", sql, parse)])
    assert caught.value.where == f"supabase/migrations/1_a.sql:{line}"


def test_other_files_are_not() -> None:
    sql = "GRANT SELECT ON t TO r; ALTER TABLE t OWNER TO r; CREATE POLICY p ON t TO anon; SET ROLE r;"
    refuse_cluster_wide([Migration("1_a", "1", "1_a.sql", sql, parse)])


def test_the_baseline_of_a_pulled_file_has_a_digest_of_its_own() -> None:
    first, second = (supabase(f"CREATE SCHEMA {name};") for name in ("a", "b"))
    assert len({supabase().digest, first.digest, second.digest}) == 3
