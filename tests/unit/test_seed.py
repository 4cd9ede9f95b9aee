"""Seeded rows: every kind of table gets a row that SQLite takes, or a reason why it has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.engines.sqlite.catalog.facts import SchemaRow
from landed.engines.sqlite.shadow.sandbox import open_sandbox, unrestricted
from landed.engines.sqlite.shadow.seed import SeedReport, seed
from landed.engines.sqlite.sql.split import split
from landed.engines.sqlite.sql.tokens import literal


def seeded(schema: str, mode: str = "d1") -> tuple[apsw.Connection, SeedReport]:
    connection, _ = open_sandbox(mode)
    connection.execute(schema).fetchall()
    report = seed(connection)
    with unrestricted(connection):
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return connection, report


def only_row(schema: str) -> tuple[Any, ...]:
    connection, report = seeded(schema)
    assert report.skipped == {}
    assert list(report.seeded) == ["t"]
    return connection.execute("SELECT * FROM t").fetchall()[0]


CHECKS = [
    "a TEXT NOT NULL CHECK (a IN ('x', 'y'))",
    "a TEXT NOT NULL CHECK (a NOT IN ('seed-a', 'y'))",
    "a TEXT NOT NULL CHECK ('x' = a)",
    "a TEXT NOT NULL CHECK (lower(a) = 'abc')",
    "a INTEGER NOT NULL CHECK (a > 100)",
    "a INTEGER NOT NULL CHECK (100 < a)",
    "a INTEGER NOT NULL CHECK (a >= 100 AND a <= 101)",
    "a INTEGER NOT NULL CHECK (a < -5)",
    "a INTEGER NOT NULL CHECK (a BETWEEN 40 AND 50)",
    "a INTEGER NOT NULL CHECK (a BETWEEN -50 AND -40)",
    "a INTEGER NOT NULL CHECK (a <> 1)",
    "a INTEGER NOT NULL CHECK (a IN (0, 1)) DEFAULT 0",
    "a INTEGER NOT NULL CHECK (a % 2 = 0)",
    "a REAL NOT NULL CHECK (a > 0 AND a < 1)",
    "a TEXT NOT NULL CHECK (length(a) = 36)",
    "a TEXT NOT NULL CHECK (length(a) <= 2)",
    "a TEXT NOT NULL CHECK (length(a) > 500)",
    "a TEXT NOT NULL CHECK (2 = length(a))",
    "a TEXT NOT NULL CHECK (length(a) = 3 AND a = upper(a))",
    "a TEXT NOT NULL CHECK (a LIKE 'usr_%')",
    "a TEXT NOT NULL CHECK (a LIKE '%@%.%')",
    "a TEXT NOT NULL CHECK (a NOT LIKE '% %')",
    "a TEXT NOT NULL CHECK (a GLOB 'v[0-9].*')",
    "a TEXT NOT NULL CHECK (a GLOB '[^a-z]?z')",
    "a TEXT NOT NULL CHECK (length(a) = 64 AND a NOT GLOB '*[^0-9a-f]*')",
    "a TEXT NOT NULL CHECK (json_valid(a))",
    "a TEXT NOT NULL CHECK (json_type(a) = 'array')",
    "a TEXT NOT NULL CHECK (json_valid(a) AND json_type(a) = 'object')",
    "a NOT NULL CHECK (typeof(a) = 'blob')",
    "a NOT NULL CHECK (typeof(a) IN ('integer'))",
    "a TEXT NOT NULL CHECK (datetime(a) IS NOT NULL)",
    "a TEXT NOT NULL CHECK (date(a) = a)",
    "a TEXT NOT NULL CHECK (trim(a) <> '')",
    "a TEXT CHECK (a IS NULL)",
    "a INTEGER, b INTEGER NOT NULL, CHECK (a < b)",
    "start_at TEXT NOT NULL, end_at TEXT NOT NULL, CHECK (end_at > start_at OR end_at = start_at)",
    "a TEXT, b TEXT, CHECK ((a IS NULL) <> (b IS NULL))",
    "kind TEXT NOT NULL CHECK (kind IN ('x', 'y')), b TEXT, CHECK (kind = 'x' AND b IS NULL)",
    "id INTEGER PRIMARY KEY CHECK (id = 1), a TEXT",
    "\"odd )(, name\" TEXT NOT NULL CHECK (\"odd )(, name\" = 'it''s')",
    "a TEXT NOT NULL /* CHECK (a = 'no') */ CHECK -- (\n (a = 'yes')",
    "a TEXT NOT NULL CONSTRAINT named CHECK (a = 'x') CONSTRAINT other CHECK (length(a) = 1)",
]


@pytest.mark.parametrize("columns", CHECKS)
def test_checks_are_met(columns: str) -> None:
    only_row(f"CREATE TABLE t ({columns})")


KINDS = [
    "CREATE TABLE t (a)",
    "CREATE TABLE t (a INTEGER PRIMARY KEY)",
    "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT NOT NULL UNIQUE)",
    "CREATE TABLE t (a TEXT PRIMARY KEY, b ANY NOT NULL) WITHOUT ROWID, STRICT",
    "CREATE TABLE t (a INT NOT NULL, b REAL NOT NULL, c TEXT NOT NULL, d BLOB NOT NULL, e ANY) STRICT",
    "CREATE TABLE t (a NOT NULL, b NOT NULL, PRIMARY KEY (b, a)) WITHOUT ROWID",
    "CREATE TABLE t (a BOOLEAN NOT NULL, b DATETIME NOT NULL, c DECIMAL(5, 2) NOT NULL, d JSON NOT NULL)",
    "CREATE TABLE t (a INTEGER NOT NULL, b AS (a + 1) STORED, c TEXT AS (a || 'x') NOT NULL)",
    "CREATE TABLE t (a TEXT NOT NULL DEFAULT (hex(randomblob(8))), b NOT NULL DEFAULT CURRENT_TIMESTAMP)",
    "CREATE TABLE t (a NOT NULL ON CONFLICT ROLLBACK, b UNIQUE ON CONFLICT IGNORE)",
    'CREATE TABLE t ("select" TEXT NOT NULL, [a b] TEXT, `c"d` TEXT)',
    "CREATE TABLE t (parent INTEGER NOT NULL REFERENCES t (id), id INTEGER PRIMARY KEY)",
    "CREATE TABLE t (id TEXT PRIMARY KEY, parent TEXT REFERENCES t ON DELETE CASCADE)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, parent REFERENCES t, CHECK (parent <> id))",
]


@pytest.mark.parametrize("schema", KINDS)
def test_kinds_of_tables(schema: str) -> None:
    only_row(schema)


def test_values_an_application_might_write() -> None:
    row = only_row(
        "CREATE TABLE t (status TEXT DEFAULT 'pending', active INTEGER DEFAULT 0, retries INTEGER DEFAULT 5,"
        " meta TEXT DEFAULT '{}', email TEXT, created_at INTEGER, updated_at TEXT, name TEXT DEFAULT '')"
    )
    assert row == (
        "pending", 1, 5, "{}", "seed@example.com", 1577836800, "2020-01-01 00:00:00", "seed-name",
    )  # fmt: skip


def test_no_value_is_null_where_one_can_be_had() -> None:
    columns = "id INTEGER PRIMARY KEY, a, b INT, c TEXT, d BLOB, e REAL, f NUMERIC, g REFERENCES t"
    assert None not in only_row(f"CREATE TABLE t ({columns})")


def test_parents_come_first_and_are_referred_to() -> None:
    connection, report = seeded(
        """
        CREATE TABLE g (c INTEGER NOT NULL REFERENCES c, b TEXT, d TEXT,
            FOREIGN KEY (b, d) REFERENCES pair (x, y));
        CREATE TABLE c (id INTEGER PRIMARY KEY, p TEXT REFERENCES p (code));
        CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT UNIQUE);
        CREATE TABLE pair (x, y, UNIQUE (x, y));
        CREATE TABLE shares_key (id INTEGER PRIMARY KEY REFERENCES p (id));
        """
    )
    assert report.skipped == {}
    joined = "SELECT count(*) FROM g JOIN c ON c.id = g.c JOIN p ON p.code = c.p JOIN pair ON (x, y) = (b, d)"
    assert connection.execute(joined).get == 1
    assert report.seeded["shares_key"] == report.seeded["p"]
    assert report.seeded["g"] == {"rowid": 1}
    assert list(report.seeded).index("p") < list(report.seeded).index("c") < list(report.seeded).index("g")


def test_references_that_overlap_agree() -> None:
    connection, report = seeded(
        """
        CREATE TABLE tenant (id INTEGER PRIMARY KEY);
        CREATE TABLE user (tenant INTEGER REFERENCES tenant, id INTEGER, PRIMARY KEY (tenant, id));
        CREATE TABLE post (tenant INTEGER NOT NULL REFERENCES tenant, author INTEGER NOT NULL,
            FOREIGN KEY (tenant, author) REFERENCES user (tenant, id));
        """
    )
    assert list(report.seeded) == ["tenant", "user", "post"]
    assert (
        connection.execute("SELECT tenant, author FROM post").get
        == connection.execute("SELECT * FROM user").get
    )


def test_circles() -> None:
    connection, report = seeded(
        """
        CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER NOT NULL REFERENCES b);
        CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a);
        CREATE TABLE x (id INTEGER PRIMARY KEY, y INTEGER NOT NULL REFERENCES y);
        CREATE TABLE y (id INTEGER PRIMARY KEY, x INTEGER NOT NULL REFERENCES x);
        """
    )
    assert set(report.seeded) == {"a", "b"}
    assert set(report.skipped) == {"x", "y"}
    assert "must refer to a row of" in report.skipped["x"]
    assert connection.execute("SELECT count(*) FROM a JOIN b ON a.b = b.id").get == 1


def test_orphans_are_not_made() -> None:
    connection, report = seeded(
        """
        CREATE TABLE required (p INTEGER NOT NULL REFERENCES missing (id));
        CREATE TABLE optional (p INTEGER REFERENCES never (id));
        CREATE TABLE never (id INTEGER PRIMARY KEY CHECK (id > 5 AND id < 5));
        CREATE TABLE below (p INTEGER NOT NULL REFERENCES never (id));
        """
    )
    assert set(report.seeded) == {"optional"}
    assert connection.execute("SELECT p FROM optional").get is None
    assert report.skipped["required"] == "p must refer to a row of missing, which has none"
    assert "CHECK constraint failed" in report.skipped["never"]
    assert report.skipped["below"].startswith("p must refer to a row of never, which has none (CHECK")


def test_tables_with_rows_are_left_alone_and_referred_to() -> None:
    connection, _ = open_sandbox("d1")
    connection.execute("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p NOT NULL REFERENCES p)")
    connection.execute("INSERT INTO p VALUES (7)")
    report = seed(connection)
    assert (report.kept, list(report.seeded)) == (["p"], ["c"])
    assert connection.execute("SELECT p.id FROM p JOIN c ON c.p = p.id").fetchall() == [(7,)]
    again = seed(connection)
    assert (again.seeded, again.kept, again.skipped) == ({}, ["p", "c"], {})
    assert connection.execute("SELECT count(*) FROM c").get == 1


def test_only_the_tables_that_are_asked_for() -> None:
    connection, _ = open_sandbox("d1")
    connection.execute("CREATE TABLE a (x); CREATE TABLE b (x)")
    assert list(seed(connection, [SchemaRow("table", "b", "b", "CREATE TABLE b (x)")]).seeded) == ["b"]
    assert connection.execute("SELECT * FROM a").fetchall() == []


def test_virtual_tables_are_skipped_and_kept_in_step_by_triggers() -> None:
    connection, report = seeded(
        """
        CREATE TABLE d (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
        CREATE VIRTUAL TABLE f USING fts5(body, content='d', content_rowid='id');
        CREATE TRIGGER g AFTER INSERT ON d BEGIN INSERT INTO f (rowid, body) VALUES (new.id, new.body); END;
        CREATE TRIGGER h AFTER DELETE ON d BEGIN
            INSERT INTO f (f, rowid, body) VALUES ('delete', old.id, old.body); END;
        """
    )
    assert report.skipped == {"f": "a virtual table"}
    assert report.kept == []
    assert set(report.seeded) == {"d"}
    assert connection.execute("SELECT count(*) FROM f('seed')").get == 1
    connection.execute("DELETE FROM d")
    assert connection.execute("SELECT count(*) FROM f('seed')").get == 0


def test_triggers_that_refuse_or_roll_back_do_not_disturb() -> None:
    connection, _ = open_sandbox("d1")
    connection.execute(
        """
        CREATE TABLE guarded (a); CREATE TABLE rolling (a); CREATE TABLE ignored (a); CREATE TABLE broken (a);
        CREATE TRIGGER g1 BEFORE INSERT ON guarded BEGIN SELECT RAISE(ABORT, 'read only'); END;
        CREATE TRIGGER g2 BEFORE INSERT ON rolling BEGIN SELECT RAISE(ROLLBACK, 'never'); END;
        CREATE TRIGGER g3 BEFORE INSERT ON ignored BEGIN SELECT RAISE(IGNORE); END;
        CREATE TRIGGER g4 AFTER INSERT ON broken BEGIN INSERT INTO absent VALUES (1); END;
        """
    )
    with unrestricted(connection):
        connection.execute("BEGIN")
    report = seed(connection)
    assert set(report.seeded) == {"guarded", "rolling", "ignored", "broken"}
    assert connection.in_transaction
    with pytest.raises(apsw.ConstraintError, match="read only"):
        connection.execute("INSERT INTO guarded VALUES (1)")


def test_a_row_that_a_trigger_made_is_kept() -> None:
    connection, report = seeded(
        "CREATE TABLE a (x); CREATE TABLE log (y); "
        "CREATE TRIGGER g AFTER INSERT ON a BEGIN INSERT INTO log VALUES ('made'); END"
    )
    assert (set(report.seeded), report.kept) == ({"a"}, ["log"])
    assert connection.execute("SELECT y FROM log").fetchall() == [("made",)]


def test_the_runtimes_own_tables_are_left_alone() -> None:
    connection, _ = open_sandbox("d1")
    with unrestricted(connection):
        connection.execute("CREATE TABLE _cf_KV (k); CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)")
    report = seed(connection)
    assert list(report.seeded) == ["t"]
    assert report.skipped == {}


def test_without_foreign_keys_rows_still_fit() -> None:
    _, report = seeded(
        "CREATE TABLE c (p NOT NULL REFERENCES p); CREATE TABLE p (id TEXT PRIMARY KEY)", "sqlite"
    )
    assert list(report.seeded) == ["p", "c"]


def test_almost_every_table_of_real_projects(corpus: Path) -> None:
    """The only tables without a row are those whose parents no migration of that project makes."""
    found: dict[str, str] = {}
    tables = 0
    for project in sorted(path for path in corpus.iterdir() if path.is_dir()):
        connection, _ = open_sandbox("d1")
        for file in sorted(project.rglob("*.sql")):
            for statement in split(file.read_text(encoding="utf-8-sig")):
                try:
                    connection.execute(statement.text).fetchall()
                except apsw.Error:
                    continue
        report = seed(connection)
        virtual = {table for table, why in report.skipped.items() if why == "a virtual table"}
        found.update((t, why) for t, why in report.skipped.items() if t not in virtual)
        tables += len(report.seeded) + len(report.kept) + len(report.skipped) - len(virtual)
    assert found == {
        "twofactor": "user_uuid must refer to a row of users, which has none",
        "attachments": "cipher_id must refer to a row of ciphers, which has none",
        "attachments_pending": "cipher_id must refer to a row of ciphers, which has none",
    }
    assert tables > 120


@given(st.text(min_size=1, max_size=20).filter(lambda s: "\0" not in s), st.integers(-(10**6), 10**6))
def test_values_out_of_in_lists_and_comparisons(text: str, number: int) -> None:
    row = only_row(
        f"CREATE TABLE t (a TEXT NOT NULL CHECK (a IN ({literal(text)})),"
        f" b INTEGER NOT NULL CHECK (b > {number}),"
        f" c INTEGER NOT NULL CHECK (c BETWEEN {number} AND {number + 1}))"
    )
    assert row[0] == text
    assert row[1] > number
    assert row[2] in (number, number + 1)
