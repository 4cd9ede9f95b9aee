"""The worlds in which documented commands run: small projects, each in one known state.

A page says ``<!-- world: phantom -->``; the function ``phantom`` below builds it. Every damage is made
behind landed's back, by plain SQL on the database file or by a change of the files.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import apsw

from support import ROOT
from support.process.landed_shim import script

SRC = ROOT / "src"

CONFIG = """\
{
  "name": "shop",
  "compatibility_date": "2026-01-01",
  "d1_databases": [
    {
      "binding": "DB",
      "database_name": "shop",
      "database_id": "11111111-2222-3333-4444-555555555555"
    }
  ]
}
"""

FILES = {
    "0001_init.sql": """\
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  total INTEGER NOT NULL
);
""",
    "0002_order_region.sql": """\
ALTER TABLE orders ADD COLUMN region TEXT;
CREATE INDEX orders_by_region ON orders(region);
""",
    "0003_audit_log.sql": """\
CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  what TEXT NOT NULL
);
""",
    "0004_coupons.sql": """\
CREATE TABLE coupons (code TEXT PRIMARY KEY, percent INTEGER NOT NULL);
""",
}

ROWS = """\
INSERT INTO users VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
INSERT INTO orders (id, user_id, total) VALUES (10, 1, 500), (11, 1, 700), (12, 2, 900);
"""

EDITED = FILES["0002_order_region.sql"].replace("region TEXT", "region ANY")

BACKFILL = "UPDATE orders SET region = lower('EU') WHERE total > 600;\n"

REBUILD = """\
CREATE TABLE users_new (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL DEFAULT ''
);
INSERT INTO users_new (id, email) SELECT id, email FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
"""


class World:
    """One project in a folder of its own, with its own home, cache and git settings."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.folder = folder / "shop"
        self.folder.mkdir(parents=True)
        bin_dir = folder / "bin"
        bin_dir.mkdir()
        landed = bin_dir / "landed"
        landed.write_text(script(), encoding="utf-8")
        landed.chmod(0o755)
        self.env = {
            "PATH": f"{bin_dir}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(SRC),
            "PYTHONUNBUFFERED": "1",
            "HOME": str(folder),
            "LANDED_CACHE_DIR": str(folder / "cache"),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "COLUMNS": "100",
            "SHELL": "/bin/bash",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in _GIT.items()},
        }
        self.shown = {str(folder): "/home/you"}
        """What pages show instead of texts that differ from run to run."""

    def close(self) -> None:
        """Give back what the world holds besides its folder."""

    def write(self, path: str, text: str) -> None:
        """A file of the project."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def migrations(self, *names: str) -> None:
        """The standard migration files, all or the named ones."""
        for name in names or FILES:
            self.write(f"migrations/{name}", FILES[name])

    def sh(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run one line as a user would, stdout and stderr as they come."""
        return subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def must(self, line: str) -> None:
        """Run a line that has to succeed."""
        done = self.sh(line)
        if done.returncode:
            raise AssertionError(f"$ {line}\n{done.stdout}")

    @property
    def database(self) -> Path:
        """The local database file; there is exactly one."""
        files = self.folder.glob(".wrangler/state/v3/d1/miniflare-D1DatabaseObject/*.sqlite")
        (file,) = [f for f in files if f.name != "metadata.sqlite"]
        return file

    def sql(self, text: str) -> list[tuple[object, ...]]:
        """SQL on the database file, behind landed's back; the rows of all statements."""
        connection = apsw.Connection(str(self.database))
        try:
            connection.execute("PRAGMA foreign_keys=on").fetchall()
            return connection.execute(text).fetchall()
        finally:
            connection.close()

    def git(self, *args: str, at: str = "") -> None:
        """A git command that has to succeed, at a fixed time."""
        env = self.env | ({f"GIT_{who}_DATE": at for who in ("AUTHOR", "COMMITTER")} if at else {})
        subprocess.run(["git", *args], cwd=self.folder, env=env, check=True, capture_output=True)


_GIT = {"NAME": "You", "EMAIL": "you@example.com", "DATE": "2026-01-01T12:00:00Z"}


