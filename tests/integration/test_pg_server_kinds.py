"""Roles, settings, rights on the database: what files touch is expected, and the rest is nobody's drift."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from landed.core.drift import Side, compare
from landed.core.facts import FactKey
from landed.core.judge import judge
from landed.core.migration import Migration
from landed.core.standing import Standing
from landed.engines.postgres.catalog import PLAIN, SUPABASE, snapshot
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.replay.replay import PostgresReplayer, replay_all
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse
from support.worlds.pgwriting import World

Server = Callable[..., ShadowServer]

ROLES = ("seen_a", "seen_b")
AWAY = "DO $$ BEGIN EXECUTE format('{}', current_database()); END $$"
BY_HAND = (
    "ALTER ROLE seen_a SET work_mem = '8MB'; ALTER ROLE seen_b SUPERUSER CONNECTION LIMIT 9;"
    "GRANT pg_monitor TO seen_b;"
    + AWAY.format("GRANT TEMPORARY ON DATABASE %I TO seen_b")
    + ";"
    + AWAY.format("ALTER DATABASE %I SET app.secret_key = 5")
)
"""What an administrator did besides."""

FILES = {
    "ALTER ROLE seen_a BYPASSRLS": "ALTER ROLE seen_a NOBYPASSRLS",
    "ALTER ROLE seen_a LOGIN CONNECTION LIMIT 3": "ALTER ROLE seen_a NOLOGIN CONNECTION LIMIT -1",
    "ALTER ROLE seen_a SET statement_timeout = '5s'": "ALTER ROLE seen_a RESET statement_timeout",
    "GRANT seen_a TO seen_b": "REVOKE seen_a FROM seen_b",
    AWAY.format("ALTER DATABASE %I SET timezone = cet"): AWAY.format("ALTER DATABASE %I RESET timezone"),
    AWAY.format("GRANT CREATE ON DATABASE %I TO seen_a"): AWAY.format(
        "REVOKE CREATE ON DATABASE %I FROM seen_a"
    ),
    AWAY.format("REVOKE CONNECT ON DATABASE %I FROM PUBLIC"): AWAY.format(
        "GRANT CONNECT ON DATABASE %I TO PUBLIC"
    ),
    AWAY.format("ALTER ROLE seen_a IN DATABASE %I SET role = seen_b"): AWAY.format(
        "ALTER ROLE seen_a IN DATABASE %I RESET role"
    ),
}
"""What a file does, and what undoes it."""


def with_roles(scratch: Scratch) -> psycopg.Connection[Any]:
    """A connection to a database on whose server the roles are new."""
    connection = scratch.connect()
    connection.execute(f"DROP ROLE IF EXISTS {', '.join(ROLES)}".encode())
    for role in ROLES:
        connection.execute(f"CREATE ROLE {role}".encode())
    return connection


def without_roles(connection: psycopg.Connection[Any]) -> None:
    names = ", ".join(ROLES)
    connection.execute(f"DROP OWNED BY {names}; DROP ROLE {names}".encode())
    connection.close()


@pytest.fixture(params=[15, 17])
def databases(pg_server: Server, request: pytest.FixtureRequest) -> Iterator[tuple[Scratch, Scratch]]:
    """A shadow, and a database on another server: roles are a server's."""
    with new_database(pg_server(18)) as shadow, new_database(pg_server(request.param)) as live:
        yield shadow, live


@pytest.mark.parametrize("undone", [False, True], ids=["there", "undone"])
@pytest.mark.parametrize(("does", "undoes"), FILES.items())
def test_what_files_touch_is_expected_and_nothing_else(
    databases: tuple[Scratch, Scratch], does: str, undoes: str, undone: bool
) -> None:
    shadow, live = databases
    scope = dataclasses.replace(PLAIN, floor=15)
    there, here = with_roles(live), with_roles(shadow)
    try:
        (step,) = replay_all(shadow, scope, [Migration("1_x.sql", "1", "1_x.sql", does, parse)])
        for sql in (BY_HAND, does, undoes if undone else ""):
            there.execute(sql.encode())
        ruling = judge([step], frozenset(["1_x.sql"]), snapshot(there, scope))
    finally:
        for sql in (undoes, AWAY.format("ALTER DATABASE %I RESET ALL")):
            there.execute(sql.encode())
        without_roles(there)
        without_roles(here)
    assert step.failures == () and step.net
    assert [j.standing for j in ruling.judgements] == [Standing.PHANTOM if undone else Standing.OK]
    assert [k for k in ruling.unexplained if "role" in k.kind or "database" in k.kind] == []


