"""A database that migrations are really written to, beside a shadow that says what each of them does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from landed.core.applied import Applied, Consent
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.live import StoredRow
from landed.engines.postgres.catalog import PLAIN, Scope
from landed.engines.postgres.ledger import read_ledger
from landed.engines.postgres.ledger_name import ledger_table
from landed.engines.postgres.shadow.replay.replay import PostgresReplayer
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse
from landed.engines.postgres.target import PgTarget
from landed.engines.postgres.write.unit import Unit, units_of
from landed.engines.postgres.write.writer import PgWriter
from landed.project.pg_url import Dsn
from support.servers.tcpproxy import TcpProxy

EMPTY = "DROP SCHEMA IF EXISTS supabase_migrations CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public"


class World:
    """One target database (``sql`` runs in it, as another session) and the files that were made for it."""

    def __init__(self, live: Scratch, shadow: Scratch, scope: Scope) -> None:
        self.live = live
        self.heard: list[str] = []
        self.files: list[Migration] = []
        self.connection = live.connect(live.server.role)
        self._scope = scope
        self._shadow_of = shadow
        self._shadow = PostgresReplayer(shadow, scope)
        self.steps: dict[str, Step] = {}

    def dsn(self, proxy: TcpProxy | None = None) -> Dsn:
        server = self.live.server
        host, port = ("127.0.0.1", proxy.port) if proxy else (server.host, server.port)
        return Dsn(host, port, server.role, self.live.name)

    def target(self, proxy: TcpProxy | None = None) -> PgTarget:
        return PgTarget(
            self.dsn(proxy),
            scope_of=lambda major: self._scope,
            ledger=ledger_table(),
            migrations=lambda: self.files,
            label="the test's database",
            notify=self.heard.append,
        )

    def file(self, text: str, name: str = "") -> Migration:
        """The next migration file, replayed in the shadow."""
        number = len(self.files) + 1
        name = name or f"{number:04d}_file.sql"
        made = Migration(name, name.partition("_")[0], f"migrations/{name}", text, parse)
        self.files.append(made)
        self.steps[name] = self._shadow.replay(made)
        return made

    def run(
        self,
        writer: PgWriter,
        migration: Migration,
        *allow: str,
        statements: tuple[int, ...] | None = None,
        record: bool = True,
    ) -> Applied:
        numbers = statements or tuple(s.number for s in migration.statements)
        step = self.steps[migration.name]
        return writer.run(migration, step, numbers, Consent(frozenset(allow)), record=record)

    def unit(self, migration: Migration) -> Unit:
        """The whole file, which is one unit."""
        numbers = [s.number for s in migration.statements]
        (unit,) = units_of(migration, self.steps[migration.name], numbers, Consent(), record=True)
        return unit

    def apply(self, text: str, *allow: str, proxy: TcpProxy | None = None) -> Applied:
        """Write one more file, and run it in a session of its own."""
        migration = self.file(text)
        with self.opened(proxy) as writer:
            return self.run(writer, migration, *allow)

    @contextlib.contextmanager
    def opened(self, proxy: TcpProxy | None = None) -> Iterator[PgWriter]:
        target = self.target(proxy)
        try:
            with target.writer() as writer:
                yield writer
        finally:
            target.close()

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(text.encode())
        return cursor.fetchall() if cursor.description else []

    def ledger(self) -> tuple[StoredRow, ...]:
        return read_ledger(self.connection, ledger_table()) or ()

    def recorded(self) -> list[str]:
        return [row.version for row in self.ledger()]

    def forget(self) -> None:
        """No files, and nothing in the shadow."""
        self._shadow.connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        self._shadow.close()
        self._shadow = PostgresReplayer(self._shadow_of, self._scope)
        self.files.clear()
        self.steps.clear()
        self.heard.clear()

    def empty(self) -> None:
        """A database with nothing of the user's and no history table; no files, and nothing in the shadow."""
        self.sql(EMPTY)
        self.forget()

    def close(self) -> None:
        self.connection.close()
        self._shadow.close()


@contextlib.contextmanager
def world_on(server: ShadowServer, scope: Scope = PLAIN) -> Iterator[World]:
    """Two new databases on a server; dropped afterwards."""
    with new_database(server) as live, new_database(server) as shadow:
        world = World(live, shadow, scope)
        try:
            yield world
        finally:
            world.close()


@pytest.fixture(scope="module")
def pg_world(pg_server: Callable[..., ShadowServer]) -> Iterator[World]:
    """One world for all tests of a module, which empty it: databases are dearer than schemas."""
    with world_on(pg_server(18)) as made:
        yield made
