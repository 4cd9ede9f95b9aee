"""Histories that make roles: their last state is kept, what they did to roles is not, and others wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from landed.core.migration import Migration
from landed.engines.cache import Cache
from landed.engines.postgres.catalog import SUPABASE
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.platform.lacking import lacking_roles
from landed.engines.postgres.shadow.replay.replay import PostgresReplayer
from landed.engines.postgres.shadow.replay.roles import share, unshare
from landed.engines.postgres.shadow.replay.timeline import ShadowChoice, timeline
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse

Server = Callable[..., ShadowServer]
FIRST = """
CREATE ROLE kept_maker LOGIN;
GRANT anon TO kept_maker;
ALTER ROLE kept_maker SET statement_timeout = '7s';
CREATE TABLE public.owned (a int);
GRANT SELECT ON public.owned TO kept_maker;
CREATE POLICY p ON public.owned TO kept_maker USING (true);
"""
SECOND = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'kept_maker' AND rolcanlogin) OR
     NOT pg_has_role('kept_maker', 'anon', 'MEMBER') THEN RAISE 'the role is not as it was left'; END IF;
END $$;
GRANT INSERT ON public.owned TO kept_maker;
"""


def migration(number: int, sql: str) -> Migration:
    return Migration(f"{number}_x.sql", str(number), f"{number}_x.sql", sql, parse)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    cache = Cache(tmp_path)
    yield cache
    cache.close()


@pytest.fixture
def choice(pg_server: Server, monkeypatch: pytest.MonkeyPatch) -> ShadowChoice:
    """Landed's own server, the tests' one."""
    server = pg_server(18, supabase())
    monkeypatch.setenv("LANDED_SHADOW_DIR", str(Path(server.host).parents[1]))
    return ShadowChoice(18, supabase())


@pytest.fixture(autouse=True)
def tidy(pg_server: Server) -> None:
    """What others of this session made by hand on the server goes with the first replay."""
    with new_database(pg_server(18, supabase())) as scratch:
        share(scratch)
        unshare(scratch)


def roles_of(server: ShadowServer) -> list[object]:
    with server.connect(server.admin) as admin:
        queries = (
            "SELECT to_jsonb(a) FROM pg_authid a ORDER BY oid",
            "SELECT to_jsonb(m) FROM pg_auth_members m ORDER BY 1",
            "SELECT to_jsonb(s) FROM pg_db_role_setting s WHERE setdatabase = 0 ORDER BY 1",
            "SELECT to_jsonb(d) FROM pg_shdescription d WHERE classoid = 'pg_authid'::regclass ORDER BY 1",
        )
        return [admin.execute(query.encode()).fetchall() for query in queries]


def test_a_new_file_is_replayed_alone_on_what_is_left_of_roles(
    pg_server: Server, choice: ShadowChoice, cache: Cache
) -> None:
    server = pg_server(18, supabase())
    before = roles_of(server)
    seen: set[str] = set()

    def run(*files: str, keep: bool = True) -> list[list[str]]:
        seen.clear()
        migrations = [migration(number, text) for number, text in enumerate(files, 1)]
        steps = timeline(
            choice,
            SUPABASE,
            migrations,
            cache=cache,
            keep=keep,
            progress=lambda at, count, name: seen.add(name),
        )
        assert roles_of(server) == before
        return [[f.message for f in step.failures] for step in steps]

    assert run(FIRST) == [[]]
    assert run(FIRST, SECOND) == [[], []]
    assert seen == {"2_x.sql"}
    # Two generations on; what depends on the role is known there, as it would be in one go.
    third = "DROP ROLE kept_maker"
    in_one_go = run(FIRST, SECOND.replace("INSERT", "UPDATE"), third, keep=False)
    assert in_one_go[2][0].endswith("(2BP01)") and len(seen) == 2
    assert run(FIRST, SECOND, third) == in_one_go
    assert seen == {"3_x.sql"}
    again = (
        "GRANT kept_maker TO postgres; DROP OWNED BY kept_maker; DROP ROLE kept_maker; CREATE ROLE kept_maker"
    )
    assert run(FIRST, SECOND, again) == [[], [], []]
    assert seen == {"3_x.sql"}
    last = "DO $$ BEGIN ASSERT NOT pg_has_role('kept_maker', 'anon', 'MEMBER'); END $$"
    assert run(FIRST, SECOND, again, last) == [[], [], [], []]
    assert seen == {"4_x.sql"}


