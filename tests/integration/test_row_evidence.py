"""Rows as evidence: every value that a statement writes counts, and what can be run again needs no belief."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from landed.engines.postgres.shadow.platform.baseline import supabase
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.process.landed_process import Landed
from support.worlds.world import World

TABLE = "CREATE TABLE plans (id varchar(20) PRIMARY KEY, price integer, note text, UNIQUE (note));"
UPSERT = "INSERT INTO plans (id, price) VALUES ('pro', 20) ON CONFLICT (id) DO UPDATE SET "


class Case(NamedTuple):
    """A file, what the table holds, and what is said of the file while nobody has recorded it."""

    name: str
    file: str
    rows: str
    standing: str


OTHER = "('pro', 10, 'n')"
SAME = "('pro', 20, 'n')"
CASES = [
    Case("nothing is there", "INSERT INTO plans (id, price) VALUES ('pro', 20)", "", "pending"),
    Case("all values are there", "INSERT INTO plans (id, price) VALUES ('pro', 20)", SAME, "unrecorded"),
    Case("another row under the key", "INSERT INTO plans (id, price) VALUES ('pro', 20)", OTHER, "unknown"),
    Case("NULL is a value", "INSERT INTO plans (id, price) VALUES ('pro', NULL)", OTHER, "unknown"),
    Case(
        "NULL was written",
        "INSERT INTO plans (id, note) VALUES ('pro', NULL)",
        "('pro', 1, NULL)",
        "unrecorded",
    ),
    Case("another case", "INSERT INTO plans VALUES ('pro', 20, 'N')", SAME, "unknown"),
    Case("a value from a function", "INSERT INTO plans VALUES ('pro', 20, lower('N'))", SAME, "unknown"),
    Case("a function, and no row", "INSERT INTO plans VALUES ('pro', 20, lower('N'))", "", "pending"),
    Case("one of two rows", "INSERT INTO plans (id, price) VALUES ('pro', 20), ('free', 0)", SAME, "unknown"),
    Case("an upsert with other values", UPSERT + "price = excluded.price", OTHER, "pending"),
    Case("an upsert with a constant", UPSERT + "price = 20", OTHER, "pending"),
    Case("an upsert that ran, or need not", UPSERT + "price = excluded.price", SAME, "unknown"),
    Case("an upsert that adds", UPSERT + "price = plans.price + 1", OTHER, "unknown"),
    Case(
        "an upsert with a condition",
        UPSERT + "price = excluded.price WHERE plans.price < 5",
        OTHER,
        "unknown",
    ),
    Case(
        "an upsert by another key",
        "INSERT INTO plans VALUES ('new', 20, 'n') ON CONFLICT (note) DO UPDATE SET price = excluded.price",
        OTHER,
        "pending",
    ),
    Case(
        "do nothing",
        "INSERT INTO plans (id, price) VALUES ('pro', 20) ON CONFLICT (id) DO NOTHING",
        OTHER,
        "unknown",
    ),
    Case("a backfill of nothing", "UPDATE plans SET price = 5 WHERE price IS NULL", OTHER, "unknown"),
    Case(
        "a backfill to do", "UPDATE plans SET price = 5 WHERE price IS NULL", "('pro', NULL, 'n')", "pending"
    ),
]
SQLITE = [
    Case("replace, other values", "INSERT OR REPLACE INTO plans VALUES ('pro', 20, 'm')", OTHER, "pending"),
    Case("replace in short", "REPLACE INTO plans (id, price) VALUES ('pro', 20)", OTHER, "pending"),
    Case("or ignore", "INSERT OR IGNORE INTO plans (id, price) VALUES ('pro', 20)", OTHER, "unknown"),
]  # fmt: skip


def _fill(case: Case) -> str:
    return f"INSERT INTO plans VALUES {case.rows}" if case.rows else "SELECT 1"


@pytest.mark.parametrize("case", [*CASES, *SQLITE], ids=lambda case: case.name)
def test_on_d1(case: Case, tmp_path: Path) -> None:
    world = World(tmp_path / "p", {"0001_plans.sql": TABLE})
    world.apply()
    world.write("0002_rows.sql", case.file + ";")
    world.sql(_fill(case))
    assert world.standings()["0002_rows.sql"] == case.standing


@pytest.fixture(scope="module")
def project(
    pg_server: Callable[..., ShadowServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Landed]:
    folder = tmp_path_factory.mktemp("rows")
    (folder / "p" / "supabase" / "migrations").mkdir(parents=True)
    (folder / "p" / "supabase" / "migrations" / "1_plans.sql").write_text(TABLE)
    server = pg_server(18, supabase())
    with new_database(server) as database, database.connect(server.role) as connection:
        url = f"postgresql://{server.role}@/{database.name}?host={server.host}&port={server.port}"
        landed = Landed(
            folder / "p", folder / "cache", LANDED_TARGET=url, GIT_CEILING_DIRECTORIES=str(folder)
        )
        landed("apply", "--yes")
        landed.connection = connection  # type: ignore[attr-defined]
        yield landed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_on_postgres(case: Case, project: Landed) -> None:
    project.connection.execute(f"TRUNCATE plans; {_fill(case)}")  # type: ignore[attr-defined]
    (project.folder / "supabase" / "migrations" / "2_rows.sql").write_text(case.file + ";")
    assert project("status").standings()["2_rows.sql"] == case.standing


@pytest.mark.parametrize(
    "case", [c for c in CASES if "upsert" in c.name or "nothing" in c.name], ids=lambda c: c.name
)
def test_what_is_not_known_to_have_run_is_run(case: Case, tmp_path: Path) -> None:
    """On Postgres the order of what is said and done is the same: only D1 is asked."""
    world = World(tmp_path / "p", {"0001_plans.sql": TABLE})
    world.apply()
    world.sql(_fill(case))
    world.write("0002_rows.sql", case.file + ";")
    world.apply()
    done = world.sql("SELECT * FROM plans")
    assert world.standings()["0002_rows.sql"] in ("ok", "unprovable")
    assert done == _meant(case)


def _meant(case: Case) -> list[tuple[object, ...]]:
    """What the engine itself makes of the file's statement."""
    import apsw

    db = apsw.Connection(":memory:")
    db.execute(TABLE + _fill(case))
    db.execute(case.file)
    return list(db.execute("SELECT * FROM plans"))
