"""No regular expression uses what some supported Python gets wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from landed.engines.sqlite.sql.split import tokenize

SOURCES = sorted((Path(__file__).parents[2] / "src" / "landed").rglob("*.py"))


def test_no_possessive_groups() -> None:
    """Python before 3.11.5 (Debian 12 has 3.11.2) mismatches ``(?:…)*+``, ``(?:…)++`` and ``(?:…)?+``."""
    found = [
        f"{path.name}: {line.strip()}"
        for path in SOURCES
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"(?<!\\)\)[*+?]\+", line)
    ]
    assert len(SOURCES) > 100
    assert found == []


@pytest.mark.parametrize(
    ("sql", "kinds"),
    [
        ("/*'*/*/", ["comment", "operator", "operator"]),
        ("/* a * b **/ 1", ["comment", "space", "number"]),
        ('"a""/*', ["quoted"]),
        ("'a''b''' - 1", ["string", "space", "operator", "space", "number"]),
    ],
)
def test_what_python_3_11_2_got_wrong(sql: str, kinds: list[str]) -> None:
    assert [token.kind for token in tokenize(sql)] == kinds
