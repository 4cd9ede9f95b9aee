"""A hostile live Postgres database: nothing that a stranger put there runs with the login's rights.

The first part is the history table; the others are in files of their own beside this one.
"""

# ruff: noqa: E501  (statements stand on one line)

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from support.worlds.pghostile import COLUMNS, LEDGER, NEXT, OWNER, VERSIONS, Hostile, hostile, roles

COMMANDS = (("status",), ("doctor",), ("apply", "--yes"), ("repair", "--yes"))
OTHERS = (("verify",), ("drift", "files", "target"), ("resume", "--yes"), ("exec", "SELECT 1"))
"""Each way meets all of the first, and one of these."""
_PLACES = f"({', '.join(repr(v) for v in VERSIONS)})"
_ROWS = f"SELECT v AS version, NULL::text[] AS statements, evil.mark('n') AS name FROM unnest('{{{','.join(VERSIONS)}}}'::text[]) v"

READING: dict[str, tuple[str, ...]] = {
    "view": (f"CREATE VIEW {LEDGER} AS {_ROWS}",),
    "view with a rule for writing": (
        f"CREATE VIEW {LEDGER} AS SELECT '{VERSIONS[0]}'::text AS version, NULL::text[] AS statements, ''::text AS name",
        f"CREATE RULE put AS ON INSERT TO {LEDGER} DO INSTEAD SELECT evil.mark()",
    ),
    "materialised view": (
        f"CREATE MATERIALIZED VIEW {LEDGER} AS {_ROWS} WITH NO DATA",
        f"CREATE INDEX ON {LEDGER} ((evil.mark(1)))",
    ),
    "partitioned table": (
        f"CREATE TABLE {LEDGER} (version text, statements text[], name text) PARTITION BY LIST ((evil.mark(version)))",
        f"CREATE TABLE supabase_migrations.rest PARTITION OF {LEDGER} DEFAULT",
    ),
    "partition with a foreign partition beside it": (
        "CREATE TABLE supabase_migrations.top (version text, statements text[], name text) PARTITION BY LIST ((evil.mark(version)))",
        f"CREATE TABLE {LEDGER} PARTITION OF supabase_migrations.top DEFAULT",
    ),
    "child that inherits": (
        f"CREATE TABLE {LEDGER} ({COLUMNS})",
        f"CREATE TABLE supabase_migrations.child () INHERITS ({LEDGER})",
        "CREATE INDEX ON supabase_migrations.child ((evil.mark(1)))",
        f"INSERT INTO supabase_migrations.child (version) VALUES ('{VERSIONS[0]}')",
    ),
    "sequence": (f"CREATE SEQUENCE {LEDGER}",),
    "composite type": (f"CREATE TYPE {LEDGER} AS (version text)",),
    "version of a domain": (
        "CREATE DOMAIN evil.v AS text CHECK (evil.mark() = 1)",
        f"CREATE TABLE {LEDGER} (version evil.v, statements text[], name text)",
    ),
    "version of an enum with a cast to json": (
        f"CREATE TYPE evil.v AS ENUM ('{VERSIONS[0]}', '{VERSIONS[1]}')",
        "CREATE FUNCTION evil.j(evil.v) RETURNS json LANGUAGE plpgsql AS $$BEGIN PERFORM evil.mark(); RETURN '1'; END$$",
        "CREATE CAST (evil.v AS json) WITH FUNCTION evil.j(evil.v)",
        "CREATE FUNCTION evil.t(evil.v) RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM evil.mark(); RETURN '1'; END$$",
        "CREATE CAST (evil.v AS text) WITH FUNCTION evil.t(evil.v) AS IMPLICIT",
        f"CREATE TABLE {LEDGER} (version evil.v, statements text[], name text)",
        f"INSERT INTO {LEDGER} VALUES ('{VERSIONS[0]}')",
    ),
    "version that is generated": (
        f"CREATE TABLE {LEDGER} (id int, version text GENERATED ALWAYS AS (evil.mark(id)::text) STORED, statements text[], name text)",
    ),
    "name of a composite type": (
        "CREATE TYPE evil.pair AS (a int, b int)",
        "CREATE FUNCTION evil.t(evil.pair) RETURNS text LANGUAGE plpgsql AS $$BEGIN PERFORM evil.mark(); RETURN '1'; END$$",
        "CREATE CAST (evil.pair AS text) WITH FUNCTION evil.t(evil.pair) AS IMPLICIT",
        f"CREATE TABLE {LEDGER} (version text PRIMARY KEY, statements text[], name evil.pair)",
        f"INSERT INTO {LEDGER} VALUES ('{VERSIONS[0]}', NULL, ROW (1, 2))",
    ),
    "statements of an array of a domain": (
        "CREATE DOMAIN evil.s AS text CHECK (evil.mark(VALUE) = VALUE)",
        f"CREATE TABLE {LEDGER} (version text PRIMARY KEY, statements evil.s[], name text)",
    ),
    "row level security": (
        f"CREATE TABLE {LEDGER} ({COLUMNS})",
        f"ALTER TABLE {LEDGER} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY p ON {LEDGER} USING (evil.mark(version) = version)",
    ),
}
"""Relations whose reading may run code (row level security: for the owner, whom it applies to)."""

