"""Rebuilding a table that others refer to, on a remote database: no row is lost unless it was named.

The matrix of ``tests/support/worlds/fkmatrix.py`` through the stand-in; beside it what wrangler would have
done, which ``tests/integration/test_fk_matrix_d1.py`` holds against the same engine.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.servers.d1_standin import StandIn
from support.worlds.fkmatrix import ALL_ROWS, DEFER_ON, READ, Rebuild, matrix
from support.worlds.remoteworld import REMOTE, RemoteWorld

pytestmark = pytest.mark.wrangler
CELLS = list(matrix())
SCHEMA, REBUILD = "0001_schema.sql", "0002_rebuild.sql"


def goes_through(cell: Rebuild) -> bool:
    """D1's safe ones, and the one that D1 fails only because its counter of violations is not at zero."""
    return cell.safe or (cell.variant == DEFER_ON and cell.on_delete in ("NO ACTION", "RESTRICT"))


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with StandIn(tmp_path_factory.mktemp("standin"), keep=False) as running:
        yield running


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, standin: StandIn) -> dict[str, tuple[RemoteWorld, str]]:
    """ON DELETE kind → a project whose schema and rows landed has applied, and the bookmark of that."""
    made = {}
    for cell in CELLS:
        if cell.on_delete in made:
            continue
        standin.database.wipe()
        folder = tmp_path_factory.mktemp("filled") / "project"
        world = RemoteWorld(folder, {SCHEMA: cell.schema_sql}, standin)
        world.landed()("apply", "--yes", *REMOTE)
        made[cell.on_delete] = (world, standin.database.mark())
    return made


def look(standin: StandIn) -> dict[str, Any]:
    """Rows per table, ledger, schema, broken references: what is really there."""
    read = standin.database.look
    return {
        "rows": {table: read(sql) for table, sql in READ.items()},
        "ledger": standin.ledger(),
        "schema": read("SELECT type, name, sql FROM sqlite_master ORDER BY name"),
        "broken": read("PRAGMA foreign_key_check"),
    }


@pytest.mark.parametrize("cell", CELLS, ids=[c.label for c in CELLS])
def test_cell(
    cell: Rebuild, filled: dict[str, tuple[RemoteWorld, str]], standin: StandIn, tmp_path: Path
) -> None:
    prepared, mark = filled[cell.on_delete]
    standin.database.restore(mark)
    world = prepared.copy(tmp_path)
    world.write(REBUILD, cell.migration_sql)
    run = world.landed()
    before = look(standin)
    assert before["rows"] == ALL_ROWS
    answer = run("apply", "--yes", *REMOTE, code=0 if goes_through(cell) else 1)
    after = look(standin)
    assert after["rows"] == ALL_ROWS, "no row is lost"
    d1 = "all rows kept" if cell.safe else cell.message or "success, rows lost or nulled"
    said = "applied, all rows kept" if goes_through(cell) else answer.error["message"]
    sys.stdout.write(f"{cell.on_delete:<9} | {cell.variant:<34} | D1: {d1:<34} | landed: {said}\n")
    if goes_through(cell):
        assert after["ledger"] == [SCHEMA, REBUILD]
        assert after["broken"] == []
        assert set(run("status", *REMOTE).standings().values()) == {"ok"}
        return
    assert after == before
    error = answer.error
    assert error["where"].startswith(f"migrations/{REBUILD}"), error
    if cell.outcome == "error":
        assert "--allow" not in error["next"]
        return
    verb = "lose" if cell.on_delete == "CASCADE" else "change"
    assert error["message"].startswith(f"{REBUILD} would {verb} 2 rows of the table c."), error
    command = "landed " + error["next"].splitlines()[-1].partition("landed ")[2]
    run.follow(command, "--yes", code=0)
    allowed = look(standin)
    assert allowed["rows"] == cell.rows, "--allow does what D1 would have done"
    assert allowed["broken"] == []


def test_the_sums() -> None:
    assert (len(CELLS), sum(goes_through(c) for c in CELLS)) == (24, 9)
