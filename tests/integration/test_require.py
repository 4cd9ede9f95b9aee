"""landed.require on real connections: what is missing is named, and nothing is left behind."""

from __future__ import annotations

import asyncio
import pickle
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

import landed
from landed.core.errors import CannotKnow, LandedError, UsageError
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.features.grammar import KINDS, parse

SCHEMA = """
CREATE SCHEMA app;
CREATE TABLE public.orders (id int PRIMARY KEY, region text, "Total" numeric CHECK ("Total" > 0));
ALTER TABLE public.orders ADD CONSTRAINT region_known CHECK (region <> '') NOT VALID;
ALTER TABLE public.orders ADD CONSTRAINT id_known CHECK (id > 0);
CREATE VIEW public.open_orders AS SELECT id FROM public.orders;
CREATE MATERIALIZED VIEW app.totals AS SELECT count(*) AS n FROM public.orders;
CREATE INDEX orders_region ON public.orders (region);
CREATE TABLE app.users (id int, name text);
CREATE TABLE public."userProfiles" (id int);
CREATE TYPE public.mood AS ENUM ('happy', 'so-so');
CREATE DOMAIN app.email AS text;
CREATE SEQUENCE public.counter;
CREATE FUNCTION public.f(a integer, b text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.f(m public.mood) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION app.now_utc() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()';
CREATE PROCEDURE public.tidy(timestamptz, varchar) LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.touch();
CREATE TRIGGER idle BEFORE UPDATE ON public.orders FOR EACH ROW EXECUTE FUNCTION public.touch();
ALTER TABLE public.orders DISABLE TRIGGER idle;
CREATE POLICY "own rows" ON app.users USING (true);
ALTER TABLE app.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY "loose" ON public.orders USING (true);
CREATE TABLE public.double (a int); INSERT INTO public.double VALUES (1), (1);
"""

THERE = [
    "orders",
    "public.orders",
    "TABLE Public.Orders",
    "public.open_orders",
    "view open_orders",
    "app.totals",
    "materialized view app.totals",
    "app.totals.n",
    "public.orders.region",
    "orders.region",
    "column orders.region",
    'orders."Total"',
    'public."userProfiles".id',
    "type mood",
    "type app.email",
    "mood = 'happy'",
    "public.mood='so-so'",
    "type public.mood = 'so-so'",
    "function f",
    "public.f(int, text[])",
    "f(integer,text [])",
    "public.f(public.mood)",
    "f(mood)",
    "app.now_utc()",
    "procedure public.tidy(timestamp with time zone, varchar(20))",
    "procedure tidy",
    "index public.orders_region",
    "index orders_pkey",
    "sequence counter",
    "schema app",
    "extension plpgsql",
    'policy "own rows" on app.users',
    "trigger touched on public.orders",
    "constraint id_known on orders",
    "constraint orders_pkey on orders",
    "rls app.users",
    "row level security app.users",
]

NOT_THERE = [
    ("public.mood", "no table or view public.mood"),
    ("orders.id.region", "there is no schema orders"),
    ("nothing", "there is no table or view nothing"),
    ("users", "only app.users, which is not on the search_path"),
    ("public.users", "only app.users"),
    ("users.name", "read as table.column, because there is no schema users"),
    ("table open_orders", "it is a view"),
    ("public.userProfiles", "put it in double quotes"),
    ("orders.Total", "put it in double quotes"),
    ("orders.colour", "public.orders has no column colour; it has id, region, Total"),
    ("app.region", "there is no table or view app.region"),
    ("mood = 'sad'", "the enum has 'happy', 'so-so'"),
    ("app.email = 'x'", "app.email is no enum"),
    ("type orders", "the row type of a table"),
    ("public.f()", "there is only public.f(integer, text[]) and public.f(mood)"),
    ("function tidy", "it is a procedure"),
    ("g(int)", "there is no function g"),
    ("index public.double_a", "the index is INVALID"),
    ("index orders", "it is a table"),
    ("sequence orders", "it is a table"),
    ("schema billing", "no such schema"),
    ("extension postgis", "not installed"),
    ("policy nobody on app.users", "app.users has no policy nobody"),
    ("policy loose on orders", "row level security is off on public.orders"),
    ("trigger idle on orders", "the trigger is disabled"),
    ("trigger touched on app.users", "app.users has no trigger touched"),
    ("constraint region_known on public.orders", "NOT VALID"),
    ("constraint other on nowhere", "there is no table or view nowhere"),
    ("rls public.orders", "row level security is off"),
]

WRONG = [
    "",
    " ",
    "a.b.c.d",
    "orders.",
    ".orders",
    'public."orders',
    "orders; DROP TABLE orders",
    "policy x",
    "column orders",
    "f(int",
    "f(,)",
    "mood = happy",
    "index f(int)",
    "table a.b.c",
    "schema a.b",
    "orders region",
    "nul\0",
    "index x = 'y'",
]