def _project(world: World, *names: str) -> None:
    world.write("wrangler.jsonc", CONFIG)
    world.migrations(*names)


def new(world: World) -> None:
    """Four files, no database yet."""
    _project(world)


def applied(world: World) -> None:
    """Four files, all applied; a few rows."""
    _project(world)
    world.must("landed apply --yes")
    world.sql(ROWS)


def orders(world: World) -> None:
    """The first two files, applied, with rows."""
    _project(world, "0001_init.sql", "0002_order_region.sql")
    world.must("landed apply --yes")
    world.sql(ROWS)


def pending(world: World) -> None:
    """The first two files applied, with rows; two pending."""
    _project(world)
    world.must("landed apply --yes --to 0002")
    world.sql(ROWS)


def damaged(world: World) -> None:
    """Three things at once: a half-run file, a row without its SQL, an object made by hand."""
    pending(world)
    world.sql("DROP INDEX orders_by_region; INSERT INTO d1_migrations (name) VALUES ('0003_audit_log.sql')")
    world.sql("CREATE TABLE scratch (x)")


def phantom(world: World) -> None:
    """0003 is recorded, but its SQL never ran."""
    pending(world)
    world.sql("INSERT INTO d1_migrations (name) VALUES ('0003_audit_log.sql')")


def partial(world: World) -> None:
    """The first statement of 0002 was run by hand."""
    _project(world)
    world.must("landed apply --yes --to 0001")
    world.sql("ALTER TABLE orders ADD COLUMN region TEXT")


def undecided(world: World) -> None:
    """A partial file with a statement that leaves no trace between what ran and what did not."""
    _project(world, "0001_init.sql")
    world.must("landed apply --yes")
    world.sql(ROWS)
    world.write(
        "migrations/0002_order_region.sql",
        "ALTER TABLE orders ADD COLUMN region TEXT;\n"
        "UPDATE orders SET region = 'eu' WHERE total > 600;\n"
        "CREATE INDEX orders_by_region ON orders(region);\n",
    )
    world.sql("ALTER TABLE orders ADD COLUMN region TEXT")


def unrecorded(world: World) -> None:
    """0003 was run by hand and never recorded."""
    pending(world)
    world.sql(FILES["0003_audit_log.sql"])


def unprovable(world: World) -> None:
    """A file that only writes rows, applied."""
    _project(world, "0001_init.sql", "0002_order_region.sql")
    world.must("landed apply --yes")
    world.sql(ROWS)
    world.write("migrations/0003_backfill.sql", BACKFILL)
    world.must("landed apply --yes")


def unknown(world: World) -> None:
    """A file that only writes rows, not recorded."""
    _project(world, "0001_init.sql", "0002_order_region.sql")
    world.must("landed apply --yes")
    world.sql(ROWS)
    world.write("migrations/0003_backfill.sql", BACKFILL)


def no_file(world: World) -> None:
    """A ledger row of which there is no file."""
    pending(world)
    world.sql("INSERT INTO d1_migrations (name) VALUES ('0002b_hotfix.sql')")


def renamed(world: World) -> None:
    """A file renamed after it was applied."""
    pending(world)
    (world.folder / "migrations/0002_order_region.sql").rename(
        world.folder / "migrations/0002_region_of_orders.sql"
    )


def edited(world: World) -> None:
    """A file changed after it was applied; the lock file knows what was applied."""
    pending(world)
    world.write(
        "migrations/0002_order_region.sql",
        EDITED,
    )


def edited_in_git(world: World) -> None:
    """A file changed after it was applied; only the git history knows."""
    pending(world)
    (world.folder / "landed.lock").unlink()
    world.git("init", "-q", "-b", "main")
    world.git("add", "migrations", "wrangler.jsonc")
    world.git("commit", "-q", "-m", "Migrations", at="2026-01-01T12:00:00Z")
    world.sql("UPDATE d1_migrations SET applied_at = '2026-01-02 12:00:00'")
    world.write(
        "migrations/0002_order_region.sql",
        EDITED,
    )
    world.git("commit", "-q", "-am", "Change", at="2026-01-03T12:00:00Z")


