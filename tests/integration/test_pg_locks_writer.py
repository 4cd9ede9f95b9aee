"""Whole files against other sessions: waiting for them, naming them, keeping a second runner out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from landed.core.errors import Busy, NotProven
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.worlds.pgwriting import World, world_on


class Heard(list[str]):
    """What was told; the first thing that is told (or the one numbered ``at``) makes something happen."""

    def __init__(self, then: Callable[[], object], at: int = 1) -> None:
        super().__init__()
        self._then, self._at = then, at

    def append(self, text: str) -> None:
        super().append(text)
        if len(self) == self._at:
            self._then()


@pytest.fixture
def world(pg_server: Callable[..., ShadowServer]) -> Iterator[World]:
    with world_on(pg_server(18)) as made:
        made.sql(f"ALTER DATABASE {made.live.name} SET lock_timeout = '300ms'")
        made.apply("CREATE TABLE orders (id int PRIMARY KEY, region text)")
        yield made


def test_a_file_waits_for_a_session_names_it_and_lands_when_it_has_ended(world: World) -> None:
    world.heard = Heard(lambda: world.sql("COMMIT"))
    world.sql("BEGIN")
    world.sql("INSERT INTO orders VALUES (1, 'sesame')")
    assert world.apply("ALTER TABLE orders ADD COLUMN note text").outcome == "applied"
    pid = world.connection.info.backend_pid
    (told,) = world.heard
    assert told.startswith(f"0002_file.sql: waiting for a lock on public.orders held by pid {pid} (")
    assert "idle in transaction" in told and "last ran: INSERT INTO orders VALUES (1, '…')" in told
    assert world.recorded() == ["0001", "0002"]


def test_a_file_with_a_short_time_out_of_its_own_names_who_is_in_its_way(world: World) -> None:
    """Before the first try is looked at it is over; the second one is looked at from its beginning."""
    world.sql(f"ALTER DATABASE {world.live.name} RESET lock_timeout")
    world.heard = Heard(lambda: world.sql("COMMIT"), at=2)
    world.sql("BEGIN")
    world.sql("INSERT INTO orders VALUES (1, 'sesame')")
    text = "SET lock_timeout = '400ms'; ALTER TABLE orders ADD COLUMN note text"
    assert world.apply(text).outcome == "applied"
    first, second = world.heard
    assert "held by" not in first
    assert f"held by pid {world.connection.info.backend_pid} (" in second


def test_an_index_waits_for_a_session_and_leaves_nothing_broken(world: World) -> None:
    world.heard = Heard(lambda: world.sql("COMMIT"))
    world.sql("BEGIN")
    world.sql("INSERT INTO orders VALUES (1, 'sesame')")
    done = world.apply("CREATE INDEX CONCURRENTLY by_region ON orders (region)")
    assert done.outcome == "applied" and len(world.heard) == 1
    assert f"pid {world.connection.info.backend_pid} (" in world.heard[0]
    assert world.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_region'::regclass") == [(True,)]


def test_a_second_runner_is_kept_out_while_the_first_one_works(world: World) -> None:
    with world.opened() as first:
        first.connection.execute("SELECT 1")
        with pytest.raises(Busy, match="another runner") as refused, world.opened():
            pass
        assert f"pid {first.connection.info.backend_pid} (landed" in refused.value.details[0]
    assert world.apply("CREATE TABLE later ()").outcome == "applied"


def test_a_blocked_delete_is_told_with_its_constraint_and_rows(world: World) -> None:
    world.apply("CREATE TABLE lines (id int PRIMARY KEY, of int CONSTRAINT of_order REFERENCES orders)")
    world.sql("INSERT INTO orders VALUES (1, 'a'); INSERT INTO lines VALUES (7, 1), (8, 1)")
    with pytest.raises(NotProven) as failed:
        world.apply("DELETE FROM orders")
    told = "\n".join(failed.value.details)
    assert "constraint of_order: public.lines (of) refers to public.orders (id), ON DELETE NO ACTION" in told
    assert "2 rows of public.lines refer to (id)=(1), for example id = 7" in told
    assert "it is NOT DEFERRABLE" in told
    assert "delete the rows of public.lines first" in str(failed.value.next)
    assert world.sql("SELECT count(*) FROM orders") == [(1,)]


def test_a_deferred_reference_that_does_not_hold_at_the_end_is_told_as_such(world: World) -> None:
    world.apply(
        "CREATE TABLE lines (id int PRIMARY KEY, of int CONSTRAINT of_order REFERENCES orders "
        "DEFERRABLE INITIALLY DEFERRED)"
    )
    world.sql("INSERT INTO orders VALUES (1, 'a'); INSERT INTO lines VALUES (7, 1)")
    with pytest.raises(NotProven) as failed:
        world.apply("DELETE FROM orders; CREATE TABLE more ()")
    told = "\n".join(failed.value.details)
    assert "DEFERRABLE INITIALLY DEFERRED, it was deferred, and it does not hold at the end" in told
    assert world.recorded() == ["0001", "0002"]
