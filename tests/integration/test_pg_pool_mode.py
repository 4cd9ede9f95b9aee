"""A pooler's mode is told rightly whatever its other clients do: a real PgBouncer, busy, quiet and full."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
import pytest

from landed.engines.postgres.connect import pool_mode as pg_pool_mode
from landed.engines.postgres.connect.capabilities import Capabilities, capabilities
from landed.engines.postgres.connect.connect import open_connection
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.project.pg_url import Dsn
from support.servers.tcpproxy import TcpProxy

Connection = psycopg.Connection[Any]
Pooled = Callable[..., int]


@pytest.fixture
def scratch(pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as made:
        yield made


def behind(port: int, scratch: Scratch) -> Dsn:
    return Dsn("127.0.0.1", port, "me", scratch.name, None, (("sslmode", "disable"),))


def client(dsn: Dsn) -> Connection:
    return psycopg.connect(**dsn.parameters(), autocommit=True, prepare_threshold=None)


def found(dsn: Dsn) -> Capabilities:
    connected = open_connection(dsn, readonly=False)
    connected.connection.close()
    return connected.capabilities


@contextmanager
def clients(count: int, run: Callable[[], None]) -> Iterator[None]:
    """Other clients of the pool that do ``run`` again and again."""
    stop = threading.Event()

    def work() -> None:
        with suppress(psycopg.Error):  # a pool that ends takes its clients along
            while not stop.is_set():
                run()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("turns", ["0", "1"])
@pytest.mark.parametrize("size", [2, 3, 5])
def test_a_busy_pool_in_transaction_mode(pooled: Pooled, scratch: Scratch, size: int, turns: str) -> None:
    dsn = behind(pooled("transaction", default_pool_size=str(size), server_round_robin=turns), scratch)
    with ExitStack() as open_:
        mine = threading.local()

        def query() -> None:
            if not hasattr(mine, "connection"):
                mine.connection = open_.enter_context(client(dsn))
            mine.connection.execute("SELECT 1")

        with clients(size, query):
            assert {found(dsn).pooler for _ in range(15)} == {"transaction"}


@pytest.mark.parametrize("activities", ["on", "off"])
@pytest.mark.parametrize("turns", ["0", "1"])
def test_a_quiet_pool_in_transaction_mode(
    pooled: Pooled, scratch: Scratch, turns: str, activities: str
) -> None:
    """Two idle processes that are given out in turns look, with turns taken, like one for each connection."""
    with scratch.connect() as admin:
        admin.execute(f"ALTER DATABASE {scratch.name} SET track_activities = {activities}".encode())
    dsn = behind(pooled("transaction", default_pool_size="2", server_round_robin=turns), scratch)
    with client(dsn) as one, client(dsn) as two:
        one.execute("BEGIN")
        two.execute("SELECT 1")
        one.execute("COMMIT")
        assert {found(dsn).pooler for _ in range(5)} == {"transaction"}


def test_somebody_else_in_our_process(pooled: Pooled, scratch: Scratch) -> None:
    """Each connection finds a process of its own; but another client was in the first one's meanwhile."""
    dsn = behind(pooled("transaction", default_pool_size="2"), scratch)
    with client(dsn) as connection, client(dsn) as neighbour, client(dsn) as last:

        def again() -> Connection:
            # The neighbour gets the process that has just looked; the other one is given back last, and is
            # the next that is given out.
            neighbour.execute("BEGIN")
            last.execute("BEGIN")
            neighbour.execute("COMMIT")
            last.execute("COMMIT")
            return client(dsn)

        known = capabilities(connection, dsn, again)
    assert known.pooler == "transaction" and "somebody else's statements" in known.why


def test_a_full_pool_in_transaction_mode(
    pooled: Pooled, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second connection that waits proves no session: the first one waits behind it."""
    monkeypatch.setattr(pg_pool_mode, "_PATIENCE", 0.2)
    dsn = behind(pooled("transaction", default_pool_size="1", admin_users="me"), scratch)
    with ExitStack() as open_:
        connection, holder = (open_.enter_context(client(dsn)) for _ in range(2))
        given = {**dsn.parameters(), "dbname": "pgbouncer"}
        # PgBouncer's own console knows simple queries only.
        console = open_.enter_context(
            psycopg.connect(**given, autocommit=True, cursor_factory=psycopg.ClientCursor)
        )

        def end() -> None:
            while _waiting(console) < 2:
                time.sleep(0.01)
            holder.execute("COMMIT")

        def again() -> Connection:
            holder.execute("BEGIN")
            ending.start()
            return client(dsn)

        ending = threading.Thread(target=end, daemon=True)
        known = capabilities(connection, dsn, again)
        ending.join(20)
    assert known.pooler == "transaction"


def _waiting(console: Connection) -> int:
    cursor = console.cursor()
    cursor.execute("SHOW POOLS")
    assert cursor.description is not None
    column = [c.name for c in cursor.description].index("cl_waiting")
    return sum(int(row[column]) for row in cursor.fetchall())


def test_a_session_pool_whose_clients_come_and_go(pooled: Pooled, scratch: Scratch) -> None:
    dsn = behind(pooled("session", default_pool_size="4"), scratch)

    def visit() -> None:
        with client(dsn) as visitor:
            for _ in range(5):
                visitor.execute("SELECT 1")

    with clients(2, visit):
        assert Counter(found(dsn).pooler for _ in range(10)) == {"session": 10}


def test_what_it_costs(pooled: Pooled, pg_server: Callable[..., ShadowServer], scratch: Scratch) -> None:
    """In round trips, without the logins: one where the server itself answers, a dozen in session mode."""
    with TcpProxy.before(pg_server(18)) as proxy:
        found(Dsn("127.0.0.1", proxy.port, scratch.server.superuser, scratch.name))
        assert proxy.count().round_trips == 1
    with TcpProxy(("127.0.0.1", pooled("session"))) as proxy:
        assert found(behind(proxy.port, scratch)).pooler == "session"
        assert proxy.count().round_trips == 12
