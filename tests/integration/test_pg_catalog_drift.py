"""Pairs of schemas: what differs in one thing is reported there and nowhere else, what is the same is silent.

Every change is also followed by the tracker, and statement by statement by the look on the server; what they
saw must be what two snapshots say.
"""

from __future__ import annotations

import copy
import dataclasses
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psycopg
import pytest

from landed.core.facts import FactKey, compose, difference
from landed.engines.postgres.catalog import PLAIN, Tracker, canonical_view, snapshot
from landed.engines.postgres.catalog.follower import Follower
from landed.engines.postgres.shadow.server.databases import Scratch, new_database
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.sql.split import split
from support.servers.pgservers import MAJORS, binaries_of

CASES = Path(__file__).parents[1] / "cases" / "drift_pg"
BASE = (CASES / "base.sql").read_text(encoding="utf-8")
WIDE = (CASES / "majors.sql").read_text(encoding="utf-8")
FILES = sorted(
    file.name for file in CASES.glob("*.sql") if file.name not in ("base.sql", "majors.sql", "same.sql")
)
ACROSS = dataclasses.replace(PLAIN, floor=15)

Server = Callable[..., ShadowServer]
Following = TypeVar("Following", bound=Tracker)


class Pair(NamedTuple):
    """The base schema beside one that a change was made to, and the facts that must differ.

    ``object *`` stands for some facts of an object, ``object **`` for those of its parts, too; ``setup`` is
    there on both sides.
    """

    name: str
    change: str
    expected: tuple[str, ...]
    major: int
    setup: str


class Same(NamedTuple):
    """Two ways to the same schema, on top of the base."""

    name: str
    left: str
    right: str


def read_pairs(file: str) -> Iterator[Pair]:
    for block in (CASES / file).read_text(encoding="utf-8").split("-- pair: ")[1:]:
        name, _, rest = block.partition("\n")
        expected = re.findall(r"^-- expect: (.*)$", rest, re.MULTILINE)
        major = re.search(r"^-- major: (\d+)$", rest, re.MULTILINE)
        setup, _, change = rest.rpartition("-- change\n")
        setup, change = (re.sub(r"^-- .*\n", "", text, flags=re.MULTILINE) for text in (setup, change))
        yield Pair(name, change, tuple(expected), int(major[1]) if major else 15, setup)


def read_same() -> Iterator[Same]:
    for block in (CASES / "same.sql").read_text(encoding="utf-8").split("-- pair: ")[1:]:
        name, _, rest = block.partition("\n")
        left, _, right = rest.partition("-- other\n")
        yield Same(name, left, right)


PAIRS = [pair for file in FILES for pair in read_pairs(file)]
SAME = list(read_same())


def matches(label: str, key: FactKey) -> bool:
    if label.endswith(" **"):
        whole = label[:-3]
        return str(key.object) == whole or (bool(key.parent) and whole.endswith(f" {key.parent}"))
    if label.endswith(" *"):
        return str(key.object) == label[:-2]
    return str(key) == label


def unlike(expected: Iterable[str], keys: Iterable[FactKey]) -> tuple[list[str], list[str]]:
    """Facts that differ and should not, and labels that nothing differs for."""
    keys = list(keys)
    surplus = [str(key) for key in keys if not any(matches(label, key) for label in expected)]
    missing = [label for label in expected if not any(matches(label, key) for key in keys)]
    return surplus, missing


def make(scratch: Scratch, sql: str) -> None:
    with scratch.connect() as connection:
        for role in ("drift_a", "drift_b"):
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
                connection.execute(f"CREATE ROLE {role}".encode())
        connection.execute(sql.encode())


