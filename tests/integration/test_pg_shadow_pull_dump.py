"""A dump of the user's part makes the same facts again; one of the managed part is a baseline of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from landed.core.facts import difference
from landed.engines.postgres.catalog import PLAIN, snapshot
from landed.engines.postgres.catalog.dump import dump_managed, dump_owned
from landed.engines.postgres.catalog.scope import SUPABASE
from landed.engines.postgres.files import read_supabase_migrations
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.platform.elevated import Powers
from landed.engines.postgres.shadow.replay.replay import replay_all
from landed.engines.postgres.shadow.server.databases import load_leniently, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.split import split

Server = Callable[..., ShadowServer]

TESTS = Path(__file__).parents[1]
CORPUS = TESTS / "data" / "corpus" / "supabase"
PROJECTS = sorted(folder.name for folder in CORPUS.iterdir())
BROKEN = {"KanishJebaMathewM__Truxify"}
"""Its own history does not start from empty."""
CASES = TESTS / "cases" / "drift_pg"
OF_SUPERUSERS = re.compile(
    r"^.*(?:CREATE TRANSFORM|CREATE ACCESS METHOD|in_heap_too|CREATE OPERATOR CLASS).*\n", re.MULTILINE
)
"""What a base, which the database's owner loads, cannot bring."""
WIDE = OF_SUPERUSERS.sub(
    "", "".join((CASES / name).read_text(encoding="utf-8") for name in ("base.sql", "majors.sql"))
)
PAIRS = [
    re.sub(r"^-- .*\n", "", block.partition("\n")[2], flags=re.MULTILINE)
    for name in ("tables.sql", "constraints.sql", "code.sql", "types.sql", "grants.sql")
    for block in (CASES / name).read_text(encoding="utf-8").split("-- pair: ")[1:]
]


def load(connection: psycopg.Connection, text: str, powers: Powers | None) -> None:
    """As the owner that a base is replayed as, statement by statement."""
    with connection.transaction():
        for statement in split(text):
            for part in powers.sent(head_of(statement)) if powers else (statement.text.encode(),):
                connection.execute(part)


@pytest.mark.parametrize("name", PROJECTS)
def test_a_real_project_replays_and_comes_back_whole(pg_server: Server, name: str) -> None:
    server = pg_server(18, supabase())
    with new_database(server) as first, new_database(server) as second:
        files = read_supabase_migrations(CORPUS / name / "supabase" / "migrations", root=CORPUS)
        steps = replay_all(first, SUPABASE, files.migrations)
        failed = [step.failures for step in steps if step.failed]
        assert bool(failed) == (name in BROKEN), failed
        with first.connect("postgres") as connection:
            before = snapshot(connection, SUPABASE)
            text = dump_owned(connection, SUPABASE)
        with second.connect("postgres") as connection:
            load(connection, text, server.powers)
            found = difference(before, snapshot(connection, SUPABASE))
            assert [change for change in found if change.key.prop != "populated"] == []
    assert len(before) > 200


EACH = 40
CHANGED = ["", *PAIRS[::EACH]]
LOST = {"populated", "triggers", "referenced triggers", "valid", "ready", "statistics target", "password"}
"""What no statement makes again (an index's damage), and what is secret."""


@pytest.mark.parametrize("change", CHANGED, ids=[f"pair {n * EACH}" for n in range(len(CHANGED))])
def test_every_kind_of_object_comes_back(pg_server: Server, change: str) -> None:
    server = pg_server(18)
    with new_database(server) as first, new_database(server) as second:
        with first.connect() as connection:
            for role in ("drift_a", "drift_b"):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                    connection.execute(f"CREATE ROLE {role}".encode())
            connection.execute(WIDE.encode())
            connection.execute("SET search_path = app; SET allow_system_table_mods = on")
            connection.execute(change.encode())
            before = snapshot(connection, PLAIN)
            text = dump_owned(connection, PLAIN)
        with second.connect() as connection:
            load(connection, text, None)
            found = difference(before, snapshot(connection, PLAIN))
    assert [c for c in found if c.key.prop not in LOST and c.key.prop != "option password"] == []
    assert "hunter2" not in text


