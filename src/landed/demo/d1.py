"""demo's three broken worlds: real SQLite files where wrangler keeps them, with a real configuration."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw

from landed.core.errors import ConfigError
from landed.core.next import Next, landed
from landed.engines.sqlite.ledger import LEDGER
from landed.engines.sqlite.shadow.sandbox import restrict, unrestricted
from landed.engines.sqlite.sql.split import split
from landed.engines.sqlite.sql.tokens import quote
from landed.project.config_search import find_config
from landed.project.d1_local import OBJECTS, STATE, object_hash

CONFIG = "wrangler.jsonc"
_LEDGER = "d1_migrations"

USERS = "CREATE TABLE users (\n  id INTEGER PRIMARY KEY,\n  email TEXT NOT NULL\n);\n"
ORDERS = (
    "CREATE TABLE orders (\n  id INTEGER PRIMARY KEY,\n  user_id INTEGER NOT NULL REFERENCES users (id),\n"
    "  total INTEGER NOT NULL\n);\n"
)
REGION = "ALTER TABLE orders ADD COLUMN region TEXT;\nCREATE INDEX orders_by_region ON orders (region);\n"
AUDIT = (
    "CREATE TABLE audit_log (\n  id INTEGER PRIMARY KEY,\n  at TEXT NOT NULL\n);\n"
    "CREATE INDEX audit_by_time ON audit_log (at);\n"
)
PLANS = (
    "CREATE TABLE plans (\n  id INTEGER PRIMARY KEY,\n  name TEXT NOT NULL\n);\n"
    "ALTER TABLE users ADD COLUMN plan_id INTEGER;\n"
    "CREATE INDEX users_by_plan ON users (plan_id);\n"
)
POSTS = (
    "CREATE TABLE posts (\n  id INTEGER PRIMARY KEY,\n"
    "  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,\n  title TEXT NOT NULL\n);\n"
)
REBUILD = (
    "CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);\n"
    "INSERT INTO users_new (id, email) SELECT id, email FROM users;\n"
    "DROP TABLE users;\n"
    "ALTER TABLE users_new RENAME TO users;\n"
)
REBUILD_SAFE = (
    "CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE);\n"
    "INSERT INTO users_new (id, email) SELECT id, email FROM users;\n"
    "CREATE TABLE posts_new (id INTEGER PRIMARY KEY,\n"
    "  user_id INTEGER NOT NULL REFERENCES users_new (id) ON DELETE CASCADE, title TEXT NOT NULL);\n"
    "INSERT INTO posts_new (id, user_id, title) SELECT id, user_id, title FROM posts;\n"
    "DROP TABLE posts;\n"
    "DROP TABLE users;\n"
    "ALTER TABLE users_new RENAME TO users;\n"
    "ALTER TABLE posts_new RENAME TO posts;\n"
)
"""The rebuild of the whole family, children first to go: keeps all rows with foreign keys on."""

POST_ROWS = 12


@dataclass(frozen=True, slots=True)
class World:
    """One project folder: its configuration, migrations and local databases by binding."""

    folder: Path

    @property
    def migrations(self) -> Path:
        """The migrations folder."""
        return self.folder / "migrations"

    def database(self, binding: str) -> Path:
        """The file in which wrangler keeps the local copy of this database."""
        return self.folder / STATE / "v3" / "d1" / OBJECTS / f"{object_hash(_database_id(binding))}.sqlite"

    def waiting(self, binding: str) -> list[str]:
        """What ``wrangler d1 migrations list`` would list: the files that the history does not name."""
        connection = apsw.Connection(str(self.database(binding)), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            recorded = {n for (n,) in connection.execute(f"SELECT name FROM {quote(_LEDGER)}")}
        finally:
            connection.close()
        return [p.name for p in sorted(self.migrations.glob("*.sql")) if p.name not in recorded]

    def recorded(self, binding: str) -> int:
        """How many files the history calls applied."""
        return len(list(self.migrations.glob("*.sql"))) - len(self.waiting(binding))

    def copy(self, folder: Path) -> World:
        """The same world in another folder."""
        shutil.copytree(self.folder, folder)
        return World(folder)

    def count(self, binding: str, table: str) -> int:
        """How many rows a table has."""
        connection = apsw.Connection(str(self.database(binding)), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return int(connection.execute(f"SELECT count(*) FROM {quote(table)}").get)
        finally:
            connection.close()

    def run(self, binding: str, statements: Sequence[str], record: Sequence[str] = ()) -> None:
        """Run statements and record names in one batch under D1's rules, as wrangler sends a file.

        Nothing is checked: whatever runs without an error is committed.
        """
        path = self.database(binding)
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = apsw.Connection(str(path), statementcachesize=0)
        try:
            connection.execute("PRAGMA journal_mode=wal").fetchall()
            restrict(connection, "d1")
            with unrestricted(connection):
                connection.execute(LEDGER.format(table=quote(_LEDGER)))
                connection.execute("BEGIN")
            for statement in statements:
                connection.execute(statement).fetchall()
            for name in record:
                connection.execute(f"INSERT INTO {quote(_LEDGER)} (name) VALUES (?)", (name,))
            with unrestricted(connection):
                connection.execute("COMMIT")
        finally:
            connection.close()

    def platform_apply(self, binding: str, name: str) -> str | None:
        """Apply one file as wrangler does, its statements and its history row in one batch.

        Returns the engine's message if it failed; then nothing of it is left.
        """
        text = (self.migrations / name).read_text(encoding="utf-8")
        try:
            self.run(binding, [s.text for s in split(text)], [name])
        except apsw.Error as error:
            return str(error)
        return None


def forgotten(folder: Path) -> World:
    """World 1: DB has all three files, PROD (a stand-in for production) only two."""
    files = {"0001_users.sql": USERS, "0002_orders.sql": ORDERS, "0003_region.sql": REGION}
    world = _world(folder, files, ("DB", "PROD"))
    for name in files:
        world.platform_apply("DB", name)
    for name in list(files)[:2]:
        world.platform_apply("PROD", name)
    world.run("PROD", [
        "INSERT INTO users (id, email) VALUES (1, 'ada@example.com')",
        "INSERT INTO orders (user_id, total) VALUES (1, 4200)",
    ])  # fmt: skip
    return world


def recorded_only(folder: Path) -> World:
    """World 2: everything is recorded; 0002 never ran, and of 0003 only the first statement did."""
    files = {"0001_users.sql": USERS, "0002_audit_log.sql": AUDIT, "0003_plans.sql": PLANS}
    world = _world(folder, files, ("DB",))
    world.platform_apply("DB", "0001_users.sql")
    world.run("DB", [split(PLANS)[0].text], ["0002_audit_log.sql", "0003_plans.sql"])
    return world


def cascading(folder: Path) -> World:
    """World 3: a pending rebuild of users, whose posts would be deleted by ON DELETE CASCADE."""
    files = {"0001_users.sql": USERS, "0002_posts.sql": POSTS, "0003_unique_email.sql": REBUILD}
    world = _world(folder, files, ("DB",))
    for name in list(files)[:2]:
        world.platform_apply("DB", name)
    users = ", ".join(f"({n}, 'user{n}@example.com')" for n in range(1, 5))
    posts = ", ".join(f"({n}, {n % 4 + 1}, 'Post {n}')" for n in range(1, POST_ROWS + 1))
    world.run("DB", [
        f"INSERT INTO users (id, email) VALUES {users}",
        f"INSERT INTO posts (id, user_id, title) VALUES {posts}",
    ])  # fmt: skip
    return world


def _world(folder: Path, files: Mapping[str, str], bindings: Sequence[str]) -> World:
    world = World(folder)
    world.migrations.mkdir(parents=True)
    for name, text in files.items():
        (world.migrations / name).write_text(text, encoding="utf-8", newline="\n")
    databases = [
        {"binding": b, "database_name": f"demo-{b.lower()}", "database_id": _database_id(b)} for b in bindings
    ]
    body = {"name": folder.name, "compatibility_date": "2026-01-01", "d1_databases": databases}
    (folder / CONFIG).write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
    found = find_config(folder)
    if found != folder / CONFIG:
        raise ConfigError(
            f"{found} lies above the temporary folder: wrangler and landed would use it for the demo",
            next=Next("set TMPDIR to another folder, then: ", landed("demo").afterwards()),
        )
    return world


def _database_id(binding: str) -> str:
    return f"demo-{binding.lower()}"
