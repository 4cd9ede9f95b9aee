"""Which foreign keys SQLite cannot check, and which rows refer to nothing: the same as SQLite says."""

from __future__ import annotations

from itertools import product

import apsw
import pytest

from landed.engines.sqlite.references import broken_references, mismatches

PARENTS = (
    "id INTEGER PRIMARY KEY, code TEXT",
    "id INTEGER PRIMARY KEY, code TEXT UNIQUE",
    "id TEXT PRIMARY KEY, code TEXT",
    "id INTEGER PRIMARY KEY DESC, code TEXT",
    "code TEXT COLLATE NOCASE UNIQUE, id INT",
    "id INT, code TEXT, UNIQUE (code, id)",
    "id INT, code TEXT, PRIMARY KEY (code, id)",
    "other TEXT, id INTEGER PRIMARY KEY",
)
INDEXES = (
    "",
    "CREATE UNIQUE INDEX i ON p(code)",
    "CREATE UNIQUE INDEX i ON p(code) WHERE id > 0",
    "CREATE UNIQUE INDEX i ON p(code COLLATE NOCASE)",
    "CREATE UNIQUE INDEX i ON p(lower(code))",
    "CREATE INDEX i ON p(code)",
)
CHILDREN = (
    "a TEXT REFERENCES p(code)",
    "a TEXT REFERENCES P",
    "a INT REFERENCES p(ID)",
    "a INT, b INT, FOREIGN KEY (a, b) REFERENCES p(id, code)",
    "a INT, b INT, FOREIGN KEY (a, b) REFERENCES p",
    "a REFERENCES nowhere(x)",
    "a REFERENCES p(rowid)",
)


def schemas(parent: str, child: str) -> list[apsw.Connection]:
    found = []
    for index, options, view in product(INDEXES, ("", " WITHOUT ROWID"), (False, True)):
        connection = apsw.Connection(":memory:")
        try:
            connection.execute(f"CREATE TABLE p ({parent}){options}; {index}")
        except apsw.SQLError:
            continue
        if view:
            connection.execute("ALTER TABLE p RENAME TO q; CREATE VIEW p AS SELECT * FROM q")
        connection.execute(f"CREATE TABLE c (z INTEGER PRIMARY KEY, {child}); INSERT INTO c (a) VALUES ('v')")
        found.append(connection)
    return found


@pytest.mark.parametrize("child", CHILDREN)
@pytest.mark.parametrize("parent", PARENTS)
def test_agrees_with_sqlite(parent: str, child: str) -> None:
    for connection in schemas(parent, child):
        try:
            expected = connection.execute("PRAGMA foreign_key_check").fetchall()
        except apsw.SQLError:
            assert mismatches(connection)
            assert broken_references(connection) == []
        else:
            assert not mismatches(connection)
            assert broken_references(connection) == expected


def test_another_reference_of_the_same_table_is_checked_all_the_same() -> None:
    connection = apsw.Connection(":memory:")
    connection.execute(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, code); CREATE TABLE q (a, b, PRIMARY KEY (a, b));"
        "CREATE TABLE c (z INTEGER PRIMARY KEY, p REFERENCES p(id), code REFERENCES p(code), a, b,"
        " n REFERENCES nowhere, FOREIGN KEY (a, b) REFERENCES q);"
        "CREATE TABLE w (k TEXT PRIMARY KEY, code REFERENCES p(code), p REFERENCES p) WITHOUT ROWID;"
        "INSERT INTO p VALUES (1, 'x'); INSERT INTO q VALUES (1, 2);"
        "INSERT INTO c VALUES (1, 1, 'x', 1, 2, NULL), (2, 7, 'x', 1, 3, 5), (3, NULL, 'y', 9, NULL, NULL);"
        "INSERT INTO w VALUES ('k', 'x', 8)"
    )
    found = {(child, row, parent) for child, row, parent, _ in broken_references(connection)}
    assert found == {("c", 2, "p"), ("c", 2, "q"), ("c", 2, "nowhere"), ("w", None, "p")}
    assert [str(m) for m in mismatches(connection)] == [
        "c(code) refers to p(code), which has no UNIQUE index on exactly these columns",
        "w(code) refers to p(code), which has no UNIQUE index on exactly these columns",
    ]
