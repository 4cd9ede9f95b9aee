"""A database file that somebody made for landed to read: nothing in its schema runs, and damage is said in words."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from landed.engines.live import SchemaRow
from landed.engines.sqlite.shadow.replay import Replayer
from support.process.landed_process import Answer, Landed
from support.walls.escaping import Canary, canary
from support.worlds.world import World

# ruff: noqa: E501 (attacks are easier to read on one line)

GOOD = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);\n"
LEDGER = "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);"
FORGED = "INSERT INTO d1_migrations (name) VALUES ('0001_f.sql');"
ENDLESS = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "


@pytest.fixture
def trap() -> Iterator[Canary]:
    with canary() as made:
        yield made


def project(folder: Path, mode: str, script: str, *more: str) -> tuple[World, Landed]:
    files = {f"{n:04d}_f.sql": text for n, text in enumerate((GOOD, *more), 1)}
    world = World(folder / "p", files, mode=mode)
    target = "" if mode == "d1" else 'target = "sqlite:app.db"\nmigrations = "migrations"\n'
    (world.folder / "landed.toml").write_text(f"{target}[limits]\nstatement_seconds = 0.5\nmemory_mb = 64\n")
    world.sql(GOOD + script, foreign_keys=False)
    return world, Landed(world.folder, folder / "cache")


def asked(landed: Landed, trap: Canary, *command: str, most: float = 25.0) -> Answer:
    began = time.monotonic()
    answer = landed(*command, code=None)
    assert time.monotonic() - began < most
    assert "itself failed" not in answer.stdout + answer.stderr, answer
    trap.untouched(answer.stdout, answer.stderr)
    return answer


def tampered(world: World, statement: str, *bindings: object) -> None:
    connection = apsw.Connection(str(world.path))
    connection.execute("PRAGMA writable_schema = on")
    connection.execute(statement, bindings)  # type: ignore[arg-type]
    connection.close()


UNREADABLE = {
    "view": ("CREATE VIEW d1_migrations AS SELECT 1 AS id, '0001_f.sql' AS name, 1 AS applied_at;", "view"),
    "endless-view": (f"CREATE VIEW d1_migrations AS {ENDLESS} SELECT x AS id, x AS name, x AS applied_at FROM c;", "view"),
    "view-with-triggers": (
        "CREATE VIEW d1_migrations AS SELECT 1 AS id, 'x' AS name, 1 AS applied_at;"
        "CREATE TRIGGER t INSTEAD OF INSERT ON d1_migrations BEGIN DELETE FROM users; END;",
        "view",
    ),
    "virtual-table": ("CREATE VIRTUAL TABLE d1_migrations USING fts5(id, name, applied_at);", "virtual table"),
    "rtree": ("CREATE VIRTUAL TABLE d1_migrations USING rtree(id, name, applied_at);", "virtual table"),
    "computed-name": ("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, n, name TEXT AS (hex(zeroblob(n))));", "computed"),
    "computed-and-stored": ("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, n, name TEXT GENERATED ALWAYS AS (n || 'x') STORED);", "computed"),
    "computed-date": (
        "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT, applied_at AS (hex(zeroblob(1000000)) || name));"
        "INSERT INTO d1_migrations (name) VALUES ('0001_f.sql');",
        "computed",
    ),
    "other-case": ("CREATE VIEW D1_Migrations AS SELECT 1 AS id, 'x' AS name;", "view"),
    "no-rowid": ("CREATE TABLE d1_migrations (name TEXT PRIMARY KEY) WITHOUT ROWID;", "rowid"),
    "no-name": ("CREATE TABLE d1_migrations (id);", "no column name"),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize("name", UNREADABLE)
def test_a_history_that_is_no_table(tmp_path: Path, trap: Canary, mode: str, name: str) -> None:
    script, word = UNREADABLE[name]
    world, landed = project(
        tmp_path, mode, script + "INSERT INTO users VALUES (1, 'a');", "CREATE TABLE two (a);"
    )
    for command in (("status",), ("verify",), ("apply", "--yes"), ("repair", "--yes"), ("lock",)):
        answer = asked(landed, trap, *command)
        assert answer.code == 3
        assert word in answer.error["message"]
    asked(landed, trap, "doctor")
    assert world.sql("SELECT count(*) FROM users") == [(1,)]


WAITING = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON d1_migrations BEGIN DELETE FROM users; END;",
    "trigger-on-delete": "CREATE TRIGGER t BEFORE DELETE ON d1_migrations BEGIN DELETE FROM users; END;",
    "trigger-in-other-case": "CREATE TRIGGER t AFTER INSERT ON D1_MIGRATIONS BEGIN DELETE FROM users; END;",
}


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize("name", WAITING)
def test_a_trigger_on_the_history_stops_what_writes(
    tmp_path: Path, trap: Canary, mode: str, name: str
) -> None:
    world, landed = project(tmp_path, mode, LEDGER + WAITING[name] + "INSERT INTO users VALUES (1, 'a');")
    assert asked(landed, trap, "status").code == 0
    for command in (("repair", "--yes"), ("apply", "--yes")):
        if command[0] == "apply":
            world.write("0001_f.sql", "CREATE TABLE other (a);")
        answer = asked(landed, trap, *command)
        assert answer.code == 1
        assert (
            "the trigger t" in answer.error["message"]
            or "not recorded" in answer.stdout
            or command[0] == "apply"
        )
    assert world.sql("SELECT count(*) FROM users") == [(1,)]
    assert world.ledger() == []


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
def test_rows_that_hang_on_the_history(tmp_path: Path, trap: Canary, mode: str) -> None:
    """A row that is taken out of the history takes no row of the user's with it."""
    hanging = "CREATE TABLE hanging (a, of TEXT REFERENCES d1_migrations (name) ON DELETE CASCADE);"
    ghost = "INSERT INTO d1_migrations (name) VALUES ('0002_f.sql'); INSERT INTO hanging VALUES (1, '0002_f.sql');"
    world, landed = project(tmp_path, mode, LEDGER + FORGED + hanging + ghost, "CREATE TABLE two (a);")
    answer = asked(landed, trap, "repair", "--yes")
    assert answer.code == 1
    assert "hanging" in answer.error["message"]
    assert world.sql("SELECT count(*) FROM hanging") == [(1,)]


