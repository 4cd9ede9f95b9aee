"""What demo tells of the Supabase CLI, done with the real one: the same database comes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from landed.demo.supabase import FILES, FIRST, SECOND, THIRD, untrue_history
from support.clients.supabase_cli import LEDGER, Listed, Row, World, version


def test_the_real_cli_gets_to_where_the_demo_starts(
    supabase_world: Callable[..., World], tmp_path: Path
) -> None:
    world = supabase_world({FIRST: FILES[FIRST]})
    world.cli.push().check()
    world.write(FILES)
    world.cli("migration", "repair", "--status", "applied", version(SECOND)).check()
    world.sql("insert into public.users values (1, 'ada@example.com'), (2, 'ada@example.com')")
    assert world.cli.push().code != 0, "it meets the duplicates"
    world.sql("update public.users set email = 'bob@example.com' where id = 2")
    world.cli.push().check()
    assert world.cli.list() == [Listed(version(name), version(name)) for name in sorted(FILES)]
    standings = world.landed("status").standings()
    assert (standings[SECOND], standings[THIRD]) == ("phantom", "partial")

    with untrue_history(tmp_path / "demo") as told:
        rows = told.run(f"SELECT version, name, statements FROM {LEDGER} ORDER BY version")
        assert [Row(*row) for row in rows] == world.ledger
        assert world.landed("drift", world.url, told.url).body["differences"] == []
