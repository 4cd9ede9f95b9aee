"""The sandbox accepts and refuses exactly what the real local D1 does, but for the named differences."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from landed.engines.sqlite.shadow.sandbox import explain_refusal, open_sandbox, unrestricted
from support.clients.wrangler import BatchFailed, MiniflareD1

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "cases" / "d1" / "accepts.json").read_text(encoding="utf-8")
)

DIFFERENCES = {
    "DELETE … LIMIT": "apsw's SQLite is not compiled with SQLITE_ENABLE_UPDATE_DELETE_LIMIT: a syntax error",
    "UPDATE … LIMIT": "apsw's SQLite is not compiled with SQLITE_ENABLE_UPDATE_DELETE_LIMIT: a syntax error",
}
"""Cases in which the sandbox refuses what D1 accepts, and why it cannot do otherwise."""

_REPEAT = re.compile(r"\{\{(.+?)\*(\d+)\*(.*?)\}\}", re.DOTALL)


def statements(case: dict[str, Any], number: int) -> list[str]:
    """The case's SQL: ``$`` is the case's number, ``{{x#*3*,}}`` stands for ``x1,x2,x3``."""

    def repeat(found: re.Match[str]) -> str:
        text, times, joint = found.groups()
        return str(joint).join(text.replace("#", str(i)) for i in range(1, int(times) + 1))

    return [_REPEAT.sub(repeat, re.sub(r"(?<=\w)\$", str(number), sql)) for sql in case["sql"]]


def expected_rows(case: dict[str, Any], number: int) -> list[list[Any]] | None:
    rows = case.get("rows")
    if rows is None:
        return None
    return [[re.sub(r"(?<=\w)\$", str(number), v) if isinstance(v, str) else v for v in row] for row in rows]


def in_sandbox(sql: list[str]) -> tuple[list[tuple[Any, ...]], Exception | None, str]:
    """The rows of the last statement, or the error and the statement that raised it."""
    connection, _ = open_sandbox("d1")
    with unrestricted(connection):
        connection.execute("BEGIN")
    rows: list[tuple[Any, ...]] = []
    statement = ""
    try:
        for statement in sql:
            rows = connection.execute(statement).fetchall()
        with unrestricted(connection):
            connection.execute("COMMIT")
    except apsw.Error as error:
        return [], error, statement
    finally:
        connection.close()
    return rows, None, ""


def test_real_d1_agrees_with_the_table(miniflare_d1: Callable[..., MiniflareD1]) -> None:
    wrong = []
    database = miniflare_d1()
    for number, case in enumerate(CASES, 1):
        try:
            rows = [list(row.values()) for row in database.batch(statements(case, number))[-1]]
        except BatchFailed as refused:
            if case["outcome"] == "accept" or case["message"] not in str(refused):
                wrong.append(f"{case['name']}: refused: {refused}")
            continue
        expected = expected_rows(case, number)
        if case["outcome"] == "refuse" or (expected is not None and rows != expected):
            wrong.append(f"{case['name']}: accepted: {rows}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_sandbox_agrees_with_the_table(case: dict[str, Any]) -> None:
    number = CASES.index(case) + 1
    sql = statements(case, number)
    rows, error, statement = in_sandbox(sql)
    if case["name"] in DIFFERENCES:
        assert case["outcome"] == "accept"
        assert error is not None, "no longer a difference: take it off the list"
        assert "runs on D1, but not" in (explain_refusal(error, statement) or "")
        return
    if case["outcome"] == "accept":
        assert error is None
        expected = expected_rows(case, number)
        if expected is not None:
            assert [list(row) for row in rows] == expected
        return
    assert error is not None
    assert case.get("sandbox message", case["message"]) in str(error)
    explained = explain_refusal(error, statement)
    if "explained" in case:
        assert explained is not None
        assert case["explained"] in explained
        assert explained.startswith("D1 ")


def test_every_difference_is_a_case() -> None:
    assert set(DIFFERENCES) <= {case["name"] for case in CASES}
    assert len(CASES) >= 55
    assert len({case["name"] for case in CASES}) == len(CASES)
