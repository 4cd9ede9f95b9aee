"""The look on the server tells what two snapshots tell on the oldest major, too, statement by statement.

On the newest one test_pg_catalog_drift.py follows every kind of change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from landed.core.facts import FactKey, compose, difference
from landed.engines.postgres.catalog import PLAIN, snapshot
from landed.engines.postgres.catalog.follower import Follower
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import split

CASES = Path(__file__).parents[1] / "cases" / "drift_pg"


def changes() -> Iterator[tuple[str, str]]:
    for block in (CASES / "tables.sql").read_text(encoding="utf-8").split("-- pair: ")[1:]:
        name, _, rest = block.partition("\n")
        if not re.search(r"^-- major: ", rest, re.MULTILINE):
            yield name, rest


def answer(connection: psycopg.Connection[Any], follower: Follower) -> bytes | None:
    row = connection.execute(follower.look, prepare=False).fetchone()
    return row[0].encode() if row is not None and row[0] is not None else None


def test_changes_are_told_as_two_snapshots_tell_them(pg_server: Callable[..., ShadowServer]) -> None:
    wrong: list[str] = []
    pairs = statements = 0
    with new_database(pg_server(15)) as scratch, scratch.connect() as connection:
        for role in ("drift_a", "drift_b"):
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
                connection.execute(f"CREATE ROLE {role}".encode())
        connection.execute((CASES / "base.sql").read_bytes())
        connection.execute("SET search_path = app")
        connection.execute("SET allow_system_table_mods = on")
        follower = Follower(connection, PLAIN, connection)
        follower.begin()
        before = dict(follower.facts)
        units = {name: dict(known) for name, known in follower._units.items()}
        comments = set(follower._comments)
        for name, change in changes():
            pairs += 1
            connection.execute("BEGIN")
            connection.execute(follower.note)
            told = []
            for statement in split(change):
                connection.execute(statement.text.encode())
                statements += 1
                taken = follower.take(answer(connection, follower), here=True)
                assert taken is not None
                told.append(taken)
                assert follower.take(answer(connection, follower), here=False) == ()
            after: dict[FactKey, str] = snapshot(connection, PLAIN)
            connection.execute("ROLLBACK")
            if follower.facts != after or sorted(compose(told)) != sorted(difference(before, after)):
                wrong.append(name)
            follower.facts = dict(before)
            follower._units = {query: dict(known) for query, known in units.items()}
            follower._comments = set(comments)
    assert wrong == []
    assert pairs > 50 and statements >= pairs
