"""What is told before files are sent, and of credentials and numbers afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from landed.core.errors import CannotKnow, Code, LandedError, NotProven
from landed.core.oneoff import Script
from landed.engines.d1.oneoff import execute, query
from landed.engines.d1.rights import lacks_edit
from landed.engines.sqlite.sql.split import split
from support.servers.d1_wire import Asked, Reply, Wire, problem, result

BIG = 1 << 53


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with Wire() as started:
        started.execute(f"CREATE TABLE t (a, b); INSERT INTO t VALUES ({BIG + 1}, 1)")
        yield started


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        (f"SELECT {BIG} AS n", "n"),
        (f"SELECT {BIG - 1} AS n", None),
        (f"SELECT -{BIG} AS n", "n"),
        ("SELECT 1e300 AS n", None),
        ("SELECT a, b FROM t", "a"),
        ("SELECT CAST(a AS TEXT) AS a FROM t", None),
        ("SELECT a AS x, b, a AS y FROM t", "x, y"),
        ("SELECT NULL AS n", None),
    ],
)
def test_integers_that_answers_do_not_hold(wire: Wire, sql: str, columns: str | None) -> None:
    target = wire.target()
    (outcome,) = query(target, Script(split(sql)))
    target.close()
    told = [text for severity, text in outcome.notices if severity == "warning"]
    if columns is None:
        assert told == []
    else:
        assert len(told) == 1
        assert f"come rounded from D1: {columns}. CAST(" in told[0]


@pytest.mark.parametrize(
    ("message", "means"),
    [
        ("not authorized: SQLITE_AUTH", True),
        ("not authorized: SQLITE_AUTH (extended: SQLITE_AUTH)", True),
        ("not authorized to use function: sqlite_version: SQLITE_AUTH", False),
        ("access to _cf_KV.key is prohibited: SQLITE_AUTH", False),
        ("not authorized: SQLITE_ERROR", False),
    ],
)
def test_a_token_that_may_only_read(wire: Wire, message: str, means: bool) -> None:
    assert lacks_edit(message) is means
    target = wire.target()
    before = target.read()
    wire.faults = {len(wire.asked) + 1: lambda w, a: problem(400, 7500, message)}
    with pytest.raises(LandedError) as raised:
        execute(target, Script(split("INSERT INTO t VALUES (2, 2)")), before)
    wire.faults = {}
    target.close()
    if means:
        assert isinstance(raised.value, CannotKnow)
        assert raised.value.code is Code.LOGIN
        assert any("environment CLOUDFLARE_API_TOKEN" in d for d in raised.value.details)
        assert "Account · D1 · Edit" in str(raised.value.next)
    else:
        assert isinstance(raised.value, NotProven)
        assert "may read" not in raised.value.message


def test_how_large_the_database_is(wire: Wire) -> None:
    def large(w: Wire, asked: Asked) -> Reply:
        entries = json.loads(w.answer(asked)[2])["result"]
        for entry in entries:
            entry["meta"]["size_after"] = 7_000_000
        return result(entries)

    target: Any = wire.target()
    target.read()
    assert target.size == 0
    wire.faults = {len(wire.asked) + 1: large}
    target.ask(["SELECT 1"])
    wire.faults = {}
    target.ask(["SELECT 1"])
    assert target.size == 7_000_000
    target.close()