def out_of_order(world: World) -> None:
    """A file that came late, numbered below one that is applied."""
    _project(world)
    late = world.folder / "migrations/0003_audit_log.sql"
    late.unlink()
    world.must("landed apply --yes")
    world.migrations("0003_audit_log.sql")


def duplicate(world: World) -> None:
    """A ledger made by hand, without UNIQUE, that holds a name twice."""
    pending(world)
    world.sql(
        "CREATE TABLE l (id INTEGER PRIMARY KEY, name TEXT, applied_at TEXT); INSERT INTO l "
        "SELECT * FROM d1_migrations; INSERT INTO l (name) SELECT '0002_order_region.sql'; "
        "DROP TABLE d1_migrations; ALTER TABLE l RENAME TO d1_migrations"
    )


def superseded(world: World) -> None:
    """A table that a later file drops again."""
    _project(world, "0001_init.sql")
    world.write("migrations/0002_carts.sql", "CREATE TABLE carts (id INTEGER PRIMARY KEY);\n")
    world.write("migrations/0003_no_carts.sql", "DROP TABLE carts;\n")
    world.must("landed apply --yes")


def drifted(world: World) -> None:
    """Everything applied; then a column and a table made by hand, and an index dropped."""
    applied(world)
    world.sql(
        "ALTER TABLE users ADD COLUMN phone TEXT; CREATE TABLE scratch (x); DROP INDEX orders_by_region"
    )


def masked(world: World) -> None:
    """CREATE TABLE IF NOT EXISTS over a table of another shape."""
    _project(world, "0001_init.sql")
    world.must("landed apply --yes")
    world.sql("CREATE TABLE tags (id INTEGER PRIMARY KEY)")
    world.write(
        "migrations/0002_tags.sql",
        "CREATE TABLE IF NOT EXISTS tags (id INTEGER PRIMARY KEY, label TEXT NOT NULL);\n",
    )


def cascade(world: World) -> None:
    """A pending rebuild of a table that another refers to with ON DELETE CASCADE; with rows."""
    _project(world, "0001_init.sql")
    world.must("landed apply --yes")
    world.sql(ROWS)
    world.write("migrations/0002_user_names.sql", REBUILD)


def nulled(world: World) -> None:
    """The same with ON DELETE SET NULL; and a file that drops one row, and a table with others."""
    world.write("wrangler.jsonc", CONFIG)
    world.write(
        "migrations/0001_init.sql",
        FILES["0001_init.sql"].replace("NOT NULL REFERENCES", "REFERENCES").replace("CASCADE", "SET NULL"),
    )
    world.must("landed apply --yes")
    world.sql(ROWS)
    world.write("migrations/0002_fewer.sql", "DELETE FROM orders WHERE id = 10;\n")
    world.write("migrations/0003_user_names.sql", REBUILD)
    world.migrations("0004_coupons.sql")


def not_null(world: World) -> None:
    """A pending file that works only while the table is empty."""
    orders(world)
    world.write("migrations/0003_currency.sql", "ALTER TABLE orders ADD COLUMN currency TEXT NOT NULL;\n")


def drops(world: World) -> None:
    """A pending file that drops a table with rows."""
    applied(world)
    world.sql("INSERT INTO coupons VALUES ('SPRING', 10)")
    world.write("migrations/0005_no_coupons.sql", "DROP TABLE coupons;\n")


def broken(world: World) -> None:
    """A pending file that cannot run."""
    pending(world)
    world.write("migrations/0004_coupons.sql", "ALTER TABLE cuopons ADD COLUMN note TEXT;\n")


def two_databases(world: World) -> None:
    """A configuration with two databases."""
    _project(world)
    entries = [
        f'    {{ "binding": "{b}", "database_name": "{n}", "database_id": "{i}" }}'
        for b, n, i in (
            ("DB", "shop", "11111111-2222-3333-4444-555555555555"),
            ("LOGS", "shop-logs", "99999999-2222-3333-4444-555555555555"),
        )
    ]
    world.write("wrangler.jsonc", '{\n  "d1_databases": [\n' + ",\n".join(entries) + "\n  ]\n}\n")


