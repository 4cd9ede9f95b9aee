"""The user's own tables on a hostile live database: landed's counts and checks run nothing that lies on them."""

# ruff: noqa: E501  (statements stand on one line)

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from support.worlds.pghostile import LEDGER, OWNER, STRANGER, Hostile, hostile, roles

LATER = "20240104000000_later.sql"
ON_A_TABLE: dict[str, tuple[str, ...]] = {
    "index on a constant": ("CREATE INDEX ON public.a ((evil.mark(1)))",),
    "index with a condition": ("CREATE INDEX ON public.a (id) WHERE evil.mark(1) = 1",),
    "index on an expression": ("CREATE INDEX ON public.a (evil.mark(t))",),
    "index on an operator": ("CREATE INDEX ON public.a ((1 OPERATOR(evil.===) 2))",),
    "statistics": ("CREATE STATISTICS public.s ON (evil.mark(1)) FROM public.a",),
    "table that inherits": (
        "CREATE TABLE public.kid () INHERITS (public.a)",
        "CREATE INDEX ON public.kid ((evil.mark(1)))",
    ),
    "row level security": (
        "ALTER TABLE public.a ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE public.a FORCE ROW LEVEL SECURITY",
        "CREATE POLICY p ON public.a USING (evil.mark(id) = id)",
    ),
    "view in its place": (
        "ALTER TABLE public.a RENAME TO hidden",
        "CREATE VIEW public.a AS SELECT evil.mark(id) AS id, t FROM public.hidden",
    ),
    "column of a type with casts": (
        "ALTER TABLE public.b DROP COLUMN a",
        "ALTER TABLE public.a DROP CONSTRAINT a_pkey",
        "ALTER TABLE public.a ALTER id TYPE evil.e USING '1'",
    ),
    "column of a domain": (
        "ALTER TABLE public.b DROP COLUMN a",
        "ALTER TABLE public.a ALTER t TYPE evil.d",
    ),
}
"""What the tables' owner has made with the stranger's functions and types, in good faith."""

MORE = (
    "CREATE FUNCTION evil.same(int, int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM evil.mark(); RETURN true; END$$",
    "CREATE OPERATOR evil.=== (leftarg = int, rightarg = int, function = evil.same)",
    "CREATE TYPE evil.e AS ENUM ('1', '2')",
    "CREATE FUNCTION evil.number(evil.e) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM evil.mark(); RETURN 1; END$$",
    "CREATE CAST (evil.e AS int) WITH FUNCTION evil.number(evil.e) AS IMPLICIT",
    "CREATE FUNCTION evil.word(evil.e) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM evil.mark(); RETURN '1'; END$$",
    "CREATE CAST (evil.e AS text) WITH FUNCTION evil.word(evil.e) AS ASSIGNMENT",
    "CREATE DOMAIN evil.d AS text",
)


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    with server_for(18):
        made = pg_server(18)
        with roles(made):
            yield made


@pytest.fixture
def world(server: ShadowServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hostile]:
    with hostile(server, tmp_path, request.param) as made:
        made.stranger(*MORE)
        made.ledger()
        made.sql("INSERT INTO public.a VALUES (2, NULL)", as_role=OWNER)
        yield made


def _with_logins(ways: dict[str, tuple[str, ...]]) -> list[object]:
    logins = ("superuser", "owner")
    return [pytest.param(logins[n % 2], way, id=f"{way}-{logins[n % 2]}") for n, way in enumerate(ways)]


@pytest.mark.parametrize(("world", "way"), _with_logins(ON_A_TABLE), indirect=["world"])
def test_what_lies_on_a_table(world: Hostile, way: str) -> None:
    world.sql(*ON_A_TABLE[way], as_role=OWNER)
    world.sql("ALTER DOMAIN evil.d ADD CHECK (evil.mark(VALUE) = VALUE) NOT VALID", as_role=STRANGER)
    world.begin()
    for command in ("status", "verify", "doctor"):
        world.run(command)
    # Nothing of it shows in the replay of the files, so each is judged and run as on any other day.
    for text in (
        "ALTER TABLE public.a ALTER COLUMN t SET NOT NULL;\n",
        "ALTER TABLE public.a DROP COLUMN t;\n",
        "DROP TABLE public.a CASCADE;\n",
    ):
        world.write({LATER: text})
        answer = world.run("apply", "--yes")
        assert answer.code != 0
    assert world.sql("SELECT pg_catalog.to_regclass('public.a') IS NOT NULL") == [(True,)]


@pytest.mark.parametrize("world", ["superuser", "owner"], indirect=True)
def test_rows_that_cannot_be_counted_are_still_kept(world: Hostile) -> None:
    world.sql(*ON_A_TABLE["index on a constant"], as_role=OWNER)
    world.begin()
    world.write({LATER: "DROP TABLE public.a CASCADE;\n"})
    error = world.run("apply", "--yes", code=4).error
    assert "reading them would run code of another role" in str(error["details"])
    assert "--allow 'drop-table:public.a'" in error["next"]


@pytest.mark.parametrize("world", ["superuser", "owner"], indirect=True)
def test_a_file_that_takes_what_the_own_functions_lie_on(world: Hostile) -> None:
    """A function of one's own, or of a superuser's, is nobody else's code: rows are counted as ever."""
    who = world.server.superuser if world.login == "superuser" else OWNER
    own = "CREATE FUNCTION public.own(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'"
    world.sql(own, as_role=who)
    world.sql("CREATE INDEX ON public.a (public.own(id))", as_role=who)
    world.begin()
    world.write({LATER: "DROP TABLE public.a CASCADE;\n"})
    assert "dropped with 2 rows" in str(world.run("apply", "--yes", code=4).error["details"])


