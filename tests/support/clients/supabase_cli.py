"""Drives the real Supabase CLI on throw-away databases; fixtures ``supabase_target``, ``supabase_world``.

No network, no Docker, no account: every call names a database by its URL. The databases are copies of the
Supabase baseline on one server of the session, reached over TCP, as the CLI knows no Unix sockets.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import psycopg
import pytest

from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.databases import PREFIX, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from support.clients.ending import finished
from support.clients.wrangler import NotInstalled, environment, package
from support.process.landed_process import Answer, Landed
from support.servers.pgservers import binaries_of

PASSWORD = "not-a-secret-1"
LEDGER = "supabase_migrations.schema_migrations"


class CliFailed(Exception):
    """The CLI ended with an error; the text is what it printed."""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run of the CLI."""

    args: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr

    def check(self) -> Self:
        """Itself; raises :class:`CliFailed` if the CLI failed."""
        if self.code:
            raise CliFailed(f"supabase {' '.join(self.args)}\n{self.text}")
        return self


def version(name: str) -> str:
    """The version in a file's name."""
    return name.partition("_")[0]


class Row(NamedTuple):
    """One row of the ledger."""

    version: str
    name: str | None
    statements: list[str] | None


class Listed(NamedTuple):
    """One line of ``supabase migration list``: a version on either side, or on both."""

    local: str
    remote: str


OLDER = "supabase-cli-2104"
"""The last line of releases before 3: version 2.104."""


def program(release: str = "supabase-cli") -> Path:
    """The CLI's own program (an npm package with one binary). Raises :class:`NotInstalled`."""
    found = package(release) / "bin" / "supabase"
    if not os.access(found, os.X_OK):
        raise NotInstalled(f"{found} cannot be run; run: make test")
    return found