def test_a_replay_waits_for_one_that_changes_roles(pg_server: Server) -> None:
    server = pg_server(18, supabase())
    before = roles_of(server)
    told: list[str] = []
    with new_database(server) as first, new_database(server) as second:
        changing = PostgresReplayer(first, SUPABASE)
        changing.replay(migration(1, "CREATE ROLE passing; ALTER ROLE postgres SET search_path = nowhere"))

        def other() -> None:
            replayer = PostgresReplayer(second, SUPABASE)
            step = replayer.replay(migration(1, "CREATE TABLE t (a int); GRANT SELECT ON t TO passing"))
            told.extend(failure.message for failure in step.failures)
            replayer.close()

        thread = threading.Thread(target=other)
        thread.start()
        with server.connect(server.admin) as admin:
            while not admin.execute(
                "SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND NOT granted"
            ).fetchall():
                assert thread.is_alive()
                time.sleep(0.01)
        changing.close()
        thread.join(30)
    assert told == ['role "passing" does not exist (42704)']
    assert roles_of(server) == before


KILLED = """
import sys
from pathlib import Path
from landed.engines.postgres.catalog import SUPABASE
from landed.core.migration import Migration
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.platform.lacking import lacking_roles
from landed.engines.postgres.shadow.replay.replay import PostgresReplayer
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.replay.timeline import ShadowChoice
from landed.engines.postgres.sql.split import parse

with ShadowChoice(18, supabase()).open() as server, new_database(server) as scratch:
    replayer = PostgresReplayer(scratch, SUPABASE)
    replayer.replay(Migration("1.sql", "1", "1.sql", "CREATE ROLE passing; ALTER ROLE anon LOGIN", parse))
    print("made", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_process_made_of_roles_is_gone_for_the_next_replay(
    pg_server: Server, choice: ShadowChoice
) -> None:
    """Also for one that has nothing to do with roles itself."""
    server = pg_server(18, supabase())
    before = roles_of(server)
    with subprocess.Popen(
        [sys.executable, "-c", KILLED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"made\n"
        process.send_signal(signal.SIGKILL)
    assert roles_of(server) != before
    with new_database(server) as scratch:
        replayer = PostgresReplayer(scratch, SUPABASE)
        step = replayer.replay(migration(1, "CREATE TABLE t (a int); GRANT SELECT ON t TO passing"))
        assert [failure.message for failure in step.failures] == ['role "passing" does not exist (42704)']
        replayer.close()
    assert roles_of(server) == before


@pytest.mark.parametrize(
    ("sql", "lacking"),
    [
        ("grant select on t to reader", {"reader"}),
        ('alter table t owner to Reader; create policy p on t to anon, "Odd one"', {"reader", "Odd one"}),
        ("create table reader (id int)", set()),
        ("create role reader; grant select on t to reader", set()),
        ("do $$ begin execute 'create role ' || 'x'; end $$; grant select on t to reader", set()),
        ("do $$ begin execute format('create role %I', 'x'); end $$; grant select on t to reader", set()),
        ("grant select on t to readers", set()),
        ("grant select on t to postgres, anon, supabase_auth_admin", set()),
    ],
)
def test_which_roles_of_the_target_a_replay_needs(sql: str, lacking: set[str]) -> None:
    names = ("reader", "Odd one", "postgres", "anon", "supabase_auth_admin", "unused")
    assert lacking_roles(names, [migration(1, sql)], supabase()) == lacking
