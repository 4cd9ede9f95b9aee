"""Names of landed's own on a hostile live database: they mean the catalog's, whatever stands on the
search_path."""

# ruff: noqa: E501  (statements stand on one line)

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

import landed
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from support.worlds.pghostile import LEDGER, NEXT, STRANGER, Hostile, hostile, roles
from support.worlds.pgshadowed import shadowing

PATHS = {
    "public-first": "public, pg_catalog",
    "as-it-comes": '"$user", public',
    "temp-first": "pg_temp, public, pg_catalog",
}
LATER = {
    "20240103500000_twice.sql": "CREATE TABLE public.twice (id int, v int);\n"
    "INSERT INTO public.twice VALUES (5, NULL), (5, NULL);\n"
    "ALTER TABLE public.twice ADD CONSTRAINT loose CHECK (id IS NULL) NOT VALID;\n",
    "20240104000000_alone.sql": "CREATE INDEX CONCURRENTLY b_a ON b (a);\nREINDEX INDEX CONCURRENTLY b_a;\nVACUUM b;\n"
    "DROP INDEX CONCURRENTLY b_a;\n",
    "20240105000000_enum.sql": "CREATE TYPE public.mood AS ENUM ('a');\n",
    "20240106000000_value.sql": "ALTER TYPE mood ADD VALUE 'b';\nALTER TABLE public.c ADD COLUMN m mood DEFAULT 'b';\n",
    "20240107000000_rows.sql": "INSERT INTO public.b VALUES (1, 1);\nINSERT INTO public.c (id) VALUES (7);\nUPDATE public.c SET id = 8 WHERE id IS NULL;\n",
}
GOING = {
    "20240108000000_going.sql": "CREATE TABLE public.gone (id int, v int);\nINSERT INTO public.gone VALUES (1, 2);\n",
    "20240109000000_gone.sql": "ALTER TABLE public.gone DROP COLUMN v;\nALTER TABLE public.c ALTER COLUMN id TYPE bigint USING id::bigint;\n",
    "20240110000000_away.sql": "DROP TABLE public.gone CASCADE;\nDO $$BEGIN EXECUTE 'DROP TABLE IF EXISTS public.nothing'; END$$;\n",
}
UNCHECKED = {"20240111000000_off.sql": "SET session_replication_role = replica;\nDELETE FROM public.c;\n"}
FAILING = {
    "unique": "ALTER TABLE twice ADD UNIQUE (id);\n",
    "foreign key": "ALTER TABLE public.twice ADD FOREIGN KEY (id) REFERENCES public.a (id);\n",
    "referenced": "DELETE FROM public.a;\n",
    "not null": "ALTER TABLE public.twice ALTER COLUMN v SET NOT NULL;\n",
    "check": "ALTER TABLE public.twice ADD CONSTRAINT k CHECK (id IS NULL);\n",
    "check that is there": "ALTER TABLE public.twice VALIDATE CONSTRAINT loose;\n",
    "dependents": "DROP TABLE public.a;\n",
    "truncate": "TRUNCATE public.a;\n",
    "unique index": "CREATE UNIQUE INDEX CONCURRENTLY twice_v ON public.twice (id);\n",
}


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    with server_for(18):
        made = pg_server(18)
        with roles(made):
            yield made


@pytest.fixture(scope="module")
def shadowed(server: ShadowServer) -> Iterator[str]:
    """The name of a database to copy: making all of it takes seconds."""
    with new_database(server) as made:
        with made.connect() as connection:
            connection.execute(f"CREATE SCHEMA evil; GRANT CREATE ON SCHEMA public TO {STRANGER}".encode())
            connection.execute(f"ALTER SCHEMA evil OWNER TO {STRANGER}".encode())
            connection.execute(f"SET ROLE {STRANGER}".encode())
            connection.execute(
                b"CREATE FUNCTION evil.mark() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'"
            )
            for statement in shadowing():
                connection.execute(statement.encode())
        yield made.name


