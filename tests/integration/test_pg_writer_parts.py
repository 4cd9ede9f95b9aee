"""Files with statements that PostgreSQL runs in no transaction: each part proven, what is there told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from landed.core.errors import Ambiguous, LandedError, NotProven
from landed.engines.postgres.shadow.server.servers import ShadowServer
from support.servers.tcpproxy import TcpProxy
from support.worlds.pgwriting import World


@pytest.fixture
def world(pg_world: World) -> World:
    pg_world.empty()
    return pg_world


PARTS = (
    "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (2);\n"
    "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);\n"
    "ALTER TABLE t ADD COLUMN b int;\nALTER TABLE t ADD COLUMN c text;"
)


def columns(world: World) -> list[str]:
    found = world.sql("SELECT attname FROM pg_attribute WHERE attrelid = to_regclass('t') AND attnum > 0")
    return [name for (name,) in found]


def test_parts_in_order_and_the_row_with_the_last(world: World) -> None:
    done = world.apply(PARTS)
    assert (done.outcome, done.statements) == ("applied", 5)
    assert columns(world) == ["a", "b", "c"] and world.recorded() == ["0001"]
    assert world.sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_a'::regclass") == [(True,)]


def test_an_index_alone_and_last_is_proven_before_the_row(world: World) -> None:
    world.apply("CREATE TABLE t (a int)")
    assert world.apply("CREATE INDEX CONCURRENTLY t_a ON t (a)").statements == 1
    assert world.apply("SELECT 1; REINDEX TABLE CONCURRENTLY t; VACUUM t").statements == 3
    assert world.recorded() == ["0001", "0002", "0003"]


def test_an_enum_value_that_is_used_in_the_same_file(world: World) -> None:
    world.apply("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE m (x mood)")
    assert world.apply("ALTER TYPE mood ADD VALUE 'ok'; INSERT INTO m VALUES ('ok')").outcome == "applied"
    assert world.sql("SELECT x::text FROM m") == [("ok",)]


def test_what_failed_in_the_middle_says_what_is_there_and_is_finished_from_there(world: World) -> None:
    migration = world.file(PARTS.replace("c text", "c text DEFAULT (SELECT 1)"))
    correct = world.file(PARTS, "0001_file_corrected.sql")
    with world.opened() as writer:
        with pytest.raises(NotProven) as caught:
            world.run(writer, migration)
        said = caught.value
        assert said.where == "migrations/0001_file.sql:5"
        assert sum("in the database now, committed and proven: statement" in d for d in said.details) == 3
        assert any("NOT recorded" in d for d in said.details)
        assert not any("nothing of it is in the database" in d for d in said.details)
        assert (said.next or "").endswith("landed resume 0001_file.sql")
        assert columns(world) == ["a"] and world.recorded() == []
        done = world.run(writer, correct, statements=(4, 5))
    assert (done.statements, columns(world), world.recorded()) == (2, ["a", "b", "c"], ["0001"])


def test_an_index_that_fails_leaves_the_file_unrecorded_and_is_told(world: World) -> None:
    world.sql("CREATE TABLE live (a int); INSERT INTO live VALUES (1), (1)")
    migration = world.file(
        "CREATE TABLE IF NOT EXISTS live (a int);\n"
        "CREATE UNIQUE INDEX CONCURRENTLY live_a ON live (a);\nSELECT 1;"
    )
    with world.opened() as writer, pytest.raises(NotProven) as caught:
        world.run(writer, migration)
    told = " ".join([caught.value.message, *caught.value.details])
    assert "INVALID" in told and "statement 1 (line 1)" in told and "NOT recorded" in told
    assert world.recorded() == []


def test_a_part_whose_effects_are_missing_is_not_committed(world: World) -> None:
    world.sql("CREATE TABLE late (b bigint)")
    migration = world.file(
        "CREATE TABLE early (a int);\nVACUUM early;\nCREATE TABLE IF NOT EXISTS late (b int);\nSELECT 1;"
    )
    with world.opened() as writer, pytest.raises(NotProven, match="what it should have done") as caught:
        world.run(writer, migration)
    assert caught.value.where == "migrations/0001_file.sql:3"
    assert any("statement 1 (line 1)" in d for d in caught.value.details)
    assert world.sql("SELECT to_regclass('early') IS NOT NULL") == [(True,)] and world.recorded() == []


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_lost_between_the_parts(
    world: World, pg_server: Callable[..., ShadowServer], nth: int, when: str
) -> None:
    """``nth`` counts the COMMITs of the file's parts; the first of all is that of the history table."""
    migration = world.file(PARTS)
    with TcpProxy.before(pg_server(18)) as proxy, world.opened(proxy) as writer:
        proxy.cut("COMMIT", when, nth=1 + nth)  # type: ignore[arg-type]
        if when == "after":
            assert "the reply to COMMIT was lost" in world.run(writer, migration).note
            assert world.recorded() == ["0001"] and columns(world) == ["a", "b", "c"]
            return
        with pytest.raises(NotProven, match="was not committed") as caught:
            world.run(writer, migration)
    told = sum("in the database now, committed and proven" in d for d in caught.value.details)
    assert told == (0 if nth == 1 else 3) and world.recorded() == []
    assert columns(world) == ([] if nth == 1 else ["a"])