def test_the_managed_part_is_a_baseline_that_projects_replay_on(pg_server: Server) -> None:
    own = pg_server(18, supabase())
    with new_database(own) as target:
        with target.connect() as connection:
            connection.execute("ALTER TABLE auth.users ADD COLUMN of_this_project integer NOT NULL DEFAULT 7")
            connection.execute("CREATE TABLE auth.passkeys (id uuid PRIMARY KEY REFERENCES auth.users)")
            connection.execute("ALTER TABLE auth.passkeys OWNER TO supabase_auth_admin")
            connection.execute("INSERT INTO storage.buckets (id, name) VALUES ('rows-stay', 'rows-stay')")
        with target.connect("postgres") as connection:
            text = dump_managed(connection, SUPABASE)
            wanted = managed(connection)
        assert "rows-stay" not in text
    baseline = supabase(text)
    with new_database(own) as scratch:
        # A fresh database of the same server: its roles are there.
        with own.connect("postgres") as admin:
            admin.execute("DROP DATABASE IF EXISTS landed_shadow_test_managed")
            admin.execute("CREATE DATABASE landed_shadow_test_managed TEMPLATE template0 OWNER postgres")
        try:
            with own.connect("landed_shadow_test_managed") as connection:
                connection.execute(baseline.sql(baseline.objects).encode())
                assert load_leniently(connection, text) == []
                connection.execute(baseline.sql(baseline.last).encode())
                assert difference(wanted, managed(connection)) == ()
            with own.connect("landed_shadow_test_managed", "postgres") as connection:
                connection.execute("CREATE TABLE t (owner uuid REFERENCES auth.passkeys DEFAULT auth.uid())")
                with pytest.raises(
                    psycopg.errors.InsufficientPrivilege, match="must be owner of table passkeys"
                ):
                    connection.execute("ALTER TABLE auth.passkeys ADD COLUMN x integer")
        finally:
            with own.connect("postgres") as admin:
                admin.execute("DROP DATABASE landed_shadow_test_managed")
        assert scratch.name


def managed(connection: psycopg.Connection) -> dict:
    """Facts of the managed schemas that replays depend on."""
    import dataclasses

    everything = dataclasses.replace(SUPABASE, schemas=("pgbouncer",), attached=())
    wanted = ("auth.", "storage.", "realtime.")
    return {
        key: value
        for key, value in snapshot(connection, everything).items()
        if (key.parent or key.name).startswith(wanted) and key.kind != "policy"
    }


def test_base_and_managed_are_unlike(pg_server: Server) -> None:
    server = pg_server(18, supabase())
    with new_database(server) as scratch, scratch.connect("postgres") as connection:
        connection.execute("CREATE TABLE mine (id uuid PRIMARY KEY REFERENCES auth.users)")
        connection.execute("CREATE POLICY p ON storage.objects FOR SELECT TO anon USING (bucket_id = 'b')")
        connection.execute("CREATE FUNCTION called() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'")
        connection.execute(
            "CREATE TRIGGER own AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION called()"
        )
        connection.execute("CREATE PUBLICATION own FOR TABLE mine")
        owned, platform = dump_owned(connection, SUPABASE), dump_managed(connection, SUPABASE)
    assert "public.mine" in owned and "CREATE POLICY p ON storage.objects" in owned
    assert "CREATE TRIGGER own" in owned and "CREATE PUBLICATION own" in owned
    assert "CREATE TABLE auth.users" not in owned
    assert "CREATE TABLE auth.users" in platform
    assert "CREATE POLICY p" not in platform and " own " not in platform
    assert "public.mine" not in platform and "public.called" not in platform
