"""PostgreSQL's lexical rules and statement boundaries, held against libpg_query; the normal form."""

from __future__ import annotations

import re

import postgast
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from postgast import pg_query_pb2 as pb

from landed.engines.postgres.sql.split import normalise, parse, problems, read, split, tokenize
from landed.engines.postgres.sql.tokens import literal, quote, string_value

COMMENTS = {pb.Token.Value("SQL_COMMENT"), pb.Token.Value("C_COMMENT")}


def texts(sql: str) -> list[str]:
    return [s.text for s in split(sql)]


def theirs(sql: str) -> list[str] | None:
    """The tokens of PostgreSQL's own scanner, or ``None`` where it refuses the text."""
    data = sql.encode()
    try:
        found = postgast.scan(sql).tokens
    except postgast.PgQueryError:
        return None
    return [data[t.start : t.end].decode() for t in found if t.token not in COMMENTS]


def ours(sql: str) -> list[str]:
    return [t.text for t in tokenize(sql) if t.kind not in ("space", "comment")]


FUNCTION = (
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC "
    "SELECT CASE WHEN true THEN 1 ELSE 2 END; SELECT 1 AS end, t.end FROM t; END"
)
REPLACED = FUNCTION.replace("CREATE", "create or replace")
RULE = "CREATE RULE r AS ON INSERT TO a DO ALSO (INSERT INTO b VALUES (1); DELETE FROM b WHERE (x = 1))"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("", []),
        (" ;; \n -- only; a comment\n/* and; /* nested; */ another; */ ;", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;SELECT 2;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';' -- a; b\n, 2 /* ; */ ;", ["SELECT ';' -- a; b\n, 2"]),
        ("-- first\nSELECT 1 -- last", ["SELECT 1"]),
        ("SELECT 'it''s;'; SELECT E'it\\'s;'", ["SELECT 'it''s;'", "SELECT E'it\\'s;'"]),
        ("SELECT 'x\\'; SELECT ''", ["SELECT 'x\\'", "SELECT ''"]),
        ("SELECT E'a'\n 'b\\';'; SELECT 1", ["SELECT E'a'\n 'b\\';'", "SELECT 1"]),
        ("DO $$ BEGIN; $a$;$a$ END $$; SELECT 1", ["DO $$ BEGIN; $a$;$a$ END $$", "SELECT 1"]),
        ("SELECT a$b$c; SELECT d$b$e", ["SELECT a$b$c", "SELECT d$b$e"]),
        ('SELECT "a;""b"; SELECT U&"x;" ', ['SELECT "a;""b"', 'SELECT U&"x;"']),
        (f"{FUNCTION}; SELECT 1", [FUNCTION, "SELECT 1"]),
        (f"{REPLACED};{RULE};", [REPLACED, RULE]),
        ("BEGIN; SELECT atomic; END; SELECT 1", ["BEGIN", "SELECT atomic", "END", "SELECT 1"]),
        ("\ufeff\u00a0SELECT 1;\u2003", ["SELECT 1"]),
        ("SELECT 'never ends; SELECT 2", ["SELECT 'never ends; SELECT 2"]),
        ("/* never; ends", []),
        ("SELECT $x$ never; ends $y$", ["SELECT $x$ never; ends $y$"]),
    ],
)  # fmt: skip
def test_boundaries(sql: str, expected: list[str]) -> None:
    assert texts(sql) == expected


def test_places_of_statements() -> None:
    sql = "-- one\r\n\r\nCREATE TABLE a (\r\n  b int\r\n) ;\n/* ; */ INSERT\nINTO a VALUES (1)"
    first, second = parse(sql).statements
    assert (first.number, first.line, sql[first.start : first.end]) == (1, 3, first.text)
    assert (second.number, second.line, second.text) == (2, 6, "INSERT\nINTO a VALUES (1)")


