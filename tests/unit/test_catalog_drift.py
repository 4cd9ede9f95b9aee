"""Pairs of schemas, as data: each differs in exactly the facts that the file names, or in none.

A file has three sections, ``-- a``, ``-- b`` and ``-- expect`` (in any number of lines, one fact each:
``label: before -> after``, a missing fact is ``none``). A file that expects nothing differs in writing only.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import apsw
import pytest

from landed.core.facts import EXISTS, difference
from landed.engines.sqlite.catalog.facts import SchemaRow, snapshot
from landed.engines.sqlite.catalog.tracker import SchemaTracker
from landed.engines.sqlite.sql.split import split

CASES = Path(__file__).parents[1] / "cases" / "drift"
FILES = sorted(CASES.glob("*/*.sql"))


class Pair(NamedTuple):
    a: str
    b: str
    expected: set[str]


def read(file: Path) -> Pair:
    _, a, b, expected = re.split(r"^-- (?:a|b|expect)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = {line.removeprefix("-- ") for line in expected.splitlines() if line.strip()}
    return Pair(a, b, lines)


def facts(sql: str) -> dict[object, str]:
    connection = apsw.Connection(":memory:")
    connection.execute(sql)
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY random()")
    return snapshot([SchemaRow(*row) for row in rows], "d1_migrations")


def differences(pair: Pair) -> set[str]:
    return {
        f"{change.key}: {'none' if change.before is None else change.before or '(empty)'}"
        f" -> {'none' if change.after is None else change.after or '(empty)'}"
        for change in difference(facts(pair.a), facts(pair.b))
    }


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_exactly_the_named_facts_differ(file: Path) -> None:
    pair = read(file)
    assert differences(pair) == pair.expected
    assert (file.parent.name == "differ") == bool(pair.expected)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f"{f.parent.name}/{f.stem}")
def test_following_says_the_same(file: Path) -> None:
    pair = read(file)
    for sql in (pair.a, pair.b):
        connection = apsw.Connection(":memory:")
        tracker = SchemaTracker(connection, "d1_migrations")
        for statement in split(sql):
            made_only = statement.text.lstrip().upper().startswith("CREATE")
            connection.execute(statement.text)
            tracker.new_objects() if made_only else tracker.reread()
        assert tracker.facts == facts(sql)


def test_there_are_enough_cases_and_every_property_is_in_one() -> None:
    differ = [read(f) for f in FILES if f.parent.name == "differ"]
    assert len(differ) >= 40
    assert len(FILES) - len(differ) >= 20
    told = {key[0:1] + key[3:] for pair in differ for side in pair[:2] for key in facts(side)}
    in_cases = {
        key[0:1] + key[3:]
        for pair in differ
        for change in difference(facts(pair.a), facts(pair.b))
        for key in [change.key]
    }
    never = {("virtual table", "definition"), ("table", "definition"), ("index", "definition")}
    assert {f"{kind} {prop}" for kind, prop in told - in_cases - never if prop != EXISTS} == set()
