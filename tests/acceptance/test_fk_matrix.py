"""Rebuilding a table that others refer to, with ``landed apply``: no row is lost unless it was named.

The matrix (4 ON DELETE kinds × 6 ways to rebuild) and what real D1 does with each cell come from
``tests/support/worlds/fkmatrix.py``, which ``tests/integration/test_fk_matrix_d1.py`` holds against
Miniflare.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from support.clients.wrangler import DATABASE_ID, MiniflareD1, database_files
from support.process.landed_process import Landed
from support.worlds.fkmatrix import ALL_ROWS, DEFER_ON, READ, Rebuild, Rows, matrix

CELLS = list(matrix())
SCHEMA, REBUILD = "0001_schema.sql", "0002_rebuild.sql"
CONFIG = (
    '{"name": "x", "d1_databases": [{"binding": "DB", "database_name": "db", "database_id": "'
    + DATABASE_ID
    + '"}]}'
)


def goes_through(cell: Rebuild) -> bool:
    """Whether landed applies the cell without ``--allow``: D1's safe ones, and the one that D1 only fails
    because its counter of violations is not back at zero though every reference is whole."""
    return cell.safe or (cell.variant == DEFER_ON and cell.on_delete in ("NO ACTION", "RESTRICT"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """ON DELETE kind → a project whose schema and rows landed has applied."""
    made = {}
    top = tmp_path_factory.mktemp("filled")
    for cell in CELLS:
        if cell.on_delete in made:
            continue
        folder = made[cell.on_delete] = top / cell.on_delete.replace(" ", "-").lower()
        (folder / "migrations").mkdir(parents=True)
        (folder / "wrangler.jsonc").write_text(CONFIG)
        (folder / "migrations" / SCHEMA).write_text(cell.schema_sql)
        Landed(folder, top / "cache")("apply", "--yes")
    return made


class Look:
    """What is in the database: rows per table, ledger, schema."""

    def __init__(self, folder: Path) -> None:
        (file,) = database_files(folder / ".wrangler" / "state")
        connection = apsw.Connection(str(file), flags=apsw.SQLITE_OPEN_READONLY)
        self.rows: Rows = {table: connection.execute(sql).fetchall() for table, sql in READ.items()}
        self.ledger = [n for (n,) in connection.execute("SELECT name FROM d1_migrations ORDER BY id")]
        self.schema = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()
        self.broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        connection.close()


def test_the_sums() -> None:
    assert sum(goes_through(c) for c in CELLS) == 9
    assert sum(c.outcome == "ok" and not c.safe for c in CELLS) == 8


@pytest.mark.parametrize("cell", CELLS, ids=[c.label for c in CELLS])
def test_cell(cell: Rebuild, filled: dict[str, Path], tmp_path: Path, landed: Callable[..., Landed]) -> None:
    folder = tmp_path / "project"
    shutil.copytree(filled[cell.on_delete], folder)
    (folder / "migrations" / REBUILD).write_text(cell.migration_sql)
    run = landed(folder)
    before = Look(folder)
    assert before.rows == ALL_ROWS

    if goes_through(cell):
        run("apply", "--yes")
        after = Look(folder)
        assert after.rows == ALL_ROWS
        assert after.ledger == [SCHEMA, REBUILD]
        assert after.broken == []
        assert any("DEFAULT 'new'" in sql for kind, name, sql in after.schema if name == "p")
        assert set(run("status").standings().values()) == {"ok"}
        report(cell, "applied, all rows kept")
        return

    refused = run("apply", "--yes", code=1)
    after = Look(folder)
    assert (after.rows, after.ledger, after.schema) == (before.rows, before.ledger, before.schema)
    error = refused.error
    told = "\n".join([error["message"], *error["details"], error["next"]])
    assert error["where"].startswith(f"migrations/{REBUILD}:"), error
    report(cell, error["message"])

    if cell.outcome == "error":
        # D1 refuses it as well, and no --allow could help: what is needed is a file that works.
        assert "--allow" not in error["next"]
        if "FOREIGN KEY" in cell.message:
            assert f"c(p) refers to p, ON DELETE {cell.on_delete} (3 rows)" in told
            # The advice works: it is the variant that goes through.
            assert "put PRAGMA defer_foreign_keys = on before the rebuild" in error["next"]
        else:
            assert cell.message in told
        return

    # D1 reports success here and the rows are gone, or nulled.
    lost = len(ALL_ROWS["c"]) - len(cell.rows["c"])
    action = f"DROP TABLE p fires ON DELETE {cell.on_delete} on c(p)"
    if cell.on_delete == "CASCADE":
        assert error["message"] == f"{REBUILD} would lose {lost} rows of the table c."
        assert f"table c: 2 rows deleted: {action}" in told
        # Nobody dropped c, on which g hangs.
        assert "table g: 2 rows deleted: the rows that c loses fire ON DELETE CASCADE on g(c)" in told
    else:
        assert error["message"] == f"{REBUILD} would change 2 rows of the table c."
        assert f"table c: p changed in 2 rows: {action}" in told
    advice, allow = error["next"].splitlines()
    assert "rebuild the table together with every table that refers to it" in advice
    command = allow.partition("landed ")
    allowed = run.follow("landed " + command[2], "--yes", code=0)
    assert allowed.body["files"][0]["outcome"] == "applied"
    after = Look(folder)
    assert after.rows == cell.rows, "--allow does what D1 would have done"
    assert after.broken == []
    assert set(run("status").standings().values()) == {"ok"}


def report(cell: Rebuild, said: str) -> None:
    d1 = (
        "all rows kept"
        if cell.safe
        else (cell.message or f"success, c: {len(ALL_ROWS['c'])} → " + after_d1(cell))
    )
    sys.stdout.write(f"{cell.on_delete:<9} | {cell.variant:<34} | D1: {d1:<34} | landed: {said}\n")


def after_d1(cell: Rebuild) -> str:
    nulled = sum(1 for row in cell.rows["c"] if row[1] is None) - 1
    return f"{len(cell.rows['c'])} rows" + (f", {nulled} nulled" if nulled else "")


def test_allowing_one_loss_does_not_allow_another(
    filled: dict[str, Path], tmp_path: Path, landed: Callable[..., Landed]
) -> None:
    (cell,) = (c for c in CELLS if c.on_delete == "CASCADE" and c.variant == "plain")
    folder = tmp_path / "project"
    shutil.copytree(filled["CASCADE"], folder)
    (folder / "migrations" / REBUILD).write_text(cell.migration_sql)
    run = landed(folder)
    error = run("apply", "--yes", "--allow", "lose-rows:c", code=1).error
    assert "table g" in error["message"]
    assert re.findall(r"--allow '([^']+)'", error["next"]) in (
        ["lose-rows:g"],
        ["lose-rows:c", "lose-rows:g"],
    )
    assert Look(folder).rows == ALL_ROWS
    run("apply", "--yes", "--allow", "drop-table:c", "--allow", "lose-rows:p", code=1)
    assert Look(folder).rows == ALL_ROWS


def test_a_row_that_refers_to_nothing_is_no_rebuild(
    filled: dict[str, Path], tmp_path: Path, landed: Callable[..., Landed]
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(filled["CASCADE"], folder)
    (folder / "migrations" / "0002_row.sql").write_text("INSERT INTO c (id, p) VALUES (13, 99)")
    error = landed(folder)("apply", "--yes", code=1).error
    assert "FOREIGN KEY constraint failed" in error["message"]
    assert "rebuild" not in error["next"]
    assert "Correct the file" in error["next"]
    assert Look(folder).rows == ALL_ROWS


def test_a_copy_that_leaves_rows_out_is_blamed_on_the_copy(
    filled: dict[str, Path], tmp_path: Path, landed: Callable[..., Landed]
) -> None:
    """g refers to c, which is as it was: the loss is not put down to that reference."""
    folder = tmp_path / "project"
    shutil.copytree(filled["CASCADE"], folder)
    (folder / "migrations" / REBUILD).write_text(
        "CREATE TABLE g_new (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c(id) ON DELETE CASCADE, x TEXT);\n"
        "INSERT INTO g_new (id, c) SELECT id, c FROM g WHERE id < 102;\n"
        "DROP TABLE g;\n"
        "ALTER TABLE g_new RENAME TO g;\n"
    )
    run = landed(folder)
    error = run("apply", "--yes", code=1).error
    assert error["message"] == f"{REBUILD} would lose 1 row of the table g."
    assert error["details"][0] == "table g: 1 row deleted"
    assert "copies every row" in error["next"]
    assert error["where"] == f"migrations/{REBUILD}:3"
    assert Look(folder).rows == ALL_ROWS
    run("apply", "--yes", "--allow", "lose-rows:g")
    assert Look(folder).rows == {**ALL_ROWS, "g": ALL_ROWS["g"][:2]}


def test_real_d1_reads_what_landed_rebuilt(
    filled: dict[str, Path], tmp_path: Path, landed: Callable[..., Landed]
) -> None:
    """The safe rebuild with the deepest schema change, opened by D1 itself."""
    (cell,) = (c for c in CELLS if c.on_delete == "NO ACTION" and c.variant == DEFER_ON)
    folder = tmp_path / "project"
    shutil.copytree(filled["NO ACTION"], folder)
    (folder / "migrations" / REBUILD).write_text(cell.migration_sql)
    landed(folder)("apply", "--yes")
    with MiniflareD1(folder / ".wrangler" / "state") as database:
        found = database.batch([*READ.values(), "PRAGMA foreign_key_check"])
        assert found.pop() == []
        rows = {t: [tuple(r.values()) for r in got] for t, got in zip(READ, found, strict=True)}
        assert rows == ALL_ROWS
