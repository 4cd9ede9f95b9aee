"""What the Supabase CLI stores of a file, and whether a ledger row holds a file's SQL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landed.engines.postgres.sql.split import read
from landed.engines.postgres.sql.stored import _ends, ledger_statements, same_content

STORED = json.loads(
    (Path(__file__).parents[1] / "cases" / "supabase_ledger" / "cli-3.1.0.json").read_text("utf-8")
)
"""File name → its text, and what the real CLI 3.1.0 put into the column ``statements`` for it."""


@pytest.mark.parametrize("name", STORED)
def test_the_same_as_the_real_cli(name: str) -> None:
    text = STORED[name]["text"].removeprefix("\ufeff")
    assert list(ledger_statements(text)) == STORED[name]["stored"]
    if STORED[name]["stored"]:
        assert same_content(STORED[name]["stored"], text) is True


PIECES = st.sampled_from(
    [
        "select ", "a$b", "$$", "$t$", " $1 ", "'", "''", '"', " E'", "E'",
        "ne'", "\\", "\\'", "--", "\n", "/*",
        "*/", "(", ")",
        ";", " ; ", "begin atomic ", " end", " case ", "create function f() ", "é", "-", "/",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=16).map("".join))
def test_the_quick_way_finds_the_same_ends(sql: str) -> None:
    assert list(_ends(sql)) == read(sql)[1]


FILE = "-- one\nCREATE TABLE a (b int);\nINSERT INTO a VALUES (1); -- last\n"


@pytest.mark.parametrize(
    "stored",
    [
        ledger_statements(FILE),
        ("create table a(b int)", "insert into a values (1)"),
        (FILE,),
        ("CREATE TABLE a (b int); INSERT INTO a VALUES (1)",),
        ("CREATE TABLE a (b int) -- ends in a comment", "INSERT INTO a VALUES (1)"),
    ],
)
def test_the_same_sql(stored: tuple[str, ...]) -> None:
    assert same_content(stored, FILE) is True


@pytest.mark.parametrize(
    "stored",
    [
        ("CREATE TABLE a (b int)",),
        ("CREATE TABLE a (b int)", "INSERT INTO a VALUES (2)"),
        ("CREATE TABLE a (b int)", "INSERT INTO a VALUES (1)", "SELECT 1"),
        ("CREATE TABLE a (b int) -- INSERT", "-- INTO a VALUES (1)"),
    ],
)
def test_other_sql(stored: tuple[str, ...]) -> None:
    assert same_content(stored, FILE) is False


def test_a_row_without_sql_says_nothing() -> None:
    assert same_content(None, FILE) is None
    assert same_content((), FILE) is None
    assert same_content((), "\n") is True


def test_line_ends_that_git_converted() -> None:
    unix = "DO $$\nBEGIN\nEND $$;\n"
    windows = unix.replace("\n", "\r\n")
    assert same_content(ledger_statements(unix), windows) is True
    assert same_content(ledger_statements(windows), unix) is True
    assert same_content(ledger_statements(windows), unix.replace("BEGIN", "BEGIN ")) is False