@pytest.fixture(scope="module")
def base(pg_server: Server) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database with the base schema; whatever a test does there it rolls back."""
    with new_database(pg_server(18)) as scratch:
        make(scratch, BASE)
        with scratch.connect() as connection:
            connection.execute("SET search_path = app")
            connection.execute("SET allow_system_table_mods = on")
            yield connection


@pytest.fixture(scope="module")
def at_base(base: psycopg.Connection[Any]) -> Iterator[tuple[Tracker, Follower]]:
    """What has read the base schema, to be copied: reading it is what costs most here."""
    both = Tracker(base, PLAIN), Follower(base, PLAIN, base)
    for one in both:
        one.begin()
    yield both
    facts = snapshot(base, PLAIN)  # every change was rolled back, and no copy wrote to these
    assert all(one.facts == facts for one in both)


def copied(tracker: Following) -> Following:
    """Another that knows the same, on the same connection."""

    def collections(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: collections(member) for key, member in value.items()}
        return set(value) if isinstance(value, set) else value

    other = copy.copy(tracker)
    vars(other).update({name: collections(value) for name, value in vars(tracker).items()})
    return other


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_one_difference_is_reported_there_and_nowhere_else(
    base: psycopg.Connection[Any], at_base: tuple[Tracker, Follower], pair: Pair
) -> None:
    tracker, follower = copied(at_base[0]), copied(at_base[1])
    told = []

    def look() -> bytes | None:
        (answer,) = base.execute(follower.look, prepare=False).fetchone() or (None,)
        return None if answer is None else bytes(answer.encode())

    base.execute("BEGIN")
    try:
        tracker.begin()
        base.execute(follower.note)
        for statement in split(pair.setup):
            base.execute(statement.text.encode())
            follower.take(look(), here=True)
        tracker.changes()
        before = dict(tracker.facts)
        assert follower.facts == before
        for statement in split(pair.change):
            base.execute(statement.text.encode())
            told.append(follower.take(look(), here=True) or ())
        assert follower.take(look(), here=False) == ()
        followed = tracker.changes()
        after = snapshot(base, PLAIN)
    finally:
        base.execute("ROLLBACK")
    found = difference(before, after)
    assert unlike(pair.expected, [change.key for change in found]) == ([], [])
    # Rights on what belongs to extensions are not followed: the replay says that it does not read them.
    seen = tuple(change for change in found if not _of_extension(change.key))
    assert followed == seen
    assert without_extensions(tracker.facts) == without_extensions(after)
    assert sorted(compose(told)) == sorted(seen)
    assert without_extensions(follower.facts) == without_extensions(after)


def _of_extension(key: FactKey) -> bool:
    return key.kind.endswith(" on extension member")


def without_extensions(facts: Mapping[FactKey, str]) -> dict[FactKey, str]:
    return {key: value for key, value in facts.items() if not _of_extension(key)}


def test_there_are_enough_pairs_of_every_kind() -> None:
    assert len(PAIRS) >= 400 and len({pair.name for pair in PAIRS}) == len(PAIRS)
    assert len(SAME) >= 110 and len({same.name for same in SAME}) == len(SAME)


@pytest.mark.parametrize("same", SAME, ids=lambda same: same.name)
def test_another_writing_or_history_is_silent(base: psycopg.Connection[Any], same: Same) -> None:
    found = []
    for side in (same.left, same.right):
        base.execute("BEGIN")
        try:
            base.execute(side.encode())
            found.append(snapshot(base, PLAIN))
        finally:
            base.execute("ROLLBACK")
    assert difference(*found) == ()


def test_of_not_null_only_names_that_somebody_gave_are_told_and_where_every_server_has_them(
    base: psycopg.Connection[Any],
) -> None:
    found = {}
    for name, sql in {
        "plain": "CREATE TABLE w (a int NOT NULL)",
        "renamed": "CREATE TABLE v (b int NOT NULL); ALTER TABLE v RENAME b TO a; ALTER TABLE v RENAME TO w",
        "like": "CREATE TABLE u (a int NOT NULL); CREATE TABLE w (LIKE u); DROP TABLE u",
        "named": "CREATE TABLE w (a int CONSTRAINT needed NOT NULL)",
    }.items():
        base.execute("BEGIN")
        try:
            base.execute(sql.encode())
            for floor in (17, 18):
                found[name, floor] = snapshot(base, dataclasses.replace(PLAIN, floor=floor))
        finally:
            base.execute("ROLLBACK")
    for same in (("renamed", 17), ("renamed", 18), ("like", 18), ("named", 17)):
        assert found[same] == found["plain", same[1]]
    (told,) = {change.key.object for change in difference(found["plain", 18], found["named", 18])}
    assert str(told) == "constraint app.w.needed"


@pytest.mark.parametrize("major", [major for major in MAJORS if major != 18])
def test_facts_are_the_same_on_every_major(pg_server: Server, major: int) -> None:
    found = []
    for server in (pg_server(major), pg_server(18)):
        with new_database(server) as scratch:
            make(scratch, BASE + WIDE)
            with scratch.connect() as connection:
                found.append(snapshot(connection, ACROSS))
    older, newest = found
    assert unlike(["extension citext · version"], [c.key for c in difference(older, newest)])[0] == []
    assert len(older) > 800


def test_the_schema_over_the_majors_holds_what_they_print_differently(pg_server: Server) -> None:
    texts = []
    for server in (pg_server(15), pg_server(18)):
        with new_database(server) as scratch, scratch.connect() as connection:
            make(scratch, BASE + WIDE)
            connection.execute("SET search_path = ''")
            query = "SELECT viewname, definition FROM pg_views WHERE schemaname = 'app'"
            texts.append(dict(connection.execute(query).fetchall()))
    older, newer = texts
    unlike_views = {name for name, text in older.items() if text != newer[name]}
    assert len(unlike_views) > 15 and len(older) > 40
    assert {name for name in older if canonical_view(older[name]) != newer[name]} <= {"keywords"}


@pytest.mark.parametrize("major", [15, 18])
def test_facts_survive_dump_and_restore(pg_server: Server, major: int) -> None:
    server, binaries = pg_server(major), binaries_of(major)
    assert binaries is not None
    tools = binaries.bindir
    if not (tools / "pg_dump").exists():
        pytest.skip(f"no pg_dump of {major} beside the server's programs")
    connection_options = ["-h", server.host, "-p", str(server.port), "-U", server.superuser]
    with new_database(server) as first, new_database(server) as second, new_database(server) as third:
        make(first, BASE + WIDE)
        found = []
        for scratch, copy in ((first, second), (second, third), (third, None)):
            with scratch.connect() as connection:
                found.append(snapshot(connection, PLAIN))
            if copy is None:
                break
            dump = subprocess.run(
                [tools / "pg_dump", *connection_options, scratch.name], capture_output=True, check=True
            )
            with copy.connect() as connection:
                replay_dump(connection, tools, connection_options, copy.name, dump.stdout)
    assert difference(found[0], found[1]) == ()
    assert difference(found[0], found[2]) == ()


def replay_dump(
    connection: psycopg.Connection[Any], tools: Path, options: list[str], database: str, dump: bytes
) -> None:
    connection.close()  # psql alone reads a dump: it has COPY data and psql's own commands in it
    done = subprocess.run(
        [tools / "psql", *options, "-X", "-q", "-v", "ON_ERROR_STOP=1", database],
        input=dump,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_what_dump_and_restore_changes_is_there(pg_server: Server) -> None:
    """Without the canonical form the restored expression is another text."""
    with new_database(pg_server(18)) as scratch, scratch.connect() as connection:
        connection.execute("CREATE TABLE t (a varchar CHECK (a IN ('x', 'y')))")
        query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname LIKE 't_a_check%'"
        (first,) = connection.execute(query).fetchone() or ("",)
        connection.execute(f"CREATE TABLE u (a varchar, CONSTRAINT t_a_check2 {first})".encode())
        texts = {text for (text,) in connection.execute(query).fetchall()}
    assert len(texts) == 2
