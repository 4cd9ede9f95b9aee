"""What belongs to the user's schema, references resolved across rows, and texts that cannot be read."""

from __future__ import annotations

import apsw
import pytest

from landed.core.facts import FactKey
from landed.engines.sqlite.catalog.facts import (
    SchemaRow,
    object_facts,
    owned,
    resolve,
    snapshot,
    virtual_module,
)

LEDGER = (
    'CREATE TABLE "d1_migrations"(\n\t\tid INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tname TEXT UNIQUE,\n'
    "\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n)"
)


def rows(*statements: str) -> list[SchemaRow]:
    connection = apsw.Connection(":memory:")
    for statement in statements:
        connection.execute(statement)
    found = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    return [SchemaRow(*row) for row in found]


def objects(schema: list[SchemaRow], ledger: str | None = "d1_migrations") -> set[str]:
    return {str(key.object) for key in snapshot(schema, ledger) if key.prop == "exists"}


@pytest.mark.parametrize(
    "module",
    [
        "fts5(a, b)",
        "fts5(a, content='')",
        "fts4(a)",
        "fts3(a)",
        "rtree(id, x0, x1)",
        "rtree_i32(id, x0, x1)",
        "geopoly(a)",
    ],
)
def test_tables_that_a_virtual_table_keeps_for_itself_are_left_out(module: str) -> None:
    schema = rows(f"CREATE VIRTUAL TABLE Search USING {module}", "CREATE TABLE other_data (a)")
    assert len(schema) > 3
    assert objects(schema) == {"virtual table search", "table other_data", "column other_data.a"}


def test_a_table_named_like_a_shadow_table_of_another_module_is_the_users() -> None:
    schema = rows(
        "CREATE VIRTUAL TABLE s USING rtree(id, x0, x1)",
        "CREATE TABLE s_data (a)",
        "CREATE INDEX s_idx ON s_data (a)",
    )
    assert {"table s_data", "index s_idx"} <= objects(schema)
    data = next(row for row in schema if row.name == "s_data")
    assert owned(data, {"s": "rtree"}, None)
    assert not owned(data, frozenset({"s"}), None)  # modules unknown: any suffix counts


def test_what_the_platform_and_the_engine_keep_is_left_out() -> None:
    schema = rows(
        LEDGER,
        "CREATE INDEX ledger_index ON d1_migrations (name)",
        "CREATE TABLE _cf_KV (k TEXT PRIMARY KEY)",
        "CREATE TABLE _CF_METADATA (k)",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE)",
        "CREATE INDEX i ON t (a)",
        "ANALYZE",
    )
    assert {row.name for row in schema} > {"sqlite_sequence", "sqlite_stat1", "sqlite_autoindex_t_1"}
    mine = {"table t", "column t.id", "column t.a", "primary key t", "unique t(a)", "index i"}
    assert objects(schema) == mine
    assert objects(schema, "D1_Migrations") == mine
    assert "table d1_migrations" in objects(schema, None)
    assert "table d1_migrations" in objects(schema, "another_ledger")


def test_an_implicit_reference_names_the_parents_key() -> None:
    schema = rows(
        "CREATE TABLE child (a REFERENCES Parent, b REFERENCES gone, c, d,"
        " FOREIGN KEY (c, d) REFERENCES [two keys])",
        "CREATE TABLE parent (Id INTEGER PRIMARY KEY)",
        'CREATE TABLE "two keys" ("x, y" TEXT COLLATE nocase, z,'
        ' PRIMARY KEY ("x, y" COLLATE binary DESC, z))',
    )
    facts = snapshot(schema, None)

    def target(name: str) -> str:
        return facts[FactKey("foreign key", "child", name, "references")]

    assert target("(a)") == "parent(id)"
    assert target("(b)") == "gone(primary key)"
    assert target("(c, d)") == '"two keys"("x, y", z)'
    before = dict(object_facts(schema[0]))
    assert before[FactKey("foreign key", "child", "(a)", "references")] == "parent(primary key)"
    assert resolve(facts) == facts


def test_modules_are_read_from_the_text() -> None:
    schema = rows("create  virtual /* x */ table if not exists [a USING] using FTS5(b)", "CREATE TABLE t (a)")
    assert virtual_module(schema[0]) == "fts5"
    assert virtual_module(next(r for r in schema if r.name == "t")) is None


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("table", "CREATE TABLE x (a, SOMETHING ELSE ENTIRELY + 1)"),
        ("table", "CREATE TABLE x (a) NEW OPTION"),
        ("index", "CREATE INDEX x ON t (a) USING something"),
        ("trigger", "CREATE TRIGGER x AFTER TRUNCATE ON t BEGIN SELECT 1; END"),
        ("trigger", "CREATE TRIGGER x AFTER INSERT ON t BEGIN MERGE INTO t; END"),
        ("trigger", "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1"),
        ("view", "CREATE VIEW x AS PIVOT t ON a"),
        ("table", "CREATE VIRTUAL TABLE x USING fts5(a"),
        ("table", f"CREATE TABLE x (a CHECK ({'(' * 3000}a{')' * 3000}))"),
    ],
)
def test_a_text_of_the_future_is_compared_by_its_tokens(kind: str, sql: str) -> None:
    def value(text: str) -> tuple[tuple[FactKey, str], ...]:
        return object_facts(SchemaRow(kind, "x", "x", text))

    assert value(sql)
    assert value(sql) == value(sql.replace(" ", "  /* c */\n"))
    changed = sql.replace("t", "u").replace("a", "b")
    assert value(sql) != value(changed)


def test_a_body_that_cannot_be_read_does_not_hide_the_rest_of_a_trigger() -> None:
    sql = "CREATE TRIGGER x AFTER INSERT ON t BEGIN MERGE INTO T USING 'u'; DELETE FROM t WHERE (a = 1); END"
    facts = {key.prop: value for key, value in object_facts(SchemaRow("trigger", "x", "t", sql))}
    assert facts["body"] == "merge INTO t USING 'u'; DELETE FROM t WHERE a = 1"
