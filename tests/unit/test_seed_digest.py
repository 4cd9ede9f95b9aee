"""Row digests tell lost rows, nulled values and altered values from rows that only moved."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.engines.sqlite.shadow.row_digest import RowChange, row_changes
from landed.engines.sqlite.shadow.sandbox import open_sandbox
from landed.engines.sqlite.shadow.seed import digest_rows

SCHEMA = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT); INSERT INTO t VALUES (1, 'x', 'y'), (2, 5, NULL)"
)


def changes(migration: str, schema: str = SCHEMA, tables: tuple[str, ...] = ("t",)) -> tuple[RowChange, ...]:
    connection, _ = open_sandbox("d1")
    connection.execute(schema)
    before = digest_rows(connection, tables)
    connection.execute(migration).fetchall()
    return row_changes(before, digest_rows(connection, tables))


COPY = "CREATE TABLE n (b TEXT, a, id INTEGER PRIMARY KEY, extra DEFAULT 1); "
SWAP = "; DROP TABLE t; ALTER TABLE n RENAME TO t"


@pytest.mark.parametrize(
    ("migration", "expected"),
    [
        ("SELECT 1", []),
        ("ALTER TABLE t ADD COLUMN c DEFAULT 3", []),
        ("ALTER TABLE t DROP COLUMN a", []),
        ("DROP TABLE t", []),
        (COPY + "INSERT INTO n (id, a, b) SELECT id, a, b FROM t ORDER BY id DESC" + SWAP, []),
        (COPY + "INSERT INTO n (id, a, b) SELECT id, b, a FROM t" + SWAP, [
            RowChange("nulled", "t", "a", 1), RowChange("altered", "t", "b", 0)]),
        (COPY + "INSERT INTO n (id, a) SELECT id, a FROM t" + SWAP, [RowChange("nulled", "t", "b", 1)]),
        ("DELETE FROM t WHERE id = 1", [RowChange("lost", "t", "", 1)]),
        ("DELETE FROM t", [RowChange("lost", "t", "", 2)]),
        ("INSERT INTO t VALUES (3, 1, 1)", [RowChange("gained", "t", "", 1)]),
        ("UPDATE t SET a = NULL", [RowChange("nulled", "t", "a", 2)]),
        ("UPDATE t SET b = 'z' WHERE id = 1", [RowChange("altered", "t", "b", 0)]),
        ("UPDATE t SET b = 'z' WHERE b IS NULL", [RowChange("altered", "t", "b", 0)]),
        ("UPDATE t SET a = '5' WHERE id = 2", [RowChange("altered", "t", "a", 0)]),
        ("UPDATE t SET a = 5.0 WHERE id = 2", [RowChange("altered", "t", "a", 0)]),
        ("UPDATE t SET a = x'78' WHERE id = 1", [RowChange("altered", "t", "a", 0)]),
    ],
)  # fmt: skip
def test_what_happened_to_the_rows(migration: str, expected: list[RowChange]) -> None:
    assert list(changes(migration)) == expected


def test_the_cascade_that_nobody_asked_for() -> None:
    schema = """
        CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE);
        CREATE TABLE s (p REFERENCES p ON DELETE SET NULL);
        INSERT INTO p VALUES (1); INSERT INTO c VALUES (1), (1), (NULL); INSERT INTO s VALUES (1);
    """
    rebuild = """
        CREATE TABLE q (id INTEGER PRIMARY KEY); INSERT INTO q SELECT * FROM p; DROP TABLE p;
        ALTER TABLE q RENAME TO p
    """
    assert changes(rebuild, schema, ("p", "c", "s")) == (
        RowChange("lost", "c", "", 2),
        RowChange("nulled", "s", "p", 1),
    )


def test_tables_that_are_not_there_and_generated_columns_are_left_out() -> None:
    connection, _ = open_sandbox("d1")
    connection.execute('CREATE TABLE "T ""q" (a, b AS (a)); INSERT INTO "T ""q" VALUES (1)')
    found = digest_rows(connection, ['T "q', "missing"])
    assert list(found) == ['T "q']
    assert list(found['T "q'].columns) == ["a"]


_VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary()


@given(st.lists(st.tuples(_VALUES, _VALUES), max_size=6), st.randoms(use_true_random=False))
def test_equal_for_equal_rows_in_any_order_and_else_not(
    rows: list[tuple[object, object]], random: object
) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE a (x, y); CREATE TABLE b (x, y)")
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    connection.executemany("INSERT INTO a VALUES (?, ?)", rows)
    connection.executemany("INSERT INTO b VALUES (?, ?)", shuffled)
    first, second = digest_rows(connection, ["a", "b"]).values()
    assert first == second
    if rows:
        connection.execute("UPDATE b SET x = CASE WHEN x IS NULL THEN 0 END WHERE rowid = 1")
        assert digest_rows(connection, ["b"])["b"] != second
