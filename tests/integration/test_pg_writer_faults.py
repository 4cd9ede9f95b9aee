"""Connections that break, sessions that are ended, locks that others hold: what is true is what is said."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from landed.core.errors import Ambiguous, Busy, Interrupted, NotProven
from landed.engines.postgres.connect import blocking as pg_blocking
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.write import outcome as pg_writer_outcome
from support.servers.tcpproxy import TcpProxy
from support.worlds.pgwriting import World


@pytest.fixture
def world(pg_world: World) -> World:
    pg_world.empty()
    with pg_world.opened() as writer:
        pg_world.run(writer, pg_world.file("CREATE TABLE orders (id int)"))
    return pg_world


@pytest.fixture
def proxy(pg_server: Callable[..., ShadowServer]) -> Iterator[TcpProxy]:
    with TcpProxy.before(pg_server(18)) as made:
        yield made


def there(world: World, name: str) -> bool:
    return bool(world.sql(f"SELECT to_regclass('{name}') IS NOT NULL")[0][0])


@pytest.mark.parametrize("statement", ["BEGIN", "CREATE TABLE a.*", "SET CONSTRAINTS.*", "SELECT.*xact_id.*"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_lost_before_the_commit_leaves_nothing(
    world: World, proxy: TcpProxy, statement: str, when: str
) -> None:
    migration = world.file("CREATE TABLE a (i int)")
    with world.opened(proxy) as writer:
        proxy.cut(statement, when)  # type: ignore[arg-type]
        with pytest.raises(NotProven, match="was not applied: the connection was lost") as caught:
            world.run(writer, migration)
        assert any("No COMMIT had been sent" in line for line in caught.value.details)
        assert proxy.cuts == 1 and world.recorded() == ["0001"] and not there(world, "a")
        # The session is opened again for the next file.
        assert world.run(writer, migration).outcome == "applied"
    assert world.recorded() == ["0001", "0002"] and there(world, "a")


def test_a_lost_reply_to_the_commit_is_looked_up(world: World, proxy: TcpProxy) -> None:
    first, second = world.file("CREATE TABLE a (i int)"), world.file("CREATE TABLE b (i int)")
    with world.opened(proxy) as writer:
        proxy.cut("COMMIT", "after")
        done = world.run(writer, first)
        assert (proxy.cuts, done.outcome) == (1, "applied")
        assert "the reply to COMMIT was lost" in done.note and "recorded" in done.note
        assert world.run(writer, second).note == ""
    assert world.recorded() == ["0001", "0002", "0003"]


@pytest.mark.parametrize("when", ["before", "swallowed"])
def test_a_commit_that_never_arrived_is_told_as_such(world: World, proxy: TcpProxy, when: str) -> None:
    migration = world.file("CREATE TABLE a (i int)")
    with world.opened(proxy) as writer:
        proxy.cut("COMMIT", when)  # type: ignore[arg-type]
        with pytest.raises(NotProven, match="was not committed") as caught:
            world.run(writer, migration)
        assert any("rolled the transaction back" in line for line in caught.value.details)
        assert world.recorded() == ["0001"] and not there(world, "a")
        assert world.run(writer, migration).outcome == "applied"
    assert world.recorded() == ["0001", "0002"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_cannot_be_found_out_is_not_claimed(
    world: World, proxy: TcpProxy, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pg_writer_outcome, "PATIENCE", 0.5)
    migration = world.file("CREATE TABLE a (i int)")
    with world.opened(proxy) as writer:
        proxy.cut("COMMIT", when)  # type: ignore[arg-type]
        proxy.refuse = True
        with pytest.raises(Ambiguous, match="It is not known whether 0002_file") as caught:
            world.run(writer, migration)
        assert "landed status" in (caught.value.next or "")
        proxy.refuse = False
        again = world.run(writer, migration)
    assert again.outcome == ("already" if when == "after" else "applied")
    assert world.recorded() == ["0001", "0002"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_reply_to_a_change_of_the_ledger(world: World, proxy: TcpProxy, when: str) -> None:
    migration = world.file("CREATE TABLE a (i int)")
    with world.opened(proxy) as writer:
        proxy.cut("COMMIT", when)  # type: ignore[arg-type]
        if when == "after":
            writer.change_ledger([migration.name], [], [])
        else:
            with pytest.raises(NotProven, match="The ledger was not changed"):
                writer.change_ledger([migration.name], [], [])
    assert world.recorded() == (["0001", "0002"] if when == "after" else ["0001"])


def test_a_session_that_is_ended_in_the_middle_of_a_file_leaves_nothing(world: World) -> None:
    migration = world.file("CREATE TABLE a (i int)")
    slow = world.file("CREATE TABLE b (i int);\nSELECT pg_advisory_xact_lock(77);")
    world.sql("SELECT pg_advisory_lock(77)")
    ended = threading.Thread(target=end_the_waiting_one, args=(world,))
    with world.opened() as writer:
        world.run(writer, migration)
        ended.start()
        with pytest.raises(NotProven, match="was not applied: the connection was lost") as caught:
            world.run(writer, slow)
        ended.join()
        assert any("terminating connection" in line for line in caught.value.details)
        assert world.recorded() == ["0001", "0002"] and not there(world, "b")
        world.sql("SELECT pg_advisory_unlock(77)")
        assert world.run(writer, slow).outcome == "applied"
    assert world.recorded() == ["0001", "0002", "0003"]


def end_the_waiting_one(world: World) -> None:
    with world.live.connect() as other:
        while not other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchall():
            pass


def test_a_lock_that_comes_free_is_waited_for_and_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    migration = world.file("ALTER TABLE orders ADD COLUMN region text")
    with world.live.connect(autocommit=False) as other:
        other.execute("SELECT * FROM orders")
        # The other one lets go when people are told that it is in the way.
        monkeypatch.setattr(pg_blocking, "PAUSES", (0.0,))
        world.heard.clear()
        target = world.target()
        heard = target.notify

        def let_go(text: str) -> None:
            heard(text)
            other.rollback()

        target.notify = let_go
        from landed.engines.postgres.write.writer import open_writer

        with open_writer(target, lock_timeout="200ms") as writer:
            assert world.run(writer, migration).outcome == "applied"
        target.close()
    assert any("public.orders" in text and "idle in transaction" in text for text in world.heard), world.heard
    assert world.recorded() == ["0001", "0002"]


def test_two_runners_are_kept_apart(world: World) -> None:
    with world.opened(), pytest.raises(Busy, match="another runner"), world.opened():
        raise AssertionError("it must not be opened")


def test_the_servers_statement_timeout_is_explained(world: World) -> None:
    with pytest.raises(NotProven) as caught:
        world.apply("SET statement_timeout = '50ms'; SELECT pg_sleep(20)")
    assert "57014" in caught.value.message
    assert any("statement_timeout" in line for line in caught.value.details)


def test_a_lost_session_that_the_server_still_has_is_ended(world: World, proxy: TcpProxy) -> None:
    migration = world.file("CREATE TABLE a (i int)")
    with world.opened(proxy) as writer:
        # The client is cut off, and the server's session waits on in its transaction, with its locks.
        proxy.cut("SET CONSTRAINTS.*", "swallowed")
        with pytest.raises(NotProven) as caught:
            world.run(writer, migration)
        assert any("left behind is ended" in line for line in caught.value.details)
        assert world.run(writer, migration).outcome == "applied"


def interrupt_when(ready: Callable[[], bool]) -> threading.Thread:
    def wait() -> None:
        while not ready():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_ctrl_c_in_the_middle_of_a_file_leaves_nothing(world: World) -> None:
    migration = world.file("CREATE TABLE a (i int);\nSELECT pg_advisory_xact_lock(78);")
    waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 78 AND NOT granted"
    with world.live.connect() as other, world.opened() as writer:
        world.sql("SELECT pg_advisory_lock(78)")
        thread = interrupt_when(lambda: other.execute(waiting).rowcount == 1)
        with pytest.raises(Interrupted, match="it is not applied"):
            world.run(writer, migration)
        thread.join()
        world.sql("SELECT pg_advisory_unlock(78)")
    assert world.recorded() == ["0001"] and not there(world, "a")


def test_ctrl_c_while_a_commit_is_under_way_is_looked_up(world: World, proxy: TcpProxy) -> None:
    migration = world.file("CREATE TABLE a (i int)")
    with world.opened(proxy) as writer:
        proxy.log.clear()
        proxy.delay = 0.5
        thread = interrupt_when(lambda: "COMMIT" in proxy.log)
        with pytest.raises(Interrupted) as caught:
            world.run(writer, migration)
        thread.join()
        proxy.delay = 0.0
    applied = "it is applied, proven and recorded" in caught.value.message
    assert applied or "it is not applied" in caught.value.message
    assert world.recorded() == (["0001", "0002"] if applied else ["0001"]) and there(world, "a") == applied
