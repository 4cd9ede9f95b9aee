"""Ways out of a SQLite or D1 replay that a repository's files try: nothing outside is written, read or loaded."""

# ruff: noqa: E501 (attacks are easier to read on one line)
from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import apsw
import pytest

from landed.engines.sqlite.shadow.sandbox import open_sandbox, restrict
from support.process.landed_process import Answer, Landed
from support.walls.escaping import Canary, canary
from support.worlds.world import World

GOOD = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);\nINSERT INTO users VALUES (1, 'a@example.invalid');\n"
CASCADE = "CREATE TABLE own (id INTEGER PRIMARY KEY, of INTEGER REFERENCES users (id) ON DELETE CASCADE);\n"

ATTACKS = {
    "attach-new-file": "ATTACH '{mark}' AS m; CREATE TABLE m.t (a);",
    "attach-by-uri": "ATTACH 'file:{mark}?mode=rwc' AS m; CREATE TABLE m.t (a);",
    "attach-behind-a-comment": "/* x */ ATTACH/**/DATABASE '{mark}' AS m;\nCREATE TABLE m.t (a);",
    "attach-expression": "ATTACH ('{mar' || 'k}') AS m; CREATE TABLE m.t (a);",
    "attach-the-secret": "ATTACH '{secret}' AS s; CREATE TABLE stolen AS SELECT * FROM s.sqlite_master;",
    "attach-in-memory": "ATTACH ':memory:' AS m; CREATE TABLE m.t (a);",
    "vacuum-into": "VACUUM INTO '{mark}';",
    "vacuum-into-after-commit": "COMMIT; VACUUM INTO '{mark}'; BEGIN;",
    "vacuum-into-after-rollback": "INSERT OR ROLLBACK INTO users VALUES (1, 'b'); VACUUM INTO '{mark}';",
    "vacuum-into-after-raise": "CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT RAISE(ROLLBACK, 'x'); END;\n"
    "INSERT INTO users VALUES (7, 'b');\nVACUUM INTO '{mark}';",
    "load-extension": "SELECT load_extension('{mark}.so');",
    "load-extension-with-entry": "SELECT LOAD_EXTENSION('{secret}', 'main');",
    "load-extension-in-a-trigger": "CREATE TRIGGER t AFTER INSERT ON users BEGIN SELECT load_extension('{mark}'); "
    "END;\nINSERT INTO users VALUES (9, 'c');",
    "load-extension-in-a-view": "CREATE VIEW v AS SELECT load_extension('{mark}') AS a;\nCREATE TABLE w AS SELECT a FROM v;",
    "load-extension-in-a-default": "CREATE TABLE d (a DEFAULT (load_extension('{mark}')), b);\nINSERT INTO d (b) VALUES (1);",
    "load-extension-in-an-index": "CREATE INDEX i ON users (load_extension(email));",
    "load-extension-in-a-column": "CREATE TABLE g (a, b AS (load_extension(a)));\nINSERT INTO g VALUES ('{mark}');",
    "writefile": "SELECT writefile('{mark}', 'x');",
    "readfile": "INSERT INTO users VALUES (2, readfile('{secret}'));",
    "edit": "SELECT edit('x', 'touch {mark}');",
    "shell-command": "SELECT system('touch {mark}');",
    "dot-command": ".shell touch {mark}",
    "fts3-tokenizer": "SELECT fts3_tokenizer('landed', x'0000000000000000');",
    "fts3-tokenizer-read": "CREATE TABLE a AS SELECT hex(fts3_tokenizer('simple')) AS h;",
    "csv-table": "CREATE VIRTUAL TABLE c USING csv(filename='{secret}');\nCREATE TABLE s AS SELECT * FROM c;",
    "zipfile-table": "CREATE VIRTUAL TABLE z USING zipfile('{mark}');\nINSERT INTO z (name, data) VALUES ('a', 'b');",
    "fsdir": "CREATE TABLE f AS SELECT * FROM fsdir('{folder}');",
    "database-pages": "UPDATE sqlite_dbpage SET data = x'00' WHERE pgno = 1;",
    "temp-store-directory": "PRAGMA temp_store_directory = '{folder}';\nPRAGMA temp_store = file;\nCREATE TEMP TABLE t AS "
    "SELECT hex(zeroblob(4000000)) AS a;",
    "data-store-directory": "PRAGMA data_store_directory = '{folder}';",
    "temp-store-directory-as-table": "SELECT * FROM pragma_temp_store_directory('{folder}');",
    "writable-schema": "PRAGMA writable_schema = 1;\nUPDATE sqlite_master SET sql = 'CREATE TABLE users (x)' WHERE name = 'users';",
    "writable-schema-tail": "PRAGMA writable_schema = on;\nINSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, "
    "'CREATE TABLE x (a); ATTACH ''{mark}'' AS m; CREATE TABLE m.t (a)');",
    "journal-elsewhere": "PRAGMA journal_mode = persist;\nPRAGMA journal_mode = off;\nINSERT INTO users VALUES (3, 'd');",
    "locks-that-stay": "PRAGMA locking_mode = exclusive;\nCREATE TABLE lk (a);",
    "machine-pragmas": "PRAGMA mmap_size = 1000000000000; PRAGMA cache_size = -100000000; PRAGMA hard_heap_limit = 1; "
    "PRAGMA soft_heap_limit = 1; PRAGMA max_page_count = 1; PRAGMA query_only = 1; PRAGMA trusted_schema = on;\n"
    "CREATE TABLE mp (a);",
    "check-attaches": "CREATE TABLE ch (a);\n-- landed:verify ATTACH 'file:{mark}?mode=rwc' AS m",
    "check-attaches-second": "CREATE TABLE ch (a);\n-- landed:verify SELECT 1; ATTACH '{mark}' AS m",
    "check-vacuums": "CREATE TABLE ch (a);\n-- landed:verify VACUUM INTO '{mark}'",
    "check-loads": "CREATE TABLE ch (a);\n-- landed:verify SELECT load_extension('{mark}')",
    "check-writes": "CREATE TABLE ch (a);\n-- landed:verify DELETE FROM users RETURNING 1",
    "check-sets-the-schema": "CREATE TABLE ch (a);\n-- landed:verify PRAGMA writable_schema = 1",
    "nul-hides-the-rest": "CREATE TABLE n (a);\0ATTACH '{mark}' AS m;",
}  # fmt: skip

