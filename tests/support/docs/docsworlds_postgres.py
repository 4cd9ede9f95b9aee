"""The worlds of Supabase pages: projects on throw-away databases, each in one known state.

A page says ``<!-- world: supabase-damaged -->``; the function ``damaged`` below builds it. The database's URL
is in the environment as ``DATABASE_URL``. All worlds are on one server, started with the first of them; what
the ledger holds is written as the Supabase CLI writes it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from landed.core.migration import Migration
from landed.engines.postgres import ledger as pg_ledger
from landed.engines.postgres.ledger_name import ledger_table
from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import own_server, server_for
from landed.engines.postgres.sql.split import parse
from support.docs.docsworlds import World
from support.servers.pgservers import binaries_of, remove_servers

MAJOR = 18
"""The embedded one: on every machine the targets' major version is the shadow's."""

CONFIG = f'project_id = "shop"\n\n[db]\nmajor_version = {MAJOR}\n'

FILES = {
    "20260101090000_init.sql": """\
create table public.users (
  id bigint primary key,
  email text not null
);
create table public.orders (
  id bigint primary key,
  user_id bigint not null references public.users (id),
  total integer not null
);
alter table public.orders enable row level security;
""",
    "20260102090000_order_region.sql": """\
alter table public.orders add column region text;
create index orders_by_region on public.orders (region);
""",
    "20260103090000_audit_log.sql": """\
create table public.audit_log (
  id bigint primary key,
  actor uuid not null,
  what text not null
);
alter table public.audit_log enable row level security;
create policy "own entries" on public.audit_log
  for select using (actor = (select auth.uid()));
""",
    "20260104090000_unique_email.sql": """\
create unique index concurrently if not exists users_email
  on public.users (email);
""",
    "20260105090000_coupons.sql": """\
create table public.coupons (code text primary key, percent integer not null);
""",
}
INIT, REGION, AUDIT, EMAIL, COUPONS = FILES

ROWS = """\
insert into public.users values (1, 'ada@example.com'), (2, 'bob@example.com');
insert into public.orders (id, user_id, total) values (10, 1, 500), (11, 1, 700), (12, 2, 900);
"""


class SupabaseWorld(World):
    """One Supabase project with its database."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._made = contextlib.ExitStack()
        server = _server()
        self._scratch = self._made.enter_context(new_database(server))
        address = f"{self._scratch.name}?host={server.host}&port={server.port}"
        self.env |= {
            "DATABASE_URL": f"postgresql://postgres@/{address}",
            "LANDED_CACHE_DIR": str(Path(server.host).parent.parent / "cache"),
            "GIT_CEILING_DIRECTORIES": str(folder),
        }
        self.shown = {
            f"postgresql:///{address}": "postgresql:///shop",
            f"…/{Path(server.host).name}:{server.port}/{self._scratch.name}": "/run/postgresql:5432/shop",
            f"{server.host}:{server.port}/{self._scratch.name}": "/run/postgresql:5432/shop",
            self._scratch.name: "shop",
            # Where a Postgres 18 is installed, it is taken.
            "started from the installed programs": "the one that comes with landed",
        } | self.shown
        self.write("supabase/config.toml", CONFIG)

    def close(self) -> None:
        """Drop the database."""
        self._made.close()

    def migrations(self, *names: str) -> None:
        """The standard migration files, all or the named ones."""
        for name in names or FILES:
            self.file(name, FILES[name])

    def file(self, name: str, text: str) -> None:
        """A migration file."""
        self.write(f"supabase/migrations/{name}", text)

    def text(self, name: str) -> str:
        """What stands in a migration file."""
        return (self.folder / "supabase" / "migrations" / name).read_text(encoding="utf-8")

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        """SQL by hand as the project's own role; several statements are one transaction."""
        with self._scratch.connect("postgres") as connection:
            done = connection.execute(text.encode())
            return done.fetchall() if done.description else []

    def record(self, *names: str) -> None:
        """The rows that the Supabase CLI writes for these files, as they are now."""
        table = ledger_table()
        with self._scratch.connect("postgres") as connection, connection.transaction():
            for statement in pg_ledger.provision(table):
                connection.execute(statement.encode())
            for name in names:
                file = Migration(name, name.partition("_")[0], name, self.text(name), parse)
                command, values = pg_ledger.upsert(table, pg_ledger.row_for(file))
                connection.execute(command.encode(), values)

    def run(self, *names: str) -> None:
        """Run files as the CLI does, and record them."""
        for name in names:
            with self._scratch.connect("postgres") as connection:
                if "concurrently" in self.text(name):
                    for statement in parse(self.text(name)).statements:
                        connection.execute(statement.text.encode())
                else:
                    connection.execute(self.text(name).encode())
        self.record(*names)