@pytest.mark.parametrize("world", ["superuser", "owner"], indirect=True)
def test_the_history_is_swapped_while_a_command_waits(world: Hostile) -> None:
    """Held by a lock, a reader would go on with whatever has the name by then."""
    world.begin()
    world.write({LATER: "CREATE TABLE public.later (id int);\n"})
    for command in (("status",), ("apply", "--yes")):
        with world.server.connect(world.name) as stranger:
            stranger.execute(f"SET ROLE {STRANGER}".encode())
            stranger.execute(b"BEGIN")
            stranger.execute(f"LOCK TABLE {LEDGER} IN ACCESS EXCLUSIVE MODE".encode())
            running = world.landed.popen(*command, "--json")
            _until_somebody_waits(world)
            stranger.execute(f"ALTER TABLE {LEDGER} RENAME TO kept".encode())
            stranger.execute(
                f"CREATE VIEW {LEDGER} AS SELECT version, statements, evil.mark(name) AS name FROM supabase_migrations.kept".encode()
            )
            stranger.execute(f"GRANT ALL ON {LEDGER} TO PUBLIC".encode())
            stranger.execute(b"COMMIT")
            stdout, stderr = running.communicate()
            assert running.returncode == 3, stdout + stderr
            stranger.execute(f"DROP VIEW {LEDGER}".encode())
            stranger.execute(b"ALTER TABLE supabase_migrations.kept RENAME TO schema_migrations")
        world.untouched(*command)
    assert world.sql("SELECT pg_catalog.to_regclass('public.later')") == [(None,)]


def _until_somebody_waits(world: Hostile) -> None:
    with world.server.connect(world.name) as other:
        while True:
            (waiting,) = other.execute(
                "SELECT count(*) FROM pg_catalog.pg_locks l WHERE NOT l.granted"
                " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
            ).fetchone() or (0,)
            if waiting:
                return


@pytest.mark.parametrize("world", ["superuser"], indirect=True)
def test_a_schema_cannot_be_swapped_under_a_superuser(world: Hostile) -> None:
    """A schema is renamed without a lock on its tables: the file's whole run would be the time to do it."""
    world.write({LATER: "CREATE TABLE public.later (id int);\nLOCK TABLE public.b;\n"})
    world.stranger(
        "CREATE SCHEMA other",
        f"CREATE TABLE other.schema_migrations (LIKE {LEDGER} INCLUDING ALL)",
        "CREATE TRIGGER t BEFORE INSERT ON other.schema_migrations FOR EACH ROW EXECUTE FUNCTION evil.fires()",
    )
    world.begin()
    with world.server.connect(world.name) as holder, world.server.connect(world.name) as stranger:
        holder.execute(b"BEGIN")
        holder.execute(b"LOCK TABLE public.b IN SHARE MODE")
        running = world.landed.popen("apply", "--yes", "--json")
        _until_somebody_waits(world)
        stranger.execute(f"SET ROLE {STRANGER}".encode())
        stranger.execute(b"SET lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            stranger.execute(b"ALTER SCHEMA supabase_migrations RENAME TO away")
        holder.execute(b"ROLLBACK")
        stdout, stderr = running.communicate()
    assert running.returncode == 0, stdout + stderr
    world.untouched("apply")


SETTINGS = {
    "statement_timeout": "'1s'",
    "row_security": "on",
    "constraint_exclusion": "on",
    "default_transaction_isolation": "'serializable'",
    "default_transaction_deferrable": "on",
    "lc_messages": "'C'",
    "plan_cache_mode": "'force_custom_plan'",
    "standard_conforming_strings": "off",
    "search_path": "evil, public",
    "quote_all_identifiers": "on",
    "default_text_search_config": "'pg_catalog.simple'",
    "bytea_output": "'escape'",
}


@pytest.mark.parametrize("world", ["superuser", "owner"], indirect=True)
def test_settings_of_the_database(world: Hostile) -> None:
    """With constraint_exclusion, checks are evaluated while a plan is made."""
    world.sql("ALTER TABLE public.a ADD CHECK (evil.mark(1) = 1)", as_role=OWNER)
    world.sql(*(f'ALTER DATABASE "{world.name}" SET {name} = {value}' for name, value in SETTINGS.items()))
    world.begin()
    assert set(world.run("status", code=0).standings().values()) <= {"ok", "partial"}
    world.write({LATER: "CREATE TABLE public.later (id int);\nALTER TABLE public.a DROP COLUMN t;\n"})
    world.run("apply", "--yes")
    world.run("doctor")


@pytest.mark.parametrize("world", ["superuser", "owner"], indirect=True)
def test_event_triggers(world: Hostile) -> None:
    """A superuser has let the stranger's function fire at every change of the schema; landed makes its table."""
    world.stranger(
        f"DROP TABLE {LEDGER}",
        f"""CREATE FUNCTION evil.event() RETURNS event_trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE LOG '{world.token} as %', current_user; END$$""",
    )
    world.sql("CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION evil.event()")
    world.begin()
    world.run("status")
    event = next(c for c in world.run("doctor").body["checks"] if c["code"] == "event-trigger")
    assert event["level"] == "warning" and "watching at ddl_command_end" in event["value"]
    if world.login == "superuser":
        # Of version 17 and later: it can be told not to fire.
        world.run("repair", "--yes")
        assert world.sql(f"SELECT count(*) FROM {LEDGER}") == [(2,)]
    else:
        for command in ("repair", "apply"):
            world.write({LATER: "CREATE TABLE public.later (id int);\n"})
            world.run(command, "--yes", code=1)
        assert "event trigger" in world.run("repair", "--yes", code=1).error["message"]
        assert world.sql(f"SELECT pg_catalog.to_regclass('{LEDGER}')") == [(None,)]
