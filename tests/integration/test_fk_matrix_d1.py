"""The foreign key matrix is what real local D1 does, and the sandbox does the same."""

from __future__ import annotations

from collections.abc import Callable

import apsw
import pytest

from landed.engines.sqlite.shadow.sandbox import open_sandbox, unrestricted
from support.clients.wrangler import BatchFailed, MiniflareD1
from support.worlds.fkmatrix import ALL_ROWS, ON_DELETE, READ, VARIANTS, Rebuild, Rows, matrix

CELLS = list(matrix())


def test_matrix_is_complete_and_has_both_kinds() -> None:
    assert [(cell.on_delete, cell.variant) for cell in CELLS] == [(d, v) for d in ON_DELETE for v in VARIANTS]
    assert sum(cell.safe for cell in CELLS) == 7
    assert sum(cell.outcome == "ok" and not cell.safe for cell in CELLS) == 8


def on_real_d1(database: MiniflareD1, cell: Rebuild) -> tuple[str, str, Rows]:
    database.batch(cell.schema)
    try:
        database.batch(cell.migration)
        outcome, message = "ok", ""
    except BatchFailed as refused:
        outcome, message = "error", str(refused)
    found = database.batch([*READ.values(), "PRAGMA foreign_key_check"])
    assert found.pop() == []
    rows = {table: [tuple(row.values()) for row in got] for table, got in zip(READ, found, strict=True)}
    database.batch(["DROP TABLE g", "DROP TABLE c", "DROP TABLE p"])
    return outcome, message, rows


def test_real_d1_does_what_the_matrix_says(miniflare_d1: Callable[..., MiniflareD1]) -> None:
    database = miniflare_d1()
    wrong = []
    for cell in CELLS:
        outcome, message, rows = on_real_d1(database, cell)
        if (outcome, rows) != (cell.outcome, cell.rows) or cell.message not in message:
            wrong.append(f"{cell.label}: {outcome} {message} {rows}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("cell", CELLS, ids=[cell.label for cell in CELLS])
def test_sandbox_does_what_the_matrix_says(cell: Rebuild) -> None:
    connection, _ = open_sandbox("d1")
    for statement in cell.schema:
        connection.execute(statement)
    with unrestricted(connection):
        connection.execute("BEGIN")
    try:
        for statement in cell.migration:
            connection.execute(statement)
        with unrestricted(connection):
            connection.execute("COMMIT")
        outcome, message = "ok", ""
    except apsw.Error as error:
        outcome, message = "error", str(error)
        with unrestricted(connection):
            connection.execute("ROLLBACK")
    rows = {table: connection.execute(sql).fetchall() for table, sql in READ.items()}
    assert (outcome, rows) == (cell.outcome, cell.rows)
    # At COMMIT, D1 hides SQLite's message behind an internal error.
    assert cell.message.replace("internal error", "FOREIGN KEY constraint failed") in message
    assert cell.safe == (outcome == "ok" and rows == ALL_ROWS)
