"""Splitting, normalising and annotations of SQLite text."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.engines.sqlite.sql.split import normalise, parse, split, tokenize

CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "d1"
FILES = sorted(CORPUS.rglob("*.sql"))
PROJECTS = sorted({file.relative_to(CORPUS).parts[0] for file in FILES})


def texts(sql: str) -> list[str]:
    return [s.text for s in split(sql)]


def read(file: Path) -> str:
    return file.read_bytes().decode("utf-8-sig")


def schema(connection: apsw.Connection) -> list[tuple[str, str, str]]:
    rows = connection.execute("SELECT type, name, ifnull(sql, '') FROM sqlite_master ORDER BY 1, 2")
    return [(kind, name, normalise(sql)) for kind, name, sql in rows]


def run(pieces: list[str]) -> tuple[list[tuple[str, str, str]], list[object], str]:
    """Schema, rows and error after executing the pieces until one fails (then without rows)."""
    connection = apsw.Connection(":memory:")
    error = ""
    rows: list[object] = []
    try:
        for piece in pieces:
            rows += connection.execute(piece).fetchall()
    except apsw.Error as refused:
        error = str(refused)
        rows.clear()
    return schema(connection), rows, error


TRIGGER = (
    "CREATE TRIGGER x AFTER INSERT ON a BEGIN SELECT CASE WHEN new.b THEN 1 ELSE 2 END; DELETE FROM a; END"
)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("", []),
        (" ;; \n -- only a comment\n/* and; another */ ;", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';' -- a; b\n, 2 /* ; */ ;", ["SELECT ';' -- a; b\n, 2"]),
        ("SELECT 1 -- last", ["SELECT 1"]),
        ("-- first\nSELECT 1", ["SELECT 1"]),
        ('SELECT 1 AS "a;b", 2 AS `c;d`, 3 AS [e;f];', ['SELECT 1 AS "a;b", 2 AS `c;d`, 3 AS [e;f]']),
        (f"{TRIGGER};SELECT 1", [TRIGGER, "SELECT 1"]),
        (f"{TRIGGER.lower()};\nselect 1", [TRIGGER.lower(), "select 1"]),
        (f"{TRIGGER}", [TRIGGER]),
        (f"{TRIGGER} -- done\n ;select 1", [TRIGGER, "select 1"]),
        (
            "create temp trigger t begin select 1; /*x*/ end /*y*/ ; select 2",
            ["create temp trigger t begin select 1; /*x*/ end", "select 2"],
        ),
        ("EXPLAIN QUERY PLAN SELECT 1; SELECT 2", ["EXPLAIN QUERY PLAN SELECT 1", "SELECT 2"]),
        (
            "EXPLAIN CREATE TRIGGER t BEGIN SELECT 1; END; SELECT 2",
            ["EXPLAIN CREATE TRIGGER t BEGIN SELECT 1; END", "SELECT 2"],
        ),
        ("CREATE TABLE trigger_x (a); SELECT 1; END;", ["CREATE TABLE trigger_x (a)", "SELECT 1", "END"]),
        (
            "CREATE TABLE a (b);\r\n--> statement-breakpoint\r\nSELECT 1;\r\n",
            ["CREATE TABLE a (b)", "SELECT 1"],
        ),
        ("CREATE TABLE a (b);--> statement-breakpoint\nSELECT 1", ["CREATE TABLE a (b)", "SELECT 1"]),
        ("\ufeffSELECT 1", ["SELECT 1"]),
        ("BEGIN; SELECT 1; COMMIT;", ["BEGIN", "SELECT 1", "COMMIT"]),
        ("SELECT 'open; SELECT 2", ["SELECT 'open; SELECT 2"]),
    ],
)
def test_split(sql: str, expected: list[str]) -> None:
    assert texts(sql) == expected


def test_places() -> None:
    sql = "-- head\n\nSELECT\n1;  SELECT 2;\r\n/* a\nb */ SELECT 3"
    assert [(s.number, s.line) for s in split(sql)] == [(1, 3), (2, 4), (3, 6)]
    for statement in split(sql):
        assert sql[statement.start : statement.end] == statement.text
        assert statement.line == sql[: statement.start].count("\n") + 1


@pytest.mark.parametrize("project", PROJECTS)
def test_the_pieces_do_what_the_whole_does_over_real_projects(project: str) -> None:
    files = [read(f) for f in FILES if f.relative_to(CORPUS).parts[0] == project]
    for count in range(1, len(files) + 1):
        before = [s.text for text in files[: count - 1] for s in split(text)]
        whole = run([*before, files[count - 1]])
        assert run([*before, *texts(files[count - 1])]) == whole


def test_real_projects_are_there() -> None:
    assert len(PROJECTS) == 13
    assert sum(len(split(read(f))) for f in FILES) > 500


FRAGMENTS = st.sampled_from(
    [
        "CREATE TABLE IF NOT EXISTS a (b, c DEFAULT ';')",
        "create trigger if not exists x after insert on a begin select case when 1 then 2 end; select 1; end",
        "CREATE TEMPORARY TRIGGER IF NOT EXISTS y BEFORE DELETE ON a WHEN 'END;' BEGIN DELETE FROM a; END",
        "INSERT INTO a VALUES ('it''s;', \"x\")",
        "SELECT 'a;b', \"c;d\", `b`, [b] FROM a",
        "EXPLAIN SELECT 1",
        "SELECT CASE WHEN 1 THEN 2 END",
        "SELECT 1 AS end",
        "BEGIN",
        "COMMIT",
        "END",
        ";",
        "",
    ]
)
GAPS = st.sampled_from(
    ["", " ", "\n", "\r\n", "-- c; d\n", "/* ; */", "--> statement-breakpoint\n", " \ufeff", "\t"]
)


@given(st.lists(st.tuples(GAPS, FRAGMENTS, GAPS), max_size=8))
def test_the_pieces_do_what_the_whole_does(parts: list[tuple[str, str, str]]) -> None:
    whole = ";".join(a + b + c for a, b, c in parts)
    assert run(texts(whole)) == run([whole])


SCRAPS = "a ; ' \" create trigger TEMP end END begin -- /* */ \n explain ( 1"


@given(st.lists(st.sampled_from(SCRAPS.split(" "))).map(" ".join))
def test_statements_lie_in_order_and_hold_every_real_token(sql: str) -> None:
    statements = split(sql)
    end = 0
    for number, statement in enumerate(statements, 1):
        assert statement.number == number
        assert end <= statement.start < statement.end
        between = {t.kind if t.text != ";" else ";" for t in tokenize(sql[end : statement.start])}
        assert between <= {"space", "comment", ";"}
        end = statement.end
    assert {t.kind if t.text != ";" else ";" for t in tokenize(sql[end:])} <= {"space", "comment", ";"}


SAME = [
    ("SELECT 1", "select  1 ;"),
    ("SELECT 1; SELECT 2", "\ufeffselect 1;\r\n--> statement-breakpoint\r\n;; SELECT\t2; -- end"),
    (
        "create table A (id integer primary key, key text not null)",
        "CREATE TABLE A(id integer PRIMARY KEY,key text NOT NULL);",
    ),
    ("SELECT a.b", "select a /* x */ . b"),
    ("", "-- nothing here\n;"),
]
DIFFERENT = [
    ("SELECT 'a  b'", "SELECT 'a b'"),
    ("SELECT 'a--b'", "SELECT 'a'"),
    ("CREATE TABLE A (a)", "CREATE TABLE a (a)"),
    ("CREATE TABLE a (Key text)", "CREATE TABLE a (KEY text)"),
    ("ALTER TABLE a RENAME COLUMN b TO Key", "ALTER TABLE a RENAME COLUMN b TO key"),
    ("SELECT 1", "SELECT 1; SELECT 1"),
    ("SELECT a b", "SELECT ab"),
    ("SELECT x'ab'", "SELECT x 'ab'"),
    ('SELECT "order"', "SELECT 'order'"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_writing_is_no_edit(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_a_difference_is_an_edit(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize("file", FILES, ids=lambda f: "/".join(f.relative_to(CORPUS).parts))
def test_normalised_text_is_stable_and_means_the_same(file: Path) -> None:
    text = read(file)
    once = normalise(text)
    assert normalise(once) == once
    assert len(split(once)) == len(split(text))
    assert normalise(text.replace("\r\n", "\n").replace("\n", "\r\n")) == once or "'" in text


def test_verify_annotations() -> None:
    parsed = parse(
        "-- landed:verify SELECT count(*) = 0 FROM orders WHERE region IS NULL;\n"
        "UPDATE orders SET region = 'x' -- landed:verify SELECT 1\r\n"
        "WHERE note = '-- landed:verify SELECT 2'; /* landed:verify SELECT 3 */\n"
        "--landed:verify  SELECT 4 \\\n"
        "--     AND 5 \\\n"
        "--  ;\n"
        "-- landed:verified nothing\n"
        "-- landed:verify SELECT 6 \\\n"
        "SELECT 0; -- not a continuation\n"
        "-- landed:verify\n"
        "-- landed:verify SELECT 7"
    )
    assert [(v.line, v.sql) for v in parsed.verifies] == [
        (1, "SELECT count(*) = 0 FROM orders WHERE region IS NULL"),
        (2, "SELECT 1"),
        (4, "SELECT 4 AND 5"),
        (8, "SELECT 6"),
        (11, "SELECT 7"),
    ]
    assert len(parsed.statements) == 2
