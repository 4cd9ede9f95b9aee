"""drift: two schemas in files, in databases and in migration files; exactly what differs, and who made it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner, Result

from landed.cli.main import cli
from support.process.landed_process import Landed
from support.worlds.world import World

CASES = Path(__file__).parents[1] / "cases" / "drift"
FILES = sorted(CASES.glob("*/*.sql"))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDED_CACHE_DIR", str(tmp_path / "cache"))


def run(folder: Path, *args: str) -> tuple[int, dict[str, Any]]:
    """The command, in this process: exit code and document."""
    result: Result = CliRunner().invoke(
        cli,
        ["--project", str(folder), "drift", *args, "--json"],
        standalone_mode=False,
        catch_exceptions=False,
    )
    body: dict[str, Any] = json.loads(result.stdout)
    return int(result.return_value or 0), body


def text(folder: Path, *args: str) -> str:
    return (
        CliRunner()
        .invoke(
            cli, ["--project", str(folder), "drift", *args], standalone_mode=False, catch_exceptions=False
        )
        .stdout
    )


def database(path: Path, sql: str, *, wal: bool = False) -> Path:
    connection = apsw.Connection(str(path))
    if wal:
        connection.execute("PRAGMA journal_mode = wal").fetchall()
    connection.execute(sql).fetchall()
    connection.close()
    return path


def sections(file: Path) -> tuple[str, str, set[str]]:
    _, a, b, expected = re.split(r"^-- (?:a|b|expect)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return a, b, {line.removeprefix("-- ") for line in expected.splitlines() if line.strip()}


def told(body: dict[str, Any]) -> set[str]:
    """The differences in the words of the cases."""

    def shown(value: str | None) -> str:
        return "none" if value is None else value or "(empty)"

    return {f"{d['fact']}: {shown(d['a'])} -> {shown(d['b'])}" for d in body["differences"]}


def relatively_equal(line: str) -> bool:
    """Whether a column order differs only by columns that one side has more."""
    name, _, values = line.partition(": ")
    a, arrow, b = values.partition(" -> ")
    if not name.endswith("column order") or not arrow or "none" in (a, b):
        return False
    left, right = a.split(", "), b.split(", ")
    return [c for c in left if c in right] == [c for c in right if c in left]


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_pairs_on_real_files(file: Path, tmp_path: Path) -> None:
    """Each pair through the command, on two files on disk, one of them in WAL mode; both ways round."""
    a, b, expected = sections(file)
    database(tmp_path / "a.db", a)
    database(tmp_path / "b.db", b, wal=True)
    expected = {line for line in expected if not relatively_equal(line)}
    code, body = run(tmp_path, "a.db", "b.db")
    assert told(body) == expected
    assert code == (1 if expected else 0)
    assert body["equal"] is not bool(expected)
    code, back = run(tmp_path, "b.db", "a.db")
    assert [(d["fact"], d["b"], d["a"]) for d in back["differences"]] == [
        (d["fact"], d["a"], d["b"]) for d in body["differences"]
    ]
    assert code == (1 if expected else 0)
    assert sorted(p.name for p in tmp_path.glob("?.db*")) == ["a.db", "b.db"]


def test_every_pair_is_there() -> None:
    assert sum(f.parent.name == "differ" for f in FILES) >= 40
    assert sum(f.parent.name == "same" for f in FILES) >= 20


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(
        tmp_path / "project",
        {
            "0001_a.sql": "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);\nCREATE INDEX i ON t (a);\n",
            "0002_b.sql": "-- adds\n\nALTER TABLE t ADD COLUMN b INTEGER DEFAULT 1;\nDROP INDEX i;\n",
            "0003_c.sql": "CREATE TABLE u (x);\nCREATE INDEX j ON u (x);\n",
        },
    )
    made.apply()
    return made


def test_files_and_their_target_are_equal(world: World) -> None:
    code, body = run(world.folder)
    assert code == 0
    assert (body["differences"], body["a"]["locality"], body["b"]["locality"]) == ([], "SHADOW", "LOCAL")
    assert body["counts"]["equal"] == body["a"]["facts"] == body["b"]["facts"]
    assert "No difference" in text(world.folder)


def test_the_file_and_line_that_made_a_missing_fact_are_named(world: World) -> None:
    world.sql("ALTER TABLE t DROP COLUMN b; CREATE INDEX i ON t (a); DROP TABLE u")
    code, body = run(world.folder)
    assert code == 1
    by_fact = {d["fact"]: d for d in body["differences"]}
    column = by_fact["column t.b · exists"]
    assert (column["a"], column["b"]) == ("yes", None)
    assert column["made_by"] == {
        "migration": "0002_b.sql",
        "file": "migrations/0002_b.sql",
        "statement": 1,
        "line": 3,
    }
    index = by_fact["index i · exists"]
    assert (index["a"], index["b"]) == (None, "yes")
    assert (index["made_by"]["migration"], index["made_by"]["statement"], index["made_by"]["line"]) == (
        "0002_b.sql", 2, 4,
    )  # fmt: skip
    assert "table t · column order" not in by_fact
    assert {"table u · exists", "column u.x · type", "index j · columns"} <= set(by_fact)


def test_text_collapses_what_is_missing_altogether(world: World) -> None:
    world.sql("ALTER TABLE t DROP COLUMN b; CREATE INDEX i ON t (a); DROP TABLE u")
    lines = text(world.folder).splitlines()
    assert lines[0].startswith("A  files (SHADOW)")
    assert lines[1].startswith("B  D1 DB (LOCAL)")
    assert [line for line in lines if line.startswith("  ")] == [
        "  - column t.b: only in A, files (SHADOW)  (by migrations/0002_b.sql:3, statement 1)",
        "  + index i: only in B, D1 DB (LOCAL)  (removed by migrations/0002_b.sql:4, statement 2)",
        "  - table u: only in A, files (SHADOW)  (by migrations/0003_c.sql:1, statement 1)",
    ]
    assert "3 objects differ" in lines[-3]
    assert lines[-2].startswith("Not looked at: rows, ")


def test_a_property_is_shown_from_a_to_b(tmp_path: Path) -> None:
    database(tmp_path / "a.db", "CREATE TABLE t (a TEXT, b INT)")
    database(tmp_path / "b.db", "CREATE TABLE t (b INT, a TEXT DEFAULT 'x')")
    lines = text(tmp_path, "a.db", "b.db").splitlines()
    assert "  ~ column t.a: differs: default: none → 'x'" in lines
    assert "  ~ table t: differs: column order: a, b → b, a" in lines


def test_a_target_without_a_ledger_and_a_file_with_one(world: World, tmp_path: Path) -> None:
    copy = database(
        tmp_path / "copy.sqlite", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER DEFAULT 1)"
    )
    database(copy, "CREATE TABLE u (x); CREATE INDEX j ON u (x)")
    for pair in (
        ("files", str(copy)),
        ("target", str(copy)),
        (str(copy), "d1:local/DB"),
        (str(copy), str(copy)),
    ):
        code, body = run(world.folder, *pair)
        assert (code, body["differences"]) == (0, []), pair


def test_the_ledger_of_one_side_is_no_table_of_the_other(tmp_path: Path) -> None:
    made = World(tmp_path / "project", {"0001_a.sql": "CREATE TABLE t (a);"})
    config = {"binding": "DB", "database_id": "0-world", "migrations_table": "History"}
    (made.folder / "wrangler.json").write_text(json.dumps({"d1_databases": [config]}))
    made.apply()
    copy = tmp_path / "copy.db"
    with (
        apsw.Connection(str(copy)) as into,
        into.backup("main", apsw.Connection(str(made.path)), "main") as backup,
    ):
        backup.step()
    assert run(made.folder, "target", str(copy))[1]["differences"] == []


def test_a_database_that_is_not_there_lacks_everything_and_is_not_made(tmp_path: Path) -> None:
    made = World(tmp_path / "project", {"0001_a.sql": "CREATE TABLE t (a);"})
    code, body = run(made.folder)
    assert (code, body["b"]["present"]) == (1, False)
    assert {d["object"] for d in body["differences"]} == {"t", "t.a"}
    assert not made.path.exists()


def test_a_file_that_cannot_be_replayed_is_noted(tmp_path: Path) -> None:
    made = World(tmp_path / "project", {"0001_a.sql": "CREATE TABLE t (a);\nCREATE TABLE x (a REFERENCES;\n"})
    _, body = run(made.folder)
    assert "migrations/0001_a.sql:2, statement 2, cannot be replayed" in body["a"]["notes"][0]


def test_files_alone_beside_a_plain_file_follow_its_rules(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_a.sql").write_text("CREATE TABLE t (a);\nPRAGMA user_version = 3;\n")
    database(tmp_path / "app.db", "CREATE TABLE t (a)")
    assert run(tmp_path, "files", "app.db") == (0, run(tmp_path, "files", "app.db")[1])
    assert run(tmp_path, "files", "app.db")[1]["a"]["notes"] == []


def test_names_that_mean_nothing(tmp_path: Path) -> None:
    database(tmp_path / "a.db", "CREATE TABLE t (a)")
    (tmp_path / "no.db").write_text("this is no database, but it is long enough to be looked at as one")
    landed = Landed(tmp_path, tmp_path / "cache")
    assert "files (what the migration files make)" in landed.plain("drift", "a.db", "blah", code=2).stderr
    assert "there is no database file" in landed.plain("drift", "a.db", "b.db", code=2).stderr
    assert "is not a SQLite database" in landed.plain("drift", "a.db", "no.db", code=3).stderr
    assert landed.plain("drift", "a.db", "files", code=2).stderr
    assert landed.plain("drift", "a.db", "postgres://u:secret@h/db", code=2).stderr.count("secret") == 0


def test_both_files_are_told_apart_when_their_names_are_equal(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        database(tmp_path / folder / "app.db", f"CREATE TABLE t ({folder})")
    shown = text(tmp_path, "x/app.db", "y/app.db")
    assert "only in A, sqlite:x/app.db (FILE)" in shown
    assert "only in B, sqlite:y/app.db (FILE)" in shown