THIRD = cycle(
    [
        ("verify",),
        ("lock",),
        ("drift", "target", "files"),
        ("doctor",),
        ("repair", "--yes"),
        ("rehearse", "--with-data"),
        ("apply", "--dry-run"),
    ]
)
CASES = [(mode, name, next(THIRD)) for mode in ("d1", "sqlite") for name in ATTACKS]


@pytest.fixture
def trap() -> Iterator[Canary]:
    with canary() as made:
        yield made


def project(folder: Path, mode: str, *files: str, base: str | None = None) -> tuple[World, Landed]:
    world = World(folder / "p", {f"{n:04d}_f.sql": text for n, text in enumerate(files, 1)}, mode=mode)
    settings = "" if mode == "d1" else 'target = "sqlite:app.db"\nmigrations = "migrations"\n'
    if base is not None:
        (world.folder / "base.sql").write_text(base)
        settings += '[shadow]\nbase = "base.sql"\n'
    if settings:
        (world.folder / "landed.toml").write_text(settings)
    return world, Landed(world.folder, folder / "cache")


def filled(text: str, trap: Canary) -> str:
    for name, path in (("mark", trap.mark), ("secret", trap.secret_file), ("folder", trap.folder)):
        text = text.replace(f"{{{name}}}", str(path))
    return text.replace("{mar'", f"{trap.mark}'"[:-2] + "'").replace("k}", "k")


def harmless(trap: Canary, *answers: Answer) -> None:
    """Nothing got out, and every output is one that landed meant."""
    trap.untouched(*(a.stdout + a.stderr for a in answers))
    for answer in answers:
        assert answer.code in (0, 1, 2, 3, 4), answer
        assert "itself failed" not in answer.stdout + answer.stderr, answer


