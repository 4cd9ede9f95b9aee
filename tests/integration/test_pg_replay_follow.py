"""The look on the server tells what two snapshots tell, for every kind of change, statement by statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from landed.catalog.postgres import PLAIN, snapshot
from landed.catalog.postgres.follower import Follower
from landed.core.facts import FactKey, compose, difference
from landed.shadow.postgres.databases import new_database
from landed.shadow.postgres.servers import ShadowServer
from landed.sql.postgres import split

CASES = Path(__file__).parents[1] / "cases" / "drift_pg"
FILES = ("tables.sql", "constraints.sql", "code.sql", "types.sql", "grants.sql")


def changes(file: str, major: int) -> Iterator[tuple[str, str]]:
    for block in (CASES / file).read_text(encoding="utf-8").split("-- pair: ")[1:]:
        name, _, rest = block.partition("\n")
        least = re.search(r"^-- major: (\d+)$", rest, re.MULTILINE)
        if major >= (int(least[1]) if least else 15):
            yield name, rest


def answer(connection: psycopg.Connection[Any], follower: Follower) -> bytes | None:
    row = connection.execute(follower.look, prepare=False).fetchone()
    return row[0].encode() if row is not None and row[0] is not None else None


@pytest.mark.parametrize("major", [15, 18])
def test_every_kind_of_change_is_told_as_two_snapshots_tell_it(
    pg_server: Callable[..., ShadowServer], major: int
) -> None:
    wrong: list[str] = []
    pairs = statements = 0
    with new_database(pg_server(major)) as scratch, scratch.connect() as connection:
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
        for file in FILES if major == 18 else FILES[:1]:
            for name, change in changes(file, major):
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
    assert pairs > (300 if major == 18 else 50) and statements >= pairs
