"""A history that does not begin at an empty database comes out usable once its starting schema is named.

Truxify's own files use tables that none of them makes, and many share a version; the starting schema here is
made up (``tests/data/bases``), so that what is shown is the way, and not the project's real database.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg

from landed.engines.postgres.files import read_supabase_migrations
from landed.engines.postgres.ledger import insert, provision, row_for
from landed.engines.postgres.ledger_name import ledger_table
from landed.engines.postgres.sql.head import head_of
from support.clients.supabase_cli import World

DATA = Path(__file__).parents[1] / "data"
PROJECT = DATA / "corpus" / "supabase" / "KanishJebaMathewM__Truxify" / "supabase" / "migrations"
BASE = DATA / "bases" / "truxify.sql"


def run_by_hand(world: World) -> set[str]:
    """The starting schema, and each file that runs in a transaction, recorded where its version is free."""
    recorded: set[str] = set()
    table = ledger_table()
    with world.connect() as connection:
        connection.execute(BASE.read_bytes())
        for statement in provision(table)[1:]:
            connection.execute(statement)
        for migration in read_supabase_migrations(world.migrations).migrations:
            try:
                with connection.transaction():
                    for statement in migration.statements:
                        for sql in world.tcp.server.powers.sent(head_of(statement)):
                            connection.execute(sql)
                    connection.execute(*insert(table, row_for(migration)))
            except psycopg.Error:
                continue
            recorded.add(migration.name)
            connection.execute("RESET ALL")
    return recorded


def test_a_history_without_a_beginning_is_usable_with_a_starting_schema(
    supabase_world: Callable[..., World],
) -> None:
    world = supabase_world()
    shutil.copytree(PROJECT, world.migrations, dirs_exist_ok=True)
    recorded = run_by_hand(world)

    without = world.landed("status")
    assert "needs-base" in {flag for m in without.body["migrations"] for flag in m["flags"]}
    (world.folder / "landed.toml").write_text('[shadow]\nbase = "supabase/base.sql"\n')
    shutil.copyfile(BASE, world.folder / "supabase" / "base.sql")
    status = world.landed("status").body
    assert status["base"] == {"holds": True, "missing": []}

    broken = [m["name"] for m in status["migrations"] if "not-replayable" in m["flags"]]
    before = [m["name"] for m in without.body["migrations"] if "not-replayable" in m["flags"]]
    assert len(broken) < 30 < 100 < len(before)
    standings = Counter(m["standing"] for m in status["migrations"] if m["name"] in recorded)
    assert not set(standings) - {"ok", "unprovable"}, standings
    assert status["unexplained"] == []

    owner = "20260805000010_create_trip_events.sql"
    assert owner in recorded
    world.sql("DROP TABLE public.trip_events")
    now = world.landed("status").standings()
    then = {m["name"]: m["standing"] for m in status["migrations"]}
    assert {name for name in then if now[name] != then[name]} == {owner}
    assert now[owner] in ("partial", "phantom")
