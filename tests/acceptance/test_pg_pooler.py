"""landed through a real PgBouncer: a pool in transaction mode is refused for writing, right for reading,
and no setting is left for its next client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import landed as library
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from support.process.landed_process import Answer, Landed

FILES = {
    "20240101000000_users.sql": "CREATE TABLE public.users (id int PRIMARY KEY, name text);\n",
    "20240102000000_orders.sql": "CREATE TABLE public.orders (id int PRIMARY KEY, user_id int);\n"
    "CREATE INDEX orders_user ON public.orders (user_id);\n",
    "20240103000000_tags.sql": "CREATE TABLE public.tags (id int PRIMARY KEY);\n",
}
USERS, ORDERS, TAGS = FILES
PGBOUNCERS_OWN = (
    "application_name",
    "client_encoding",
    "datestyle",
    "timezone",
    "standard_conforming_strings",
)
LEDGER = "supabase_migrations.schema_migrations"


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> Iterator[ShadowServer]:
    # landed's own server, kept running between its calls.
    with server_for(18):
        yield pg_server(18)


@pytest.fixture
def database(server: ShadowServer) -> Iterator[Scratch]:
    with new_database(server) as made:
        yield made


class Pool:
    """A project whose database is reached through one pool; ``direct`` is the way past it."""

    def __init__(self, port: int, database: Scratch, folder: Path, cache: Path) -> None:
        self.database = database
        self.parameters: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": port,
            "user": "me",
            "dbname": database.name,
        }
        self.place = f"127.0.0.1:{port}"
        self.url = f"postgresql://me@{self.place}/{database.name}?sslmode=disable"
        folder.mkdir()
        migrations = folder / "migrations"
        migrations.mkdir()
        for name, text in FILES.items():
            (migrations / name).write_text(text)
        self.landed = Landed(folder, cache, LANDED_TARGET=self.url, LANDED_MIGRATIONS="migrations")

    def direct(self, *statements: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        with self.database.connect() as connection:
            for statement in statements:
                done = connection.execute(statement.encode())
                rows = done.fetchall() if done.description else []
        return rows

    def everything(self) -> list[tuple[Any, ...]]:
        """What writing would change: relations, rows of the ledger, rows of a table, locks that are held."""
        found = self.direct(
            "SELECT relname::text FROM pg_class WHERE relnamespace IN "
            "(SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'supabase_migrations')) ORDER BY 1"
        )
        if ("schema_migrations",) in found:
            found += self.direct(f"SELECT version, name, statements FROM {LEDGER} ORDER BY 1")
        if ("users",) in found:
            found += self.direct("SELECT * FROM public.users ORDER BY 1")
        return found + self.direct("SELECT objid FROM pg_locks WHERE locktype = 'advisory'")

    def refused(self, *words: str) -> dict[str, Any]:
        before = self.everything()
        error = self.landed(*words, code=2).error
        assert self.everything() == before
        return error

    def settings_left(self) -> dict[str, str]:
        """What the pool's next client finds set, but for what PgBouncer itself sets for each client."""
        with psycopg.connect(**self.parameters, sslmode="disable", autocommit=True) as other:
            rows = other.execute(
                "SELECT lower(name), setting FROM pg_settings WHERE source = 'session'", prepare=False
            ).fetchall()
            other.execute("CREATE TEMPORARY TABLE still_writable () ON COMMIT DROP", prepare=False)
        return {name: value for name, value in rows if name not in PGBOUNCERS_OWN}


@pytest.fixture
def pool(pooled: Callable[..., int], database: Scratch, tmp_path: Path) -> Callable[..., Pool]:
    def make(mode: str, **settings: str) -> Pool:
        return Pool(pooled(mode, **settings), database, tmp_path / mode, tmp_path / "cache")

    return make


def judged(answer: Answer) -> list[str]:
    return list(answer.standings().values())