@pytest.fixture(scope="module")
def database(pg_server: Callable[..., ShadowServer]) -> Iterator[Scratch]:
    with new_database(pg_server(18)) as made:
        with made.connect() as connection:
            connection.execute(SCHEMA.encode())
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("CREATE UNIQUE INDEX CONCURRENTLY double_a ON public.double (a)")
        yield made


@pytest.fixture
def connection(database: Scratch) -> Iterator[psycopg.Connection[Any]]:
    with database.connect(autocommit=False) as made:
        yield made


def missing(connection: Any, *features: str) -> dict[str, str]:
    with pytest.raises(landed.MissingFeature) as raised:
        landed.require(connection, *features)
    return {m.feature: m.found for m in raised.value.missing}


def test_what_is_there_passes_together_and_one_by_one(connection: psycopg.Connection[Any]) -> None:
    landed.require(connection, *THERE)
    for feature in THERE:
        landed.require(connection, feature)
    landed.require(connection)


def test_everything_missing_is_named_at_once_with_what_is_there_instead(
    connection: psycopg.Connection[Any],
) -> None:
    found = missing(connection, *THERE, *(text for text, _ in NOT_THERE))
    assert list(found) == [text for text, _ in NOT_THERE]
    for text, reason in NOT_THERE:
        assert reason in found[text], (text, found[text])
        assert missing(connection, text) == {text: found[text]}


def test_the_oldest_supported_major(pg_server: Callable[..., ShadowServer]) -> None:
    with new_database(pg_server(15)) as made, made.connect() as connection:
        connection.execute(SCHEMA.encode())
        landed.require(connection, *THERE)
        assert set(missing(connection, *THERE, *(text for text, _ in NOT_THERE))) == {t for t, _ in NOT_THERE}


