"""Statements that run in no transaction: proven on a real server, and what their failures leave behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import psycopg
import pytest

from landed.core.applied import Consent
from landed.core.errors import Ambiguous, Busy, NeedsConfirmation, NotProven
from landed.core.migration import Migration
from landed.core.next import landed
from landed.engines.postgres.connect.blocking import Watcher
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse
from landed.engines.postgres.write.alone.obstacles import refuse_obstacles
from landed.engines.postgres.write.alone.run import run_alone
from landed.engines.postgres.write.indexes import invalid_indexes

Connection = psycopg.Connection[Any]


class World:
    """One database with a session that works, and one that looks on or stands in the way."""

    def __init__(self, scratch: Scratch, connection: Connection, other: Connection) -> None:
        self.scratch = scratch
        self.connection = connection
        self.other = other
        self.said: list[str] = []
        self.amiss: list[str] | None = None
        """What is not there of the facts that the next statement should leave behind."""

    def run(self, sql: str, *allowed: str, **options: Any) -> list[str]:
        """What is worth knowing of a statement that is proven."""
        migration = Migration("7_x.sql", "7", "migrations/7_x.sql", f"-- seven\n{sql};\n", parse)
        options = {"lock_timeout": 5.0, "pauses": (0.0,), **options}
        watcher = Watcher(self.connection.info.backend_pid, self.scratch.connect, options["lock_timeout"] / 4)
        with closing(watcher):
            return run_alone(
                self.connection,
                migration,
                migration.statements[0],
                Consent(frozenset(allowed)),
                lambda connection: self.amiss,
                watcher=watcher,
                notify=self.said.append,
                **options,
            )

    def one(self, sql: str) -> Any:
        row = self.other.execute(sql).fetchone()
        return row[0] if row and len(row) == 1 else row

    def invalid(self) -> list[str]:
        return [index.shown for index in invalid_indexes(self.other)]

    def valid(self) -> list[str]:
        """The whole indexes of orders that no constraint made."""
        query = """SELECT indexrelid::regclass::text FROM pg_index i WHERE indrelid = 'orders'::regclass
            AND indisvalid AND indisready AND NOT indisprimary ORDER BY 1"""
        return [name for (name,) in self.other.execute(query)]


@pytest.fixture(scope="module")
def scratch(pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as made:
        yield made


@pytest.fixture
def world(scratch: Scratch) -> Iterator[World]:
    with ExitStack() as open_:
        made = World(scratch, *(open_.enter_context(scratch.connect()) for _ in range(2)))
        made.other.execute("CREATE TABLE orders (id int PRIMARY KEY, region text)")
        made.other.execute("INSERT INTO orders VALUES (1, 'north'), (2, 'north'), (3, 'south')")
        yield made
        made.other.execute("ROLLBACK; DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        ("CREATE INDEX CONCURRENTLY by_region ON orders (region)", "by_region"),
        ("create index concurrently ON orders(region)", "orders_region_idx"),
        (
            'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "Odd Name" ON ONLY public . "orders" (id)',
            '"Odd Name"',
        ),
    ],
)
def test_a_new_index_is_made(world: World, sql: str, index: str) -> None:
    assert world.run(sql) == []
    assert world.valid() == [index]
    assert world.one("SHOW lock_timeout") == world.connection.execute("SHOW lock_timeout").fetchone()[0]  # type: ignore[index]


def test_facts_that_are_not_there_are_told(world: World) -> None:
    """The server passed over it without a word: an index of that name is on another table."""
    world.other.execute("CREATE TABLE lines (region text); CREATE INDEX by_region ON lines (region)")
    world.amiss = ["index public.orders.by_region · exists: expected yes, is not there (statement 1)"]
    with pytest.raises(NotProven, match="ran without an error, but what it should have done") as failed:
        world.run("CREATE INDEX CONCURRENTLY IF NOT EXISTS by_region ON orders (region)")
    assert list(failed.value.details) == world.amiss
    assert failed.value.where == "migrations/7_x.sql:2"


UNIQUE = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_region ON orders (region)"


def test_duplicates_leave_an_invalid_index_which_is_said(world: World) -> None:
    with pytest.raises(NotProven) as failed:
        world.run(UNIQUE)
    error = failed.value
    assert error.message == ('7_x.sql: statement 1 of 1 failed: could not create unique index "one_region"')
    assert error.where == "migrations/7_x.sql:2"
    assert error.details[0] == "Key (region)=(north) is duplicated."
    assert error.details[1] == "1 value occurs more than once in public.orders (region), in 2 rows"
    assert error.details[2].startswith(
        "the INVALID index public.one_region was left behind: no query uses it"
    )
    assert error.details[3] == "to remove it by hand: DROP INDEX CONCURRENTLY public.one_region"
    allow = "--allow 'drop-invalid-index:public.one_region'"
    assert error.next == (
        'merge or delete the duplicates first; to see them: SELECT "region", count(*) FROM public.orders '
        f'GROUP BY "region" HAVING count(*) > 1\nThen run: landed resume 7_x.sql {allow}'
    )
    assert world.invalid() == ["public.one_region"]


def test_an_invalid_index_in_the_way_is_recognised_and_replaced_with_consent(world: World) -> None:
    """What the CLI records as applied: the data mended, IF NOT EXISTS passes over the INVALID index."""
    with pytest.raises(NotProven):
        world.run(UNIQUE)
    world.other.execute("DELETE FROM orders WHERE id = 2")
    for sql in (UNIQUE, UNIQUE.replace("IF NOT EXISTS", "")):
        with pytest.raises(NeedsConfirmation) as refused:
            world.run(sql)
        assert refused.value.next == (
            "To have it dropped and built anew: "
            "landed resume 7_x.sql --allow 'drop-invalid-index:public.one_region'"
        )
        assert world.invalid() == ["public.one_region"]
    assert world.run(UNIQUE, "drop-invalid-index:public.one_region") == []
    assert world.valid() == ["one_region"]
    assert world.said == ["dropping the INVALID index public.one_region"]
    assert world.invalid() == []
    with pytest.raises(psycopg.errors.UniqueViolation):
        world.other.execute("INSERT INTO orders VALUES (9, 'north')")


def test_what_is_in_the_way_is_found_before_anything_of_a_file_runs(world: World) -> None:
    with pytest.raises(NotProven):
        world.run(UNIQUE)
    text = f"ALTER TABLE orders ADD a int; {UNIQUE}; CREATE INDEX CONCURRENTLY ON later (id)"
    file = Migration("8_y.sql", "8", "migrations/8_y.sql", text, parse)
    with pytest.raises(NeedsConfirmation) as refused:
        refuse_obstacles(world.connection, file, {1, 2, 3}, Consent(), landed("resume", "8_y.sql"))
    assert str(refused.value.next).endswith(
        "landed resume 8_y.sql --allow 'drop-invalid-index:public.one_region'"
    )
    refuse_obstacles(world.connection, file, {1, 3}, Consent())
    allowed = Consent(frozenset({"drop-invalid-index:public.one_region"}))
    refuse_obstacles(world.connection, file, {1, 2, 3}, allowed)
    assert world.invalid() == ["public.one_region"]


def test_consent_for_another_index_is_none(world: World) -> None:
    with pytest.raises(NotProven):
        world.run(UNIQUE)
    with pytest.raises(NeedsConfirmation):
        world.run(UNIQUE, "drop-invalid-index:public.other")


def test_an_unnamed_index_of_the_same_definition_left_earlier_is_told(world: World) -> None:
    sql = "CREATE UNIQUE INDEX CONCURRENTLY ON orders (region)"
    with pytest.raises(NotProven) as failed:
        world.run(sql)
    assert "--allow" not in str(failed.value.next)
    world.other.execute("DELETE FROM orders WHERE id = 2")
    assert world.run(sql) == [
        "an INVALID index of the same definition was left by an earlier failure: "
        "DROP INDEX CONCURRENTLY public.orders_region_idx",
    ]
    assert world.valid() == ["orders_region_idx1"]


INDEX = "CREATE INDEX CONCURRENTLY by_region ON orders (region)"


def test_an_old_transaction_is_named_before_anything_is_made(world: World) -> None:
    world.other.execute("BEGIN; UPDATE orders SET region = 'east' WHERE id = 1")
    while not world.one(
        "SELECT clock_timestamp() - xact_start > interval '0.1 s' FROM pg_stat_activity "
        "WHERE pid = pg_backend_pid()"
    ):
        time.sleep(0.02)
    with pytest.raises(Busy) as refused:
        world.run(INDEX, lock_timeout=0.1, tries=2)
    pid = world.other.info.backend_pid
    assert f"a lock on orders is held by pid {pid} (" in refused.value.details[0]
    assert refused.value.details[-1] == "this statement has changed nothing"
    assert len(world.said) == 1 and "it was given up and is tried again" in world.said[0]
    world.other.execute("ROLLBACK")
    assert world.invalid() == []


def test_an_old_snapshot_on_another_table_is_named_as_well(world: World) -> None:
    world.other.execute("CREATE TABLE far ()")
    world.other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM far")
    with pytest.raises(Busy) as refused:
        world.run(INDEX, lock_timeout=0.1, tries=8)
    pid = world.other.info.backend_pid
    assert refused.value.details[0].startswith(f"it waits for the end of the transaction of pid {pid} (")
    world.other.execute("ROLLBACK")


def test_what_a_try_left_is_removed_before_the_next(world: World) -> None:
    """The writer appears too late to be seen beforehand: the index is there, INVALID, when the lock time-out
    strikes."""
    world.other.execute("BEGIN; UPDATE orders SET region = 'east' WHERE id = 1")
    left: list[list[str]] = []

    def sleep(seconds: float) -> None:
        left.append(world.invalid())
        world.other.execute("ROLLBACK")

    # An old transaction is one of more than this many seconds: none is.
    world.run(INDEX, lock_timeout=0.5, sleep=sleep)
    assert left == [["public.by_region"]]
    assert world.valid() == ["by_region"]
    assert "waiting for" in world.said[0] and f"pid {world.other.info.backend_pid} (" in world.said[0]
    assert world.invalid() == []


def test_what_could_not_be_removed_either_is_said(world: World) -> None:
    world.other.execute("BEGIN; UPDATE orders SET region = 'east' WHERE id = 1")
    with pytest.raises(Busy) as refused:
        world.run(INDEX, lock_timeout=0.5, tries=1)
    assert any("the INVALID index public.by_region was left behind" in line for line in refused.value.details)
    world.other.execute("ROLLBACK")
    assert world.invalid() == ["public.by_region"]


def test_an_index_that_another_session_is_building_is_left_alone(world: World) -> None:
    import threading

    with world.scratch.connect() as writer, world.scratch.connect() as builder:
        pid = builder.info.backend_pid
        writer.execute("BEGIN; UPDATE orders SET region = 'east' WHERE id = 1")
        thread = threading.Thread(target=builder.execute, args=(INDEX,))
        thread.start()
        while not [i for i in invalid_indexes(world.other) if i.builder]:
            time.sleep(0.02)
        with pytest.raises(Busy) as refused:
            world.run(INDEX, "drop-invalid-index:public.by_region")
        writer.execute("ROLLBACK")
        thread.join(20)
        assert not thread.is_alive()
    assert refused.value.message == "another session is building the index public.by_region at this moment"
    assert f"pid {pid} is at it" in refused.value.details[0]
    assert world.invalid() == []


def test_a_failed_reindex_leaves_an_index_that_is_recognised(world: World) -> None:
    with pytest.raises(NotProven):
        world.run(UNIQUE)
    with pytest.raises(NotProven) as failed:
        world.run("REINDEX (VERBOSE) INDEX CONCURRENTLY one_region")
    assert "the INVALID index public.one_region_ccnew was left behind" in failed.value.details[2]
    left = {i.name: (i.leftover_of, i.table, i.unique) for i in invalid_indexes(world.other, ["public"])}
    assert left == {"one_region": (None, "orders", True), "one_region_ccnew": ("one_region", "orders", True)}
    world.other.execute("DELETE FROM orders WHERE id = 2")
    (note,) = world.run("REINDEX INDEX CONCURRENTLY one_region")
    assert note.endswith("DROP INDEX CONCURRENTLY public.one_region_ccnew")
    assert world.invalid() == ["public.one_region_ccnew"]
    for _ in range(2):
        assert world.run("DROP INDEX CONCURRENTLY IF EXISTS one_region_ccnew") == []
        assert world.invalid() == []
    assert invalid_indexes(world.other, ["elsewhere"]) == []


def test_an_index_that_could_not_be_dropped_is_said_to_be_invalid_by_now(world: World) -> None:
    world.other.execute("CREATE INDEX by_region ON orders (region)")
    world.other.execute("BEGIN; SELECT FROM orders")
    with pytest.raises(Busy) as refused:
        world.run("DROP INDEX CONCURRENTLY by_region", lock_timeout=0.2, tries=2)
    assert any("still there, and INVALID by now" in line for line in refused.value.details)
    world.other.execute("ROLLBACK")
    world.run("DROP INDEX CONCURRENTLY by_region")
    assert world.valid() == world.invalid() == []


def test_the_index_of_a_partitioned_table_is_not_called_broken(world: World) -> None:
    world.other.execute(
        "CREATE TABLE parts (id int) PARTITION BY RANGE (id);"
        "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9); CREATE INDEX ON ONLY parts (id)"
    )
    assert world.invalid() == []


def test_a_detach_that_stayed_pending_is_finished(world: World) -> None:
    world.other.execute(
        "CREATE TABLE parts (id int) PARTITION BY RANGE (id);"
        "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9)"
    )
    detach = "ALTER TABLE IF EXISTS ONLY parts DETACH PARTITION public.part CONCURRENTLY"
    # A reader of the old state keeps the second half of the detach waiting.
    world.other.execute("BEGIN; SELECT FROM parts")
    with pytest.raises(Busy) as refused:
        world.run(detach, lock_timeout=0.3, tries=2)
    world.other.execute("ROLLBACK")
    assert "the detach of public.part is pending" in "\n".join(refused.value.details)
    assert world.one("SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = 'part'::regclass") is True
    world.run(detach)
    assert world.one("SELECT count(*) FROM pg_inherits WHERE inhrelid = 'part'::regclass") == 0


def test_databases_and_maintenance(world: World) -> None:
    name = f"{world.scratch.name}_b"
    there = f"SELECT count(*) FROM pg_database WHERE datname = '{name}'"
    assert world.run(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy") == []
    assert world.one(there) == 1
    assert world.run(f"DROP DATABASE IF EXISTS {name}") == []
    assert world.one(there) == 0
    assert world.run("VACUUM (FULL) orders") == world.run("CLUSTER") == []
    with pytest.raises(NotProven, match="does not exist"):
        world.run("VACUUM nothing_there")


def test_settings_of_the_server(world: World) -> None:
    note = ["work_mem takes effect after SELECT pg_reload_conf()"]
    assert world.run("ALTER SYSTEM SET work_mem = '5MB'") == note
    assert world.run("ALTER SYSTEM RESET work_mem") == note
    assert world.run("ALTER SYSTEM RESET shared_buffers") == [
        "shared_buffers takes effect when the server is restarted"
    ]


def test_a_vacuum_that_skips_the_table_is_not_proven(world: World) -> None:
    world.other.execute("CREATE ROLE outsider; GRANT USAGE ON SCHEMA public TO PUBLIC")
    try:
        world.connection.execute("SET ROLE outsider")
        with pytest.raises(NotProven) as failed:
            world.run("VACUUM orders")
        assert "skipping it" in failed.value.details[0]
    finally:
        world.connection.execute("RESET ROLE")
        world.other.execute("DROP ROLE outsider")


def test_a_statement_that_takes_too_long_is_explained(world: World) -> None:
    world.connection.execute("SET statement_timeout = '300ms'")
    world.other.execute("BEGIN; UPDATE orders SET region = 'east' WHERE id = 1")
    with pytest.raises(NotProven) as failed:
        world.run(INDEX, lock_timeout=30)
    world.other.execute("ROLLBACK")
    assert any("statement_timeout struck" in line for line in failed.value.details)
    assert any("the INVALID index public.by_region was left behind" in line for line in failed.value.details)


def test_a_lost_connection_is_told_as_what_the_database_shows(world: World) -> None:
    import threading

    def cut() -> None:
        with world.scratch.connect() as third:
            while not [i for i in invalid_indexes(third) if i.builder]:
                time.sleep(0.02)
            third.execute("SELECT pg_terminate_backend(%s, 20000)", [world.connection.info.backend_pid])

    world.other.execute("BEGIN; UPDATE orders SET region = 'east' WHERE id = 1")
    world.amiss = ["index public.orders.by_region · valid: expected yes, is no (statement 1)"]
    thread = threading.Thread(target=cut)
    thread.start()
    with pytest.raises(NotProven, match="the connection was lost while") as failed:
        world.run(INDEX, lock_timeout=30, reconnect=world.scratch.connect)
    thread.join(20)
    world.other.execute("ROLLBACK")
    assert failed.value.details[0] == f"read again: {world.amiss[0]}"
    assert "the INVALID index public.by_region was left behind" in failed.value.details[1]
    assert "DROP INDEX CONCURRENTLY public.by_region" in failed.value.details[2]


def test_a_lost_connection_without_another_is_not_known(world: World) -> None:
    pid = world.connection.info.backend_pid
    with pytest.raises(Ambiguous):
        world.run(f"VACUUM orders; SELECT pg_terminate_backend({pid})".split(";")[1])


@pytest.mark.parametrize("major", [15, 16, 17])
def test_other_majors(pg_server: Callable[..., ShadowServer], major: int) -> None:
    with new_database(pg_server(major)) as made, made.connect() as one, made.connect() as two:
        older = World(made, one, two)
        two.execute("CREATE TABLE orders (id int, region text); INSERT INTO orders VALUES (1, 'a'), (2, 'a')")
        with pytest.raises(NotProven):
            older.run(UNIQUE)
        assert older.invalid() == ["public.one_region"]
        two.execute("DELETE FROM orders WHERE id = 1")
        older.run(UNIQUE, "drop-invalid-index:public.one_region")
        assert older.invalid() == [] and older.valid() == ["one_region"]
