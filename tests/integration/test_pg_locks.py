"""The session lock and blocked statements on a real server, with several connections and a real PgBouncer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest

from landed.core.errors import Busy, UsageError
from landed.engines.postgres.connect.advisory import LOCK_CLASS, lock_key, refuse_unwritable, session_lock
from landed.engines.postgres.connect.blocking import (
    Watcher,
    blockers_of,
    explain_cancel,
    retrying,
    sqlstate,
)
from landed.engines.postgres.connect.capabilities import Capabilities
from landed.engines.postgres.connect.connect import Connected, open_connection
from landed.engines.postgres.connect.sessions import Blocker, duration, shown
from landed.engines.postgres.ledger_name import LedgerTable
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.project.pg_url import Dsn, parse_url

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def scratch(pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as made:
        yield made


def dsn_of(scratch: Scratch) -> Dsn:
    server = scratch.server
    return Dsn(server.host, server.port, server.superuser, scratch.name)


@contextmanager
def session(scratch: Scratch) -> Iterator[Connected]:
    connected = open_connection(dsn_of(scratch), readonly=False)
    with connected.connection:
        yield connected


@contextmanager
def waiting(connection: Connection, sql: str) -> Iterator[list[BaseException]]:
    """Run a statement in a thread; the block starts when the server says that it waits."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            connection.execute(sql)
        except psycopg.Error as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield failed
    finally:
        thread.join(30)
        assert not thread.is_alive()


def until(look: Callable[[], Any]) -> Any:
    """What ``look`` gives as soon as it gives something."""
    end = time.monotonic() + 20
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end
        time.sleep(0.01)


def test_one_runner_holds_the_lock_and_the_other_is_told_who(scratch: Scratch) -> None:
    with session(scratch) as one, session(scratch) as two:
        with session_lock(one.connection, one.capabilities, one.dsn) as pid:
            assert pid == one.connection.info.backend_pid
            one.connection.execute("SELECT 'sesame', 7")
            with (
                pytest.raises(Busy) as refused,
                session_lock(two.connection, two.capabilities, two.dsn),
            ):
                pass
        assert refused.value.message == "another runner is applying migrations to this database"
        told = "\n".join((*refused.value.details, refused.value.next or ""))
        assert f"pid {pid} (landed, {scratch.server.superuser}, idle, connected for " in told
        assert "last ran: SELECT '…', 7" in told and "sesame" not in told
        assert f"pg_terminate_backend({pid})" in told
        with session_lock(two.connection, two.capabilities, two.dsn):
            pass


def test_the_lock_can_be_found_and_takes_one_round_trip_each_way(scratch: Scratch) -> None:
    with session(scratch) as one, session(scratch) as two:
        sent = _count_queries(one.connection)
        with session_lock(one.connection, one.capabilities, one.dsn):
            assert len(sent) == 1
            found = two.connection.execute(
                "SELECT pid, objid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s", [LOCK_CLASS]
            ).fetchall()
            assert found == [(one.connection.info.backend_pid, lock_key()[1] % (1 << 32))]
        assert len(sent) == 2


def _count_queries(connection: Connection) -> list[str]:
    sent: list[str] = []
    execute = connection.execute

    def counted(query: Any, *args: Any, **named: Any) -> Any:
        sent.append(query)
        return execute(query, *args, **named)

    connection.execute = counted  # type: ignore[method-assign]
    return sent


def test_other_ledgers_and_other_databases_have_locks_of_their_own(
    scratch: Scratch, pg_server: Callable[..., ShadowServer]
) -> None:
    with ExitStack() as open_:
        one, two = (open_.enter_context(session(scratch)) for _ in range(2))
        open_.enter_context(session_lock(one.connection, one.capabilities, one.dsn))
        other = LedgerTable("public", "history")
        open_.enter_context(session_lock(two.connection, two.capabilities, two.dsn, other))
        elsewhere = open_.enter_context(session(open_.enter_context(new_database(pg_server(18)))))
        open_.enter_context(session_lock(elsewhere.connection, elsewhere.capabilities, elsewhere.dsn))


def test_the_lock_is_given_back_after_a_failed_transaction_and_by_a_dead_session(scratch: Scratch) -> None:
    with session(scratch) as one, session(scratch) as two:
        with session_lock(one.connection, one.capabilities, one.dsn):
            one.connection.execute("BEGIN")
            with pytest.raises(psycopg.errors.DivisionByZero):
                one.connection.execute("SELECT 1/0")
        with session_lock(two.connection, two.capabilities, two.dsn):
            pass
        with session_lock(one.connection, one.capabilities, one.dsn) as pid:
            two.connection.execute("SELECT pg_terminate_backend(%s, 20000)", [pid])
        with session_lock(two.connection, two.capabilities, two.dsn):
            pass