def test_the_error_says_all_in_the_log_of_an_application(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(LandedError) as raised:
        landed.require(connection, "orders", "nothing", "orders.colour")
    text = str(raised.value)
    assert text.startswith("The database lacks 2 features (2 of 3 required):\n  nothing: there is no")
    assert "colour" in text and text.endswith("landed status says which those are")
    assert raised.value.exit_code == 1
    assert str(pickle.loads(pickle.dumps(raised.value))).splitlines()[1:] == text.splitlines()[1:]


@pytest.mark.parametrize("text", WRONG)
def test_what_names_nothing_is_refused_before_anything_is_asked(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be required") as raised:
        landed.require(sqlite3.connect(":memory:"), text)
    assert isinstance(raised.value, UsageError)


def test_the_transaction_is_as_it_was(database: Scratch) -> None:
    for autocommit in (True, False):
        with database.connect(autocommit=autocommit) as connection:
            landed.require(connection, "orders")
            assert connection.info.transaction_status == TransactionStatus.IDLE
            assert connection.autocommit is autocommit
            missing(connection, "nothing")
            assert connection.info.transaction_status == TransactionStatus.IDLE
            assert connection.autocommit is autocommit
    with database.connect(autocommit=False) as connection:
        connection.execute("CREATE TABLE only_here (a int)")
        landed.require(connection, "only_here.a")
        assert connection.info.transaction_status == TransactionStatus.INTRANS
        assert connection.autocommit is False
        connection.rollback()
        missing(connection, "only_here.a")
        with connection.transaction():
            connection.execute("CREATE TABLE only_here (a int)")
            landed.require(connection, "only_here")
            raise psycopg.Rollback
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1/0")
        with pytest.raises(UsageError, match="failed"):
            landed.require(connection, "orders")
        assert connection.info.transaction_status == TransactionStatus.INERROR


def test_read_only_sessions_and_transactions_are_enough(database: Scratch) -> None:
    with database.connect() as connection:
        connection.execute("SET default_transaction_read_only = on")
        landed.require(connection, *THERE)
        connection.execute("BEGIN READ ONLY")
        landed.require(connection, *THERE)


def test_an_application_may_have_settings_of_its_own(database: Scratch) -> None:
    class Shouting(psycopg.types.string.TextLoader):
        def load(self, data: Any) -> str:
            return "?"

    with database.connect() as connection:
        connection.row_factory = dict_row  # type: ignore[assignment]
        connection.adapters.register_loader("text", Shouting)
        connection.cursor_factory = psycopg.ClientCursor
        connection.prepare_threshold = 0
        connection.execute("SET search_path = app; SET client_encoding = 'LATIN1'")
        landed.require(connection, "users", "public.orders", "now_utc()")
        assert "search_path" in missing(connection, "orders")["orders"]
        # pg_catalog's own names cannot be taken over by somebody's schema.
        connection.execute("CREATE SCHEMA evil; CREATE TABLE evil.pg_class (relname name)")
        connection.execute("SET search_path = evil, pg_catalog, public")
        landed.require(connection, "public.orders.region")


def test_one_round_trip(database: Scratch, tmp_path: Path) -> None:
    """By libpq's own protocol trace: the server says once that it is ready for the next query."""
    for autocommit in (True, False):
        trace = tmp_path / f"trace-{autocommit}"
        with database.connect(autocommit=autocommit) as connection, trace.open("wb") as file:
            connection.pgconn.trace(file.fileno())
            landed.require(connection, *THERE)
            connection.pgconn.untrace()
        assert trace.read_text(errors="replace").count("ReadyForQuery") == 1


def test_through_a_transaction_pooler(database: Scratch, pooled: Callable[..., int]) -> None:
    port = pooled("transaction")
    with psycopg.connect(host="127.0.0.1", port=port, user="me", dbname=database.name) as connection:
        connection.prepare_threshold = 0
        landed.require(connection, *THERE)
        assert "nothing" in missing(connection, "nothing")
        assert connection.info.transaction_status == TransactionStatus.IDLE


def test_asynchronous_connections(database: Scratch) -> None:
    async def run() -> None:
        given = database.server.parameters_for(database.name)
        async with await psycopg.AsyncConnection.connect(**given) as connection:
            await landed.require_async(connection, *THERE)
            assert connection.info.transaction_status == TransactionStatus.IDLE
            assert connection.autocommit is False
            with pytest.raises(landed.MissingFeature, match="colour"):
                await landed.require_async(connection, "orders.colour")
            with pytest.raises(UsageError, match="asynchronous"):
                landed.require(connection, "orders")

    asyncio.run(run())


def test_connections_that_cannot_be_asked(database: Scratch) -> None:
    closed = database.connect()
    closed.close()
    with pytest.raises(UsageError, match="closed"):
        landed.require(closed, "orders")
    with pytest.raises(UsageError, match="cannot be asked"):
        landed.require(object(), "orders")
    with database.connect() as connection, connection.pipeline(), pytest.raises(UsageError, match="pipeline"):
        landed.require(connection, "orders")
    with database.connect() as connection, database.connect() as other:
        other.execute(f"SELECT pg_terminate_backend({connection.info.backend_pid})")
        with pytest.raises(CannotKnow, match="could not be asked"):
            landed.require(connection, "orders")


SQLITE = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, region TEXT, double AS (id * 2));
CREATE VIEW open_orders AS SELECT id FROM orders;
CREATE INDEX by_region ON orders (region);
CREATE TRIGGER touched AFTER UPDATE ON orders BEGIN SELECT 1; END;
CREATE TABLE "Odd ""name" (a);
CREATE TEMP TABLE scratch (x);
ATTACH ':memory:' AS other; CREATE TABLE other.log (line);
"""
SQLITE_THERE = [
    "orders", "main.orders", "Orders.Region", "orders.double", "main.orders.region", "view open_orders",
    "open_orders.id", "index by_region", "trigger touched on orders", "trigger touched on main.orders",
    '"Odd ""name".a', "scratch", "temp.scratch.x", "other.log", "log.line", "schema other",
]  # fmt: skip
SQLITE_MISSING = {
    "other.orders": "there is no table or view other.orders",
    "orders.colour": "it has id, region, double",
    "view orders": "it is a table",
    "trigger touched on open_orders": "it is a trigger on orders",
    "trigger idle on orders": "there is no trigger idle",
    "nowhere.x": "there is no table or view nowhere",
    "schema third": "no database of this name",
}


@pytest.mark.parametrize("module", ["sqlite3", "apsw"])
def test_sqlite(module: str) -> None:
    connection: Any = sqlite3.connect(":memory:") if module == "sqlite3" else apsw.Connection(":memory:")
    if module == "sqlite3":
        connection.executescript(SQLITE)
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda data: "?"
    else:
        connection.execute(SQLITE)
        connection.row_trace = lambda cursor, row: None
        connection.exec_trace = lambda cursor, sql, bindings: False
    in_transaction = connection.in_transaction
    landed.require(connection, *SQLITE_THERE)
    found = missing(connection, *SQLITE_MISSING)
    assert set(found) == set(SQLITE_MISSING)
    for text, reason in SQLITE_MISSING.items():
        assert reason in found[text], found
    with pytest.raises(UsageError, match="SQLite"):
        landed.require(connection, "rls orders")
    assert connection.in_transaction == in_transaction
    assert connection.total_changes == 0 if module == "sqlite3" else connection.total_changes() == 0


def test_sqlite_files_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database, whatever its name says" * 50)
    for connection in (sqlite3.connect(broken), apsw.Connection(str(broken))):
        with pytest.raises(CannotKnow, match="could not be asked"):
            landed.require(connection, "orders")


def test_the_page_shows_what_can_be_required() -> None:
    page = (Path(__file__).parents[2] / "docs" / "require.md").read_text(encoding="utf-8")
    table = page.split("| to require |")[1].split("\n\n")[0]
    shown = [code for line in table.splitlines()[2:] for code in re.findall(r"`([^`]+)`", line.split("|")[1])]
    assert len(shown) > 15
    kinds = {parse(text).kind for text in shown}
    assert kinds >= set(KINDS) - {"rls"}
