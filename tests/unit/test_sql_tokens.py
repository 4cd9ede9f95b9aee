"""SQLite's lexical rules, held against the engine."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.engines.sqlite.sql.reader import Reader
from landed.engines.sqlite.sql.tokens import (
    JOIN_WORDS,
    KEYWORDS,
    RESERVED,
    fold,
    identifier,
    is_plain,
    literal,
    quote,
    shown,
    tokenize,
    unquote,
)

SCRAPS = """' '' " "" ` `` [ ] -- /* */ ; a B1 _x é $ ?1 :p @q #r 0x1F 1_000 .5 1e5 2E-3 x'ab' X'1 -> ->> ||
    << <> == != ( ) , . * / - + \ufeff \x00 \v ! end begin create trigger"""
PIECES = st.sampled_from(["\n", "\r\n", " ", *SCRAPS.split()])


def kinds(sql: str) -> list[tuple[str, str]]:
    return [(t.kind, t.text) for t in tokenize(sql) if t.kind != "space"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("a1$_é", [("word", "a1$_é")]),
        ("'it''s'", [("string", "'it''s'")]),
        ("'open", [("string", "'open")]),
        ("'a''", [("string", "'a''")]),
        ('"a""b"', [("quoted", '"a""b"')]),
        ("`a``b`", [("quoted", "`a``b`")]),
        ("[a b]]", [("quoted", "[a b]"), ("other", "]")]),
        ("x'0aF'", [("blob", "x'0aF'")]),
        ("x'0g'", [("word", "x"), ("string", "'0g'")]),
        ("1.5e-3 .5 0xfF 1_000", [("number", n) for n in ("1.5e-3", ".5", "0xfF", "1_000")]),
        ("a->>'$.b'", [("word", "a"), ("operator", "->>"), ("string", "'$.b'")]),
        ("a--b\nc", [("word", "a"), ("comment", "--b"), ("word", "c")]),
        (
            "/**/a/*/b*/c/*d",
            [("comment", "/**/"), ("word", "a"), ("comment", "/*/b*/"), ("word", "c"), ("comment", "/*d")],
        ),
        ("/*", [("operator", "/"), ("operator", "*")]),
        ("?1 :a @b $c", [("parameter", p) for p in ("?1", ":a", "@b", "$c")]),
        ("\ufeffa\ufeff", [("word", "a\ufeff")]),
        ("a\rb", [("word", "a"), ("word", "b")]),
    ],
)
def test_tokens(sql: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(sql) == expected


@given(st.lists(PIECES | st.text(max_size=3)).map("".join))
def test_no_character_is_lost(sql: str) -> None:
    tokens = tokenize(sql)
    assert "".join(t.text for t in tokens) == sql
    assert [t.start for t in tokens] == [sum(len(t.text) for t in tokens[:i]) for i in range(len(tokens))]


@given(st.lists(PIECES | st.text(max_size=3)).map("".join))
def test_a_reader_sees_the_real_tokens(sql: str) -> None:
    real = [t for t in tokenize(sql) if t.kind not in ("space", "comment")]
    while real and real[-1].text == ";":
        real.pop()
    reader = Reader(sql)
    assert list(zip(reader.kinds, reader.texts, strict=True)) == [
        *((t.kind, t.text) for t in real),
        ("end", ""),
    ]


def test_keywords_are_the_engines() -> None:
    assert apsw.keywords == KEYWORDS


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_reserved_words_are_those_that_the_engine_refuses_as_a_name(word: str) -> None:
    connection = apsw.Connection(":memory:")
    try:
        connection.execute(f"CREATE TABLE x ({word} int)")
        accepted = True
    except apsw.SQLError:
        accepted = False
    assert accepted == (word not in RESERVED)
    if word in JOIN_WORDS:
        with pytest.raises(apsw.SQLError):
            connection.execute(f"CREATE TABLE IF NOT EXISTS y (a); SELECT a {word} FROM y")


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8))
def test_a_quoted_name_is_that_name_to_the_engine(name: str) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute(f"CREATE TABLE t ({quote(name)} TEXT)")
    assert connection.execute("SELECT name FROM pragma_table_xinfo('t')").get == name
    assert unquote(quote(name)) == name
    assert unquote(shown(name)) == name
    if is_plain(name) and name.upper() not in RESERVED:
        other = apsw.Connection(":memory:")
        other.execute(f"CREATE TABLE t ({name} TEXT)")
        assert other.execute("SELECT name FROM pragma_table_xinfo('t')").get == name


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=6))
def test_names_that_fold_alike_are_one_name_to_the_engine(name: str) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute(f"CREATE TABLE {quote('_' + name)} (a)")
    for other in {name.upper(), name.lower(), name.swapcase()}:
        known = connection.table_exists("main", "_" + other)
        assert known == (fold(other) == fold(name))


def test_a_name_with_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        quote("a\0b")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a", "a"),
        ("a b", '"a b"'),
        ("order", '"order"'),
        ("true", '"true"'),
        ("1a", '"1a"'),
        ("", '""'),
        ('a"', '"a"""'),
    ],
)
def test_identifiers_are_quoted_only_where_they_must_be(name: str, text: str) -> None:
    assert identifier(name) == text


@given(
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=9)
    | st.booleans()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
)
def test_a_literal_is_that_value_to_the_engine(value: str | bytes | int | float | None) -> None:
    assert apsw.Connection(":memory:").execute(f"SELECT {literal(value)}").get == value


def test_a_long_text_is_no_problem() -> None:
    long = "'" + "x''" * 200_000
    assert [t.kind for t in tokenize("a " + long)] == ["word", "space", "string"]
    assert [t.kind for t in tokenize("/*" + "*" * 500_000)] == ["comment"]
