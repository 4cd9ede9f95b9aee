"""States that use brings about: what is missing counts, what came by itself is nobody's drift."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from landed.core.drift import Side, compare
from landed.core.judge import judge, owners_of
from landed.core.migration import Migration
from landed.core.standing import Standing
from landed.engines.postgres.catalog import PLAIN, snapshot
from landed.engines.postgres.shadow.replay.replay import replay_all
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse

Server = Callable[..., ShadowServer]

VIEW = "CREATE TABLE t (a int); CREATE MATERIALIZED VIEW v AS SELECT a FROM t"
EMPTY = f"{VIEW} WITH NO DATA"
REFRESH, EMPTIED = "REFRESH MATERIALIZED VIEW v", "REFRESH MATERIALIZED VIEW v WITH NO DATA"


@pytest.fixture(scope="module", params=[15, 18])
def server(pg_server: Server, request: pytest.FixtureRequest) -> ShadowServer:
    return pg_server(request.param)


@pytest.mark.parametrize(
    ("files", "by_hand", "told"),
    [
        ([VIEW], "", [Standing.OK]),
        ([VIEW], REFRESH, [Standing.OK]),
        ([VIEW], EMPTIED, [Standing.PARTIAL]),
        ([EMPTY], "", [Standing.OK]),
        ([EMPTY], REFRESH, [Standing.OK]),
        ([VIEW, EMPTIED], REFRESH, [Standing.OK, Standing.UNPROVABLE]),
        ([EMPTY, REFRESH], "", [Standing.OK, Standing.OK]),
        ([EMPTY, REFRESH], EMPTIED, [Standing.OK, Standing.PHANTOM]),
    ],
)
def test_a_materialized_view_is_as_full_as_the_files_leave_it_or_fuller(
    server: ShadowServer, files: list[str], by_hand: str, told: list[Standing]
) -> None:
    migrations = [
        Migration(f"{at}_x.sql", str(at), f"{at}_x.sql", sql, parse) for at, sql in enumerate(files, 1)
    ]
    with new_database(server) as shadow, new_database(server) as database:
        steps = replay_all(shadow, PLAIN, migrations)
        with database.connect() as connection:
            connection.execute(";".join((*files, by_hand)).encode())
            live = snapshot(connection, PLAIN)
    ruling = judge(steps, frozenset(m.name for m in migrations), live)
    assert [j.standing for j in ruling.judgements] == told
    assert [key for key in ruling.unexplained if key.kind == "materialized view"] == []


def made(scratch: Scratch, sql: str, name: str, *, files: bool) -> Side:
    """What SQL makes, as a side; as if ``files`` of a project had made it, or a database had it."""
    with scratch.connect() as connection:
        connection.execute(sql.encode())
        facts = snapshot(connection, PLAIN)
    owners = owners_of([], []) if files else None
    return Side(name, name, "SHADOW" if files else "LOCAL", "", facts, "", owners=owners)


def test_two_databases_differ_in_it_and_a_fuller_one_not_from_its_files(server: ShadowServer) -> None:
    with new_database(server) as first, new_database(server) as second:
        for of_files, differ in ((False, True), (True, False)):
            for scratch in (first, second):
                with scratch.connect() as connection:
                    connection.execute("DROP TABLE IF EXISTS t CASCADE")
            empty = made(first, EMPTY, "empty", files=of_files)
            full = made(second, VIEW, "full", files=False)
            for a, b in ((empty, full), (full, empty)):
                assert [d.key.prop for d in compare(a, b).differences] == ["populated"] * differ
