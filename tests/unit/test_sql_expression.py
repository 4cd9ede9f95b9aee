"""The canonical text of expressions and queries means to the engine exactly what was written."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import HealthCheck, given, settings

from landed.engines.sqlite.sql.expression import settle
from landed.engines.sqlite.sql.query import Queries
from landed.engines.sqlite.sql.reader import Reader, Unreadable
from support.worlds.sqlite_strategies import SCHEMA, changes, expressions, flat, nested, selects

CONNECTION = apsw.Connection(":memory:")
CONNECTION.execute(SCHEMA + "CREATE TABLE k (id INTEGER PRIMARY KEY, v, w)")
CONNECTION.execute("INSERT INTO t VALUES (1, 'x', 2), (NULL, 'Xy', -1), ('a', NULL, 0), (0, '1', 3)")


def program(sql: str) -> list[object] | None:
    """The byte code that the engine makes of a statement, None if it refuses it."""
    try:
        return CONNECTION.execute(f"EXPLAIN {sql}").fetchall()
    except apsw.Error:
        return None


def canonical(sql: str) -> str:
    reader = Queries(sql)
    text = reader.text()
    assert reader.ended
    return text


def canonical_statement(sql: str) -> str:
    reader = Queries(sql)
    text = reader.statement()
    assert reader.ended
    return text


def values(expression: str) -> list[object]:
    return CONNECTION.execute(f"SELECT {expression} FROM t").fetchall()


@settings(max_examples=600)
@given(flat())
def test_operators_in_a_row_group_as_the_engine_groups_them(expression: str) -> None:
    before = program(f"SELECT {expression} FROM t")
    if before is not None:
        assert program(f"SELECT {canonical(expression)} FROM t") == before


@settings(max_examples=600)
@given(nested)
def test_needless_parentheses_go_and_needed_ones_stay(expression: str) -> None:
    try:
        before = values(expression)
    except apsw.Error:
        return
    text = canonical(expression)
    assert values(text) == before
    assert canonical(text) == text
    assert len(text.split("(")) <= len(expression.split("("))
    if "AND" not in text and "OR" not in text:
        # a AND (b AND c) is evened out to a AND b AND c: the same values by another program.
        assert program(f"SELECT {text} FROM t") == program(f"SELECT {expression} FROM t")


@settings(max_examples=300)
@given(nested)
def test_more_parentheses_and_other_writing_change_nothing(expression: str) -> None:
    if program(f"SELECT {expression} FROM t") is None:
        return
    spaced = Reader(expression)
    noisy = " /* ( */\n".join(spaced.texts[:-1])
    assert canonical(noisy) == canonical(expression)
    assert canonical(f"((({expression})))") == canonical(expression)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(selects() | changes())
def test_statements_mean_the_same(sql: str) -> None:
    sql = sql.replace('"b"', "[b]")  # where no b is in scope, "b" is a string and b an error
    before = program(sql)
    if before is None:
        return
    text = canonical_statement(sql)
    assert canonical_statement(text) == text
    if "AND" not in text and "OR " not in text:
        assert program(text) == before
    else:
        assert program(text) is not None


@given(expressions)
def test_the_tokens_of_an_expression_mean_the_same(expression: str) -> None:
    before = program(f"SELECT {expression} FROM t")
    if before is not None:
        assert program(f"SELECT {Reader(expression).tokens(0)} FROM t") == before


_OPERATORS = """OR,AND,=,<>,IS,LIKE,GLOB,<,<=,>,>=,&,|,<<,>>,+,-,*,/,%,||,->,->>,IS NOT,IS DISTINCT FROM,
NOT LIKE,NOT GLOB"""
OPERATORS = _OPERATORS.replace("\n", "").split(",")
UNARY = ["- {}", "+ {}", "~ {}", "NOT {}", "{} COLLATE nocase", "{} ISNULL", "{} NOT NULL"]
UNARY += [
    "{} BETWEEN a AND b",
    "a BETWEEN {} AND b",
    "a BETWEEN b AND {}",
    "a LIKE b ESCAPE {}",
    "a LIKE {} ESCAPE b",
]
UNARY += ["{} IN (a, b)", "{} IN (SELECT a FROM u)", "a NOT LIKE {}"]


def grouped(first: str, second: str) -> list[str]:
    """Two operators with the one inside the other, on either side, and with no parentheses at all."""
    return [f"(a {first} b) {second} c", f"a {first} (b {second} c)", f"a {first} b {second} c"]


@pytest.mark.parametrize("first", OPERATORS)
def test_every_two_operators(first: str) -> None:
    for second in OPERATORS:
        for text in grouped(first, second):
            if first == second and first in ("OR", "AND"):
                assert values(canonical(text)) == values(text)
            else:
                assert program(f"SELECT {canonical(text)} FROM t") == program(f"SELECT {text} FROM t")


@pytest.mark.parametrize("outer", UNARY)
def test_every_operator_within_every_other_construct(outer: str) -> None:
    inner = [f"a {operator} c" for operator in OPERATORS] + [form.format("c") for form in UNARY]
    for text in inner:
        for whole in (outer.format(f"({text})"), outer.format(text), f"b < ({outer.format(text)})"):
            before = program(f"SELECT {whole} FROM t")
            if before is not None:
                assert program(f"SELECT {canonical(whole)} FROM t") == before
    for operator in OPERATORS:
        for whole in (f"({outer.format('a')}) {operator} c", f"c {operator} ({outer.format('a')})"):
            before = program(f"SELECT {whole} FROM t")
            assert before is not None
            assert program(f"SELECT {canonical(whole)} FROM t") == before


SAME = [
    ("(a)", "A"),
    ("((a + b)) + c", "a+b+c"),
    ("a AND (b AND c)", "a and b and c"),
    ("a OR (b OR c)", "a OR b OR c"),
    ("NOT (a = b)", "not a == b"),
    ("a != b", "a <> b"),
    ("(a ISNULL) and b NOTNULL and c not null", "a IS NULL AND b IS NOT NULL AND c IS NOT NULL"),
    ("a IS DISTINCT FROM b", "a IS NOT b"),
    ("a IS NOT DISTINCT FROM b", "a IS b"),
    ("x'AB'", "X'ab'"),
    ("1_000 + 0XFF + 1E5", "1000 + 0xff + 1e5"),
    ("-(1)", "- 1"),
    ("LENGTH( (a) )", "length(a)"),
    ("(a LIKE ('x')) AND (b IN ((1), (2)))", "a LIKE 'x' AND b IN (1, 2)"),
    ("case when (a) then (b) end", "CASE WHEN a THEN b END"),
    ("cast((a) as  Varchar( 10 ))", "CAST(a AS VARCHAR(10))"),
    ("[a] = `b`", "a = b"),
    ('"a"', "a"),
    ("(select (a) from t where (a = 1))", "(SELECT a FROM t WHERE a = 1)"),
    ("a -> ('$.x')", "a->'$.x'"),
    ("(a COLLATE NOCASE) = b", "a collate nocase = b"),
    ("count(*) filter (where (a))", "COUNT(*) FILTER (WHERE a)"),
]
DIFFERENT = [
    ("a - (b - c)", "a - b - c"),
    ("a + (b + c)", "a + b + c"),
    ("(a OR b) AND c", "a OR b AND c"),
    ("NOT a = b", "(NOT a) = b"),
    ("a IN ((SELECT d FROM u))", "a IN (SELECT d FROM u)"),
    ("a || 'x'", "a || 'X'"),
    ("'a'", "a"),
    ('"Active"', '"active"'),
    ("true", '"true"'),
    ("a = b COLLATE nocase", "(a = b) COLLATE nocase"),
    ("a COLLATE nocase", "a COLLATE binary"),
    ("1", "1.0"),
    ("1", "'1'"),
    ("+a", "a"),
    ("CAST(a AS TEXT)", "CAST(a AS BLOB)"),
    ("a LIKE b", "a GLOB b"),
    ("a BETWEEN 1 AND 2", "a NOT BETWEEN 1 AND 2"),
    ("max(a, b)", "max(b, a)"),
    ("count(a)", "count(DISTINCT a)"),
    ("a LIKE b ESCAPE '!'", "a LIKE b"),
    ("t.a", "u.a"),
    ("(SELECT a FROM t)", "EXISTS (SELECT a FROM t)"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    "sql", ["", "a +", "(a", "CASE a END x", "a NOT", "a b", "SELECT", "f(a", "a IN", "1 2", "*", "CAST(a)"]
)
def test_what_is_no_expression_is_unreadable(sql: str) -> None:
    with pytest.raises((Unreadable, AssertionError)):
        canonical(sql)


def test_a_double_quoted_name_without_a_column_is_a_string() -> None:
    text = Queries('a = "b" OR a = "It\'s" OR a = "RowId"', marks=True).text()
    assert settle(text, frozenset({"a", "b"})) == "a = b OR a = 'It''s' OR a = rowid"


def test_depth_is_no_crash() -> None:
    reader = Queries("(" * 5000 + "1" + ")" * 5000)
    with pytest.raises(RecursionError):
        reader.text()
