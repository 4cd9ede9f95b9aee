"""Histories of a plain Postgres, run by superusers: a replay without such rights makes the same schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from landed.core.facts import difference
from landed.core.migration import Migration
from landed.engines.postgres.catalog import PLAIN, snapshot
from landed.engines.postgres.shadow.platform.baseline import PLAIN as OWN
from landed.engines.postgres.shadow.replay.replay import replay_all
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse

CASES = sorted((Path(__file__).parents[1] / "cases" / "plain_pg").glob("*.sql"))


@contextmanager
def by_hand(server: ShadowServer, statements: list[str]) -> Iterator[Scratch]:
    """A database in which a superuser has run the statements; roles that they made go with it."""
    with server.connect("postgres") as admin:
        before = {name for (name,) in admin.execute("SELECT rolname FROM pg_roles")}
    with new_database(server) as scratch:
        with scratch.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())
        yield scratch
    with server.connect("postgres") as admin:
        made = {name for (name,) in admin.execute("SELECT rolname FROM pg_roles")} - before
        for name in made:
            admin.execute(f"DROP OWNED BY {name} CASCADE".encode())
        for name in made:
            admin.execute(f"DROP ROLE {name}".encode())


def test_there_are_histories() -> None:
    assert len(CASES) >= 20


@pytest.mark.parametrize("major", [15, 18])
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_replay_without_a_superusers_rights_comes_to_the_same(
    pg_server: Callable[..., ShadowServer], case: Path, major: int
) -> None:
    text = case.read_text(encoding="utf-8")
    file = Migration("0001_x.sql", "0001", "0001_x.sql", text, parse)
    with new_database(pg_server(major)) as empty, empty.connect() as bare:
        start = snapshot(bare, PLAIN)
    with (
        by_hand(pg_server(major), [s.text for s in file.statements]) as real,
        real.connect() as connection,
        new_database(pg_server(major, OWN)) as shadow,
    ):
        (step,) = replay_all(shadow, PLAIN, [file])
        assert step.failures == ()
        facts = {key: after for key, (_, after, _) in step.net.items() if after is not None}
        there = {key: value for key, value in snapshot(connection, PLAIN).items() if key in facts}
        assert difference(facts, there) == ()
        live = snapshot(connection, PLAIN)
        made = {
            key: value
            for key, value in live.items()
            # The version of an extension is the server's choice.
            if start.get(key) != value
            and (key.kind, key.prop) != ("extension", "version")
            # What members it has is, too: no replay claims rights on them.
            and not key.kind.endswith(" on extension member")
        }
        assert difference(made, facts) == ()
