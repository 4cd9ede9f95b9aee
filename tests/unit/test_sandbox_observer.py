"""The observer: what it says of single statements, and the real schemas and rows as its oracle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import pytest

from landed.engines.sqlite.shadow.observer import NOTHING, Seen
from landed.engines.sqlite.shadow.row_digest import digest_rows
from landed.engines.sqlite.shadow.sandbox import Observer, open_sandbox, restrict, unrestricted
from landed.engines.sqlite.shadow.seed import seed
from landed.engines.sqlite.sql.split import split

SCHEMA = """
CREATE TABLE p (id INTEGER PRIMARY KEY, a);
CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT, p REFERENCES p ON DELETE CASCADE);
CREATE TABLE n (p REFERENCES p ON DELETE SET NULL);
CREATE TABLE log (what);
CREATE TRIGGER logged AFTER UPDATE ON p BEGIN INSERT INTO log VALUES ('p'); END;
CREATE VIEW v AS SELECT * FROM p;
CREATE INDEX i ON p (a);
CREATE VIRTUAL TABLE f USING fts5(x);
"""


def names(*tables: str) -> frozenset[str]:
    return frozenset(tables)


CREATED: dict[str, Any] = {"created_only": True, "ddl": True}
DDL: dict[str, Any] = {"ddl": True}

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SELECT * FROM p", {}),
    ("CREATE TABLE t (a PRIMARY KEY, b UNIQUE, c CHECK (length(c) > 0)) WITHOUT ROWID", CREATED),
    ("CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)", CREATED),
    ("CREATE TABLE IF NOT EXISTS p (b)", CREATED),
    ("CREATE TABLE t AS SELECT * FROM p", CREATED),
    ("CREATE UNIQUE INDEX j ON p (lower(a)) WHERE a IS NOT NULL", CREATED),
    ("CREATE VIEW w AS SELECT count(*) FROM p JOIN c", CREATED),
    ("CREATE TRIGGER g AFTER DELETE ON p BEGIN DELETE FROM log; UPDATE c SET p = 1; END", CREATED),
    ("CREATE VIRTUAL TABLE f2 USING fts5(x)", {**DDL, "inserted_into": names("f2_data", "f2_config")}),
    ("ALTER TABLE p ADD COLUMN b", {**DDL, "altered": names("p")}),
    ("ALTER TABLE P RENAME TO q", {**DDL, "altered": names("p")}),
    ("ALTER TABLE c RENAME TO d", {**DDL, "altered": names("c")}),
    ("ALTER TABLE log RENAME COLUMN what TO which", {**DDL, "altered": names("log")}),
    ("DROP INDEX i", DDL),
    ("DROP VIEW v", DDL),
    ("DROP TRIGGER logged", DDL),
    ("DROP TABLE log", {**DDL, "dropped_tables": names("log")}),
    ("DROP TABLE p", {**DDL, "dropped_tables": names("p"), "cascaded": names("c", "n")}),
    ("DROP TABLE IF EXISTS absent", {}),
    ("DELETE FROM log", {"deleted_from": names("log")}),
    ("DELETE FROM log WHERE what = 'x'", {"deleted_from": names("log")}),
    ("DELETE FROM p", {"deleted_from": names("p", "c"), "updated": names("n")}),
    ("INSERT INTO log SELECT a FROM p", {"inserted_into": names("log")}),
    ("REPLACE INTO log VALUES (1)", {"inserted_into": names("log")}),
    ("UPDATE p SET a = 1 WHERE id = 2", {"updated": names("p"), "inserted_into": names("log")}),
    ("UPDATE sqlite_sequence SET seq = 5", {"updated": names("sqlite_sequence")}),
    (
        "INSERT INTO p VALUES (1, 2) ON CONFLICT DO UPDATE SET a = 3",
        {"inserted_into": names("p", "log"), "updated": names("p")},
    ),
    ("PRAGMA Foreign_Keys = off", {"pragmas": names("foreign_keys")}),
    ("PRAGMA defer_foreign_keys = on", {"pragmas": names("defer_foreign_keys")}),
    ("SELECT * FROM pragma_table_info('p')", {"pragmas": names("table_info")}),
    ("REINDEX", {}),
]


@pytest.mark.parametrize(("sql", "expected"), CASES, ids=[sql for sql, _ in CASES])
@pytest.mark.parametrize("mode", ["d1", "sqlite"])
def test_what_a_statement_does(mode: str, sql: str, expected: dict[str, Any]) -> None:
    connection, observer = open_sandbox(mode, foreign_keys=True)
    connection.execute(SCHEMA)
    observer.take()
    connection.execute(sql).fetchall()
    assert observer.take() == NOTHING._replace(**expected)
    assert observer.take() == NOTHING


def test_analyze_is_no_creation() -> None:
    for mode in ("d1", "sqlite"):
        connection, observer = open_sandbox(mode)
        connection.execute(SCHEMA)
        observer.take()
        connection.execute("ANALYZE")
        seen = observer.take()
        assert not seen.created_only
        assert not seen.written


def test_temporary_and_attached_tables_are_not_the_databases_own() -> None:
    connection = apsw.Connection(":memory:", statementcachesize=0)
    connection.execute("ATTACH ':memory:' AS other")
    observer = restrict(connection, "sqlite")
    connection.execute("CREATE TEMP TABLE t (a); INSERT INTO t VALUES (1); DROP TABLE t")
    connection.execute("CREATE TABLE other.t (a); INSERT INTO other.t VALUES (1); DELETE FROM other.t")
    seen = observer.take()
    assert (seen.ddl, seen.written, seen.dropped_tables) == (False, frozenset(), frozenset())


def test_refused_statements_are_seen_by_nobody_and_lifted_ones_neither() -> None:
    connection, observer = open_sandbox("d1")
    with pytest.raises(apsw.AuthError):
        connection.execute("CREATE TEMP TABLE t (a)")
    with observer.lifted():
        connection.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    assert observer.take() == NOTHING


def test_the_same_text_is_seen_every_time() -> None:
    connection, observer = open_sandbox("d1")
    connection.execute("CREATE TABLE t (a)")
    for _ in range(3):
        observer.take()
        connection.execute("INSERT INTO t VALUES (1)")
        assert observer.take().inserted_into == {"t"}


def snapshot(connection: apsw.Connection) -> tuple[dict[tuple[str, str], Any], dict[str, Any]]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    tables = [name for kind, name, _, sql in rows if kind == "table" and not name.startswith("sqlite_")]
    return {(row[0], row[1]): row for row in rows}, dict(digest_rows(connection, tables))


def judge(seen: Seen, before: Any, after: Any) -> None:
    schema, rows = before
    new_schema, new_rows = after
    kept = {key for key, row in schema.items() if new_schema.get(key) == row}
    if seen.created_only:
        assert kept == set(schema)
    if not seen.ddl:
        assert {k: v for k, v in schema.items() if "sqlite_" not in k[1]} == {
            k: v for k, v in new_schema.items() if "sqlite_" not in k[1]
        }
    gone = {key[1] for key in schema if key[0] == "table" and key not in new_schema}
    assert gone <= seen.dropped_tables | seen.altered
    assert gone & seen.dropped_tables == seen.dropped_tables
    changed = {name for name in rows if name in new_rows and rows[name] != new_rows[name]}
    assert changed <= seen.written | seen.altered


def test_real_histories_with_rows_bear_the_observer_out(corpus: Path) -> None:
    """Over all real D1 migrations: no change of the schema or of rows goes unseen."""
    statements = 0
    for project in sorted(path for path in corpus.iterdir() if path.is_dir()):
        connection, observer = open_sandbox("d1")
        for file in sorted(project.rglob("*.sql")):
            seed(connection)
            statements += observe_file(connection, observer, file.read_text(encoding="utf-8-sig"))
    assert statements > 500


def observe_file(connection: apsw.Connection, observer: Observer, text: str) -> int:
    pieces = split(text)
    for statement in pieces:
        with unrestricted(connection):
            before = snapshot(connection)
        observer.take()
        try:
            connection.execute(statement.text).fetchall()
        except apsw.Error:
            continue
        with unrestricted(connection):
            judge(observer.take(), before, snapshot(connection))
    return len(pieces)