@pytest.mark.parametrize(("mode", "name", "third"), CASES, ids=[f"{m}-{n}" for m, n, _ in CASES])
def test_a_migration_gets_nowhere(
    tmp_path: Path, trap: Canary, mode: str, name: str, third: tuple[str, ...]
) -> None:
    world, landed = project(tmp_path, mode, GOOD + CASCADE)
    landed.plain("apply", "--yes")
    world.write("0002_attack.sql", filled(ATTACKS[name], trap))
    answers = [landed(*c, code=None) for c in (("status",), ("rehearse",), third, ("apply", "--yes"))]
    harmless(trap, *answers)
    # What is recorded was proven, and the next command works.
    assert landed("status").code == 0
    assert world.sql("SELECT count(*) FROM users WHERE id = 1", foreign_keys=False) == [(1,)]


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize(
    "name", ["attach-new-file", "vacuum-into-after-commit", "load-extension", "writable-schema-tail"]
)
def test_a_starting_schema_gets_nowhere(tmp_path: Path, trap: Canary, mode: str, name: str) -> None:
    _, landed = project(tmp_path, mode, "CREATE TABLE two (a);", base=filled(GOOD + ATTACKS[name], trap))
    harmless(trap, *(landed(c, code=None) for c in ("status", "rehearse", "doctor")))


REFUSED = {
    "attach-new-file": "ATTACH",
    "vacuum-into": "VACUUM",
    "load-extension": "load_extension",
    "writable-schema": "writable_schema",
    "csv-table": "csv",
    "temp-store-directory": "temp_store_directory",
}


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize("name", REFUSED)
def test_the_refusal_is_said_in_words(tmp_path: Path, trap: Canary, mode: str, name: str) -> None:
    _, landed = project(tmp_path, mode, GOOD, filled(ATTACKS[name], trap))
    answer = landed("rehearse", code=1)
    (failure, *_) = answer.body["files"][1]["failures"]
    said = failure["message"]
    assert REFUSED[name] in said or (mode, name) == ("d1", "load-extension")
    assert "not authorized" not in said or mode == "d1"


LEDGERS = {
    "trigger": "CREATE TABLE late (a);\nCREATE TRIGGER t AFTER INSERT ON d1_migrations BEGIN DELETE FROM users; END;",
    "replaced-by-a-view": "DROP TABLE d1_migrations;\nCREATE VIEW d1_migrations AS SELECT 1 AS id, 'x' AS name, 1 AS applied_at;\n"
    "CREATE TRIGGER t INSTEAD OF INSERT ON d1_migrations BEGIN DELETE FROM users; END;",
    "temporary-trigger": "CREATE TEMP TRIGGER t AFTER INSERT ON main.d1_migrations BEGIN DELETE FROM users; END;",
}


@pytest.mark.parametrize(
    ("mode", "name"), [(m, n) for m in ("d1", "sqlite") for n in LEDGERS], ids=lambda v: str(v)
)
def test_a_file_that_lies_in_wait_at_the_ledger(tmp_path: Path, trap: Canary, mode: str, name: str) -> None:
    world, landed = project(tmp_path, mode, GOOD)
    landed.plain("apply", "--yes")
    world.write("0002_attack.sql", LEDGERS[name])
    harmless(trap, landed("apply", "--yes", code=None))
    assert world.sql("SELECT count(*) FROM users") == [(1,)]
    assert world.ledger() == ["0001_f.sql"]


def test_a_temporary_table_does_not_take_the_ledgers_place(tmp_path: Path) -> None:
    world, landed = project(tmp_path, "sqlite", GOOD)
    landed.plain("apply", "--yes")
    world.write(
        "0002_a.sql",
        "CREATE TEMP TABLE d1_migrations (name); CREATE TEMP TABLE users (a); CREATE TABLE t2 (a);",
    )
    answer = landed("apply", "--yes", code=None)
    assert (world.ledger()[1:] == ["0002_a.sql"]) == (answer.code == 0)


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
@pytest.mark.parametrize("wall", ["rules", "no-files"])
def test_either_wall_holds_alone(trap: Canary, mode: str, wall: str) -> None:
    if wall == "no-files":
        connection = open_sandbox(mode).connection
        connection.authorizer = connection.exec_trace = None
        connection.limit(apsw.SQLITE_LIMIT_ATTACHED, 10)
        connection.enable_load_extension(True)
    else:
        connection = apsw.Connection(":memory:", statementcachesize=0)
        connection.execute(GOOD)
        restrict(connection, mode)
    # That one is about this process's memory; the walls are about what lies outside of it.
    for attack in (text for name, text in ATTACKS.items() if name != "machine-pragmas"):
        for statement in filled(attack, trap).split(";"):
            try:
                connection.execute(statement).fetchall()
            except (apsw.Error, ValueError):
                continue
    connection.close()
    trap.untouched()
    assert apsw.Connection(":memory:").pragma("temp_store_directory") in (None, "")
