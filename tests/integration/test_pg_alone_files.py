"""Files that are cut at statements outside of transactions: nothing is half-way unsaid, settings are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from landed.core.errors import NeedsConfirmation, NotProven
from landed.core.migration import Statement
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.head import read_head
from landed.engines.postgres.sql.settings import with_settings
from landed.engines.postgres.sql.split import split
from support.worlds.pgwriting import World, world_on


@pytest.fixture
def world(pg_server: Callable[..., ShadowServer]) -> Iterator[World]:
    with world_on(pg_server(18)) as made:
        yield made


ORDERS = "CREATE TABLE orders (id int, region text)"
INDEXED = (
    "ALTER TABLE orders ADD COLUMN note text;"
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_region ON orders (region);"
    "ALTER TABLE orders ADD COLUMN last text"
)
ALLOW = "drop-invalid-index:public.one_region"


def columns(world: World) -> list[str]:
    found = world.sql(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0"
        " AND NOT attisdropped ORDER BY attnum"
    )
    return [name for (name,) in found]


def test_settings_of_a_file_hold_in_all_its_parts(world: World) -> None:
    done = world.apply(
        "CREATE SCHEMA app; SET search_path = app; SET statement_timeout = '9min';"
        "CREATE TABLE t (a int);"
        "CREATE INDEX CONCURRENTLY t_a ON t (a);"
        "CREATE TABLE u AS SELECT current_setting('statement_timeout') AS it"
    )
    assert done.outcome == "applied"
    assert world.sql("SELECT it FROM app.u") == [("9min",)]
    assert world.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'app.t_a'::regclass") == [(True,)]


def test_settings_hold_as_well_when_a_file_goes_on_in_the_middle(world: World) -> None:
    migration = world.file("CREATE SCHEMA app; SET search_path = app; CREATE TABLE a (); CREATE TABLE b ()")
    world.sql("CREATE SCHEMA app; CREATE TABLE app.a ()")
    with world.opened() as writer:
        world.run(writer, migration, statements=(4,))
    assert world.sql("SELECT to_regclass('app.b') IS NOT NULL") == [(True,)]


def test_what_is_in_the_way_stops_a_file_before_its_first_part(world: World) -> None:
    world.apply(ORDERS)
    world.sql("INSERT INTO orders VALUES (1, 'north'), (2, 'north')")
    migration = world.file(INDEXED)
    with world.opened() as writer:
        # The first part commits, and the index fails: said, with what is there.
        with pytest.raises(NotProven) as failed:
            world.run(writer, migration)
        assert columns(world) == ["id", "region", "note"]
        told = "\n".join(failed.value.details)
        assert "Key (region)=(north) is duplicated." in told
        assert "the INVALID index public.one_region was left behind" in told
        assert "1 value occurs more than once in public.orders (region), in 2 rows" in told
        assert ALLOW in str(failed.value.next)
        assert world.recorded() == ["0001"]

        # Mended by hand back to the start: the INVALID index is still there.
        world.sql("ALTER TABLE orders DROP COLUMN note; DELETE FROM orders WHERE id = 2")
        with pytest.raises(NeedsConfirmation) as refused:
            world.run(writer, migration)
        assert ALLOW in str(refused.value.next)
        assert columns(world) == ["id", "region"]
        assert world.run(writer, migration, ALLOW).outcome == "applied"
    assert columns(world) == ["id", "region", "note", "last"]
    assert world.sql("SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = 'orders'::regclass") == [
        (True,)
    ]
    assert world.recorded() == ["0001", "0002"]


def test_a_setting_that_needs_what_the_file_makes_is_no_obstacle(world: World) -> None:
    done = world.apply(
        "CREATE TEXT SEARCH CONFIGURATION public.mine (COPY = simple);"
        "SET default_text_search_config = 'public.mine'; CREATE TABLE notes (body text);"
        "CREATE INDEX CONCURRENTLY notes_body ON notes USING gin (to_tsvector('public.mine', body))"
    )
    assert done.outcome == "applied"


@pytest.mark.parametrize(
    ("sql", "sets"),
    [
        ("SET search_path TO app", True),
        ("set session statement_timeout = 0", True),
        ("SET ROLE admin", True),
        ("RESET ALL", True),
        ("SELECT pg_catalog.set_config('search_path', '', false)", True),
        ("SELECT set_config('search_path', '', false)", True),
        ("SET LOCAL lock_timeout = 1", False),
        ("SET CONSTRAINTS ALL DEFERRED", False),
        ("SET TRANSACTION READ ONLY", False),
        ("SELECT set_config FROM t", False),
        ("UPDATE t SET a = 1", False),
        ("", False),
    ],
)
def test_which_statements_set_something_for_the_session(sql: str, sets: bool) -> None:
    assert read_head(sql).sets_session is sets


def test_only_settings_before_the_last_statement_are_taken_along() -> None:
    statements = split("SET a.b = 1; SELECT 1; SET a.c = 2; SELECT 2; SET a.d = 3; SELECT 3")

    def numbers(found: list[Statement]) -> list[int]:
        return [s.number for s in found]

    assert numbers(with_settings(statements, {4})) == [1, 3, 4]
    assert numbers(with_settings(statements, {1, 2})) == [1, 2]
    assert with_settings(statements, ()) == []
