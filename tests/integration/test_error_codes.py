"""The codes of errors from real databases: the same word for the same trouble, whichever engine says it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.clients.wrangler import DATABASE_ID, database_files
from support.process.landed_process import Landed

START = """\
CREATE TABLE parent (id integer PRIMARY KEY);
CREATE TABLE thing (
  id integer PRIMARY KEY,
  a integer NOT NULL,
  b integer CHECK (b > 0),
  parent integer REFERENCES parent (id)
);
CREATE TABLE full_one (id integer PRIMARY KEY);
"""
ROWS = (
    "INSERT INTO parent VALUES (1)",
    "INSERT INTO thing VALUES (1, 1, 1, 1)",
    "INSERT INTO full_one VALUES (1)",
)

# name → second statement of a file, code on D1, code on Postgres, SQLSTATE
CASES: dict[str, tuple[str, str, str, str | None]] = {
    "syntax": ("CREATE TABEL other (a integer)", "syntax", "syntax", "42601"),
    "missing table": ("ALTER TABLE nope ADD COLUMN a integer", "missing-object", "missing-object", "42P01"),
    "missing column": ("UPDATE thing SET nope = 1 WHERE id = 1", "missing-object", "missing-object", "42703"),
    "exists": ("CREATE TABLE thing (a integer)", "exists", "exists", "42P07"),
    "not null": ("UPDATE thing SET a = NULL WHERE id = 1", "not-null", "not-null", "23502"),
    "unique": ("INSERT INTO thing VALUES (1, 2, 2, 1)", "unique", "unique", "23505"),
    "check": ("UPDATE thing SET b = -1 WHERE id = 1", "check", "check", "23514"),
    "foreign key": ("INSERT INTO thing VALUES (2, 2, 2, 99)", "foreign-key", "foreign-key", "23503"),
    "own check": ("-- landed:verify SELECT count(*) > 5 FROM thing", "own-check", "own-check", None),
    "consent": ("DROP TABLE full_one", "consent", "consent", None),
}


def written(folder: Path, name: str, text: str) -> None:
    (folder / "migrations").mkdir(parents=True, exist_ok=True)
    (folder / "migrations" / name).write_text(text, encoding="utf-8")


def refused(run: Landed, target: str, second: str) -> dict[str, Any]:
    written(run.folder, "0002_next.sql", f"CREATE TABLE made (a integer);\n{second};\n")
    given = ("--target", target, "--migrations", "migrations")
    error = run("apply", "--yes", *given, code=None).error
    names = [m["name"] for m in run("status", *given).body["migrations"] if m["recorded"]]
    assert len(names) == 1, "nothing of it is there"
    return error


def held(error: dict[str, Any], code: str, sqlstate: str | None, line: int = 2) -> None:
    assert (error["code"], error["sqlstate"]) == (code, sqlstate), error
    assert error["file"] == "migrations/0002_next.sql" and error["line"] == line
    assert error["where"] == f"{error['file']}:{error['line']}"
    assert error["statement"] == (None if code == "own-check" else 2)
    assert [a["argv"] for a in error["actions"] if a["choice"] is None] == []


@pytest.fixture(scope="module")
def d1(tmp_path_factory: pytest.TempPathFactory) -> tuple[Landed, str]:
    folder = tmp_path_factory.mktemp("codes")
    written(folder, "0001_start.sql", START)
    entry = f'{{"d1_databases": [{{"binding": "DB", "database_id": "{DATABASE_ID}"}}]}}'
    (folder / "wrangler.jsonc").write_text(entry, encoding="utf-8")
    run = Landed(folder, folder.parent / "cache")
    run("apply", "--yes")
    (file,) = database_files(folder / ".wrangler" / "state")
    connection = apsw.Connection(str(file))
    for row in ROWS:
        connection.execute(row)
    connection.close()
    return run, "d1:local"


@pytest.mark.parametrize("name", CASES)
def test_on_d1(name: str, d1: tuple[Landed, str]) -> None:
    second, code, _, _ = CASES[name]
    held(refused(*d1, second), code, None)


def test_on_postgres(pg_server: Callable[..., ShadowServer], tmp_path: Path) -> None:
    server = pg_server()
    written(tmp_path, "0001_start.sql", START)
    run = Landed(tmp_path, tmp_path.parent / "cache")
    with new_database(server) as scratch:
        target = f"postgresql://{server.role}@/{scratch.name}?host={server.host}&port={server.port}"
        run("apply", "--yes", "--target", target, "--migrations", "migrations")
        with scratch.connect() as connection:
            for row in ROWS:
                connection.execute(row.encode())
        for second, _, code, sqlstate in CASES.values():
            held(refused(run, target, second), code, sqlstate)
        held(refused(run, target, "DROP TABLE parent"), "dependent", "2BP01")