class _Server:
    """Where the worlds' databases are; a test session puts its own in."""

    make: Callable[[], ShadowServer] | None = None


def use(make: Callable[[], ShadowServer]) -> None:
    """Take the server from a test session, when one is needed."""
    _Server.make = make


@cache
def _server() -> ShadowServer:
    running = contextlib.ExitStack()
    atexit.register(running.close)
    server = _Server.make() if _Server.make else running.enter_context(own())
    # landed's own server, kept running between the commands of the pages.
    running.enter_context(server_for(MAJOR, baseline=supabase()))
    return server


@contextlib.contextmanager
def own() -> Iterator[ShadowServer]:
    """A server for the worlds; stopped at the end."""
    folder = tempfile.mkdtemp(prefix="lt", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    binaries = binaries_of(MAJOR)
    assert binaries is not None
    before = os.environ.get("LANDED_SHADOW_DIR")
    os.environ["LANDED_SHADOW_DIR"] = folder
    try:
        running = own_server(binaries, MAJOR, supabase())
        server = running.__enter__()
    finally:
        os.environ.pop("LANDED_SHADOW_DIR")
        if before is not None:
            os.environ["LANDED_SHADOW_DIR"] = before
    try:
        yield server
    finally:
        running.__exit__(None, None, None)
        remove_servers(Path(folder))


def new(world: SupabaseWorld) -> None:
    """Five files, nothing applied."""
    world.migrations()


def pending(world: SupabaseWorld) -> None:
    """Two files applied, with rows; three pending."""
    world.migrations()
    world.run(INIT, REGION)
    world.sql(ROWS)


def orders(world: SupabaseWorld) -> None:
    """The first two files, applied, with rows."""
    world.migrations(INIT, REGION)
    world.run(INIT, REGION)
    world.sql(ROWS)


def applied(world: SupabaseWorld) -> None:
    """All files applied; a few rows."""
    world.migrations()
    world.run(*FILES)
    world.sql(ROWS)


def damaged(world: SupabaseWorld) -> None:
    """A file that ``migration repair`` recorded, an INVALID index that is recorded, a table made by hand."""
    pending(world)
    world.record(AUDIT)
    _invalid(world)
    world.record(EMAIL)
    world.sql("create table public.scratch (x integer)")


def _invalid(world: SupabaseWorld) -> None:
    """The index that a CREATE UNIQUE INDEX CONCURRENTLY leaves when it meets duplicates, then removed."""
    world.sql("insert into public.users values (3, 'bob@example.com')")
    with contextlib.suppress(psycopg.errors.UniqueViolation):
        world.sql(FILES[EMAIL])
    world.sql("update public.users set email = 'bob2@example.com' where id = 3")


def phantom(world: SupabaseWorld) -> None:
    """``supabase migration repair --status applied`` for a file that never ran."""
    orders(world)
    world.migrations(AUDIT)
    world.record(AUDIT)


def invalid(world: SupabaseWorld) -> None:
    """CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS: failed, tried again, recorded; the index is INVALID."""
    orders(world)
    world.migrations(EMAIL)
    _invalid(world)
    world.record(EMAIL)


def half(world: SupabaseWorld) -> None:
    """A file of which CONCURRENTLY has committed the first part before a statement failed."""
    orders(world)
    world.file(HALF, HALF_TEXT)
    for statement in parse(HALF_TEXT).statements[:2]:
        world.sql(statement.text)


HALF = "20260103090000_order_status.sql"
HALF_TEXT = """\
alter table public.orders add column status text not null default 'open';
create index concurrently orders_by_status on public.orders (status);
alter table public.orders add constraint orders_total check (total > 0);
"""


def edited(world: SupabaseWorld) -> None:
    """A file that was changed after it was applied."""
    pending(world)
    world.file(REGION, FILES[REGION].replace("region text", "region text not null default 'eu'"))


def foreign(world: SupabaseWorld) -> None:
    """Files that a dashboard recorded under versions of its own."""
    for name, text in FILES.items():
        day = int(name[6:8])
        world.file(f"202601{day:02}1733{day:02}_{name.partition('_')[2]}", text)
    theirs = sorted((world.folder / "supabase" / "migrations").iterdir())
    world.run(*(file.name for file in theirs))
    for file in theirs:
        file.unlink()
    world.migrations()


def duplicate(world: SupabaseWorld) -> None:
    """Two files with one version; one is applied."""
    world.migrations(INIT, REGION)
    world.run(INIT, REGION)
    world.file("20260102090000_coupons.sql", FILES[COUPONS])


def trap(world: SupabaseWorld) -> None:
    """A pending file with ``commit; begin;`` in it (supabase/cli#5047)."""
    world.migrations(INIT, REGION)
    world.run(INIT, REGION)
    world.file(
        "20260103090000_two_parts.sql",
        "create table public.invoices (id bigint primary key);\ncommit;\nbegin;\n"
        "alter table public.invoices add column total integer;\n",
    )


def references(world: SupabaseWorld) -> None:
    """A pending file that deletes rows to which others refer."""
    orders(world)
    world.file("20260103090000_no_ada.sql", "delete from public.users where email = 'ada@example.com';\n")


def not_null(world: SupabaseWorld) -> None:
    """A pending file that works only while the table is empty."""
    world.migrations(INIT, REGION)
    world.file(
        "20260103090000_currency.sql", "alter table public.orders add column currency text not null;\n"
    )


def baseless(world: SupabaseWorld) -> None:
    """A history whose first tables were made in the dashboard."""
    world.sql("create table public.users (id bigint primary key, email text not null)")
    world.file(
        "20260101090000_orders.sql",
        "create table public.orders (\n  id bigint primary key,\n"
        "  user_id bigint not null references public.users (id)\n);\n",
    )
    world.file(
        "20260102090000_user_names.sql",
        "alter table public.users add column name text not null default '';\n",
    )
    world.run("20260101090000_orders.sql", "20260102090000_user_names.sql")


def drifted(world: SupabaseWorld) -> None:
    """Everything applied; then a policy dropped, a column made by hand, row level security off."""
    applied(world)
    world.sql(
        'drop policy "own entries" on public.audit_log;'
        "alter table public.users add column phone text;"
        "alter table public.orders disable row level security"
    )


def unreachable(world: SupabaseWorld) -> None:
    """Nothing runs where ``supabase start`` would run a database."""
    world.migrations()
    world.write("supabase/config.toml", CONFIG + "port = 9\n")


WORLDS: dict[str, Callable[[SupabaseWorld], None]] = {
    f"supabase-{build.__name__.replace('_', '-')}": build
    for build in (
        new, pending, orders, applied, damaged, phantom, invalid, half, edited, foreign, duplicate, trap,
        references, not_null, baseless, drifted, unreachable,
    )
}  # fmt: skip


def build(name: str, folder: Path) -> SupabaseWorld:
    """A world by its name. Raises KeyError."""
    world = SupabaseWorld(folder)
    try:
        WORLDS[name](world)
    except BaseException:
        world.close()
        raise
    return world
