"""One project on every kind of target, behind one small surface: what promises are tried on."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from landed.core.migration import Migration
from landed.engines.postgres import ledger as pg_ledger
from landed.engines.postgres.ledger_name import ledger_table
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse
from support.process.landed_process import Answer, Landed
from support.servers.d1_standin import StandIn
from support.servers.d1_standin_database import split
from support.worlds.remoteworld import RemoteWorld
from support.worlds.world import World

Rows = list[tuple[Any, ...]]


class Place(ABC):
    """A project folder with one database, which landed knows only by its command line."""

    dialect: ClassVar[str]
    schema: ClassVar[str] = ""
    """What stands before the names of tables in what landed says of them."""
    migrations: Path
    landed: Landed
    options: tuple[str, ...] = ()

    def run(self, *words: str) -> Answer:
        """One command with ``--json``; it may end as it likes."""
        return self.landed(*words, *self.options, code=None)

    def write(self, name: str, text: str) -> None:
        """A migration file."""
        self.migrations.mkdir(parents=True, exist_ok=True)
        (self.migrations / name).write_text(text, encoding="utf-8")

    def remove(self, name: str) -> None:
        """A migration file less."""
        (self.migrations / name).unlink()

    def text(self, name: str) -> str:
        """What stands in a migration file."""
        return (self.migrations / name).read_text(encoding="utf-8")

    @abstractmethod
    def sql(self, text: str) -> Rows:
        """SQL behind landed's back; the rows of the last statement."""

    @abstractmethod
    def recorded(self) -> list[str]:
        """The files that the history has, by what their names begin with, in its order."""

    @abstractmethod
    def record(self, name: str) -> None:
        """A row of the history by hand; there is a history."""

    @abstractmethod
    def tables(self) -> set[str]:
        """The user's tables."""

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.sql(f"SELECT count(*) FROM {table}")[0][0])

    def close(self) -> None:  # noqa: B027  (most have nothing to give back)
        """Give back the database."""


def _numbers(names: Rows) -> list[str]:
    return [str(name).partition("_")[0] for (name,) in names]


class SqliteFile(Place):
    """A plain SQLite file."""

    dialect = "sqlite"
    _mode = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._world = World(folder / "project", {}, mode=self._mode)
        self.migrations = folder / "project" / "migrations"
        self.migrations.mkdir()
        self.landed = Landed(folder / "project", folder / "cache", GIT_CEILING_DIRECTORIES=str(folder))
        self.options = ("--target", f"sqlite:{folder / 'project' / 'app.db'}", "--migrations", "migrations")

    def sql(self, text: str) -> Rows:
        return self._world.sql(text)

    def recorded(self) -> list[str]:
        if not self._world.path.exists() or not self.sql("PRAGMA table_info(d1_migrations)"):
            return []
        return _numbers(self.sql("SELECT name FROM d1_migrations ORDER BY id"))

    def record(self, name: str) -> None:
        self.sql(f"INSERT INTO d1_migrations (name) VALUES ('{name}')")

    def tables(self) -> set[str]:
        if not self._world.path.exists():
            return set()
        names = self.sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {n for (n,) in names if not n.startswith(("sqlite_", "_cf_")) and n != "d1_migrations"}


class LocalD1(SqliteFile):
    """The file that wrangler and its Miniflare keep a local D1 database in."""

    _mode = "d1"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.options = ()


class RemoteD1(Place):
    """A hosted D1 database: a stand-in of Cloudflare's API over the real engine."""

    dialect = "sqlite"

    def __init__(self, folder: Path, standin: StandIn) -> None:
        standin.database.wipe()
        standin.inject()
        self._standin = standin
        world = RemoteWorld(folder / "project", {}, standin)
        self.migrations, self.landed = world.migrations, world.landed()
        self.options = ("--target", "d1:remote/DB")

    def sql(self, text: str) -> Rows:
        *_, last = self._standin.database.query([{"sql": statement} for statement in split(text)])
        return [tuple(row.values()) for row in last["results"]]

    def recorded(self) -> list[str]:
        return _numbers([(name,) for name in self._standin.ledger()])

    def record(self, name: str) -> None:
        self.sql(f"INSERT INTO d1_migrations (name) VALUES ('{name}')")

    def tables(self) -> set[str]:
        return set(self._standin.tables())


class Postgres(Place):
    """A new database on a running server, which knows nothing of a platform."""

    dialect = "postgres"
    schema = "public."

    def __init__(self, folder: Path, server: ShadowServer) -> None:
        self._made = contextlib.ExitStack()
        self._scratch = self._made.enter_context(new_database(server))
        self._connection = self._made.enter_context(self._scratch.connect(server.role))
        self.folder = folder / "project"
        self.migrations = self._folder()
        self.migrations.mkdir(parents=True)
        self.landed = Landed(self.folder, folder / "cache", GIT_CEILING_DIRECTORIES=str(folder))
        url = f"postgresql://{server.role}@/{self._scratch.name}?host={server.host}&port={server.port}"
        self.options = ("--target", url, *self._more())

    def _folder(self) -> Path:
        return self.folder / "migrations"

    def _more(self) -> tuple[str, ...]:
        return ("--migrations", "migrations")

    def sql(self, text: str) -> Rows:
        cursor = self._connection.execute(text.encode())
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []

    def recorded(self) -> list[str]:
        rows = pg_ledger.read_ledger(self._connection, ledger_table()) or ()
        return [row.version for row in rows]

    def record(self, name: str) -> None:
        table = ledger_table()
        for statement in pg_ledger.provision(table):
            self._connection.execute(statement.encode())
        file = Migration(name, name.partition("_")[0], name, self.text(name), parse)
        command, values = pg_ledger.upsert(table, pg_ledger.row_for(file))
        self._connection.execute(command.encode(), values)

    def tables(self) -> set[str]:
        return {n for (n,) in self.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

    def close(self) -> None:
        self._made.close()


class Supabase(Postgres):
    """A Supabase project: its configuration, its folder, and what the platform has made in the database."""

    def _folder(self) -> Path:
        return self.folder / "supabase" / "migrations"

    def _more(self) -> tuple[str, ...]:
        config = f'project_id = "shop"\n\n[db]\nmajor_version = {self._scratch.server.major}\n'
        (self.folder / "supabase" / "config.toml").write_text(config, encoding="utf-8")
        return ()