class SupabaseCli:
    """The real CLI in one project folder, on one database. Every call is a process: 1 to 2 seconds."""

    def __init__(self, folder: Path, url: str, home: Path) -> None:
        self.folder, self.url = folder, url
        self._env = environment(home) | {
            "DO_NOT_TRACK": "1",
            # Its start is most of a call: without the optimising compiler a third less CPU.
            "BUN_JSC_useDFGJIT": "0",
            "SUPABASE_TELEMETRY_DISABLED": "1",
            # Nothing but the database is ever to be reached.
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
        }

    def _command(self, args: Sequence[str]) -> list[str]:
        return [str(program()), *args, "--db-url", self.url, "--yes", "--agent", "no"]

    def popen(self, *args: str) -> subprocess.Popen[str]:
        """A run that is not waited for."""
        return subprocess.Popen(
            self._command(args),
            cwd=self.folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def __call__(self, *args: str) -> Run:
        """Run it as it is, with yes to every question."""
        return Run(args, *finished(self._command(args), self.folder, self._env))

    def push(self, *options: str) -> Run:
        """``db push``; look at ``code``, or call ``check()`` on the result."""
        return self("db", "push", *options)

    def push_by_older(self, port: int) -> Run:
        """``db push`` of version 2.104, which takes TLS unless the address is that of the project's own local
        database, and knows no Postgres 18."""
        config = f'project_id = "a-test"\n[db]\nport = {port}\nmajor_version = 17\n'
        (self.folder / "supabase" / "config.toml").write_text(config, encoding="utf-8")
        args = ("db", "push", "--db-url", self.url, "--yes")
        return Run(args, *finished([str(program(OLDER)), *args], self.folder, self._env))

    def list(self) -> list[Listed]:
        """``migration list``: both sides."""
        found = json.loads(self("migration", "list", "--output-format", "json").check().stdout)
        return [Listed(row["local"], row["remote"]) for row in found["migrations"]]


class TcpServer(NamedTuple):
    """A running server with the Supabase baseline, and a port of 127.0.0.1 that leads to it."""

    server: ShadowServer
    port: int

    def url(self, database: str) -> str:
        return f"postgresql://postgres:{PASSWORD}@127.0.0.1:{self.port}/{database}"


class World:
    """One Supabase project in a folder, its database, the CLI, landed, and what can be done by hand."""

    def __init__(self, tcp: TcpServer, database: str, folder: Path, cache: Path, **environ: str) -> None:
        self.tcp, self.database, self.folder = tcp, database, folder
        self.migrations = folder / "supabase" / "migrations"
        self.migrations.mkdir(parents=True, exist_ok=True)
        config = folder / "supabase" / "config.toml"
        if not config.exists():
            config.write_text(f'project_id = "a-test"\n[db]\nmajor_version = {tcp.server.major}\n')
        self.url = tcp.url(database)
        self.cli = SupabaseCli(folder, self.url, folder.parent / f"{folder.name}.home")
        ceiling = {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
        self.landed = Landed(folder, cache, LANDED_TARGET=self.url, **ceiling, **environ)

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.migrations / name).write_text(text, encoding="utf-8")

    def connect(self, user: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        return self.tcp.server.connect(self.database, user)

    def sql(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run SQL by hand as ``postgres``, each statement by itself; the rows of the last one."""
        rows: list[tuple[Any, ...]] = []
        with self.connect() as connection:
            for statement in statements:
                done = connection.execute(statement.encode())
                rows = done.fetchall() if done.description else []
        return rows

    def value(self, query: str) -> Any:
        ((found,),) = self.sql(query)
        return found

    @property
    def ledger(self) -> list[Row]:
        """The ledger's rows by version; empty where there is none."""
        if self.value(f"SELECT to_regclass('{LEDGER}')") is None:
            return []
        return [Row(*r) for r in self.sql(f"SELECT version, name, statements FROM {LEDGER} ORDER BY version")]

    @property
    def versions(self) -> list[str]:
        return [row.version for row in self.ledger]

    def has(self, *objects: str) -> list[str]:
        """Those relations of ``objects`` that are there."""
        return [name for name in objects if self.value(f"SELECT to_regclass('{name}')") is not None]


def special(body: dict[str, Any]) -> dict[str, str]:
    """The standings that are not ``ok``."""
    return {m["name"]: m["standing"] for m in body["migrations"] if m["standing"] != "ok"}


def objects(body: dict[str, Any]) -> tuple[str, ...]:
    """The unexplained objects, and the unexplained properties of explained ones."""
    facts = [u["fact"] for u in body["unexplained"]]
    whole = [fact.removesuffix(" · exists") for fact in facts if fact.endswith(" · exists")]
    return tuple(whole) or tuple(facts)


ORDER = ["edited", "partial", "phantom", "unrecorded", "no-file", "duplicate", "out-of-order", "pending"]
ORDER += ["unknown", "unprovable"]


def next_step(body: dict[str, Any]) -> str | None:
    """The ``next`` of the migration that comes first by the gravity of its standing."""
    waiting = [m for m in body["migrations"] if m["next"]]
    waiting.sort(key=lambda m: ORDER.index(m["standing"]))
    return waiting[0]["next"] if waiting else None


def follow(world: World, command: str) -> Answer:
    """Run a printed command, and what it prints where it asks for consent, each as printed."""
    answer = world.landed.follow(command, code=None)
    for _ in range(3):
        if answer.code != 4:
            break
        told = answer.error["next"].splitlines()[-1]
        assert "landed " in told, answer
        answer = world.landed.follow(told[told.index("landed ") :], code=None)
    assert answer.code in (0, 1), answer
    return answer


def follow_all(
    world: World, state: dict[str, Any], choose: Callable[[World, str], str | None] | None = None
) -> list[str]:
    """Follow what ``status`` prints until nothing changes; the commands that were run."""
    ran: list[str] = []
    for _ in range(8):
        step = next_step(state)
        if step is None or (choose is not None and (step := choose(world, step)) is None):
            break
        assert step.startswith("landed "), f"not a command, and no choice was made: {step}"
        ran.append(step)
        answer = follow(world, step)
        now = world.landed("status").body
        if now == state:
            assert answer.code != 0, f"{step} says that it succeeded and changed nothing"
            break
        state = now
    return ran


def _relay(listener: socket.socket, path: str) -> None:
    """Hand every connection on to a Unix socket, until the listener is closed."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        threading.Thread(target=_both_ways, args=(client, server), daemon=True).start()


def _both_ways(one: socket.socket, other: socket.socket) -> None:
    with one, other, selectors.DefaultSelector() as ready, contextlib.suppress(OSError):
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in ready.select():
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not data:
                    return
                key.data.sendall(data)


TARGET_MAJOR = 17
"""The platform's default."""


@contextlib.contextmanager
def tcp_server(server: ShadowServer) -> Iterator[TcpServer]:
    """A port for a server, and landed's own server for that major kept running between its calls."""
    shadow = server_for(server.major, baseline=supabase())
    with shadow, socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        path = str(Path(server.host) / f".s.PGSQL.{server.port}")
        threading.Thread(target=_relay, args=(listener, path), daemon=True).start()
        yield TcpServer(server, int(listener.getsockname()[1]))
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="session")
def supabase_tcp(pg_server: Callable[..., ShadowServer]) -> Iterator[TcpServer]:
    """The session's server of targets; where there is no Postgres 17, an 18 (but never where CI is set)."""
    here = binaries_of(TARGET_MAJOR) is not None or bool(os.environ.get("CI"))
    with tcp_server(pg_server(TARGET_MAJOR if here else 18, supabase())) as tcp:
        yield tcp


@pytest.fixture
def supabase_target(supabase_tcp: TcpServer) -> Iterator[Callable[..., str]]:
    """A factory: the name of a new database that holds what a new Supabase project holds.

    ``supabase_target(copy_of=name)`` is a copy of another one, to which nobody may be connected.
    """
    with contextlib.ExitStack() as made:

        def make(copy_of: str | None = None) -> str:
            return made.enter_context(target_database(supabase_tcp, copy_of))

        yield make


@contextlib.contextmanager
def target_database(tcp: TcpServer, copy_of: str | None = None) -> Iterator[str]:
    """A new database of the session's server, dropped at the end."""
    if copy_of is None:
        with new_database(tcp.server) as scratch:
            yield scratch.name
        return
    assert copy_of.startswith(PREFIX)
    name = f"{copy_of[:40]}_{secrets.token_hex(4)}"
    with tcp.server.connect(tcp.server.admin) as admin:
        admin.execute(
            f'CREATE DATABASE "{name}" TEMPLATE "{copy_of}" STRATEGY file_copy OWNER postgres'.encode()
        )
        try:
            yield name
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def supabase_world(
    supabase_tcp: TcpServer,
    supabase_target: Callable[..., str],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., World]:
    """A factory: ``supabase_world({"20240101000000_a.sql": "CREATE …"})`` is a project on a new database."""

    def make(files: Mapping[str, str] | None = None, *, name: str = "project", **environ: str) -> World:
        try:
            program()
        except NotInstalled as absent:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(str(absent))
        cache = tmp_path_factory.getbasetemp() / "supabase-cache"
        world = World(supabase_tcp, supabase_target(), tmp_path / name, cache, **environ)
        world.write(files or {})
        return world

    return make