def test_a_role_without_rights_is_told_the_process(scratch: Scratch) -> None:
    with session(scratch) as one:
        one.connection.execute("CREATE ROLE stranger LOGIN")
        try:
            stranger = Dsn(scratch.server.host, scratch.server.port, "stranger", scratch.name)
            other = open_connection(stranger, readonly=False)
            with (
                other.connection,
                session_lock(one.connection, one.capabilities, one.dsn) as pid,
                pytest.raises(Busy) as refused,
                session_lock(other.connection, other.capabilities, other.dsn),
            ):
                pass
            assert f"held by pid {pid} (landed, " in refused.value.details[0]
            assert "this role may not see what it does" in refused.value.details[0]
        finally:
            one.connection.execute("DROP ROLE stranger")


def test_eight_at_once_take_it_one_after_the_other(scratch: Scratch) -> None:
    inside: list[int] = []
    most: list[int] = []
    refused: list[Busy] = []
    start = threading.Barrier(8)

    def runner() -> None:
        with session(scratch) as own:
            start.wait(20)
            while True:
                try:
                    with session_lock(own.connection, own.capabilities, own.dsn) as pid:
                        inside.append(pid)
                        most.append(len(inside))
                        inside.remove(pid)
                        return
                except Busy as busy:
                    refused.append(busy)

    threads = [threading.Thread(target=runner) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most == [1] * 8


def test_pgbouncer_in_transaction_mode_is_refused(scratch: Scratch, pooled: Callable[..., int]) -> None:
    behind = Dsn("127.0.0.1", pooled("transaction"), "me", scratch.name)
    connected = open_connection(behind, readonly=False)
    with (
        connected.connection,
        pytest.raises(UsageError, match="transaction pooler") as refused,
        session_lock(connected.connection, connected.capabilities, connected.dsn),
    ):
        pass
    assert "a pooler is in between" in refused.value.details[0]
    assert "pool_mode = session" in str(refused.value.next)


def test_pgbouncer_in_session_mode_gives_a_real_lock(scratch: Scratch, pooled: Callable[..., int]) -> None:
    behind = Dsn("127.0.0.1", pooled("session"), "me", scratch.name)
    connected = open_connection(behind, readonly=False)
    with connected.connection, session(scratch) as direct:
        assert connected.capabilities.pooler == "session"
        with session_lock(connected.connection, connected.capabilities, connected.dsn) as pid:
            assert connected.connection.execute("SELECT pg_backend_pid()").fetchone() == (pid,)
            with pytest.raises(Busy), session_lock(direct.connection, direct.capabilities, direct.dsn):
                pass


REF = "abcdefghijklmnopqrst"


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (
            f"postgresql://postgres.{REF}:hush@aws-0-eu.pooler.supabase.com:6543/postgres",
            [
                f"postgresql://postgres.{REF}@aws-0-eu.pooler.supabase.com:5432/postgres",
                f"postgresql://postgres@db.{REF}.supabase.co:5432/postgres",
            ],
        ),
        (
            f"postgresql://postgres:hush@db.{REF}.supabase.co:6543/postgres",
            [f"postgresql://postgres@db.{REF}.supabase.co:5432/postgres", "dashboard"],
        ),
    ],
)
def test_supabase_poolers_are_refused_with_the_url_to_use(url: str, wanted: list[str]) -> None:
    known = Capabilities("transaction", "port 6543", 170000, "", "", False, False, False, "postgres")
    with (
        pytest.raises(UsageError) as refused,
        session_lock(None, known, parse_url(url, {})),  # type: ignore[arg-type]
    ):
        pass
    assert all(part in str(refused.value.next) for part in wanted)
    assert "hush" not in str(refused.value.next) + "".join(refused.value.details) + str(refused.value)


def test_a_database_that_is_set_to_read_only_is_refused(pg_server: Callable[..., ShadowServer]) -> None:
    with new_database(pg_server(18)) as made:
        with made.connect() as owner:
            owner.execute(f"ALTER DATABASE {made.name} SET default_transaction_read_only = on")
        with (
            session(made) as late,
            pytest.raises(UsageError, match="read-only"),
            session_lock(late.connection, late.capabilities, late.dsn),
        ):
            pass


def test_a_replica_is_refused() -> None:
    known = Capabilities("none", "", 170000, "", "", False, True, False, "postgres")
    with pytest.raises(UsageError, match="replica"):
        refuse_unwritable(known, Dsn("h", 1, "u", "d"))