TAILS = {
    "attach": "CREATE TABLE x (a); ATTACH '{mark}' AS m; CREATE TABLE m.t (a)",
    "attach-by-uri": "CREATE TABLE x (a); ATTACH 'file:{mark}?mode=rwc' AS m",
    "vacuum": "CREATE TABLE x (a); COMMIT; VACUUM INTO '{mark}'",
    "extension": "CREATE TABLE x (a); SELECT load_extension('{mark}')",
    "temp-store": "CREATE TABLE x (a); PRAGMA temp_store_directory = '{mark}'",
    "endless": f"CREATE TABLE x (a); {ENDLESS} SELECT x FROM c",
    "memory": f"CREATE TABLE x (a); {ENDLESS} INSERT INTO x SELECT randomblob(100000) FROM c",
}


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize("name", TAILS)
def test_a_schema_row_with_more_than_one_statement(
    tmp_path: Path, trap: Canary, mode: str, name: str
) -> None:
    """SQLite reads the first statement of a row only; a copy of the schema must not run the others."""
    world, landed = project(
        tmp_path,
        mode,
        LEDGER + FORGED + "CREATE TABLE x (a);",
        "INSERT INTO x VALUES (1);\nCREATE TABLE three (a);",
    )
    tampered(
        world,
        "UPDATE sqlite_master SET sql = ? WHERE name = 'x'",
        TAILS[name].replace("{mark}", str(trap.mark)),
    )
    # The file needs a table that the files do not make: it is tried on a copy of the target's schema.
    for command in (
        ("status",),
        ("apply", "--dry-run"),
        ("apply", "--yes"),
        ("doctor",),
        ("drift", "target", "files"),
    ):
        asked(landed, trap, *command)


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize("name", ["attach", "attach-by-uri", "vacuum", "extension", "temp-store"])
def test_rows_that_a_server_says_are_its_schema(trap: Canary, mode: str, name: str) -> None:
    """A remote schema arrives as rows of text, which no SQLite has looked at: only a schema is built of them."""
    text = TAILS[name].replace("{mark}", str(trap.mark))
    rows = [SchemaRow("table", "x", "x", text), SchemaRow("table", "y", "y", "CREATE TABLE y (a)")]
    for authorizer_off in (False, True):
        replayer = Replayer(mode)
        if authorizer_off:
            # The second wall alone.
            for row in rows:
                with contextlib.suppress(apsw.Error), replayer.observer.lifted() as connection:
                    connection.execute(row.sql or "").fetchall()
        else:
            assert any("x" in problem for problem in replayer.load(rows))
            assert any(key.kind == "table" and key.name == "y" for key in replayer.facts)
        replayer.close()
        trap.untouched()