WRITING: dict[str, tuple[str, ...]] = {
    "trigger before": (
        f"CREATE TRIGGER t BEFORE INSERT OR DELETE OR UPDATE ON {LEDGER} FOR EACH ROW EXECUTE FUNCTION evil.fires()",
    ),
    "trigger of a statement": (
        f"CREATE TRIGGER t AFTER INSERT OR DELETE ON {LEDGER} EXECUTE FUNCTION evil.fires()",
    ),
    "deferred constraint trigger": (
        f"CREATE CONSTRAINT TRIGGER t AFTER INSERT OR DELETE ON {LEDGER} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION evil.fires()",
    ),
    "trigger that fires always": (
        f"CREATE TRIGGER t BEFORE INSERT OR DELETE ON {LEDGER} FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        f"ALTER TABLE {LEDGER} ENABLE ALWAYS TRIGGER t",
    ),
    "trigger that fires in replicas": (
        f"CREATE TRIGGER t BEFORE INSERT OR DELETE ON {LEDGER} FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        f"ALTER TABLE {LEDGER} ENABLE REPLICA TRIGGER t",
    ),
    "rule also": (
        f"CREATE RULE r AS ON INSERT TO {LEDGER} DO ALSO SELECT evil.mark()",
        f"CREATE RULE d AS ON DELETE TO {LEDGER} DO ALSO SELECT evil.mark()",
    ),
    "index on an expression": (f"CREATE INDEX ON {LEDGER} (evil.mark(version))",),
    "index on a constant": (f"CREATE INDEX ON {LEDGER} ((evil.mark(1)))",),
    "index with a condition": (f"CREATE INDEX ON {LEDGER} (version) WHERE evil.mark(1) = 1",),
    "statistics on an expression": (
        f"CREATE STATISTICS supabase_migrations.s ON (evil.mark(1)) FROM {LEDGER}",
    ),
    "check": (f"ALTER TABLE {LEDGER} ADD CHECK (evil.mark(version) = version) NOT VALID",),
    "check by a function of the server": (
        f"ALTER TABLE {LEDGER} ADD CHECK (query_to_xml('select evil.mark()', true, true, '') IS NOT NULL) NOT VALID",
    ),
    "default": (
        f"ALTER TABLE {LEDGER} ADD COLUMN more int",
        f"ALTER TABLE {LEDGER} ALTER more SET DEFAULT evil.mark()",
    ),
    "default by a function of the server": (
        f"ALTER TABLE {LEDGER} ADD COLUMN more text",
        f"ALTER TABLE {LEDGER} ALTER more SET DEFAULT query_to_xml('select evil.mark()', true, true, '')::text",
    ),
    "further column of a domain": (
        "CREATE DOMAIN evil.d AS int",
        f"ALTER TABLE {LEDGER} ADD COLUMN more evil.d",
        "ALTER DOMAIN evil.d ADD CHECK (evil.mark() = 1) NOT VALID",
    ),
    "further column that is generated": (
        "CREATE FUNCTION evil.quiet(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END'",
        f"ALTER TABLE {LEDGER} ADD COLUMN more int GENERATED ALWAYS AS (evil.quiet(version)) STORED",
    ),
    "foreign key": (
        "CREATE TABLE evil.known (version text PRIMARY KEY)",
        f"INSERT INTO evil.known SELECT version FROM {LEDGER}",
        "CREATE TRIGGER t BEFORE UPDATE ON evil.known FOR EACH ROW EXECUTE FUNCTION evil.fires()",
        f"ALTER TABLE {LEDGER} ADD FOREIGN KEY (version) REFERENCES evil.known",
    ),
    "foreign key that refers to it": (
        f"CREATE TABLE evil.about (version text REFERENCES {LEDGER} ON DELETE CASCADE)",
        f"INSERT INTO evil.about SELECT version FROM {LEDGER}",
        "CREATE CONSTRAINT TRIGGER t AFTER DELETE ON evil.about DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION evil.fires()",
    ),
    "cast of a row to json": (
        f"CREATE FUNCTION evil.j({LEDGER}) RETURNS json LANGUAGE plpgsql AS $$BEGIN PERFORM evil.mark(); RETURN '{{}}'; END$$",
        f"CREATE CAST ({LEDGER} AS json) WITH FUNCTION evil.j({LEDGER})",
    ),
}
"""What lies on an ordinary table: it is read all the same, and named; nothing is written there."""


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    with server_for(18):
        made = pg_server(18)
        with roles(made):
            yield made


@pytest.fixture
def world(server: ShadowServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hostile]:
    with hostile(server, tmp_path, request.param) as made:
        yield made