def test_a_file_that_touches_them_is_applied_and_proven(pg_server: Server) -> None:
    with new_database(pg_server(18)) as shadow, new_database(pg_server(16)) as live:
        there, here = with_roles(live), with_roles(shadow)
        world = World(live, shadow, dataclasses.replace(PLAIN, floor=15))
        try:
            done = world.apply("CREATE TABLE seen (a int);" + ";".join(FILES))
            assert done.outcome == "applied"
            assert world.recorded() == ["0001"]
        finally:
            world.close()
            for undoes in FILES.values():
                there.execute(undoes.encode())
                here.execute(undoes.encode())
            there.execute("DROP TABLE IF EXISTS seen")
            without_roles(there)
            without_roles(here)


API = {
    "ALTER ROLE anon SET statement_timeout = '4s'": "ALTER ROLE anon SET statement_timeout = '3s'",
    "ALTER ROLE authenticator SET pgrst.db_schemas = 'a'": "ALTER ROLE authenticator RESET pgrst.db_schemas",
    "GRANT seen_a TO authenticator": "REVOKE seen_a FROM authenticator",
    "GRANT seen_a TO authenticated, service_role": "REVOKE seen_a FROM authenticated",
}
"""What projects do to the roles that the platform's API uses, and what undoes it."""


@pytest.mark.parametrize(("does", "undoes"), API.items())
def test_roles_that_the_api_uses_are_the_projects_to_set_up(
    pg_server: Server, does: str, undoes: str
) -> None:
    server = pg_server(17, supabase())
    with new_database(server) as scratch:
        replayer = PostgresReplayer(scratch, SUPABASE)
        try:
            replayer.replay(Migration("0_x.sql", "0", "0_x.sql", "CREATE ROLE seen_a", parse))
            step = replayer.replay(Migration("1_x.sql", "1", "1_x.sql", f"{does};", parse))
            assert step.failures == ()
            there = judge([step], frozenset([step.name]), replayer.facts).judgements[0].standing
            replayer.replay(Migration("2_x.sql", "2", "2_x.sql", undoes, parse))
            gone = judge([step], frozenset([step.name]), replayer.facts).judgements[0].standing
        finally:
            replayer.close()
    assert there is Standing.OK and gone in (Standing.PHANTOM, Standing.PARTIAL)


def side(name: str, facts: dict[str, str]) -> Side:
    """``kind/parent/name/property`` and values."""
    return Side(name, name, "REMOTE", "", {FactKey(*key.split("/")): told for key, told in facts.items()}, "")


def test_of_two_databases_roles_are_compared_that_both_have() -> None:
    both = {"role//a/exists": "yes", "role//b/exists": "yes"}
    left = side("left", {
        **both, "role//a/superuser": "no", "grant on role/a/(MEMBERSHIP to b)/exists": "yes",
        "role//only/exists": "yes", "role//only/login": "yes",
        "grant on role/only/(MEMBERSHIP to a)/exists": "yes",
        "grant on role/a/(MEMBERSHIP to only)/exists": "yes", "database//current/set x": "1",
        "grant on role/pg_monitor/(MEMBERSHIP to b)/exists": "yes",
    })  # fmt: skip
    right = side("right", {**both, "role//a/superuser": "yes"})
    told = {str(d.key) for d in compare(left, right).differences}
    assert told == {
        "role a · superuser", "grant on role a(MEMBERSHIP to b) · exists", "database current · set x",
        "grant on role pg_monitor(MEMBERSHIP to b) · exists",
    }  # fmt: skip
