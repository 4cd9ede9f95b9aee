"""What resume, repair and apply do about files that are damaged, overwritten or late harms nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import pytest

from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.process.landed_process import Landed


class Project:
    """Files and a database of one engine, and landed on it."""

    def __init__(self, folder: Path, landed: Landed, ask: Callable[[str], list[Any]]) -> None:
        self.folder, self.landed, self.ask = folder, landed, ask

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name.removeprefix('f')}.sql").write_text(text)

    def applied(self, **files: str) -> Project:
        self.write(**files)
        self.landed("apply", "--yes", code=0)
        return self

    def standings(self) -> dict[str, str]:
        found = self.landed("status").body["migrations"]
        return {m["version"].lstrip("0"): m["standing"] for m in found}


def _d1(folder: Path) -> Project:
    (folder / "p" / "migrations").mkdir(parents=True)
    place = folder / "app.db"
    landed = Landed(folder / "p", folder / "cache", LANDED_TARGET=f"sqlite:{place}")

    def ask(sql: str) -> list[Any]:
        connection = apsw.Connection(str(place))
        try:
            return list(connection.execute(sql))
        finally:
            connection.close()

    return Project(folder / "p" / "migrations", landed, ask)


def _postgres(folder: Path, database: Scratch) -> Project:
    migrations = folder / "p" / "supabase" / "migrations"
    migrations.mkdir(parents=True)
    server = database.server
    url = f"postgresql://{server.role}@/{database.name}?host={server.host}&port={server.port}"
    landed = Landed(folder / "p", folder / "cache", LANDED_TARGET=url)

    def ask(sql: str) -> list[Any]:
        with database.connect(server.role) as connection:
            done = connection.execute(sql.encode())
            return done.fetchall() if done.description else []

    return Project(migrations, landed, ask)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def project(
    request: pytest.FixtureRequest, pg_server: Callable[..., ShadowServer], tmp_path: Path
) -> Iterator[Project]:
    if request.param == "sqlite":
        yield _d1(tmp_path)
        return
    with new_database(pg_server(18, supabase())) as database:
        yield _postgres(tmp_path, database)


TABLE = "CREATE TABLE t (id integer PRIMARY KEY, cents integer, note text);"
ROWS = "INSERT INTO t (id, cents) VALUES (1, 5), (2, 7);"


class Damage(NamedTuple):
    """A recorded file that also writes rows, and what somebody took away of it."""

    name: str
    file: str
    damage: str


INDEXES = "CREATE INDEX i ON t (cents); CREATE INDEX j ON t (note);"
TIMES = "UPDATE t SET cents = cents * 100;"
PLUS = "UPDATE t SET cents = cents + 1;"
LEAST = "DELETE FROM t WHERE cents = (SELECT min(cents) FROM t);"
DAMAGES = [
    Damage("an update after it", INDEXES + TIMES, "DROP INDEX j"),
    Damage("an update before it", TIMES + INDEXES, "DROP INDEX j"),
    Damage("between two updates", PLUS + INDEXES + TIMES, "DROP INDEX i"),
    Damage("inserted rows", INDEXES + "INSERT INTO t SELECT id + 100, cents, NULL FROM t;", "DROP INDEX i"),
    Damage("deleted rows", INDEXES + LEAST, "DROP INDEX i"),
]


@pytest.mark.parametrize("case", DAMAGES, ids=lambda case: case.name)
def test_rows_of_a_recorded_file_are_not_written_again(case: Damage, project: Project) -> None:
    project.applied(f01_t=TABLE + ROWS, f02_b=case.file)
    project.ask(case.damage)
    rows = project.ask("SELECT * FROM t ORDER BY id")
    assert project.standings()["2"] == "partial"
    project.landed("resume", "--yes", code=0)
    assert project.ask("SELECT * FROM t ORDER BY id") == rows
    assert project.standings()["2"] == "ok"


@pytest.mark.parametrize(
    "rows",
    [
        TIMES,
        "INSERT INTO t SELECT id + 100, cents, NULL FROM t;",
        LEAST,
    ],
)
def test_a_phantom_that_wrote_rows_needs_a_reason(rows: str, project: Project) -> None:
    project.applied(f01_t=TABLE + ROWS, f02_b="CREATE INDEX i ON t (cents); " + rows)
    project.ask("DROP INDEX i")
    held = project.ask("SELECT * FROM t ORDER BY id")
    assert project.standings()["2"] == "phantom"
    project.landed("repair", "--yes")
    project.landed("repair", "02_b", "--yes", code=1)
    project.landed("apply", "--yes", code=1)
    assert project.ask("SELECT * FROM t ORDER BY id") == held
    assert project.standings()["2"] == "phantom"
    project.landed("repair", "02_b", "--reason", "the rows are gone, too", "--yes", code=0)
    assert project.standings()["2"] == "pending"


def test_a_phantom_whose_rows_are_gone_too_needs_none(project: Project) -> None:
    project.applied(f01_t=TABLE, f02_b="CREATE INDEX i ON t (cents); INSERT INTO t VALUES (1, 5, 'n');")
    project.ask("DROP INDEX i")
    project.ask("DELETE FROM t")
    project.landed("repair", "02_b", "--yes", code=0)
    project.landed("apply", "--yes", code=0)
    assert project.ask("SELECT * FROM t") == [(1, 5, "n")]


VIEWS = (
    "CREATE VIEW v AS SELECT id FROM t; CREATE VIEW w AS SELECT cents FROM t; CREATE INDEX i ON t (cents);"
)
LATER = {
    "changes": "DROP VIEW w; CREATE VIEW w AS SELECT note FROM t;",
    "removes": "DROP VIEW w;",
    "renames what the index is on": "DROP VIEW w; ALTER TABLE t ADD COLUMN extra integer;",
}


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
def test_resume_brings_nothing_back_that_a_later_file_took_away_or_changed(
    later: str, project: Project
) -> None:
    project.applied(f01_t=TABLE + VIEWS, f02_b=later)
    project.ask("DROP INDEX i")
    project.landed("resume", "--yes", code=0)
    assert set(project.standings().values()) == {"ok"}


REBUILT = (
    "CREATE TABLE t_new (id integer PRIMARY KEY, cents integer, note text, more integer);"
    "INSERT INTO t_new (id, cents, note) SELECT id, cents, note FROM t; DROP TABLE t;"
    "ALTER TABLE t_new RENAME TO t;"
)


@pytest.fixture
def late(project: Project) -> Project:
    """0002 arrives when 0003, which rebuilds its table, has run."""
    project.applied(f01_t=TABLE, f03_c=REBUILT)
    project.write(f02_b="CREATE INDEX t_cents ON t (cents);")
    return project


def test_a_late_file_that_was_overwritten_is_run_only_on_somebodys_word(late: Project) -> None:
    assert late.standings()["2"] == "out-of-order"
    (found,) = (m for m in late.landed("status").body["migrations"] if m["version"].endswith("2"))
    assert len({a["choice"] for a in found["actions"]}) == 1 < len(found["actions"])
    asked = late.landed("apply", "--yes", code=4)
    assert "Nothing shows whether" in asked.error["message"]
    late.landed("repair", "--yes")
    assert late.standings()["2"] == "out-of-order"
    # Supabase's history has no order but that of the versions: there it cannot be the last one.
    able = any(a["argv"] and "--allow" in a["argv"] for a in found["actions"])
    assert able is (late.landed("status").body["target"]["kind"] == "sqlite")
    late.landed("apply", "--yes", "--allow", f"run:{found['name']}", code=0 if able else 4)
    assert able is (set(late.standings().values()) == {"ok"})


def test_a_late_file_that_is_not_needed_is_recorded_on_somebodys_word(late: Project) -> None:
    late.landed("repair", "02_b", "--reason", "not needed", "--yes", code=0)
    assert set(late.standings().values()) == {"ok"}
    late.landed("apply", "--yes", code=0)
    late.landed("verify", code=0)


def test_a_lost_history_is_written_again_as_far_as_anything_shows_it(project: Project) -> None:
    project.applied(
        f01_a="CREATE TABLE a (x integer);",
        f02_b="ALTER TABLE a RENAME TO b;",
        f03_c="ALTER TABLE b RENAME TO c; CREATE TABLE d (y integer);",
        f04_d="CREATE INDEX di ON d (y);",
        f05_e="DROP INDEX di;",
        f06_f="CREATE TABLE e (y integer);",
    )
    table = project.landed("status").body["target"]["ledger_table"]
    project.ask(f"DELETE FROM {table}")
    # The third could not have run without the second, nor that without the first.
    shown, unknown = ["unrecorded"], ["unknown"]
    assert [*project.standings().values()] == shown * 3 + unknown * 2 + shown
    project.landed("repair", "--yes")
    before = project.standings()
    assert [before[n] for n in "1236"] == ["ok"] * 4 and {before["4"], before["5"]} == {"out-of-order"}
    # Both run, or none: what the one makes the other takes away.
    project.landed("apply", "--yes")
    assert set(project.standings().values()) <= {"ok", "unprovable"}
    project.landed("verify", code=0)
