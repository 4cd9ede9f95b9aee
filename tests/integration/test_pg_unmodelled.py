"""What no kind of object is read from: that a statement changed it is told, and nothing else is called so."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.postgres.catalog import PLAIN, Tracker
from landed.engines.postgres.kinds.unmodelled import FOLLOW, READ, UNREAD
from landed.engines.postgres.shadow.replay.replay import replay_all
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import parse
from landed.engines.stored import dump_step, load_step

Server = Callable[..., ShadowServer]

BLIND = {
    "GRANT SET ON PARAMETER work_mem TO unread": UNREAD["pg_parameter_acl"],
    "COMMENT ON ROLE unread IS 'x'": UNREAD["pg_shdescription"],
    "SELECT lo_create(4711)": UNREAD["pg_largeobject_metadata"],
}
SEEN = (
    "ALTER ROLE unread SET statement_timeout = '5s'",
    "ALTER ROLE unread CONNECTION LIMIT 3",
    "GRANT pg_monitor TO unread",
    "CREATE TABLE t (id int PRIMARY KEY, a text)",
    "COMMENT ON TABLE t IS 'x'",
    "GRANT SELECT ON t TO unread",
    "INSERT INTO t VALUES (1, 'a')",
    "ANALYZE t",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA s AUTHORIZATION unread",
    "ALTER TABLE t OWNER TO unread",
    "CREATE STATISTICS stat ON id, a FROM t",
    "DROP TABLE t",
)


@pytest.fixture(params=[15, 18])
def scratch(pg_server: Server, request: pytest.FixtureRequest) -> Iterator[Scratch]:
    with new_database(pg_server(request.param)) as scratch:
        yield scratch


def test_every_catalog_is_read_or_follows_or_is_known_to_be_unread(scratch: Scratch) -> None:
    with scratch.connect() as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'"
            " AND oid < 16384 ORDER BY 1"
        ).fetchall()
    catalogs = {name for (name,) in found}
    assert len(catalogs) > 60
    assert catalogs == READ | FOLLOW | set(UNREAD)
    assert not UNREAD.keys() & (READ | FOLLOW) and not READ & FOLLOW


def replayed(scratch: Scratch, *statements: str) -> Step:
    sql = ";\n".join(("CREATE ROLE unread", *statements)) + ";\n"
    (step,) = replay_all(scratch, PLAIN, [Migration("1_x.sql", "1", "1_x.sql", sql, parse)])
    return step


def test_a_statement_tells_the_catalogs_that_nothing_is_read_from(scratch: Scratch) -> None:
    step = replayed(scratch, *BLIND, *SEEN)
    assert step.failures == ()
    told = [trace.blind for trace in step.traces[1:]]
    assert [catalogs[-1:] for catalogs in told[: len(BLIND)]] == [(name,) for name in BLIND.values()]
    assert told[len(BLIND) :] == [()] * len(SEEN)
    assert load_step(*dump_step(step)).traces == step.traces


def test_what_was_rolled_back_changed_nothing(scratch: Scratch) -> None:
    step = replayed(scratch, "BEGIN", "COMMENT ON ROLE unread IS 'x'", "ROLLBACK", "SELECT 1")
    assert [trace.blind for trace in step.traces[1:]] == [()] * 4


def test_a_tracker_tells_it_too(scratch: Scratch) -> None:
    with scratch.connect() as connection, connection.transaction():
        tracker = Tracker(connection, PLAIN)
        tracker.begin()
        connection.execute("CREATE ROLE unread")
        assert tracker.changes() and tracker.blind == set()
        connection.execute("COMMENT ON ROLE unread IS 'x'")
        assert tracker.changes() == () and tracker.blind == {"pg_shdescription"}
        connection.execute("CREATE TABLE t (id int)")
        assert tracker.changes() and tracker.blind == set()
