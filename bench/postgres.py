"""Postgres: landed beside the real Supabase CLI, psql and pg_dump, on databases of one throw-away server.

Everybody reaches the server through the same counting proxy on 127.0.0.1, because the CLI knows no sockets.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from support.clients.wrangler import environment

if TYPE_CHECKING:
    from measure import Bench

    from landed.engines.postgres.shadow.server.servers import ShadowServer
    from support.servers.tcpproxy import Count, TcpProxy

FILES = 300
FAR = 100
"""Files of the run through a slow line."""
DELAY = 0.05
"""Seconds for a round trip on it."""
TABLES = 2_000
GROWTH = (100, 500, 2_000)
LANDED = [sys.executable, "-m", "landed"]
LEDGER = "supabase_migrations.schema_migrations"


class World:
    """One server with databases as Supabase makes them, and the way to it."""

    def __init__(self, bench: Bench, server: ShadowServer, proxy: TcpProxy) -> None:
        self.bench, self.server, self.proxy = bench, server, proxy
        self.folder = bench.folder
        self.environ = {
            "LANDED_SHADOW_DIR": os.environ["LANDED_SHADOW_DIR"],
            "LANDED_CACHE_DIR": str(bench.folder / "pg-cache"),
        }
        self.home = environment(bench.folder / "pg-home")

    @contextmanager
    def database(self) -> Iterator[str]:
        """A fresh database; yields its URL."""
        from landed.engines.postgres.shadow.server.databases import new_database

        with new_database(self.server) as scratch:
            yield f"postgresql://postgres:none@127.0.0.1:{self.proxy.port}/{scratch.name}?sslmode=disable"

    def project(self, files: int) -> Path:
        """A Supabase project with so many trivial migrations, made once."""
        folder = self.folder / f"supabase-{files}"
        if not folder.exists():
            migrations = folder / "supabase" / "migrations"
            migrations.mkdir(parents=True)
            (folder / "supabase" / "config.toml").write_text('project_id = "bench"\n', encoding="utf-8")
            for number in range(1, files + 1):
                name, sql = trivial(number)
                (migrations / name).write_text(sql, encoding="utf-8")
            (folder / "all.sql").write_text(psql_script(folder), encoding="utf-8")
        return folder

    def take(self, name: str, words: list[str], folder: Path, environ: dict[str, str] | None = None) -> Count:
        """Measure one process; what went over the line meanwhile."""
        before = self.proxy.count()
        self.bench.take(name, words, folder, self.environ | (environ or {}))
        return self.proxy.count() - before


def trivial(number: int) -> tuple[str, str]:
    """Name and SQL of one migration: a table, an index, row level security."""
    table = f"orders_{number:05d}"
    sql = (
        f"create table public.{table} (\n"
        "    id bigint generated always as identity primary key,\n"
        "    customer text not null,\n"
        "    total numeric(12, 2) not null default 0,\n"
        "    created_at timestamptz not null default now()\n"
        ");\n"
        f"create index {table}_customer on public.{table} (customer);\n"
        f"alter table public.{table} enable row level security;\n"
    )
    return f"{20260101000000 + number}_create_{table}.sql", sql


def psql_script(project: Path) -> str:
    """What psql runs: every file in a transaction of its own, with its row in the ledger."""
    parts = [
        "create schema if not exists supabase_migrations;\n"
        f"create table {LEDGER} (version text not null primary key, statements text[], name text);\n"
    ]
    for file in sorted((project / "supabase" / "migrations").iterdir()):
        version, _, name = file.stem.partition("_")
        parts.append(
            f"begin;\n{file.read_text(encoding='utf-8')}"
            f"insert into {LEDGER}(version, name) values ('{version}', '{name}');\ncommit;\n"
        )
    return "".join(parts)


def done(url: str) -> tuple[int, int]:
    """Tables of the user and rows of the ledger: peers must have done the same work."""
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = 'public'),"
            f" (SELECT count(*) FROM {LEDGER})"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def postgres(bench: Bench, rounds: int) -> None:
    """All parts, on an own server each for targets and shadows."""
    from landed.engines.postgres.shadow.platform.baseline import supabase
    from landed.engines.postgres.shadow.server.installed import any_installed
    from landed.engines.postgres.shadow.server.outdated import remove_cluster
    from landed.engines.postgres.shadow.server.start import own_server, server_for
    from support.servers.pgservers import binaries_of
    from support.servers.tcpproxy import TcpProxy

    place = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else bench.folder
    shadows = place / f"lb{os.getpid()}"
    shadows.mkdir(mode=0o755)
    os.environ["LANDED_SHADOW_DIR"] = str(shadows)
    installed = any_installed(None)
    binaries = installed if installed and which("pg_dump") else binaries_of(18)
    if binaries is None:
        raise SystemExit("no Postgres to measure on")
    bench.facts["Postgres"] = binaries.major
    try:
        with (
            own_server(binaries, binaries.major, supabase()) as server,
            server_for(binaries.major, baseline=supabase()),
            TcpProxy.before(server) as proxy,
        ):
            world = World(bench, server, proxy)
            _apply(world, rounds)
            _far(world)
            _status(world, rounds)
            _replay(world, rounds)
            if which("pg_dump"):
                _snapshot(world, rounds)
    finally:
        for root in shadows.glob("*-*"):
            remove_cluster(root, wait=True)
        shutil.rmtree(shadows, ignore_errors=True)


def _cli() -> list[str]:
    from support.clients.supabase_cli import program

    return [str(program()), "db", "push", "--yes", "--agent", "no", "--db-url"]


def _apply(world: World, rounds: int) -> None:
    """300 files: landed from nothing, and where they were rehearsed before; the CLI; psql in one process."""
    project = world.project(FILES)
    peers: dict[str, Callable[[str], list[str]]] = {
        "psql": lambda url: ["psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", "all.sql", url],
        "landed": lambda url: [*LANDED, "--target", url, "apply", "--yes"],
        "landed rehearsed": lambda url: [*LANDED, "--target", url, "apply", "--yes"],
        "supabase": lambda url: [*_cli(), url],
    }
    if not which("psql"):
        del peers["psql"]
    for turn in range(rounds):
        for tool, words in peers.items():
            environ = {"LANDED_CACHE_DIR": str(world.folder / f"pg-cold-{turn}")}
            with world.database() as url:
                count = world.take(f"{tool} apply {FILES}", words(url), project, environ | _home(world, tool))
                if done(url) != (FILES, FILES):
                    raise SystemExit(f"{tool} did not do the work")
            world.bench.facts[f"round trips of {tool} apply {FILES}"] = count.round_trips
        _forget_templates(world)


def _home(world: World, tool: str) -> dict[str, str]:
    return world.home if tool == "supabase" else {}


def _forget_templates(world: World) -> None:
    """The next run finds no state of the shadow to go on from."""
    from landed.engines.postgres.shadow.server.databases import TEMPLATE
    from landed.engines.postgres.shadow.server.start import server_for

    with (
        server_for(world.server.major, baseline=world.server.baseline) as shadow,
        shadow.connect(shadow.admin) as admin,
    ):
        for (name,) in admin.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (TEMPLATE,)
        ).fetchall():
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _far(world: World) -> None:
    """100 files over a line on which a round trip takes 50 ms."""
    project = world.project(FAR)
    for tool, words in {
        "landed": lambda url: [*LANDED, "--target", url, "apply", "--yes"],
        "supabase": lambda url: [*_cli(), url],
    }.items():
        with world.database() as url:
            world.proxy.delay = DELAY
            try:
                count = world.take(f"{tool} apply {FAR} far", words(url), project, _home(world, tool))
            finally:
                world.proxy.delay = 0.0
            if done(url) != (FAR, FAR):
                raise SystemExit(f"{tool} did not do the work")
        world.bench.facts[f"round trips of {tool} apply {FAR}"] = count.round_trips


def _status(world: World, rounds: int) -> None:
    """Warm status, its round trips, and how both grow with the number of files."""
    import psycopg

    for files in GROWTH:
        project = world.project(files)
        with world.database() as url:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute((project / "all.sql").read_bytes())
            words = [*LANDED, "--target", url, "status"]
            world.take(f"first status {files}", words, project)
            for _ in range(rounds):
                count = world.take(f"warm status {files} pg", words, project)
            world.bench.facts[f"round trips of status {files}"] = count.round_trips


def _replay(world: World, rounds: int) -> None:
    """A cold replay of 300 files beside psql running them."""
    project = world.project(FILES)
    for turn in range(rounds):
        with world.database() as url:
            environ = {"LANDED_CACHE_DIR": str(world.folder / f"pg-replay-{turn}")}
            _forget_templates(world)
            world.take(f"cold status {FILES} pg", [*LANDED, "--target", url, "status"], project, environ)


def _snapshot(world: World, rounds: int) -> None:
    """The facts of a schema of 2,000 tables beside ``pg_dump --schema-only``."""
    import psycopg

    with world.database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("".join(trivial(n)[1] for n in range(1, TABLES + 1)))
        code = (
            "import sys, time, psycopg\n"
            "from landed.engines.postgres.catalog.snapshot import snapshot\n"
            "from landed.engines.postgres.catalog.scope import SUPABASE\n"
            "with psycopg.connect(sys.argv[1], autocommit=True) as c:\n"
            "    assert len(snapshot(c, SUPABASE)) > 2000\n"
        )
        for _ in range(rounds):
            world.take(f"snapshot {TABLES}", [sys.executable, "-c", code, url], world.folder)
            world.take(f"pg_dump {TABLES}", ["pg_dump", "--schema-only", "-f", os.devnull, url], world.folder)


def goals(bench: Bench, show: Callable[[str], None]) -> None:
    """The goals beside what was measured."""
    if "landed apply 300" not in bench.samples or "Postgres" not in bench.facts:
        return
    trips = {name: int(str(value)) for name, value in bench.facts.items() if name.startswith("round trips")}

    def share(one: str, other: str, goal: str) -> None:
        if one in bench.samples and other in bench.samples:
            a, b = bench.of(one), bench.of(other)
            show(f"{one} / {other}: {a.wall / b.wall:.2f}x wall, {a.cpu / b.cpu:.2f}x CPU (goal {goal})")

    share(f"landed apply {FILES}", f"psql apply {FILES}", "at most 1.3x")
    share(f"landed rehearsed apply {FILES}", f"psql apply {FILES}", "at most 1.3x")
    share(f"landed apply {FILES}", f"supabase apply {FILES}", "under 0.2x")
    share(f"landed rehearsed apply {FILES}", f"supabase apply {FILES}", "under 0.2x")
    share(f"landed apply {FAR} far", f"supabase apply {FAR} far", "under 0.5x")
    for tool in ("landed", "supabase"):
        total = trips.get(f"round trips of {tool} apply {FILES}")
        if total is not None:
            show(f"{tool}: {total / FILES:.2f} round trips per applied file (goal of landed: at most 2)")
    for files in GROWTH:
        if (name := f"round trips of status {files}") in trips:
            show(f"{name}: {trips[name]} (goal at most 6)")
    share(f"cold status {FILES} pg", f"psql apply {FILES}", "at most 1.5x")
    for files in GROWTH:
        if (name := f"warm status {files} pg") in bench.samples:
            goal = " (goal at most 400)" if files <= FILES else ""
            show(f"{name}: {bench.of(name).cpu * 1000:.0f} ms CPU{goal}")
    share(f"warm status {GROWTH[-1]} pg", f"warm status {GROWTH[0]} pg", "at most 20x: no worse than linear")
    share(f"snapshot {TABLES}", f"pg_dump {TABLES}", "at most 0.33x")