def test_no_part_is_sent_twice(world: World, pg_server: Callable[..., ShadowServer]) -> None:
    migration = world.file(PARTS)
    with TcpProxy.before(pg_server(18)) as proxy, world.opened(proxy) as writer:
        assert world.run(writer, migration).outcome == "applied"
        assert [proxy.log.count(s.text) for s in migration.statements] == [1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("there", "fact"),
    [
        ("CREATE INDEX t_a ON t (b)", "index public.t.t_a · definition: expected"),
        ("CREATE TABLE u (a int); CREATE INDEX t_a ON u (a)", "index public.t.t_a · exists: expected yes"),
    ],
)
def test_an_index_that_is_there_already_and_another_one_stops_the_file(
    world: World, there: str, fact: str
) -> None:
    """IF NOT EXISTS passes over it: the statement is not proven, so what comes after it does not run."""
    setup = world.file("CREATE TABLE t (a int, b int)")
    migration = world.file(
        "CREATE TABLE early (a int);\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a);\n"
        "CREATE TABLE late (a int);"
    )
    with world.opened() as writer:
        world.run(writer, setup)
        world.sql(there)
        with pytest.raises(NotProven, match="what it should have done is not there") as caught:
            world.run(writer, migration)
    assert caught.value.where == "migrations/0002_file.sql:2"
    assert caught.value.details[0].startswith(fact) and "(statement 2)" in caught.value.details[0]
    told = [d for d in caught.value.details if d.startswith("in the database now, committed and proven")]
    assert len(told) == 1 and "statement 1 (line 1)" in told[0]
    assert world.sql("SELECT to_regclass('early') IS NOT NULL, to_regclass('late') IS NULL") == [(True, True)]
    assert world.recorded() == ["0001"]


def test_partitions_and_indexes_go_alone(world: World) -> None:
    world.apply(
        "CREATE TABLE p (a int) PARTITION BY RANGE (a);"
        "CREATE TABLE c PARTITION OF p FOR VALUES FROM (0) TO (9); CREATE INDEX c_a ON c (a)"
    )
    done = world.apply("DROP INDEX CONCURRENTLY c_a; ALTER TABLE p DETACH PARTITION c CONCURRENTLY; SELECT 1")
    assert done.outcome == "applied"
    assert world.sql("SELECT relispartition FROM pg_class WHERE relname = 'c'") == [(False,)]


@pytest.mark.parametrize(
    ("statement", "error", "told"),
    [
        ("CREATE INDEX CONCURRENTLY t_a ON t (a)", NotProven, "read again: what it does is there; it is not"),
        ("VACUUM t", Ambiguous, "a statement outside of a transaction may go on at the server"),
    ],
)
def test_a_lost_reply_to_what_runs_alone(
    world: World,
    pg_server: Callable[..., ShadowServer],
    statement: str,
    error: type[LandedError],
    told: str,
) -> None:
    """The database is read again; where nothing in it could tell, that is said. Nothing is sent twice."""
    world.apply("CREATE TABLE t (a int)")
    migration = world.file(statement)
    with TcpProxy.before(pg_server(18)) as proxy, world.opened(proxy) as writer:
        proxy.cut(".*(CONCURRENTLY|VACUUM).*", "after")
        with pytest.raises(error, match="the connection was lost while") as caught:
            world.run(writer, migration)
        assert proxy.log.count(statement) == 1
    assert caught.value.details[0].startswith(told) and world.recorded() == ["0001"]