ODD_ROWS = {
    "number-for-a-name": ("UPDATE sqlite_master SET name = 5, tbl_name = 5 WHERE name = 'x'", ()),
    "blob-for-a-name": ("UPDATE sqlite_master SET name = x'78' WHERE name = 'x'", ()),
    "no-name": ("UPDATE sqlite_master SET name = NULL WHERE name = 'x'", ()),
    "blob-for-sql": ("UPDATE sqlite_master SET sql = CAST(sql AS BLOB) WHERE name = 'x'", ()),
    "number-for-sql": ("UPDATE sqlite_master SET sql = 7 WHERE name = 'x'", ()),
    "no-sql": ("UPDATE sqlite_master SET sql = NULL WHERE name = 'x'", ()),
    "no-utf-8": ("UPDATE sqlite_master SET sql = CAST(x'435245415445205441424c452078202822fffe2229' AS TEXT) WHERE name = 'x'", ()),
    "control-characters": ("UPDATE sqlite_master SET name = ?, tbl_name = ?, sql = ? WHERE name = 'x'", ("\x1b]0;x\x07\n", "\x1b]0;x\x07\n", 'CREATE TABLE "\x1b]0;x\x07\n" (a)')),
    "odd-type": ("UPDATE sqlite_master SET type = 'nothing' WHERE name = 'x'", ()),
    "root-page": ("UPDATE sqlite_master SET rootpage = 99999 WHERE name = 'x'", ()),
    "own-root-page": ("UPDATE sqlite_master SET rootpage = 1 WHERE name = 'x'", ()),
    "no-sql-at-all": ("UPDATE sqlite_master SET sql = 'DROP TABLE users' WHERE name = 'x'", ()),
    "two-of-a-name": ("INSERT INTO sqlite_master SELECT * FROM sqlite_master WHERE name = 'x'", ()),
    "deep": ("UPDATE sqlite_master SET sql = ? WHERE name = 'x'", ("CREATE TABLE x (a CHECK (" + "(" * 900 + "a" + ")" * 900 + "))",)),
    "very-deep": ("UPDATE sqlite_master SET sql = ? WHERE name = 'x'", ("CREATE TABLE x (a CHECK (" + "(" * 100_000 + "a" + ")" * 100_000 + "))",)),
    "unknown-module": ("UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE x USING csv(filename=''/etc/passwd'')', rootpage = 0 WHERE name = 'x'", ()),
    "corrupt-full-text": ("UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE x USING fts5(a)', rootpage = 0 WHERE name = 'x'", ()),
}  # fmt: skip


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize("name", ODD_ROWS)
def test_a_schema_that_no_statement_made(tmp_path: Path, trap: Canary, mode: str, name: str) -> None:
    world, landed = project(
        tmp_path, mode, LEDGER + FORGED + "CREATE TABLE x (a);", "CREATE TABLE three (a);"
    )
    statement, bindings = ODD_ROWS[name]
    tampered(world, statement, *bindings)
    for command in (
        ("status",),
        ("verify",),
        ("apply", "--yes"),
        ("doctor",),
        ("drift", "target", "files"),
        ("repair", "--yes"),
    ):
        asked(landed, trap, *command)


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize(
    "value",
    [
        "x'ff'",
        "CAST(x'fffe' AS TEXT)",
        "zeroblob(3000000)",
        "5",
        "1e300",
        "'a' || char(0) || 'b'",
        "char(27) || ']0;x' || char(7)",
    ],
)
def test_a_history_row_that_holds_anything(tmp_path: Path, trap: Canary, mode: str, value: str) -> None:
    row = f"INSERT INTO d1_migrations (name, applied_at) VALUES ({value}, {value});"
    _, landed = project(tmp_path, mode, LEDGER + FORGED + row, "CREATE TABLE three (a);")
    for command in (("status",), ("verify",), ("repair", "--dry-run"), ("doctor",), ("apply", "--yes")):
        asked(landed, trap, *command)


@pytest.mark.parametrize("seed", range(24))
def test_a_file_with_damaged_bytes(tmp_path: Path, trap: Canary, seed: int) -> None:
    chance = random.Random(seed)
    world, landed = project(
        tmp_path, "sqlite" if seed % 2 else "d1",
        LEDGER + FORGED + "CREATE INDEX i ON users (email); CREATE VIEW v AS SELECT * FROM users; INSERT INTO users (email) VALUES ('a'), ('b');",
        "CREATE TABLE three (a);",
    )  # fmt: skip
    data = bytearray(world.path.read_bytes())
    for _ in range(chance.choice((1, 4, 20, 200))):
        data[chance.randrange(chance.choice((100, 4096, len(data))))] = chance.randrange(256)
    if seed % 5 == 0:
        del data[chance.randrange(len(data)) :]
    world.path.write_bytes(data)
    for command in (("status",), ("doctor",), ("apply", "--yes")):
        answer = asked(landed, trap, *command)
        assert answer.code in (0, 1, 2, 3)
