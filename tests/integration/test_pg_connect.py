"""Connections to real servers and a real PgBouncer: what they can do, refuse, and leave behind."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from landed.core.errors import LandedError
from landed.engines.postgres.connect import connect as pg_connect
from landed.engines.postgres.connect import pool_mode as pg_pool_mode
from landed.engines.postgres.connect.capabilities import Capabilities
from landed.engines.postgres.connect.connect import Connected, connect, open_connection
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.project.pg_url import Dsn, parse_url
from support.servers.pgpoolers import Sayer

Pooled = Callable[..., int]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)


@pytest.fixture
def scratch(pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as made:
        yield made


def direct(scratch: Scratch) -> Dsn:
    server = scratch.server
    return Dsn(server.host, server.port, server.superuser, scratch.name)


def behind(port: int, scratch: Scratch, **options: str) -> Dsn:
    return Dsn("127.0.0.1", port, "me", scratch.name, None, tuple(options.items()))


def closing(connected: Connected) -> Capabilities:
    connected.connection.close()
    return connected.capabilities


@pytest.mark.parametrize("major", [15, 16, 17, 18])
def test_the_server_itself(pg_server: Callable[..., ShadowServer], major: int) -> None:
    server = pg_server(major)
    with new_database(server) as made, open_connection(direct(made), readonly=True).connection as reading:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reading.execute("CREATE TABLE a ()")
        with reading.transaction(), pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reading.execute("CREATE TABLE a ()")
        assert reading.prepare_threshold is None and reading.autocommit
        shown = {k: reading.execute(f"SHOW {k}").fetchone() for k in ("application_name", "lock_timeout")}
        assert shown == {"application_name": ("landed",), "lock_timeout": ("10s",)}
        known = closing(open_connection(direct(made), readonly=False))
        assert known[0] == "none" and known.major == major
        assert known[3:] == (server.superuser, server.superuser, True, False, False, made.name)


def test_a_writing_connection_has_the_servers_own_settings(scratch: Scratch) -> None:
    with connect(direct(scratch), readonly=False) as writing:
        writing.execute("CREATE TABLE a ()")
        assert writing.execute("SHOW lock_timeout").fetchone() == ("0",)


def test_options_of_the_user_are_kept(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(direct(scratch).with_options(options="-c work_mem=7MB"), readonly=True) as reading:
        assert reading.execute("SHOW work_mem").fetchone() == ("7MB",)
        assert reading.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=9MB")
    with connect(direct(scratch), readonly=True) as reading:
        assert reading.execute("SHOW work_mem").fetchone() == ("9MB",)
        assert reading.execute("SHOW default_transaction_read_only").fetchone() == ("on",)


def test_a_lesser_role(scratch: Scratch) -> None:
    with scratch.connect() as admin:
        admin.execute("DROP ROLE IF EXISTS landed_lesser")
        admin.execute("CREATE ROLE landed_lesser LOGIN")
    server = scratch.server
    known = closing(
        open_connection(Dsn(server.host, server.port, "landed_lesser", scratch.name), readonly=True)
    )
    assert (known.role, known.is_superuser, known.read_only) == ("landed_lesser", False, True)
    with server.connect(server.admin) as admin:
        admin.execute("DROP ROLE landed_lesser")


class TestPgBouncer:
    """Debian's PgBouncer in front of the server."""

    def test_transaction_mode(self, pooled: Pooled, scratch: Scratch) -> None:
        connected = open_connection(behind(pooled("transaction"), scratch), readonly=True)
        known = connected.capabilities
        assert (known.pooler, known.read_only) == ("transaction", False)
        assert "one server process served two connections" in known.why
        with connected.connection as reading:
            with reading.transaction(), pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                reading.execute("CREATE TABLE a ()")
            with reading.transaction():
                assert reading.execute("SELECT 1").fetchone() == (1,)

    def test_nothing_is_left_for_the_next_client(self, pooled: Pooled, scratch: Scratch) -> None:
        port = pooled("transaction", default_pool_size="1")
        for readonly in (True, False):
            connect(behind(port, scratch), readonly=readonly).close()
        other = psycopg.connect(**behind(port, scratch).parameters(), sslmode="disable", autocommit=True)
        with other:
            left = [other.execute(f"SHOW {name}").fetchone() for name in pg_connect.READING]
            assert left == [("off",), ("0",)]
            other.execute("CREATE TABLE still_writable ()")

    def test_session_mode(self, pooled: Pooled, scratch: Scratch) -> None:
        connected = open_connection(behind(pooled("session"), scratch), readonly=True)
        assert (connected.capabilities.pooler, connected.capabilities.read_only) == ("session", True)
        with connected.connection as reading, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reading.execute("CREATE TABLE a ()")

    def test_session_mode_with_room_for_one(
        self, pooled: Pooled, scratch: Scratch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pg_pool_mode, "_PATIENCE", 0.2)
        known = closing(
            open_connection(behind(pooled("session", default_pool_size="1"), scratch), readonly=False)
        )
        assert known.pooler == "session" and "waiting" in known.why

    def test_a_pooler_that_passes_over_the_options(self, pooled: Pooled, scratch: Scratch) -> None:
        for mode in ("transaction", "session"):
            port = pooled(mode, ignore_startup_parameters="options")
            known = closing(open_connection(behind(port, scratch), readonly=True))
            assert (known.pooler, known.read_only) == (mode, mode == "session")

    def test_other_clients_of_the_pool_do_not_hide_its_mode(self, pooled: Pooled, scratch: Scratch) -> None:
        port = pooled("transaction", default_pool_size="3")
        stop = threading.Event()

        def busy() -> None:
            with psycopg.connect(
                **behind(port, scratch).parameters(), sslmode="disable", autocommit=True
            ) as c:
                while not stop.is_set():
                    c.execute("SELECT 1", prepare=False)

        threads = [threading.Thread(target=busy) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            seen = {closing(open_connection(behind(port, scratch), readonly=False)).pooler for _ in range(10)}
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert seen == {"transaction"}

    def test_statement_mode_is_named(self, pooled: Pooled, scratch: Scratch) -> None:
        connected = open_connection(behind(pooled("statement"), scratch), readonly=True)
        assert connected.capabilities.pooler == "transaction"
        connected.connection.close()

    @pytest.mark.parametrize(
        "password", ["simple-one", "p@ss/w:rd?#%", 'it\'s "quoted" \\ x', "ünïcodé pass"]
    )
    def test_passwords_with_special_characters(self, pooled: Pooled, scratch: Scratch, password: str) -> None:
        port = pooled("session", password=password)
        url = f"postgresql://me:{password}@127.0.0.1:{port}/{scratch.name}"
        assert closing(open_connection(parse_url(url, {}), readonly=True)).login == scratch.server.superuser
        wrong = Dsn("127.0.0.1", port, "me", scratch.name, password + "x")
        with pytest.raises(LandedError) as raised:
            connect(wrong, readonly=True)
        told = "\n".join([raised.value.message, raised.value.next or "", *raised.value.details])
        assert "is wrong" in raised.value.message
        assert password not in told


class TestOneLogin:
    """A login that was refused is never tried again, on any way that libpq or psycopg would take."""

    @pytest.mark.parametrize("options", [{}, {"sslmode": "prefer"}, {"sslmode": "disable"}])
    def test_refused(self, says: Callable[..., Sayer], options: dict[str, str]) -> None:
        sayer = says('password authentication failed for user "me"', asks_password=True)
        with pytest.raises(LandedError, match="is wrong"):
            connect(
                Dsn("localhost", sayer.port, "me", "d", "wr0ng-secret", tuple(options.items())), readonly=True
            )
        assert sayer.passwords == ["wr0ng-secret"]
        assert len(sayer.logins) == 1

    def test_every_address_of_a_host_is_one_login_at_most(
        self, says: Callable[..., Sayer], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sayer = says("(ENOTFOUND) tenant/user postgres.x not found", code="XX000")
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, sayer.port))
            for host in ("127.0.0.1", "127.0.0.2")
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with pytest.raises(LandedError, match="does not know this project"):
            connect(Dsn("pooler.example.com", sayer.port, "postgres", "d", "x"), readonly=True)
        assert len(sayer.logins) == 1

    def test_an_address_without_an_answer_is_passed_over(
        self, says: Callable[..., Sayer], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sayer = says("Tenant or user not found", code="XX000")
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, sayer.port))
            for host in ("127.0.0.9", "127.0.0.1")
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with pytest.raises(LandedError, match="does not know this project"):
            connect(Dsn("pooler.example.com", sayer.port, "postgres", "d", "x"), readonly=True)
        assert len(sayer.logins) == 1

    def test_tls_that_is_not_there_costs_no_login(self, says: Callable[..., Sayer]) -> None:
        sayer = says("Tenant or user not found", code="XX000")
        with pytest.raises(LandedError):
            connect(Dsn("127.0.0.1", sayer.port, "postgres", "d", "x"), readonly=False)
        assert (sayer.tls_requests, len(sayer.logins)) == (1, 1)
        with pytest.raises(LandedError, match="has no TLS"):
            connect(
                Dsn("127.0.0.1", sayer.port, "postgres", "d", "x", (("sslmode", "require"),)), readonly=False
            )
        assert (sayer.tls_requests, len(sayer.logins)) == (2, 1)

    def test_options_are_left_out_when_refused_before_the_login(self, says: Callable[..., Sayer]) -> None:
        sayer = says("unsupported startup parameter: options", code="08P01")
        with pytest.raises(LandedError):
            connect(Dsn("127.0.0.1", sayer.port, "me", "d", "x"), readonly=True)
        assert ["options" in login for login in sayer.logins] == [True, False]


class TestFallback:
    def test_another_host_when_there_is_no_way_to_the_first(self, scratch: Scratch) -> None:
        unreachable = Dsn(
            "db.abcdefghijklmnopqrst.invalid", 5432, "postgres", "postgres", fallback=direct(scratch)
        )
        connected = open_connection(unreachable, readonly=True)
        connected.connection.close()
        assert connected.dsn == direct(scratch)
        assert [note.code for note in connected.notes] == ["fallback"]

    def test_not_after_a_refused_login(self, says: Callable[..., Sayer], scratch: Scratch) -> None:
        sayer = says('password authentication failed for user "me"')
        with pytest.raises(LandedError, match="is wrong"):
            connect(Dsn("127.0.0.1", sayer.port, "me", "d", "x", fallback=direct(scratch)), readonly=True)
        other: Any = says('password authentication failed for user "me"')
        with pytest.raises(LandedError, match="is wrong"):
            connect(
                Dsn(
                    "no.such.invalid",
                    1,
                    "me",
                    "d",
                    "x",
                    fallback=Dsn("127.0.0.1", other.port, "me", "d", "x"),
                ),
                True,
            )
        assert (len(sayer.logins), len(other.logins)) == (1, 1)