PIECES = st.sampled_from(
    [
        "select", "Ünïcode", "a$1", "$1", "$$", "$tag$", "$é$", "'", "''", '"', '""', "E'", "e'", "U&'",
        'u&"', "x'1f'",
        "b'01'", "n'z'", "\\", "\\'", "--", "-- x\n", "/*", "*/", "/", "*", "-", "+", "@", "@-", "<", "=",
        "<>", "<=-", ">=",
        "!=", "::", ":=", "=>", "..", ".", ":", "1", "1.5", ".5", "1e10", "0x1F", "1_000", "(", ")", "[",
        "]", ",", ";",
        " ", "\n", "\t", "\r\n", "begin", "atomic", "case", "end",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
def test_tokens_are_postgres_own(sql: str) -> None:
    expected = theirs(sql)
    found = ours(sql)
    # A backslash outside of literals is no SQL; what it does here (and in the CLI) is to hide a ";".
    assume(not any(text.startswith("\\") for text in found))
    assert "".join(t.text for t in tokenize(sql)) == sql
    # PostgreSQL takes a literal that goes on in the next line for one token; here each part is one.
    if expected is not None and not re.search(r"'\s*(?:--[^\n]*)?\s*[\r\n]\s*'", sql):
        assert found == expected


@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_text_is_split_without_loss(sql: str) -> None:
    parsed, ends = read(sql)
    for statement in parsed.statements:
        assert sql[statement.start : statement.end] == statement.text
        assert statement.line == sql.count("\n", 0, statement.start) + 1
    assert all(sql[end] == ";" for end in ends)
    assert normalise(parsed.normalised) == parsed.normalised


SOME = st.sampled_from(
    [
        "SELECT 1", "SELECT ';' || $$;$$ || E'\\';'", FUNCTION, RULE, "BEGIN", "END", "COMMIT",
        "ROLLBACK TO x",
        "CREATE TABLE t (a int DEFAULT (1), CHECK (a > 0))", 'ALTER TABLE "a;b" ADD COLUMN c text',
        "DO $x$ BEGIN PERFORM 1; END $x$", "SELECT CASE WHEN a THEN 1 END FROM t",
        "INSERT INTO a VALUES ('''')",
        "CREATE PROCEDURE p() BEGIN ATOMIC INSERT INTO a VALUES (1); END",
        "COMMENT ON TABLE a IS 'end; -- no'",
    ]
)  # fmt: skip
BETWEEN = st.sampled_from([";", " ; ", ";\n-- c; d\n", ";;", "; /* x; /* y */ ; */ ", "\r\n;\r\n"])


@given(st.lists(st.tuples(SOME, BETWEEN), max_size=6))
def test_boundaries_are_postgres_own(parts: list[tuple[str, str]]) -> None:
    sql = "".join(statement + between for statement, between in parts)
    data = sql.encode()
    found = [data[s.stmt_location :][: s.stmt_len or None].decode() for s in postgast.parse(sql).stmts]
    expected = [re.sub(r"^(?:[\s;]|--[^\n]*\n|/\* x; /\* y \*/ ; \*/)*", "", s).rstrip() for s in found]
    assert texts(sql) == expected


class TestNormalForm:
    @pytest.mark.parametrize(
        "same",
        [
            "CREATE TABLE a (b Text DEFAULT 'X')",
            "create  table A(b text\n default 'X') ;",
            "/* c */ CREATE TABLE a -- d\n (b text DEFAULT 'X');;",
            "\ufeffCREATE TABLE a\r\n(b TEXT DEFAULT 'X')",
        ],
    )
    def test_what_is_no_edit(self, same: str) -> None:
        assert normalise(same) == normalise("CREATE TABLE a (b text DEFAULT 'X')")

    @pytest.mark.parametrize(
        "other",
        [
            "CREATE TABLE a (b text DEFAULT 'x')",
            "CREATE TABLE \"A\" (b text DEFAULT 'X')",
            "CREATE TABLE a (b text DEFAULT 'X ')",
            "CREATE TABLE a (b text, DEFAULT 'X')",
            "CREATE TABLE a (b text DEFAULT 'X'); SELECT 1",
            "CREATE TABLE a (b text DEFAULT $$X$$)",
        ],
    )
    def test_what_is_an_edit(self, other: str) -> None:
        assert normalise(other) != normalise("CREATE TABLE a (b text DEFAULT 'X')")

    def test_bodies_are_kept_exactly(self) -> None:
        assert normalise("DO $$ SELECT 1; $$") != normalise("DO $$ SELECT  1; $$")
        assert normalise("do  $x$ a -- B\n $x$") == "do $x$ a -- B\n $x$"

    def test_operators_do_not_melt(self) -> None:
        assert normalise("SELECT 1 - -1") != normalise("SELECT 1 --1")
        assert normalise("SELECT a<-1") == normalise("SELECT a < - 1")
        assert normalise("SELECT a @-1") != normalise("SELECT a @ -1")


def test_checks_in_comments() -> None:
    sql = "-- landed:verify SELECT count(*) = 0 \\\n--   FROM a;\nSELECT '-- landed:verify SELECT 1';"
    (check,) = parse(sql).verifies
    assert (check.line, check.sql) == (1, "SELECT count(*) = 0 FROM a")


class TestProblems:
    def test_commands_of_psql(self) -> None:
        sql = "\\restrict abc\nSELECT 1;\n  \\connect x\nSELECT $$\n\\not this\n$$;\n\\unrestrict abc\n"
        found = problems(sql)
        assert [(p.line, p.code) for p in found] == [
            (1, "psql-command"),
            (3, "psql-command"),
            (7, "psql-command"),
        ]
        assert found[0].text.startswith("\\restrict ")

    def test_rows_after_copy(self) -> None:
        rows = "COPY public.a (id, t) FROM stdin;\n1\tit's; \\N\n\\.\n"
        sql = f"SELECT 1;\n{rows}\nSELECT 'x';\nCOPY b FROM STDIN;\n\\.\n"
        assert [(p.line, p.code) for p in problems(sql)] == [(2, "copy-stdin"), (7, "copy-stdin")]

    @pytest.mark.parametrize(
        "sql", ["", "SELECT E'\\n'", "COPY a FROM '/stdin'", "COPY a TO STDOUT", "-- \\restrict\n/*\n\\x\n*/"]
    )
    def test_none(self, sql: str) -> None:
        assert problems(sql) == ()


def test_quoting_is_the_drivers() -> None:
    assert quote('a"b') == '"a""b"'
    assert literal("it's") == "'it''s'"
    assert literal(None) == "NULL"


@pytest.mark.parametrize(
    ("text", "value"),
    [("'it''s'", "it's"), ("$$a$b$$", "a$b"), ("$t$x$t$", "x"), ("E'x'", "E'x'"), ("$$", "$$")],
)
def test_values_of_literals(text: str, value: str) -> None:
    assert string_value(text) == value
