"""Every way in which a connection fails, as libpq reports it: what landed says, and no secret in it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from urllib.parse import quote

import psycopg
import pytest

from landed.core.errors import Busy, CannotKnow, ConfigError, LandedError
from landed.engines.postgres.connect.connect import connect
from landed.engines.postgres.connect.failures import explain, meaning_of, scrub
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.project.pg_url import Dsn
from support.servers.pgpoolers import Sayer, free_port

REF = "abcdefghijklmnopqrst"
SECRET = "p@ss/w:rd?#%41 'q\" x"
POOLER = Dsn("aws-0-eu-central-1.pooler.supabase.com", 5432, f"postgres.{REF}", "postgres", SECRET)
DIRECT = Dsn(f"db.{REF}.supabase.co", 5432, "postgres", "postgres", SECRET)
PLAIN = Dsn("db.example.com", 5432, "me", "shop", SECRET)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)


@pytest.fixture
def scratch(pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as made:
        yield made


def told(error: LandedError) -> str:
    return "\n".join(
        [error.message, *error.details, error.next or "", error.where or "", str(error), repr(error)]
    )


def fail(dsn: Dsn) -> LandedError:
    with pytest.raises(LandedError) as raised:
        connect(dsn, readonly=True)
    return raised.value


SAID = [
    # what the other side says, SQLSTATE, and: the code, the error, words of the message and of the next step
    (
        "Tenant or user not found",
        "XX000",
        POOLER,
        "tenant",
        ConfigError,
        "host or user name is wrong",
        "dashboard",
    ),
    (
        "(ENOTFOUND) tenant/user postgres.x not found",
        "XX000",
        POOLER,
        "tenant",
        ConfigError,
        "host or user",
        "region",
    ),
    (
        "Tenant or user not found",
        "XX000",
        Dsn(POOLER.host, 5432, "postgres", "postgres", SECRET),
        "tenant",
        ConfigError,
        "host or user",
        "pooler",
    ),
    (
        "(ENOIDENTIFIER) no tenant identifier provided",
        "XX000",
        POOLER,
        "tenant",
        ConfigError,
        "not told which project",
        "<project ref>",
    ),
    (
        "(ECIRCUITBREAKER) too many authentication failures, new connections are blocked",
        "XX000",
        POOLER,
        "blocked",
        CannotKnow,
        "refuses logins",
        "two minutes",
    ),
    (
        "(EMAXCONNSESSION) max clients reached in session mode - limited to pool_size: 15",
        "XX000",
        POOLER,
        "pool-full",
        Busy,
        "no free connection",
        "pool size",
    ),
    (
        "(EMAXCONN) max client connections reached, limit: 200",
        "XX000",
        POOLER,
        "pool-full",
        Busy,
        "no free connection",
        "pool size",
    ),
    (
        "no more connections allowed (max_client_conn)",
        "08P01",
        PLAIN,
        "pool-full",
        Busy,
        "no free connection",
        "direct",
    ),
    ("sorry, too many clients already", "53300", PLAIN, "server-full", Busy, "no free connection", "close"),
    (
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "53300",
        DIRECT,
        "server-full",
        Busy,
        "no free",
        "close",
    ),
    (
        'password authentication failed for user "me"',
        "28P01",
        PLAIN,
        "password",
        CannotKnow,
        "password for me",
        "%40",
    ),
    (
        "failed SASL auth (invalid SCRAM server-final-message received from server)",
        "28P01",
        POOLER,
        "password",
        CannotKnow,
        "is wrong",
        "SUPABASE_DB_PASSWORD",
    ),
    ("Wrong password", "28P01", POOLER, "password", CannotKnow, "is wrong", "SUPABASE_DB_PASSWORD"),
    (
        'prepared statement "s1" already exists',
        "42P05",
        PLAIN,
        "transaction-pooler",
        CannotKnow,
        "transaction pooler",
        "session pooler",
    ),
    (
        'database "shop" does not exist',
        "3D000",
        PLAIN,
        "database",
        ConfigError,
        "no database shop",
        "create it",
    ),
    (
        'database "shop" does not exist',
        "3D000",
        DIRECT,
        "database",
        ConfigError,
        "no database shop",
        "/postgres",
    ),
    ('role "me" does not exist', "28000", PLAIN, "role", ConfigError, "no user me", "correct"),
    ("the database system is starting up", "57P03", PLAIN, "starting", Busy, "starting up", "wait"),
    (
        "Address not in tenant allow_list: {1, 2, 3, 4}",
        "XX000",
        POOLER,
        "not-allowed",
        CannotKnow,
        "not allowed",
        "Network Restrictions",
    ),
    (
        'no pg_hba.conf entry for host "1.2.3.4", user "me", database "shop", no encryption',
        "28000",
        PLAIN,
        "tls",
        CannotKnow,
        "TLS only",
        "sslmode=require",
    ),
    (
        'no pg_hba.conf entry for host "1.2.3.4", user "me", database "shop", SSL encryption',
        "28000",
        PLAIN,
        "not-allowed",
        CannotKnow,
        "not allowed",
        "pg_hba",
    ),
    ("SSL connection is required", "28000", DIRECT, "tls", CannotKnow, "TLS only", "sslmode=require"),
    (
        "unsupported startup parameter: extra_float_digits",
        "08P01",
        PLAIN,
        "startup-parameter",
        ConfigError,
        "refuses a parameter",
        "PGOPTIONS",
    ),
    (
        "something nobody has seen",
        "XX000",
        PLAIN,
        "connection",
        CannotKnow,
        "cannot connect",
        "what was said",
    ),
]


@pytest.mark.parametrize(("said", "sqlstate", "dsn", "code", "kind", "message", "step"), SAID)
def test_what_the_other_side_says(
    says: Callable[..., Sayer],
    said: str,
    sqlstate: str,
    dsn: Dsn,
    code: str,
    kind: type,
    message: str,
    step: str,
) -> None:
    """The words go through a real libpq, from a server that says them."""
    sayer = says(said, code=sqlstate)
    with pytest.raises(psycopg.OperationalError) as raised:
        psycopg.connect(
            host="127.0.0.1",
            port=sayer.port,
            user=dsn.user,
            dbname=dsn.database,
            password=SECRET,
            sslmode="disable",
        )
    assert meaning_of(raised.value, dsn).code == code
    error = explain(raised.value, dsn)
    assert type(error) is kind
    assert message in error.message
    assert step in (error.next or "")
    assert SECRET not in told(error)
    if code != "connection":
        assert any(said[:20] in detail for detail in error.details)


def test_a_user_without_its_project_is_seen() -> None:
    error = explain(
        psycopg.OperationalError("FATAL:  Tenant or user not found"),
        Dsn(POOLER.host, 5432, "app", "postgres"),
    )
    assert any("lacks the project: app.<project ref>" in detail for detail in error.details)


@pytest.mark.parametrize(
    ("said", "dsn", "code"),
    [
        ('connection to server at "2a05::1", port 5432 failed: Network is unreachable', DIRECT, "ipv4-only"),
        (
            'connection to server at "2a05::1", port 5432 failed: Cannot assign requested address',
            DIRECT,
            "ipv4-only",
        ),
        ('connection to server at "10.0.0.1", port 5432 failed: No route to host', PLAIN, "network"),
        ("failed to resolve host 'db.x.supabase.co': [Errno -2] Name or service not known", DIRECT, "host"),
        ("failed to resolve host 'x': [Errno -3] Temporary failure in name resolution", PLAIN, "names"),
        ("failed to resolve host 'x': [Errno -3] Temporary failure in name resolution", DIRECT, "names"),
        ("failed to resolve host 'x': [Errno -3] something in another language", POOLER, "names"),
        (
            'could not translate host name "x" to address: Temporary failure in name resolution',
            PLAIN,
            "names",
        ),
        ("connection timeout expired", PLAIN, "timeout"),
        (
            'connection to server at "h", port 1 failed: SSL error: certificate verify failed',
            DIRECT,
            "certificate",
        ),
        ('root certificate file "/x" does not exist', PLAIN, "certificate"),
        ('server certificate for "x" does not match host name "y"', PLAIN, "certificate"),
        ("server closed the connection unexpectedly", DIRECT, "closed"),
    ],
)
def test_what_the_network_says(said: str, dsn: Dsn, code: str) -> None:
    error = psycopg.OperationalError(said)
    assert meaning_of(error, dsn).code == code
    assert (explain(error, dsn).next or "") != ""


class TestForReal:
    def test_a_local_supabase_that_was_not_started(self) -> None:
        error = fail(
            Dsn("127.0.0.1", free_port(), "postgres", "postgres", "postgres", origin="supabase/config.toml:4")
        )
        assert "no Postgres is running" in error.message
        assert error.next == "start it: supabase start"
        assert 'said: connection failed: connection to server at "127.0.0.1"' in told(error)

    def test_a_server_that_was_not_started(self) -> None:
        error = fail(Dsn("127.0.0.1", free_port(), "u", "d"))
        assert "no Postgres is running" in error.message and "supabase" not in (error.next or "")

    def test_a_socket_that_is_not_there(self) -> None:
        assert "no Postgres is running at /nonexistent" in fail(Dsn("/nonexistent", 5432, "u", "d")).message

    def test_a_host_that_does_not_exist(self) -> None:
        error = fail(Dsn("no-such-host.invalid", 5432, "u", "d", SECRET))
        # Where no name server can be asked, nobody knows that.
        unknown = "could not be looked up" in error.message and error.exit_code == 3
        assert unknown or ("does not exist" in error.message and isinstance(error, ConfigError))

    def test_a_database_and_a_role_that_do_not_exist(self, scratch: Scratch) -> None:
        server = scratch.server
        assert (
            "no database nowhere" in fail(Dsn(server.host, server.port, server.superuser, "nowhere")).message
        )
        assert (
            "no user nobody_here" in fail(Dsn(server.host, server.port, "nobody_here", scratch.name)).message
        )

    def test_too_many_connections(self, scratch: Scratch) -> None:
        with scratch.connect() as admin:
            admin.execute(f"ALTER DATABASE {scratch.name} CONNECTION LIMIT 0")
            admin.execute("DROP ROLE IF EXISTS landed_limited")
            admin.execute("CREATE ROLE landed_limited LOGIN")
            try:
                error = fail(Dsn(scratch.server.host, scratch.server.port, "landed_limited", scratch.name))
            finally:
                admin.execute("DROP ROLE landed_limited")
        assert isinstance(error, Busy) and "no free connection" in error.message

    def test_no_password_given(self, says: Callable[..., Sayer]) -> None:
        sayer = says("unused", asks_password=True)
        error = fail(Dsn("127.0.0.1", sayer.port, "me", "d", None, (("passfile", "/dev/null"),)))
        assert "none was given" in error.message and "PGPASSWORD" in (error.next or "")

    def test_a_port_that_speaks_something_else(self, says: Callable[..., Sayer]) -> None:
        error = fail(Dsn("127.0.0.1", says(b"HTTP/1.1 400 Bad Request\r\n\r\n").port, "me", "d", SECRET))
        assert "without a word" in error.message or "cannot connect" in error.message
        assert SECRET not in told(error)

    def test_a_host_that_never_answers(self) -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=8) as silent:
            error = fail(
                Dsn(
                    "127.0.0.1",
                    silent.getsockname()[1],
                    "me",
                    "d",
                    "x",
                    (("connect_timeout", "2"), ("sslmode", "disable")),
                )
            )
        assert "does not answer" in error.message


PASSWORDS = [
    "p@ss/w:rd?#%",
    "it's",
    "a b c d e",
    "postgres-1",
    "ünïcodé",
    "abc",
    "100%25real",
    'quo"te',
    "back\\slash",
]


@pytest.mark.parametrize("password", PASSWORDS)
def test_no_form_of_a_password_stays_in_a_text(password: str) -> None:
    dsn = Dsn("db.example.com", 5432, "me", "shop", password)
    text = (
        f"could not parse postgresql://me:{password}@db.example.com/shop "
        f"and postgresql://me:{quote(password, safe='')}@h, "
        f"password={password} and {quote(password)}; (said {password})"
    )
    cleaned = scrub(text, dsn)
    assert password not in cleaned
    assert quote(password, safe="") not in cleaned
    for piece in password.replace("/", "@").replace(":", "@").split("@"):
        if len(piece) >= 4:
            assert piece not in cleaned
    assert "could not parse" in cleaned


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_server_that_repeats_the_password(says: Callable[..., Sayer], password: str) -> None:
    sayer = says(f'database "{password}" does not exist, {password}!', code="3D000", asks_password=True)
    error = fail(Dsn("127.0.0.1", sayer.port, "me", "d", password))
    assert password not in told(error)
    assert sayer.passwords == [password]
