"""exec's tables and JSON: every value can be told from every other, and fits where it is shown."""

import io
import json
import re

import apsw
import pytest

from landed.core.oneoff import Outcome, Script, Touched
from landed.engines.sqlite.execute import parameter
from landed.engines.sqlite.oneoff import preview, run
from landed.engines.sqlite.shadow.sandbox import restrict
from landed.engines.sqlite.sql.split import split
from landed.ops.one_off import Executed
from landed.report.json.execute import value_json
from landed.report.text.execute import clipped, columns, render_results, shown


def _outcomes(sql: str, *before: str) -> list[Outcome]:
    connection = apsw.Connection(":memory:", statementcachesize=0)
    for statement in before:
        connection.execute(statement)
    return run(connection, restrict(connection, "d1"), Script(split(sql)), "d1")


def _table(sql: str, width: int | None, *before: str) -> str:
    class Plan:
        writes = False

    out = io.StringIO()
    done = Executed(Plan(), tuple(_outcomes(sql, *before)))  # type: ignore[arg-type]
    render_results(done, out, io.StringIO(), width)
    return out.getvalue()


def _touched(sql: str, mode: str = "d1") -> Touched:
    connection = apsw.Connection(":memory:", statementcachesize=0)
    connection.execute("CREATE TABLE t (a); CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name)")
    return preview(connection, restrict(connection, mode), Script(split(sql)), mode)


def test_null_and_the_text_null_and_nothing_are_three_things() -> None:
    lines = _table("SELECT NULL AS a, 'NULL' AS b, '' AS c, x'00ff' AS d", None).splitlines()
    assert lines[2].split() == ["NULL", "'NULL'", "x'00ff'"]


def test_columns_of_an_empty_result_are_known() -> None:
    (outcome,) = _outcomes("SELECT 1 AS one, 2 AS two WHERE 0")
    assert outcome.columns == ("one", "two") and outcome.rows == []


def test_a_value_cannot_move_the_cursor() -> None:
    text = _table("SELECT char(27) || '[2J' || char(10) || char(13) || char(155) AS a", None)
    assert "\x1b" not in text and "\r" not in text and "\x9b" not in text
    assert "\\x1b[2J\\n\\r\\x9b" in text


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    sql = "SELECT 1 AS id, '日本語' || hex(zeroblob(60)) AS name, 'x' AS k UNION ALL SELECT 2, 'short', NULL"
    lines = _table(sql, width).splitlines()
    assert max(map(columns, lines)) <= width
    assert any("…" in line for line in lines) == (width < 150)


def test_more_columns_than_fit_become_one_line_each() -> None:
    sql = "SELECT " + ", ".join(f"'value {n} of many' AS column_{n}" for n in range(20))
    lines = _table(sql, 60).splitlines()
    assert lines[0] == "-- row 1" and lines[1] == "column_0  | value 0 of many" and len(lines) == 21


def test_without_a_terminal_nothing_is_cut() -> None:
    assert "x" * 5000 in _table("SELECT replace(hex(zeroblob(2500)), '0', 'x') AS a", None)


def test_wide_characters_are_aligned() -> None:
    lines = _table("SELECT '日本' AS a, 1 AS b UNION ALL SELECT 'ab', 2", None).splitlines()
    assert lines[2] == "日本  1" and lines[3] == "ab    2"


@pytest.mark.parametrize(
    ("text", "width", "cut"), [("abcdef", 4, "abc…"), ("日本語", 5, "日本…"), ("ab", 2, "ab")]
)
def test_clipped(text: str, width: int, cut: str) -> None:
    assert clipped(text, width) == cut and columns(clipped(text, width)) <= width


