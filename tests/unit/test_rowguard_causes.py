"""What the row guard blames a loss on: the dropped table, the rows lost above, or nothing."""

from __future__ import annotations

import apsw

from landed.core.facts import FactKey
from landed.engines.sqlite import rowguard
from landed.engines.sqlite.catalog.facts import SchemaRow, snapshot
from landed.engines.sqlite.rowguard import Loss

SCHEMA = """
CREATE TABLE p (id INTEGER PRIMARY KEY);
CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE);
CREATE TABLE g (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c (id) ON DELETE CASCADE);
INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1); INSERT INTO g VALUES (1, 1), (2, 1);
"""


def facts(connection: apsw.Connection) -> dict[FactKey, str]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return dict(snapshot([SchemaRow(*row) for row in rows], None))


def losses(dropped: set[str], *statements: str) -> dict[str, Loss]:
    connection = apsw.Connection(":memory:")
    connection.execute("PRAGMA foreign_keys=on")
    connection.execute(SCHEMA)
    known = rowguard.references(facts(connection))
    before = rowguard.count(connection, rowguard.at_risk(dropped, known), facts(connection))
    for statement in statements:
        connection.execute(statement)
    found = rowguard.compare(connection, before, facts(connection), dropped, set(), set(), known)
    return {loss.table: loss for loss in found}


def test_a_loss_comes_from_the_dropped_table_or_from_the_rows_lost_above() -> None:
    found = losses(
        {"p"}, "CREATE TABLE n (id INTEGER PRIMARY KEY)", "DROP TABLE p", "ALTER TABLE n RENAME TO p"
    )
    assert {table: (loss.kind, loss.rows) for table, loss in found.items()} == {
        "p": ("lose-rows", 1),
        "c": ("lose-rows", 1),
        "g": ("lose-rows", 2),
    }
    assert {t: loss.through and loss.through.parent for t, loss in found.items()} == {
        "p": None,
        "c": "p",
        "g": "c",
    }


def test_a_loss_is_not_blamed_on_a_reference_to_a_table_that_is_as_it_was() -> None:
    found = losses(
        {"g"},
        "CREATE TABLE n (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c (id) ON DELETE CASCADE)",
        "INSERT INTO n SELECT * FROM g WHERE id = 1",
        "DROP TABLE g",
        "ALTER TABLE n RENAME TO g",
    )
    assert list(found) == ["g"]
    assert found["g"].rows == 1
    assert found["g"].through is None