def test_who_waits_without_a_time_out_is_told_while_it_waits(scratch: Scratch) -> None:
    with session(scratch) as holder, session(scratch) as runner:
        holder.connection.execute("CREATE TABLE slow ()")
        holder.connection.execute("BEGIN; LOCK TABLE slow")
        said: list[str] = []

        def tell(text: str) -> None:
            said.append(text)
            holder.connection.execute("ROLLBACK")

        pid = runner.connection.info.backend_pid
        watcher = Watcher(pid, lambda: open_connection(dsn_of(scratch), True).connection, 0.05, tell)
        retrying(lambda: runner.connection.execute("SELECT FROM slow"), notify=pytest.fail, watcher=watcher)
        watcher.close()
        assert len(said) == 1 and said[0].startswith("waiting for a lock on public.slow held by pid ")
        holder.connection.execute("DROP TABLE slow")


def test_who_blocks_whom(scratch: Scratch) -> None:
    with session(scratch) as holder, session(scratch) as waiter, session(scratch) as third:
        holder.connection.execute("CREATE TABLE orders (id int)")
        holder.connection.execute("BEGIN; UPDATE orders SET id = 1 WHERE 'hunter2' = 'x'")
        pid = waiter.connection.info.backend_pid
        assert blockers_of(third.connection, pid) == ()
        with waiting(waiter.connection, "ALTER TABLE orders ADD region text") as failed:
            (found,) = until(lambda: blockers_of(third.connection, pid))
            holder.connection.execute("ROLLBACK")
        assert failed == []
        assert found.pid == holder.connection.info.backend_pid
        assert (found.relation, found.mode) == ("public.orders", "AccessExclusiveLock")
        assert (found.state, found.application) == ("idle in transaction", "landed")
        assert "UPDATE orders SET id = 1 WHERE '…' = '…'" in found.query and "hunter2" not in str(found)
        third.connection.execute("DROP TABLE orders")


def test_a_try_gets_its_lock_when_the_other_session_has_ended(scratch: Scratch) -> None:
    with session(scratch) as holder, session(scratch) as runner:
        holder.connection.execute("CREATE TABLE lines (id int)")
        holder.connection.execute("BEGIN; LOCK TABLE lines")
        said: list[str] = []
        slept: list[float] = []

        def attempt() -> str:
            with runner.connection.transaction():
                runner.connection.execute("SET LOCAL lock_timeout = '400ms'")
                runner.connection.execute("ALTER TABLE lines ADD region text")
            return "done"

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 2:
                holder.connection.execute("ROLLBACK")

        watcher = Watcher(
            runner.connection.info.backend_pid,
            lambda: open_connection(dsn_of(scratch), True).connection,
            0.05,
        )
        done = retrying(attempt, notify=said.append, watcher=watcher, what="2_x.sql", sleep=sleep)
        watcher.close()
        assert done == "done" and len(said) == len(slept) == 2
        pid = holder.connection.info.backend_pid
        assert said[0].startswith(f"2_x.sql: waiting for a lock on public.lines held by pid {pid} (landed, ")
        assert "idle in transaction for 0 s, last ran: BEGIN; LOCK TABLE lines" in said[0]
        assert 0.75 <= slept[0] <= 1.25 and 1.5 <= slept[1] <= 2.5
        holder.connection.execute("DROP TABLE lines")


def test_after_the_last_try_the_session_in_the_way_is_named(scratch: Scratch) -> None:
    with session(scratch) as holder, session(scratch) as runner:
        holder.connection.execute("CREATE TABLE busy (id int); INSERT INTO busy VALUES (1)")
        holder.connection.execute("BEGIN; UPDATE busy SET id = 2")
        runner.connection.execute("SET lock_timeout = '200ms'")

        def attempt() -> None:
            # A row's lock: the wait is for a transaction, and the table is known from the tuple.
            runner.connection.execute("UPDATE busy SET id = 3")

        watcher = Watcher(
            runner.connection.info.backend_pid,
            lambda: open_connection(dsn_of(scratch), True).connection,
            0.04,
        )
        with pytest.raises(Busy) as refused:
            retrying(
                attempt, notify=lambda text: None, watcher=watcher, what="3_y.sql", tries=2, pauses=(0.0,)
            )
        watcher.close()
        pid = holder.connection.info.backend_pid
        assert refused.value.message == (
            "3_y.sql did not get its lock on public.busy in 2 tries: another session holds it"
        )
        assert f"held by pid {pid} (" in refused.value.details[0]
        assert f"pg_terminate_backend({pid})" in str(refused.value.next)
        assert isinstance(refused.value.__cause__, psycopg.errors.LockNotAvailable)
        holder.connection.execute("ROLLBACK; DROP TABLE busy")


def test_no_second_connection_is_opened_where_nothing_waits(scratch: Scratch) -> None:
    opened: list[Connection] = []

    def connect() -> Connection:
        opened.append(scratch.connect())
        return opened[-1]

    with session(scratch) as runner:
        watcher = Watcher(runner.connection.info.backend_pid, connect)
        got = retrying(
            lambda: runner.connection.execute("SELECT 7").fetchone(), notify=pytest.fail, watcher=watcher
        )
    assert got == (7,) and not opened