def test_shown_keeps_what_can_be_printed() -> None:
    assert shown("Zoë 日本") == "Zoë 日本"


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("9007199254740991", 9007199254740991),
        ("9007199254740992", {"integer": "9007199254740992"}),
        ("-9223372036854775807 - 1", {"integer": "-9223372036854775808"}),
        ("x'00ff'", {"base64": "AP8="}),
        ("9e999", {"real": "Infinity"}),
        ("-9e999", {"real": "-Infinity"}),
        ("1.5", 1.5),
        ("'9007199254740992'", "9007199254740992"),
        ("NULL", None),
    ],
)
def test_json_loses_nothing(sql: str, value: object) -> None:
    (outcome,) = _outcomes(f"SELECT {sql}")
    assert json.loads(json.dumps(value_json(outcome.rows[0][0]), allow_nan=False)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", 42), ("-7", -7), ("0", 0), ("1.5", 1.5), ("-1e3", -1000.0), ("0.5", 0.5), ("1e5", 100000.0),
        ("9223372036854775807", 2**63 - 1), ("9223372036854775808", "9223372036854775808"), ("007", "007"),
        ("+49", "+49"), (".5", ".5"), ("NULL", None), ("null", "null"),
        ("x'00ff'", b"\0\xff"), ("'42'", "42"),
        ("'it''s'", "it's"), ("'it's'", "'it's'"), ("2026-01-01", "2026-01-01"), ("", ""), ("1_000", "1_000"),
        ("e5", "e5"), ("'", "'"), ("٣", "٣"),
    ],
)  # fmt: skip
def test_parameters_are_sql_literals_or_text(text: str, value: object) -> None:
    assert parameter(text) == value and type(parameter(text)) is type(value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "SELECT * FROM t",
        "EXPLAIN INSERT INTO t VALUES (1)",
        "EXPLAIN QUERY PLAN DELETE FROM t",
        "PRAGMA table_info(t)",
        "PRAGMA quick_check",
        "WITH c AS (SELECT 1) SELECT * FROM c",
        "/* INSERT */ SELECT 'DELETE FROM t'",
    ],
)
def test_reads_need_no_consent(sql: str) -> None:
    assert _touched(sql).writes == ()


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ("INSERT INTO t VALUES (1)", (1,)),
        ("WITH c AS (SELECT 1) INSERT INTO t SELECT * FROM c", (1,)),
        ("SELECT 1; DELETE FROM t WHERE 0", (2,)),
        ("REPLACE INTO t VALUES (1) RETURNING a", (1,)),
        ("CREATE TABLE n (a); SELECT * FROM n; SELECT 1", (1, 2)),
        ("DROP TABLE IF EXISTS t", (1,)),
        ("CREATE INDEX i ON t (a)", (1,)),
        ("ANALYZE", (1,)),
    ],
)
def test_writes_are_found_by_sqlite_itself(sql: str, writes: tuple[int, ...]) -> None:
    assert _touched(sql).writes == writes


def test_asking_for_the_journal_mode_is_no_write() -> None:
    assert _touched("PRAGMA journal_mode", "sqlite").writes == ()
    assert _touched("PRAGMA journal_mode = delete", "sqlite").writes == (1,)
    assert _touched("PRAGMA user_version = 3", "sqlite").writes == (1,)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM d1_migrations",
        "UPDATE D1_Migrations SET name = 'x'",
        "INSERT INTO d1_migrations (name) VALUES ('x')",
        "DROP TABLE d1_migrations",
        "ALTER TABLE d1_migrations ADD COLUMN x",
    ],
)
def test_touching_the_ledger_is_seen(sql: str) -> None:
    assert "d1_migrations" in _touched(sql).tables


def test_changes_are_told_from_what_follows_from_them() -> None:
    before = (
        "PRAGMA foreign_keys = on",
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE c (p REFERENCES p ON DELETE CASCADE)",
        "INSERT INTO p VALUES (1), (2)",
        "INSERT INTO c VALUES (1), (1), (2)",
    )
    outcomes = _outcomes(
        "DELETE FROM p WHERE id = 1; CREATE TABLE n (a); UPDATE c SET p = 2 WHERE 0", *before
    )
    assert [(o.changes, o.indirect) for o in outcomes] == [(1, 2), (0, 0), (0, 0)]


def test_headings_of_several_results_are_sql_comments() -> None:
    text = _table("SELECT 1 AS a;\n\nSELECT 2 AS b", None)
    assert re.findall(r"^-- statement.*", text, re.M) == [
        "-- statement 1 of 2, line 1",
        "-- statement 2 of 2, line 3",
    ]