def _with_logins(ways: dict[str, tuple[str, ...]]) -> list[object]:
    """Both logins meet every kind; each single way is met by one of them, in turns, and by both where that is
    the point."""
    logins = ("superuser", "owner")
    return [pytest.param(logins[n % 2], way, id=f"{way}-{logins[n % 2]}") for n, way in enumerate(ways)]


def test_the_canary_sings(server: ShadowServer, tmp_path: Path) -> None:
    with hostile(server, tmp_path, "superuser") as world:
        world.can_mark()
        with pytest.raises(AssertionError, match="the stranger's code ran"):
            world.untouched()


@pytest.mark.parametrize(("world", "way"), _with_logins(READING), indirect=["world"])
def test_a_history_that_is_no_ordinary_table(world: Hostile, way: str) -> None:
    world.stranger(*READING[way], "GRANT ALL ON ALL TABLES IN SCHEMA supabase_migrations TO PUBLIC")
    world.write(NEXT)
    world.begin()
    for command in (*COMMANDS, OTHERS[list(READING).index(way) % len(OTHERS)]):
        world.run(*command)
    if way != "row level security" or world.login == "owner":
        assert "supabase_migrations" in world.run("status", code=3).error["message"]
        assert world.sql("SELECT to_regclass('public.c')") == [(None,)]


@pytest.mark.parametrize(("world", "way"), _with_logins(WRITING), indirect=["world"])
def test_what_lies_on_a_history_table(world: Hostile, way: str) -> None:
    world.ledger()
    world.stranger(*WRITING[way])
    world.write(NEXT)
    world.begin()
    standing = world.run("status", code=0)
    assert [n["code"] for n in standing.body["notes"]] and standing.standings()
    for command in (*COMMANDS[1:3], OTHERS[list(WRITING).index(way) % len(OTHERS)]):
        world.run(*command)
    error = world.run("apply", "--yes", code=1).error
    assert "would run more than that" in error["message"] and error["details"][0].startswith("on it: ")
    assert world.sql("SELECT to_regclass('public.c')") == [(None,)]
    # A row without a file, which repair would remove.
    world.sql("ALTER TABLE public.b DROP COLUMN a, DROP CONSTRAINT b_id_check", as_role=OWNER)
    world.run("repair", "--yes")


@pytest.mark.parametrize("major", [15, 16, 17])
def test_older_servers(pg_server: Callable[..., ShadowServer], tmp_path: Path, major: int) -> None:
    """A server that cannot switch views or event triggers off is asked the same questions."""
    server = pg_server(major)
    with roles(server), server_for(18), hostile(server, tmp_path, "superuser") as world:
        world.ledger()
        world.write(NEXT)
        world.begin()
        world.run("apply", "--yes", code=0)
        world.run("doctor")
        world.stranger(*WRITING["index on a constant"], *WRITING["trigger before"])
        world.begin()
        notes = " ".join(note["text"] for note in world.run("status", code=0).body["notes"])
        assert "trigger t " in notes and " on an expression" in notes
        world.run("repair", "--yes")
        world.write({"20240109000000_more.sql": "CREATE TABLE public.more (id int);\n"})
        world.run("apply", "--yes", code=1)
        world.stranger(f"DROP TABLE {LEDGER}", *READING["view"])
        world.begin()
        for command in COMMANDS:
            world.run(*command, code=None if command == ("doctor",) else 3)


@pytest.mark.parametrize("world", ["superuser", "owner"], indirect=True)
def test_what_runs_nobodys_code_is_in_nobodys_way(world: Hostile) -> None:
    """A hosted project's columns, and what people add: constants, now() and the like, plain checks and indexes."""
    world.ledger(
        "version text PRIMARY KEY CHECK (version ~ '^[0-9]{14}$'), statements text[] DEFAULT '{}', name text DEFAULT '',"
        " created_by text DEFAULT CURRENT_USER, idempotency_key text UNIQUE, rollback text[],"
        " at timestamptz DEFAULT now(), utc timestamp DEFAULT timezone('utc', now()), id uuid DEFAULT gen_random_uuid(),"
        " n bigint GENERATED BY DEFAULT AS IDENTITY, serial bigserial, v varchar(20) DEFAULT 'x',"
        " CHECK (name IS NULL OR length(name) < 300 AND name <> 'no'), UNIQUE (name, version) DEFERRABLE"
    )
    world.stranger(
        f"CREATE INDEX ON {LEDGER} (name, version)",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA supabase_migrations TO PUBLIC",
    )
    world.write(NEXT)
    world.begin()
    assert world.run("status", code=0).body["notes"] == []
    world.run("apply", "--yes", code=0)
    world.sql(f"DELETE FROM {LEDGER} WHERE name = 'c'")
    world.run("repair", "--yes", code=0)
    assert world.sql(f"SELECT count(*) FROM {LEDGER} WHERE name = 'c'") == [(1,)]
