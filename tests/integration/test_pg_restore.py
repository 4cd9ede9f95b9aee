"""The statements that bring facts back, over the pairs of schemas: run as they are, both sides are equal."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from landed.core.facts import EXISTS, FactKey, Facts, difference, holds
from landed.engines.postgres.catalog import PLAIN, Tracker
from landed.engines.postgres.catalog.restore import restoring
from landed.engines.postgres.shadow.server.databases import new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import split

Server = Callable[..., ShadowServer]

CASES = Path(__file__).parents[1] / "cases" / "drift_pg"
FILES = ("tables.sql", "constraints.sql", "code.sql", "types.sql", "grants.sql", "more.sql")

BY_HAND = frozenset(
    ("table dropped", "table renamed", "table to other schema", "enum in another schema", "domain base type",
     "partitioned by something else", "columns in another order", "generated no longer",
     "enum value added", "range subtype", "foreign server password")
)  # fmt: skip
"""Some of those that nothing but people can decide or do: rows would go, or the value is no longer known."""


def pairs() -> list[tuple[str, str, str]]:
    """The name of every pair, what is there before, and the change that one side got."""
    found = []
    for file in FILES:
        for block in (CASES / file).read_text(encoding="utf-8").split("-- pair: ")[1:]:
            name, _, told = block.partition("\n")
            setup, _, change = told.rpartition("-- change\n")
            found.append((name, setup, change))
    return found


def copied(tracker: Tracker) -> Tracker:
    """Another that knows the same, on the same connection."""

    def collections(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: collections(member) for key, member in value.items()}
        return set(value) if isinstance(value, set) else value

    other = copy.copy(tracker)
    vars(other).update({name: collections(value) for name, value in vars(tracker).items()})
    return other


def owed(before: Facts, after: Facts) -> list[FactKey]:
    """What differs, but for objects that were added: those are nobody's."""
    return [
        change.key
        for change in difference(before, after)
        if change.key.object.fact(EXISTS) in before and not holds(*change)
    ]


def test_what_was_changed_by_hand_comes_back(pg_server: Server) -> None:
    whole, partly, wrong = set(), set(), []
    with new_database(pg_server(18)) as scratch, scratch.connect() as connection:
        for role in ("drift_a", "drift_b"):
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchall():
                connection.execute(f"CREATE ROLE {role}".encode())
        connection.execute((CASES / "base.sql").read_bytes())
        connection.execute("SET allow_system_table_mods = on")
        connection.execute("SET search_path = app")
        tracker = Tracker(connection, PLAIN)
        tracker.begin()

        def damaged_and_restored(name: str, setup: str, change: str) -> None:
            own = copied(tracker)
            own.begin()
            for statement in split(setup):
                connection.execute(statement.text.encode())
            own.changes()
            before = dict(own.facts)
            for statement in split(change):
                connection.execute(statement.text.encode())
            own.changes()
            keys = owed(before, own.facts)
            if not keys:
                return
            found = restoring(keys, before, dict(own.facts))
            if found.left:
                partly.add(name)
                assert all(isinstance(key, FactKey) for key in found.left)
                return
            # Nothing of the session's: as it would be pasted anywhere.
            connection.execute("SET LOCAL search_path = pg_catalog")
            for sql in found.sql:
                connection.execute(sql.encode())
            own.changes()
            if rest := [key for key in keys if not holds(key, before.get(key), own.facts.get(key))]:
                wrong.append((name, found.sql, rest))
            whole.add(name)

        for pair in pairs():
            connection.execute("BEGIN")
            try:
                damaged_and_restored(*pair)
            finally:
                connection.execute("ROLLBACK")
    assert wrong == []
    assert partly >= BY_HAND
    assert len(whole) >= 275, len(whole)