def behind(world: World) -> None:
    """Two databases with the same migrations, of which one is behind."""
    two_databases(world)
    world.must("landed apply --yes --target d1:local/DB")
    world.must("landed apply --yes --target d1:local/LOGS --to 0001")


def wrong_config(world: World) -> None:
    """A configuration that is no JSON."""
    world.migrations()
    world.write("wrangler.jsonc", '{\n  "d1_databases": [\n    { "binding": "DB", }}\n  ]\n}\n')


def plain(world: World) -> None:
    """A plain SQLite file with migrations and no wrangler."""
    world.migrations()
    world.write("landed.toml", 'target = "sqlite:app.db"\nmigrations = "migrations"\n')


def unreadable(world: World) -> None:
    """A database file that is no database."""
    pending(world)
    world.database.write_bytes(b"this is no database, but it is long enough to be looked at" * 40)
    for suffix in ("-wal", "-shm"):
        Path(f"{world.database}{suffix}").unlink(missing_ok=True)


def adopt(world: World) -> None:
    """A project that has lived with another tool: ledger and schema, no lock file."""
    pending(world)
    (world.folder / "landed.lock").unlink()
    world.sql("INSERT INTO d1_migrations (name) VALUES ('0003_audit_log.sql')")


def rebuild_recipe(world: World) -> None:
    """Parent, child and grandchild with rows; what the rebuild recipe starts from."""
    world.write("wrangler.jsonc", CONFIG)
    world.write("migrations/0001_init.sql", RECIPE_SCHEMA)
    world.must("landed apply --yes")
    world.sql(RECIPE_ROWS)


def rebuild_recipe_restrict(world: World) -> None:
    """The same with ON DELETE RESTRICT."""
    world.write("wrangler.jsonc", CONFIG)
    world.write("migrations/0001_init.sql", RECIPE_SCHEMA.replace("CASCADE", "RESTRICT"))
    world.must("landed apply --yes")
    world.sql(RECIPE_ROWS)


def seeded(world: World) -> None:
    """A file that inserts rows with literal keys, applied."""
    _project(world, "0001_init.sql", "0002_order_region.sql")
    world.write(
        "migrations/0003_regions.sql",
        "INSERT INTO users (id, email) VALUES (1, 'root@example.com'), (2, 'help@example.com');\n",
    )
    world.must("landed apply --yes")


def checkout(world: World) -> None:
    """A fresh checkout: files and lock file, no database; one file is new."""
    _project(world)
    world.must("landed apply --yes --to 0003")
    world.must("rm -r .wrangler")


def edited_checkout(world: World) -> None:
    """A fresh checkout of a project with an edited file: files and lock file, no database."""
    edited(world)
    world.must("rm -r .wrangler")


RECIPE_SCHEMA = """\
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  user_id INTEGER REFERENCES users(id) ON DELETE CASCADE,
  total INTEGER NOT NULL
);
CREATE TABLE order_lines (
  id INTEGER PRIMARY KEY,
  order_id INTEGER REFERENCES orders(id) ON DELETE CASCADE,
  product TEXT NOT NULL
);
CREATE INDEX orders_by_user ON orders(user_id);
"""

RECIPE_ROWS = """\
INSERT INTO users VALUES (1, 'ada@example.com'), (2, 'bob@example.com');
INSERT INTO orders VALUES (10, 1, 500), (11, 1, 700), (12, NULL, 900);
INSERT INTO order_lines VALUES (100, 10, 'tea'), (101, 11, 'cup'), (102, 12, 'pot');
"""

WORLDS: dict[str, Callable[[World], None]] = {
    name.replace("_", "-"): function
    for name, function in list(globals().items())
    if callable(function)
    and not name.startswith("_")
    and getattr(function, "__module__", "") == __name__
    and isinstance(function, type(new))
}


def build(name: str, folder: Path) -> World:
    """A world by its name, to be closed after use. Raises KeyError."""
    if name.startswith("supabase-"):
        from support.docs.docsworlds_postgres import build as build_supabase

        return build_supabase(name, folder)
    world = World(folder)
    WORLDS[name](world)
    return world
