"""Files that never end, or that want all there is: each ends in a clear error, and the next replay works.

The limits are enforced from outside: by landed's own clock, by the system, and by settings that a file's role
cannot change. What a file does about them makes no difference.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from landed.core.errors import CannotKnow, LimitReached
from landed.core.limits import Limits
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.clock import Clock
from landed.engines.postgres.catalog.scope import PLAIN as SCOPE
from landed.engines.postgres.shadow.platform.baseline import PLAIN
from landed.engines.postgres.shadow.replay.timeline import ShadowChoice, timeline
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.shadow.server.start import server_for
from landed.engines.postgres.sql.split import parse
from support.process.landed_process import Landed
from support.servers.pgservers import lent_role, remove_servers

LIMITS = Limits(statement_seconds=1.5, total_seconds=60, memory_bytes=256 << 20, disk_bytes=300 << 20)
BOUND = 25.0
"""Seconds in which each has ended, with all the time that a busy machine and ending a session take."""

TIME, TOTAL = "it took longer than 1.5 seconds", "seconds are over, which all replays of a command may take"
MEMORY, DISK = "MB of memory that it may take", "MB on disk that it may take"

ENDLESS = {
    "a sleep": ("SELECT pg_sleep(1e9)", 1, TIME),
    "a sleep behind fifty statements that run together": (
        ";\n".join(f"CREATE TABLE t{n} (a int)" for n in range(50)) + ";\nSELECT pg_sleep(1e9)", 51, TIME,
    ),
    "a sleep in a file that lifts the limit": (
        "SET statement_timeout = 0;\nSET lock_timeout = 0;\nSELECT pg_sleep(1e9)", 3, TIME,
    ),
    "a block that never ends": ("DO $$BEGIN LOOP END LOOP; END$$", 1, TIME),
    "a block that catches being cancelled": (
        "DO $$BEGIN LOOP BEGIN PERFORM pg_sleep(99); EXCEPTION WHEN query_canceled THEN NULL; END;"
        " END LOOP; END$$", 1, TIME,
    ),
    "one step that hears nothing": (
        "SELECT position('b' || repeat('a', 100000) IN repeat('a', 100000000))", 1, TIME,
    ),
    "a recursive query": (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT count(*) FROM r", 1, TIME,
    ),
    "a function of an index, outside of transactions": (
        "CREATE TABLE t AS SELECT 1 AS a;\nCREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql"
        " AS 'BEGIN PERFORM pg_sleep(1e6); RETURN 1; END';\nCREATE INDEX CONCURRENTLY i ON t (slow(a))",
        3, TIME,
    ),
    "a trigger": (
        "CREATE TABLE t (a int);\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN PERFORM pg_sleep(1e6); RETURN new; END';\nCREATE TRIGGER g BEFORE INSERT ON t"
        " FOR EACH ROW EXECUTE FUNCTION f();\nINSERT INTO t VALUES (1)", 4, TIME,
    ),
    "a constraint that is checked at the end": (
        "CREATE TABLE t (a int);\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN PERFORM pg_sleep(1e6); RETURN new; END';\nCREATE CONSTRAINT TRIGGER g AFTER INSERT ON t"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f();\nINSERT INTO t VALUES (1)",
        0, TIME,
    ),
    "an answer without an end": ("SELECT generate_series(1, 1e12)", 1, "its answer is larger than a quarter"),
    "one large value": ("CREATE TABLE t AS SELECT repeat('x', 1000000000)", 1, MEMORY),
    "values of 500 MB": ("CREATE TABLE t AS SELECT repeat('x', 500000000)", 1, MEMORY),
    "an array of everything": (
        "DO $$DECLARE a text[]; BEGIN LOOP a := a || repeat('x', 1000000); END LOOP; END$$", 1, MEMORY,
    ),
    "a recursive INSERT": (
        "CREATE TABLE t (x text);\nINSERT INTO t WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r)"
        " SELECT repeat(md5(n::text), 100000) || random() FROM r", 2, "",
    ),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def place() -> Iterator[Path]:
    """One server for all of them."""
    folder = Path(tempfile.mkdtemp(prefix="lt", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LANDED_SHADOW_DIR", str(folder))
        with server_for(18, limits=LIMITS):
            yield folder
        remove_servers(folder)


def replayed(text: str, choice: ShadowChoice | None = None) -> list[Step]:
    choice = choice or ShadowChoice(18, PLAIN, clock=Clock(LIMITS))
    return timeline(choice, SCOPE, [Migration("0001_a.sql", "0001", "m/0001_a.sql", text, parse)])


@pytest.mark.parametrize("what", ENDLESS)
def test_it_ends_and_the_next_works(what: str) -> None:
    text, statement, why = ENDLESS[what]
    began = time.monotonic()
    # On a busy machine time must not be up before there is too much of what is limited.
    limits = LIMITS if why in (TIME, TOTAL, "") else replace(LIMITS, statement_seconds=40)
    with pytest.raises(LimitReached) as stopped:
        replayed(text, ShadowChoice(18, PLAIN, clock=Clock(limits)))
    assert time.monotonic() - began < BOUND + limits.statement_seconds
    error = stopped.value
    assert isinstance(error, CannotKnow)
    assert error.message.startswith("The replay of 0001_a.sql was stopped: "), error.message
    assert why in error.message
    line = text[: text.rindex("\n")].count("\n") + 2 if "\n" in text else 1
    if statement:
        assert error.where == f"m/0001_a.sql:{line}"
        assert error.details[0].startswith(f"statement {statement} of {statement}: "), error.details
    assert "[limits] in landed.toml" in (error.next or "")
    (step,) = replayed("CREATE TABLE fine (a int)")
    assert not step.failures and len(step.net) > 0


def test_what_a_server_refuses_by_itself_is_the_files_own_failure() -> None:
    """Depth ends on every server at the same place: the file fails there, too."""
    deep = (
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN f($1 + 1); END';\nSELECT f(1);"
    )
    (step,) = replayed(deep)
    assert "stack depth limit exceeded" in step.failures[0].message
    (step,) = replayed("SELECT " + "(" * 100_000 + "1" + ")" * 100_000)
    assert step.failures


def test_all_files_together_have_a_limit() -> None:
    choice = ShadowChoice(18, PLAIN, clock=Clock(LIMITS.__class__(5, 3, 256 << 20, 300 << 20)))
    files = [
        Migration(f"{n}.sql", str(n), f"{n}.sql", "SELECT pg_sleep(0.7)", parse) for n in range(100, 120)
    ]
    with pytest.raises(LimitReached, match=TOTAL) as stopped:
        timeline(choice, SCOPE, files)
    assert stopped.value.where is not None
    # The same command has no time left for another.
    with pytest.raises(LimitReached, match=TOTAL):
        replayed("SELECT pg_sleep(0.5)", choice)


def test_many_short_statements_are_not_one_long_one() -> None:
    """Their answers come together; each is as short as it is."""
    (step,) = replayed(
        ";\n".join(["CREATE TABLE t (a int)"] + ["INSERT INTO t SELECT FROM pg_sleep(0.3)"] * 11)
    )
    assert not step.failures


def test_temporary_files_are_on_the_disk_too() -> None:
    choice = ShadowChoice(18, PLAIN, clock=Clock(Limits(30, 60, 256 << 20, 60 << 20)))
    sort = "SELECT count(*) FROM (SELECT DISTINCT x, repeat('a', 900) FROM generate_series(1, 300000) x) y"
    with pytest.raises(LimitReached, match=DISK):
        replayed(sort, choice)


LARGE = (
    "CREATE TABLE t (x text); ALTER TABLE t ALTER x SET STORAGE EXTERNAL;"
    " INSERT INTO t SELECT repeat('x', 100000) FROM generate_series(1, 3000)"
)
"""300 MB in one statement, which takes no long time."""


def test_what_a_file_has_left_behind_does_not_stop_the_next() -> None:
    """A server whose folder was filled is made anew as soon as nobody uses it."""
    limits = Limits(30, 60, 256 << 20, 200 << 20)
    choice = ShadowChoice(18, PLAIN, clock=Clock(limits))
    with choice.open() as server, server.connect("template1") as connection:
        root = Path(server.host).parent
        rows = "SELECT repeat('x', 1000) FROM generate_series(1, 150000)"
        connection.execute(f"COPY ({rows}) TO '{root}/data/junk'")
    with pytest.raises(LimitReached, match=DISK):
        replayed(LARGE, choice)
    assert (root / "spoilt").exists()
    deadline = time.monotonic() + 20
    while (root / "data" / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    (step,) = replayed("CREATE TABLE fine (a int)", ShadowChoice(18, PLAIN, clock=Clock(limits)))
    assert not step.failures
    assert not (root / "spoilt").exists()


@pytest.mark.parametrize(
    "what", ["a sleep", "a block that catches being cancelled", "an answer without an end"]
)
def test_on_a_server_that_is_named(pg_server: Callable[..., ShadowServer], what: str) -> None:
    server = pg_server(18)
    url = f"postgresql://{lent_role(server)}@/postgres?host={server.host}&port={server.port}"
    choice = ShadowChoice(18, PLAIN, setting=url, clock=Clock(LIMITS))
    with pytest.raises(LimitReached):
        replayed(ENDLESS[what][0], choice)
    (step,) = replayed("CREATE TABLE fine (a int)", choice)
    assert not step.failures


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    migrations = folder / "supabase" / "migrations"
    migrations.mkdir(parents=True)
    (folder / "supabase" / "config.toml").write_text('project_id = "x"\n')
    (migrations / "20240101000000_fine.sql").write_text("create table public.fine (id int primary key);\n")
    return folder


@pytest.mark.parametrize("by", ["environment", "file"])
def test_what_a_user_sees(project: Path, place: Path, by: str) -> None:
    late = project / "supabase" / "migrations" / "20240102000000_late.sql"
    late.write_text("create table public.late (id int);\nselect pg_sleep(1000000);\n")
    given = {"LANDED_STATEMENT_SECONDS": "1.5"} if by == "environment" else {}
    (project / "landed.toml").write_text("" if given else "[limits]\nstatement_seconds = 1.5\n")
    landed = Landed(project, project / "cache", LANDED_SHADOW_DIR=str(place), **given)
    error = landed("rehearse", code=3).error
    assert error["message"] == f"The replay of {late.name} was stopped: {TIME}."
    assert error["where"] == f"supabase/migrations/{late.name}:2"
    late.unlink()
    landed("rehearse")


def test_a_file_of_the_project_raises_them_only_so_far(project: Path, place: Path) -> None:
    (project / "landed.toml").write_text("[limits]\nstatement_seconds = 99999\n")
    landed = Landed(project, project / "cache", LANDED_SHADOW_DIR=str(place))
    assert "at most 600 seconds" in landed("rehearse", code=2).error["message"]
    (project / "landed.toml").unlink()
