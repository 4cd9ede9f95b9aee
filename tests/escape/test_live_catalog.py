"""Definitions on a hostile live database: they are read and written down, and none of them is evaluated."""

# ruff: noqa: E501  (statements stand on one line)

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from landed.engines.postgres.sql.split import parse
from support.worlds.pghostile import LEDGER, Hostile, hostile, roles

CONSTANT = "evil.mark(1)"
DEFINITIONS = (
    "CREATE TABLE public.parts (id int) PARTITION BY LIST ((evil.mark(id)))",
    "CREATE TABLE public.ranges (id int, t text) PARTITION BY RANGE (id, (evil.mark(t)))",
    "CREATE TABLE public.part PARTITION OF public.parts FOR VALUES IN (1)",
    "CREATE TABLE public.rest PARTITION OF public.parts DEFAULT",
    f"CREATE TABLE public.x (id int DEFAULT {CONSTANT}, g int GENERATED ALWAYS AS ({CONSTANT}) STORED, t text, CHECK ({CONSTANT} = 1))",
    f"CREATE INDEX ON public.x (({CONSTANT}))",
    f"CREATE INDEX ON public.x (id) WHERE {CONSTANT} = 1",
    f"CREATE STATISTICS public.st ON ({CONSTANT}) FROM public.x",
    "ALTER TABLE public.x ENABLE ROW LEVEL SECURITY",
    f"CREATE POLICY p ON public.x USING ({CONSTANT} = 1)",
    f"CREATE VIEW public.v AS SELECT {CONSTANT} AS id FROM public.x",
    f"CREATE MATERIALIZED VIEW public.m AS SELECT {CONSTANT} AS id, 'a row of a view'::text AS said",
    f"CREATE RULE r AS ON INSERT TO public.v DO INSTEAD SELECT {CONSTANT}",
    f"CREATE DOMAIN public.dom AS int DEFAULT {CONSTANT} CHECK ({CONSTANT} = 1)",
    f"CREATE FUNCTION public.f(a int DEFAULT {CONSTANT}) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT {CONSTANT}'",
    f"CREATE FUNCTION public.g() RETURNS int LANGUAGE sql IMMUTABLE RETURN {CONSTANT}",
    f"CREATE TRIGGER t BEFORE INSERT ON public.x FOR EACH ROW WHEN ({CONSTANT} = 1) EXECUTE FUNCTION evil.fires()",
    "CREATE AGGREGATE public.agg (int) (sfunc = evil.two, stype = int, initcond = '1')",
    "CREATE OPERATOR public.=== (leftarg = int, rightarg = int, function = evil.two)",
    "CREATE TYPE public.pair AS (a int, b int)",
    "CREATE FUNCTION public.to_json(public.pair) RETURNS json LANGUAGE plpgsql AS $$BEGIN PERFORM evil.mark(); RETURN '1'; END$$",
    "CREATE CAST (public.pair AS json) WITH FUNCTION public.to_json(public.pair)",
)
NAMES = (
    "two\nlines; DROP TABLE public.a; --",
    'it\'s "quoted"',
    "\\! touch mark",
    "$landed$; SELECT evil.mark(); $landed$",
    "-- comment",
    "--yes",
    "$(touch mark)",
    "*/ SELECT evil.mark(); /*",
    "é\u202e\x1b[31mred",
)
"""Of a table each, with a column and a comment of that name."""


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    with server_for(18):
        made = pg_server(18)
        with roles(made):
            yield made


@pytest.fixture
def world(server: ShadowServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hostile]:
    with hostile(server, tmp_path, request.param) as made:
        made.ledger()
        made.stranger(
            "CREATE FUNCTION evil.two(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM evil.mark(); RETURN 1; END$$"
        )
        yield made


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@pytest.mark.parametrize("world", ["superuser", "owner"], indirect=True)
def test_no_definition_is_evaluated(world: Hostile) -> None:
    world.stranger(*DEFINITIONS)
    world.begin()
    for words in (
        ("status",),
        ("verify",),
        ("doctor",),
        ("drift", "files", "target"),
        ("drift", "target", "files"),
    ):
        world.run(*words)


@pytest.mark.parametrize("world", ["superuser", "owner"], indirect=True)
def test_a_base_holds_definitions_alone(world: Hostile) -> None:
    world.stranger(
        "CREATE TABLE public.kept (id int)",
        "INSERT INTO public.kept VALUES (424242)",
        "CREATE MATERIALIZED VIEW public.m AS SELECT id, 'a row of a view'::text || id AS said FROM public.kept",
    )
    world.begin()
    world.run("shadow", "pull", "--base", "--yes", code=0)
    text = (world.migrations.parent / "landed-base.sql").read_text(encoding="utf-8")
    assert "CREATE MATERIALIZED VIEW public.m" in text and "WITH NO DATA" in text
    assert "424242" not in text and "INSERT" not in text and "COPY" not in text
    # And with it, what the database holds is explained.
    assert world.run("status", code=0).body["unexplained"] == []


@pytest.mark.parametrize("world", ["superuser", "owner"], indirect=True)
def test_names_are_names(world: Hostile) -> None:
    for name in NAMES:
        text = name.replace("'", "''")
        world.stranger(
            f"CREATE TABLE public.{quoted(name)} ({quoted(name)} int)",
            f"COMMENT ON TABLE public.{quoted(name)} IS '{text}'",
            f"CREATE INDEX {quoted(name + '_i')} ON public.{quoted(name)} ({quoted(name)})",
            f"CREATE FUNCTION public.{quoted(name + '()')}() RETURNS text LANGUAGE sql RETURN '{text}'",
        )
    with world.server.connect(world.server.admin) as admin:
        admin.execute(f"CREATE ROLE {quoted(NAMES[3])}".encode())
        try:
            world.sql(f"GRANT SELECT ON public.{quoted(NAMES[0])} TO {quoted(NAMES[3])}")
            world.sql(
                f"INSERT INTO {LEDGER} VALUES ('../../../etc/x', '{{SELECT 1}}', 'up'),"
                " ('20230101000000', '{SELECT 1}', '../../outside'), ('--yes', '{SELECT 2}', '$(touch mark)')"
            )
            world.begin()
            world.run("shadow", "pull", "--base", "--yes", code=0)
            written = (world.migrations.parent / "landed-base.sql").read_text(encoding="utf-8")
            verbs = {s.text.split(None, 1)[0].upper() for s in parse(written).statements if s.text.strip()}
            assert verbs <= {"SET", "DO", "CREATE", "COMMENT", "ALTER", "GRANT", "REVOKE"}, verbs
            for words in (("status",), ("doctor",), ("drift", "files", "target"), ("repair", "--fetch")):
                world.run(*words)
            for command in ("status", "doctor", "verify"):
                said = world.landed.plain(command, code=None)
                assert "\x1b" not in said.stdout + said.stderr and "\u202e" not in said.stdout + said.stderr
            assert not list(world.migrations.parent.rglob("*mark*"))
            names = {path.name for path in world.migrations.iterdir()}
            assert all(name[:14].isdigit() and "/" not in name for name in names), names
        finally:
            world.sql(f"DROP OWNED BY {quoted(NAMES[3])}")
            admin.execute(f"DROP ROLE {quoted(NAMES[3])}".encode())
