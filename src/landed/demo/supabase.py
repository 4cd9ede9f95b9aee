"""demo's Supabase world: a project on a throw-away Postgres, with a history that is not true."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.core.errors import CannotKnow
from landed.core.migration import Migration
from landed.engines.postgres.ledger import provision, row_for, upsert
from landed.engines.postgres.ledger_name import ledger_table
from landed.engines.postgres.sql.split import parse

if TYPE_CHECKING:
    from landed.engines.postgres.shadow.server.databases import Scratch

USERS = (
    "create table public.users (\n  id bigint primary key,\n  email text not null\n);\n"
    "alter table public.users enable row level security;\n"
)
AUDIT = (
    "create table public.audit_log (\n  id bigint primary key,\n  actor uuid not null\n);\n"
    "alter table public.audit_log enable row level security;\n"
    'create policy "own entries" on public.audit_log for select using (actor = auth.uid());\n'
)
EMAIL = "create unique index concurrently if not exists users_email on public.users (email);\n"
FILES = {
    "20260101000000_users.sql": USERS,
    "20260102000000_audit_log.sql": AUDIT,
    "20260103000000_unique_email.sql": EMAIL,
}
FIRST, SECOND, THIRD = FILES


@dataclass(frozen=True, slots=True)
class PostgresWorld:
    """One Supabase project: its folder, and its database on the throw-away server."""

    folder: Path
    database: Scratch

    @property
    def url(self) -> str:
        """The database's URL; there is no password."""
        server = self.database.server
        return f"postgresql://postgres@/{self.database.name}?host={server.host}&port={server.port}"

    def waiting(self) -> list[str]:
        """What ``supabase db push`` would run: the files whose version the history does not have."""
        rows = self.run(f"SELECT version FROM {ledger_table().sql}")
        return [name for name in sorted(FILES) if (name.partition("_")[0],) not in rows]

    def run(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """One statement by itself, as the project's own role."""
        with self.database.connect("postgres") as connection:
            done = connection.execute(statement.encode(), values or None)
            return done.fetchall() if done.description else []

    def push(self, name: str) -> None:
        """Run a file's statements and record it, as ``supabase db push`` does with it."""
        for statement in parse(FILES[name]).statements:
            self.run(statement.text)
        self.record(name)

    def record(self, name: str) -> None:
        """Write a file's row as ``supabase migration repair --status applied`` does, which runs nothing."""
        migration = Migration(name, name.partition("_")[0], name, FILES[name], parse)
        self.run(*upsert(ledger_table(), row_for(migration)))


@contextmanager
def untrue_history(folder: Path) -> Iterator[PostgresWorld]:
    """A project whose three files are recorded: the second never ran, the third left an INVALID index.

    The server and its data are gone at the end. Raises CannotKnow where no Postgres can be started.
    """
    from landed.engines.postgres.shadow.platform.baseline import supabase
    from landed.engines.postgres.shadow.server.databases import new_database
    from landed.engines.postgres.shadow.server.start import server_for

    with _own_place(), server_for(None, baseline=supabase()) as server, new_database(server) as database:
        migrations = folder / "supabase" / "migrations"
        migrations.mkdir(parents=True)
        for name, text in FILES.items():
            (migrations / name).write_text(text, encoding="utf-8", newline="\n")
        config = f'project_id = "demo"\n\n[db]\nmajor_version = {server.major}\n'
        (folder / "supabase" / "config.toml").write_text(config, encoding="utf-8")
        world = PostgresWorld(folder, database)
        for statement in provision(ledger_table())[1:]:
            world.run(statement)
        world.push(FIRST)
        world.record(SECOND)
        world.run("insert into public.users values (1, 'ada@example.com'), (2, 'ada@example.com')")
        _fails_on_duplicates(world)
        world.run("update public.users set email = 'bob@example.com' where id = 2")
        world.push(THIRD)
        yield world


def _fails_on_duplicates(world: PostgresWorld) -> None:
    import psycopg

    with suppress(psycopg.errors.UniqueViolation):
        world.push(THIRD)


@contextmanager
def _own_place() -> Iterator[None]:
    """A folder for the demo's server alone, which is removed; its path is short, as sockets need it."""
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise CannotKnow(f"the Postgres driver cannot be loaded: {error}") from None
    from landed.engines.postgres.shadow.server.outdated import remove_cluster

    folder = Path(tempfile.mkdtemp(prefix="landed-demo-", dir=_short()))
    os.environ["LANDED_SHADOW_DIR"] = str(folder)
    try:
        yield
    finally:
        del os.environ["LANDED_SHADOW_DIR"]
        for root in folder.glob("*-*"):
            remove_cluster(root, wait=True)
        shutil.rmtree(folder, ignore_errors=True)


def _short() -> str | None:
    from landed.engines.postgres.shadow.server.places import ROOM

    with suppress(OSError):
        found = os.statvfs("/dev/shm")
        if os.access("/dev/shm", os.W_OK | os.X_OK) and found.f_bavail * found.f_frsize >= ROOM:
            return "/dev/shm"
    return "/tmp" if os.access("/tmp", os.W_OK | os.X_OK) else None
