"""Files that share a round trip: one that fails, a lost connection, a stop by the user."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg
import pytest

from landed.core.applied import Applied
from landed.core.errors import Ambiguous, Interrupted, LandedError, NotProven
from landed.core.migration import Migration
from landed.engines.postgres.ledger import row_for
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.wire import Answer, Command
from landed.engines.postgres.write import outcome as pg_writer_outcome
from landed.engines.postgres.write.writer import PgWriter
from support.servers.tcpproxy import TcpProxy
from support.worlds.pgwriting import EMPTY, World

NAMES = "abcd"
LEDGER = "supabase_migrations.schema_migrations"


@pytest.fixture
def world(pg_world: World) -> World:
    pg_world.empty()
    return pg_world


@pytest.fixture
def proxy(pg_server: Callable[..., ShadowServer]) -> Iterator[TcpProxy]:
    with TcpProxy.before(pg_server(18)) as made:
        yield made


def tables(world: World) -> list[Migration]:
    """Four files that make one table each."""
    return [world.file(f"CREATE TABLE {name} (i int PRIMARY KEY, t text)") for name in NAMES]


def tried(world: World, writer: PgWriter, files: list[Migration]) -> tuple[list[Applied], LandedError | None]:
    """What one call gives, and how it ended."""
    done: list[Applied] = []
    try:
        done.extend(writer.run_together(map(world.unit, files)))
    except LandedError as error:
        return done, error
    return done, None


def together(world: World, writer: PgWriter, files: list[Migration]) -> list[Applied]:
    done, error = tried(world, writer, files)
    assert error is None
    return done


def exists(world: World, table: str) -> bool:
    return bool(world.sql(f"SELECT to_regclass('{table}') IS NOT NULL")[0][0])


def there(world: World) -> str:
    """The tables of the files that are there; each of them has to be recorded, and no other."""
    made = "".join(
        name for name in NAMES if world.sql(f"SELECT to_regclass('public.{name}') IS NOT NULL")[0][0]
    )
    ledger = world.sql(f"SELECT to_regclass('{LEDGER}') IS NOT NULL")[0][0]
    assert (world.recorded() if ledger else []) == [f"{NAMES.index(name) + 1:04d}" for name in made]
    return made


def test_many_files_take_one_round_trip(world: World, proxy: TcpProxy) -> None:
    files = tables(world)
    with world.opened(proxy) as writer:
        writer._session.provide_ledger()
        before = proxy.count()
        done = together(world, writer, files)
        assert (proxy.count() - before).round_trips == 1
    assert [(a.name, a.outcome, a.statements) for a in done] == [(f.name, "applied", 1) for f in files]
    assert there(world) == NAMES
    assert list(world.ledger()) == [row_for(f) for f in files]


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        ("CREATE TABLE c (other int)", "already exists"),
        ("CREATE VIEW c AS SELECT 1 AS i", "already exists"),
    ],
)
def test_a_file_that_fails_stops_only_what_comes_after_it(world: World, trouble: str, message: str) -> None:
    files = tables(world)
    world.sql(trouble)
    with world.opened() as writer:
        assert [a.name for a in together(world, writer, files)] == ["0001_file.sql", "0002_file.sql"]
        assert together(world, writer, files[2:]) == []
        with pytest.raises(NotProven, match=message):
            world.run(writer, files[2])
        world.sql(f"DROP {trouble.split()[1]} c")
        assert world.run(writer, files[2]).outcome == "applied"
        assert [a.name for a in together(world, writer, files[3:])] == ["0004_file.sql"]
    assert there(world) == NAMES


def test_effects_that_do_not_stay_are_not_recorded(world: World) -> None:
    files = tables(world)
    world.sql(
        "CREATE FUNCTION public.undo() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN"
        " IF to_regclass('public.c') IS NOT NULL THEN ALTER TABLE public.c DROP COLUMN t; END IF;"
        " EXCEPTION WHEN undefined_column THEN NULL; END$$;"
        "CREATE EVENT TRIGGER undoes ON ddl_command_end WHEN TAG IN ('CREATE TABLE')"
        " EXECUTE FUNCTION public.undo()"
    )
    try:
        with world.opened() as writer:
            assert [a.name for a in together(world, writer, files)] == ["0001_file.sql", "0002_file.sql"]
            with pytest.raises(NotProven, match="0003_file"):
                world.run(writer, files[2])
        assert there(world) == "ab"
    finally:
        world.sql("DROP EVENT TRIGGER undoes")


def test_facts_that_only_reading_can_judge_hold_all_the_same(world: World) -> None:
    """An option that is written otherwise is another text, and means the same."""
    first = world.file("CREATE TABLE a (i int)")
    second = world.file("CREATE VIEW v WITH (security_invoker = on) AS SELECT i FROM a")
    with world.opened() as writer:
        assert len(together(world, writer, [first])) == 1
        assert together(world, writer, [second]) == []
        assert world.run(writer, second).outcome == "applied"
    assert world.recorded() == ["0001", "0002"]


def test_a_file_that_somebody_else_recorded_is_not_run(world: World) -> None:
    files = tables(world)
    with world.opened() as writer:
        writer._session.provide_ledger()
        world.sql("INSERT INTO supabase_migrations.schema_migrations (version) VALUES ('0002')")
        assert [a.name for a in together(world, writer, files)] == ["0001_file.sql"]
        assert world.run(writer, files[1]).outcome == "already"
        assert len(together(world, writer, files[2:])) == 2
    assert not exists(world, "b")


def test_a_deferred_constraint_that_fails_takes_its_file_back(world: World) -> None:
    files = [
        world.file("CREATE TABLE a (i int PRIMARY KEY); INSERT INTO a VALUES (1)"),
        world.file(
            "CREATE TABLE b (i int REFERENCES a DEFERRABLE INITIALLY DEFERRED); INSERT INTO b VALUES (1)"
        ),
    ]
    with world.opened() as writer:
        together(world, writer, files[:1])
        world.sql("DELETE FROM a")
        assert together(world, writer, files[1:]) == []
        with pytest.raises(NotProven):
            world.run(writer, files[1])
    assert there(world) == "a"


def test_the_connection_cut_before_every_message(world: World, proxy: TcpProxy) -> None:
    files = tables(world)[:2]
    at, cuts = 1, 1
    while cuts:
        world.sql(EMPTY)
        with world.opened(proxy) as writer:
            writer._session.provide_ledger()
            proxy.cut(".*", "before", nth=at)
            before, sent = proxy.cuts, proxy.count()
            done, error = tried(world, writer, files)
            cuts = proxy.cuts - before
            if cuts:
                assert isinstance(error, NotProven)
                left = files[len(done)]
                assert f"{left.name} was not applied: the connection was lost while it ran" in error.message
                assert all("the reply was lost" in applied.note for applied in done)
            else:
                assert at > (proxy.count() - sent).statements > 15 and error is None
            assert there(world) == NAMES[: len(done)]
            # The session is opened again for the rest.
            for file in files[len(done) :]:
                assert world.run(writer, file).outcome == "applied"
        assert there(world) == NAMES[:2]
        at += 1


def test_all_is_done_and_nobody_hears_it(world: World, proxy: TcpProxy) -> None:
    files = tables(world)
    with world.opened(proxy) as writer:
        writer._session.provide_ledger()
        proxy.cut("COMMIT", "after")
        done = together(world, writer, files)
    assert [a.name for a in done] == [f.name for f in files]
    assert all("the reply was lost; the database was read again" in a.note for a in done)
    assert there(world) == NAMES


def test_what_cannot_be_found_out_is_not_claimed(
    world: World, proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pg_writer_outcome, "PATIENCE", 0.5)
    files = tables(world)
    with world.opened(proxy) as writer:
        writer._session.provide_ledger()
        proxy.cut("COMMIT", "after")
        proxy.refuse = True
        done, error = tried(world, writer, files)
        assert not done and isinstance(error, Ambiguous)
        assert "It is not known whether 0001_file.sql, 0002_file.sql" in error.message
        assert "landed status" in (error.next or "")
        proxy.refuse = False
        # A file that is recorded is never run twice.
        outcomes = [world.run(writer, file).outcome for file in files]
    assert there(world) == NAMES and set(outcomes) <= {"already", "applied"}


def test_a_stop_by_the_user(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from landed.engines.postgres.write import together as pg_writer_together

    files = tables(world)
    real = pg_writer_together.send

    def stopped(connection: psycopg.Connection[Any], commands: Iterable[Command]) -> list[Answer]:
        """The user's Ctrl-C arrives when the second file is under way."""
        all_of_them = list(commands)
        ends = [at for at, command in enumerate(all_of_them) if command.purpose == "commit"]
        if len(ends) != len(files):
            return real(connection, all_of_them)
        real(connection, all_of_them[: ends[0] + 3])
        raise KeyboardInterrupt

    monkeypatch.setattr(pg_writer_together, "send", stopped)
    with world.opened() as writer:
        done, error = tried(world, writer, files)
    assert [a.name for a in done] == ["0001_file.sql"] and isinstance(error, Interrupted)
    assert "Interrupted while 0002_file.sql was under way: it is not applied" in error.message
    assert there(world) == "a"