def test_a_watcher_without_a_connection_does_no_harm(scratch: Scratch) -> None:
    def refuse() -> Connection:
        raise psycopg.OperationalError("no room")

    with session(scratch) as holder, session(scratch) as runner:
        holder.connection.execute("CREATE TABLE narrow ()")
        holder.connection.execute("BEGIN; LOCK TABLE narrow")
        runner.connection.execute("SET lock_timeout = '100ms'")
        watcher = Watcher(runner.connection.info.backend_pid, refuse, 0.01)
        with pytest.raises(Busy, match="waits for another session") as refused:
            retrying(
                lambda: runner.connection.execute("SELECT FROM narrow"),
                notify=pytest.fail,
                watcher=watcher,
                tries=1,
            )
        assert watcher.problem == "OperationalError"
        assert refused.value.details[0].startswith("who held it could not be seen")
        holder.connection.execute("ROLLBACK; DROP TABLE narrow")


def test_a_deadlock_is_tried_once_more(scratch: Scratch) -> None:
    with session(scratch) as holder, session(scratch) as runner:
        holder.connection.execute("CREATE TABLE left_ (); CREATE TABLE right_ ()")
        runner.connection.execute("SET deadlock_timeout = '20ms'")
        holder.connection.execute("SET deadlock_timeout = '60s'")
        tries: list[int] = []
        said: list[str] = []

        def attempt() -> None:
            tries.append(len(tries))
            if len(tries) > 1:
                runner.connection.execute("LOCK TABLE left_; LOCK TABLE right_")
                return
            holder.connection.execute("BEGIN; LOCK TABLE right_")
            with runner.connection.transaction():
                runner.connection.execute("LOCK TABLE left_")
                with waiting(holder.connection, "LOCK TABLE left_"):
                    with session(scratch) as third:
                        until(lambda: blockers_of(third.connection, holder.connection.info.backend_pid))
                    try:
                        runner.connection.execute("LOCK TABLE right_")
                    finally:
                        runner.connection.execute("ROLLBACK")
            holder.connection.execute("ROLLBACK")

        def settled() -> None:
            try:
                attempt()
            except psycopg.errors.DeadlockDetected:
                holder.connection.execute("ROLLBACK")
                raise

        watcher = Watcher(runner.connection.info.backend_pid, scratch.connect, 60)
        retrying(settled, notify=said.append, watcher=watcher, pauses=(0.0,))
        assert len(tries) == 2 and "a deadlock with another session" in said[0]
        holder.connection.execute("DROP TABLE left_, right_")


def test_serialization_failures_are_tried_once_more_and_no_further(scratch: Scratch) -> None:
    raised = "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$"
    with session(scratch) as runner:
        said: list[str] = []
        watcher = Watcher(runner.connection.info.backend_pid, scratch.connect)
        with pytest.raises(Busy, match="a concurrent change of the same rows, twice"):
            retrying(
                lambda: runner.connection.execute(raised), notify=said.append, watcher=watcher, pauses=(0.0,)
            )
        assert len(said) == 1


def test_a_statement_that_takes_too_long_is_not_tried_again(scratch: Scratch) -> None:
    with session(scratch) as runner:
        runner.connection.execute("SET statement_timeout = '30ms'")
        watcher = Watcher(runner.connection.info.backend_pid, scratch.connect)
        with pytest.raises(psycopg.errors.QueryCanceled) as cancelled:
            retrying(
                lambda: runner.connection.execute("SELECT pg_sleep(20)"), notify=pytest.fail, watcher=watcher
            )
    details, advice = explain_cancel(cancelled.value, "2min")
    assert "statement_timeout (2min)" in details[0] and "SET statement_timeout" in advice
    wrapped = RuntimeError()
    wrapped.__cause__ = cancelled.value
    assert sqlstate(wrapped) == "57014" and sqlstate(RuntimeError()) is None


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("ALTER ROLE a\n  PASSWORD 'secret' -- note", "ALTER ROLE a PASSWORD '…'"),
        ("SELECT $x$secret$x$, E'se\\'cret', \"name\"", "SELECT '…', '…', \"name\""),
        ("INSERT INTO t VALUES ('secret that was cut o", "INSERT INTO t VALUES ('…'"),
        ("SELECT " + "a, " * 60, ("SELECT " + "a, " * 60)[:79] + "…"),
        (None, ""),
    ],
)
def test_queries_of_others_are_shown_without_their_values(query: str | None, line: str) -> None:
    assert shown(query) == line


def test_how_long_and_who() -> None:
    assert [duration(s) for s in (0.4, 59, 180, 7300, 360000)] == ["0 s", "59 s", "3 min", "2 h", "4 days"]
    assert str(Blocker(0)) == "a prepared transaction (see pg_prepared_xacts)"
