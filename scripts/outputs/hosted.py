"""Worlds on a Postgres server: the documentation's, small histories, pairs of schemas, real projects."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import threading
import tomllib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from book import COMMANDS, FORMS, Book, Scene, Task, environ, play

from landed.engines.postgres.shadow.server.databases import new_database
from support.docs import docsworlds_postgres as worlds

CHOSEN = (
    "nextjs-saas-starter-kit-lite",
    "basejump",
    "ubiquibot",
    "supabase-tenant-rbac",
    "chatbot-ui",
    "supabase-cache-helpers",
    "dbdev",
)
"""Projects of the corpus that are not too long."""
HISTORIES: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("histories.toml").read_text(encoding="utf-8")
)


class Postgres:
    """The server that the worlds' databases are on; landed's own is kept up between its commands."""

    def __init__(self, root: Path) -> None:
        memory = os.access("/dev/shm", os.W_OK)
        self.shadows = Path(tempfile.mkdtemp(prefix="lo", dir="/dev/shm" if memory else None))
        self.shadows.chmod(0o711)
        self._over = contextlib.ExitStack()
        self.server = self._over.enter_context(worlds.own())
        self._locks: dict[Path, int] = {}
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()
        worlds.use(lambda: self.server)
        self.env = {"LANDED_SHADOW_DIR": str(self.shadows), "LANDED_CACHE_DIR": str(root / "cache")}

    def _keep(self) -> None:
        # Whoever holds this lock is a user of the server: it is not stopped after a command.
        while not self._ended.wait(0.05):
            for file in self.shadows.glob("*/users.lock"):
                if file not in self._locks:
                    with contextlib.suppress(OSError):
                        self._locks[file] = os.open(file, os.O_RDWR)
                        fcntl.flock(self._locks[file], fcntl.LOCK_SH)

    def close(self) -> None:
        """Stop the servers."""
        from landed.engines.postgres.shadow.server.outdated import remove_cluster

        self._ended.set()
        self._keeper.join()
        for lock in self._locks.values():
            os.close(lock)
        for folder in self.shadows.glob("*-*"):
            remove_cluster(folder, wait=True)
        shutil.rmtree(self.shadows, ignore_errors=True)
        self._over.close()

    def shown(self) -> dict[str, str]:
        """What paths of servers are written as."""
        return {str(self.shadows): "/SHADOWS", str(self.server.host): "/SOCKET"}


class Hosted(Scene):
    """A world on the server; what has been written to is built once more."""

    def __init__(
        self, name: str, postgres: Postgres, folder: Path, build: Callable[[Path], worlds.SupabaseWorld]
    ) -> None:
        self._postgres, self._at, self._build = postgres, folder, build
        self.world = build(folder)
        super().__init__(name, self.world.folder, self.world.env)
        self._as_it_is()

    def again(self) -> None:
        self.world.close()
        shutil.rmtree(self._at)
        self.world = self._build(self._at)
        self._as_it_is()

    def _as_it_is(self) -> None:
        self.env = {**self.world.env, **self._postgres.env}
        self.shown = {**self.world.shown, **self._postgres.shown()}
        # The one that shows that nothing answers is left as it is.
        self.options = () if self.name.endswith("unreachable") else ("--target", self.env["DATABASE_URL"])

    def state(self) -> str:
        tables = self.world.sql(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace s ON s.oid = relnamespace"
            " WHERE relkind = 'r' AND (nspname IN ('public', 'app') OR nspname LIKE '%migrations') ORDER BY 1"
        )
        found = [(name, self.world.sql(f"SELECT count(*) FROM {name}")[0][0]) for (name,) in tables]
        return "\n".join(f"  {name} {count}" for name, count in found)

    def close(self) -> None:
        """Drop the database."""
        self.world.close()


def server_tasks(book: Book, postgres: Postgres, cases: Path | None, corpus: Path) -> Iterator[Task]:
    """All worlds on the server."""
    for name in worlds.WORLDS:
        yield f"supabase/{name}", partial(_supabase, book, postgres, name)
    for name in HISTORIES:
        yield f"history/{name}", partial(_history, book, postgres, name)
    for folder in sorted(cases.glob("drift/pg-*")) if cases else ():
        yield f"drift-pg/{folder.name}", partial(_pair, book, postgres, folder)
    for project in sorted(corpus.glob("supabase/*")):
        if project.is_dir() and project.name.partition("__")[2] in CHOSEN:
            yield f"corpus-pg/{project.name}", partial(_project, book, postgres, project)


def _supabase(book: Book, postgres: Postgres, name: str) -> None:
    scene = Hosted(name, postgres, book.root / "supabase" / name, lambda at: worlds.build(name, at))
    given = COMMANDS["postgres"]
    # Where there is nothing to connect to, nothing can be written.
    writes = [] if name == "supabase-unreachable" else COMMANDS["sqlite"]["writes"]
    looks = [*given["looks"], *given["more"].get(name, ())]
    play(book, "supabase", scene, looks, [*writes, *given["more_writes"].get(name, ())])
    scene.close()


def _history(book: Book, postgres: Postgres, name: str) -> None:
    what = HISTORIES[name]

    def build(at: Path) -> worlds.SupabaseWorld:
        world = worlds.SupabaseWorld(at)
        for file, text in what.get("run", {}).items():
            world.file(file, text)
            world.run(file)
        for file, text in what.get("record", {}).items():
            world.file(file, text)
            world.record(file)
        for file, text in what.get("files", {}).items():
            world.file(file, text)
        for file in what.get("gone", ()):
            (world.folder / "supabase" / "migrations" / file).unlink()
        if "sql" in what:
            world.sql(what["sql"])
        return world

    scene = Hosted(name, postgres, book.root / "history" / name, build)
    play(
        book,
        "history",
        scene,
        [look for look in COMMANDS["postgres"]["looks"] if look != ["doctor"]],
        COMMANDS["sqlite"]["writes"],
    )
    scene.close()


def _pair(book: Book, postgres: Postgres, folder: Path) -> None:
    home = book.root / "drift-pg" / folder.name
    home.mkdir(parents=True)
    with contextlib.ExitStack() as over:
        urls, shown = [], postgres.shown()
        for which in "ab":
            scratch = over.enter_context(new_database(postgres.server))
            with scratch.connect() as connection, contextlib.suppress(Exception):
                connection.execute("CREATE ROLE r1")
            over.callback(_no_subscription, scratch)
            text = (folder / f"{which}.sql").read_text().replace("@DB@", scratch.name)
            text = text.replace("CREATE EXTENSION", "CREATE EXTENSION IF NOT EXISTS")
            with scratch.connect() as connection:
                connection.execute("SET search_path = public, extensions")
                if text.strip():
                    connection.execute(text.encode())
            place = f"host={scratch.server.host}&port={scratch.server.port}"
            urls.append(f"postgresql://postgres@/{scratch.name}?{place}")
            shown[scratch.name] = which
        with book.page(f"drift-pg/{folder.name}") as page:
            for form in FORMS:
                page.run(["drift", *urls, *form], home, {**environ(home), **postgres.env}, shown)


def _no_subscription(scratch: Any) -> None:
    """A database with a subscription cannot be dropped."""
    alter = "ALTER SUBSCRIPTION sb"
    for text in (f"{alter} DISABLE", f"{alter} SET (slot_name = NONE)", "DROP SUBSCRIPTION sb"):
        with contextlib.suppress(Exception), scratch.connect() as connection:
            connection.execute(text.encode())


def _project(book: Book, postgres: Postgres, project: Path) -> None:
    def build(at: Path) -> worlds.SupabaseWorld:
        world = worlds.SupabaseWorld(at)
        shutil.rmtree(world.folder)
        shutil.copytree(project, world.folder)
        return world

    scene = Hosted(f"{project.name}/new", postgres, book.root / "corpus-pg" / project.name, build)
    looks = COMMANDS["corpus"]["looks"]
    play(book, "corpus-pg", scene, [*looks, ("rehearse",), ("doctor",)], [])
    with book.page(f"corpus-pg/{project.name}/apply") as page:
        page.run(["apply", "--yes", *scene.options], scene.folder, scene.env, scene.shown)
        page.note(scene.state())
    for name, damage in COMMANDS["corpus"]["damages"].items():
        scene.name = f"{project.name}/{name}"
        if damage:
            scene.world.sql(damage)
        play(book, "corpus-pg", scene, looks, [])
    scene.close()