@pytest.fixture
def world(
    server: ShadowServer, shadowed: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Hostile]:
    path, login = request.param
    with hostile(server, tmp_path, login, shadowed) as made:
        made.ledger()
        made.sql(f'ALTER DATABASE "{made.name}" SET search_path = {PATHS[path]}')
        made.begin()
        yield made


@pytest.mark.parametrize(
    "world",
    [
        ("public-first", "superuser"),
        ("as-it-comes", "owner"),
        ("as-it-comes", "superuser"),
        ("temp-first", "owner"),
    ],
    indirect=True,
    ids="-".join,
)
def test_names_mean_the_catalogs(world: Hostile) -> None:
    """A project's life: every command that speaks to the database, and what is asked when something fails."""
    assert list(world.run("status", code=0).standings().values()) == ["ok", "ok"]
    for command in (
        ("verify",),
        ("doctor",),
        ("drift", "files", "target"),
        ("exec", "SELECT id FROM public.a"),
    ):
        world.run(*command)
    world.write(NEXT | LATER)
    world.run("apply", "--dry-run")
    world.run("apply", "--yes", code=0)
    assert set(world.run("status", code=0).standings().values()) <= {"ok", "unprovable"}
    _goes(world)
    for text in FAILING.values():
        _fails(world, text)
    _is_torn(world)
    _is_in_the_way(world)
    _is_required(world)


def _goes(world: Hostile) -> None:
    """Rows are counted before they go, and objects noted."""
    world.write(GOING | (UNCHECKED if world.login == "superuser" else {}))
    for _ in range(6):
        answer = world.run("apply", "--yes")
        if answer.code != 4:
            break
        allowed = answer.error["next"].partition("landed apply ")[2].replace("'", "").split()
        answer = world.run("apply", "--yes", *allowed)
    assert answer.code == 0, answer
    assert world.sql("SELECT pg_catalog.to_regclass('public.gone') IS NULL") == [(True,)]


def _fails(world: Hostile, text: str) -> None:
    name = "20240120000000_fails.sql"
    world.write({name: text})
    assert world.run("apply", "--yes", code=1).error["next"]
    (world.migrations / name).unlink()
    world.sql("DROP INDEX IF EXISTS public.twice_v")


def _is_torn(world: Hostile) -> None:
    world.sql("ALTER TABLE public.c DROP COLUMN m")
    assert "partial" in world.run("status", code=0).standings().values()
    world.run("resume", "--yes")
    world.sql(f"DELETE FROM {LEDGER} WHERE version OPERATOR(pg_catalog.=) '20240105000000'")
    world.run("repair", "--yes")
    world.sql(f"INSERT INTO {LEDGER} VALUES ('20230101000000', '{{SELECT 1}}', 'gone')")
    for command in (("status",), ("verify",), ("repair", "--fetch")):
        world.run(*command)


def _is_in_the_way(world: Hostile) -> None:
    """Who holds a lock is asked while somebody waits for it, and when a reading was broken off."""
    from landed.engines.postgres.connect.blocking import blockers_of
    from landed.engines.postgres.connect.unreadable import unreadable

    def connect() -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(world.url(), autocommit=True)

    with connect() as holder, connect() as other:
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE public.a")
        other.execute("SET lock_timeout = '20ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable) as raised:
            other.execute("SELECT FROM public.a")
        error = unreadable("Here", raised.value, connect)
        assert str(holder.info.backend_pid) in error.details[0]
        assert blockers_of(other, holder.info.backend_pid) == ()
    world.untouched("who is in the way")


def _is_required(world: Hostile) -> None:
    with psycopg.connect(world.url()) as connection:
        features = ("public.a.t", "table public.b", "function public.count", "type public.text")
        landed.require(connection, *features)
        with pytest.raises(landed.MissingFeature):
            landed.require(connection, "public.a.nothing")
    world.untouched("require")