def test_transaction_mode(pool: Callable[..., Pool]) -> None:
    through, past = pool("transaction", default_pool_size="1"), pool("session")
    landed = through.landed

    def check(error: dict[str, Any]) -> None:
        assert error["message"].endswith(f"through a transaction pooler ({through.place})")
        assert "one server process served two connections" in error["details"][0]
        assert (
            error["next"] == "use the server's own address, or a pool in session mode (pool_mode = session)"
        )

    # Nothing is there yet: not even the history table is made.
    assert judged(landed("status")) == ["pending"] * 3
    check(through.refused("apply", "--yes"))
    check(through.refused("exec", "--yes", "CREATE TABLE public.sneaked ()"))
    # A pool in session mode is another matter.
    past.landed("apply", "--yes")
    assert judged(landed("status")) == ["ok"] * 3
    assert through.direct(f"SELECT version FROM {LEDGER}") == [(name[:14],) for name in FILES]

    # Half of one file is missing, and another one's row.
    past.direct("DROP INDEX public.orders_user", f"DELETE FROM {LEDGER} WHERE version = '{TAGS[:14]}'")
    past.direct("INSERT INTO public.users VALUES (1, 'one')")
    assert judged(landed("status")) == ["ok", "partial", "unrecorded"]
    assert landed("verify", code=1).body["migrations"] == landed("status").body["migrations"]
    check(through.refused("resume", "--yes", ORDERS))
    check(through.refused("repair", "--yes", TAGS))
    check(through.refused("exec", "--yes", "UPDATE public.users SET name = 'two'"))
    differences = landed("drift", "files", "target", code=1).body["differences"]
    assert {d["fact"].partition(" · ")[0] for d in differences} == {"index public.orders.orders_user"}
    assert landed("exec", "SELECT name FROM public.users").body["results"][0]["rows"] == [["one"]]
    doctor = landed("doctor", code=None)
    assert doctor.code in (0, 1) and "transaction" in doctor.stdout
    assert through.settings_left() == {}

    with psycopg.connect(**through.parameters, sslmode="disable", prepare_threshold=None) as application:
        library.require(application, "public.users.name", "public.orders")
        with pytest.raises(library.MissingFeature, match="orders_user"):
            library.require(application, "index public.orders_user")
    assert through.settings_left() == {}

    past.landed("resume", "--yes", ORDERS)
    past.landed("repair", "--yes", TAGS)
    assert judged(landed("verify")) == ["ok"] * 3
    assert past.settings_left() == {}


def test_session_mode_reads_and_writes(pool: Callable[..., Pool]) -> None:
    through = pool("session", default_pool_size="3")
    landed = through.landed
    assert judged(landed("status")) == ["pending"] * 3
    landed("apply", "--yes")
    assert judged(landed("verify")) == ["ok"] * 3
    assert landed("drift", "files", "target").body["differences"] == []
    landed("exec", "--yes", "INSERT INTO public.users VALUES (1, 'one')")
    assert through.direct("SELECT name FROM public.users") == [("one",)]
    landed("doctor", code=None)
    assert through.settings_left() == {}
    assert through.direct("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]


@pytest.mark.parametrize(
    ("url", "instead"),
    [
        (
            "postgresql://postgres.abcdefghijklmnopqrst@aws-0-eu-west-1.pooler.supabase.com:6543/postgres",
            "postgresql://postgres.abcdefghijklmnopqrst@aws-0-eu-west-1.pooler.supabase.com:5432/postgres",
        ),
        (
            "postgresql://postgres@db.abcdefghijklmnopqrst.supabase.co:6543/postgres",
            "postgresql://postgres@db.abcdefghijklmnopqrst.supabase.co:5432/postgres",
        ),
    ],
)
def test_supabases_transaction_ports(database: Scratch, url: str, instead: str) -> None:
    """By the address alone: what answers here is a server that could be written to."""
    from landed.core.errors import UsageError
    from landed.engines.postgres.connect.advisory import refuse_unwritable
    from landed.engines.postgres.connect.capabilities import capabilities
    from landed.project.pg_url import parse_url

    dsn = parse_url(url, {})
    with database.connect() as connection:
        known = capabilities(connection, dsn, lambda: connection)
    with pytest.raises(UsageError) as refused:
        refuse_unwritable(known, dsn)
    assert "transaction pooler" in refused.value.message and "6543" in refused.value.details[0]
    assert instead in (refused.value.next or "")
