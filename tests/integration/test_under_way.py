"""What is being run is known while it runs, and shown where it takes long."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from landed.cli import living
from landed.core import underway
from landed.core.underway import UnderWay
from landed.report import terminal
from support.worlds.pgwriting import World as PgWorld
from support.worlds.world import World

FILE = "CREATE TABLE t (id INTEGER PRIMARY KEY);\n\nINSERT INTO t VALUES (1);\nUPDATE t SET id = 2;\n"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int | None]]:
    """File and line of all that began."""
    heard: list[tuple[str, int | None]] = []
    real = underway.began

    def began(file: str, statement: object = None) -> None:
        heard.append((file, getattr(statement, "line", None)))
        real(file, statement)  # type: ignore[arg-type]

    monkeypatch.setattr(underway, "began", began)
    return heard


def test_on_sqlite(tmp_path: Path, told: list[tuple[str, int | None]]) -> None:
    World(tmp_path, {"0001_a.sql": FILE}).apply()
    assert told == [("migrations/0001_a.sql", line) for line in (1, 3, 4, None)]


def test_on_postgres(pg_world: PgWorld, told: list[tuple[str, int | None]]) -> None:
    migration = pg_world.file(FILE.replace("TABLE t ", "TABLE under_way ").replace(" t ", " under_way "))
    with pg_world.opened() as writer:
        pg_world.run(writer, migration)
    assert [at for at in told if at[0] == migration.file] == [(migration.file, line) for line in (1, 3, 4)]


def test_alone_on_postgres(pg_world: PgWorld, told: list[tuple[str, int | None]]) -> None:
    pg_world.sql("CREATE TABLE under_way_too (id int)")
    migration = pg_world.file("\nCREATE INDEX CONCURRENTLY under_way_i ON under_way_too (id);")
    with pg_world.opened() as writer:
        pg_world.run(writer, migration)
    assert (migration.file, 2) in told


def at(tmp_path: Path) -> UnderWay:
    world = World(
        tmp_path, {"0001_a.sql": "\nCREATE  TABLE t\n(id INTEGER PRIMARY KEY, " + "x" * 80 + " TEXT);"}
    )
    (migration,) = world.workspace().migrations().migrations
    return UnderWay(migration.file, migration.statements[0], 0.0)


def test_the_line_says_where_and_for_how_long(tmp_path: Path) -> None:
    shown = living.described(at(tmp_path))
    assert shown == "migrations/0001_a.sql:2  CREATE TABLE t (id INTEGER PRIMARY KEY, xxxxxxxxxxxxxxxxxxx…"
    assert living.described(UnderWay("a.sql", None, 0.0)) == "a.sql"


def test_without_a_terminal_lines_are_few(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, tell = at(tmp_path), living._Now_and_then()
    for second in range(1, 1000):
        tell(one, float(second))
    lines = capsys.readouterr().err.splitlines()
    assert [line.rpartition(": for ")[2] for line in lines] == [
        f"{time} already" for time in ("10 s", "60 s", "5 min 00 s", "10 min 00 s", "15 min 00 s")
    ]
    tell(one._replace(file="other.sql"), 11.0)
    assert capsys.readouterr().err.startswith("other.sql:2  CREATE TABLE t")


def test_what_is_written_next_takes_the_place_of_the_line() -> None:
    out = io.StringIO()
    terminal.line_for_now("a\x1b[31m long statement " + "x" * 200, out)
    columns = len(out.getvalue()) - len("\r\x1b[K")
    assert "\x1b[31m" not in out.getvalue() and columns < 200
    terminal.say("done", out)
    terminal.say("more", out)
    assert out.getvalue().endswith("\r\x1b[Kdone\nmore\n")
