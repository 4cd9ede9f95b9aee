"""A hostile server in the place of Cloudflare's API: whatever it sends ends in a clear error, within bounds.

Nothing is written anywhere, nobody else is reached, the token is shown nowhere, no error is a defect's, and
the next command on a healthy server works.
"""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from landed.core.errors import CannotKnow, LandedError
from landed.engines.d1.api_errors import Unsure
from support import ROOT
from support.servers.d1_wire import UUID, Asked
from support.servers.hostile_api import Bytes, Hostile, envelope, http
from support.servers.hostile_attacks import (
    ALL,
    COMMANDS,
    LIES,
    ONE,
    PATH,
    TARGET,
    aimed,
    api,
    body,
    held,
    landed_in,
    project,
    sends,
    works_again,
    writes,
)
from support.walls.escaping import Canary


@pytest.fixture
def canary() -> Iterator[Canary]:
    with Canary() as made:
        yield made


PAIRS = [(name, list(COMMANDS)[at % len(COMMANDS)]) for at, name in enumerate(ALL)]


def reads(sql: str) -> bool:
    """Whether a statement of landed's own writes nothing, whoever runs it."""
    return sql.startswith(("SELECT", "EXPLAIN ")) or sql == "PRAGMA foreign_keys"


@pytest.mark.parametrize(("name", "command"), PAIRS, ids=[f"{n}-{c}" for n, c in PAIRS])
def test_a_command_ends_in_a_clear_error(
    api_world: Path, hostile: Hostile, canary: Canary, name: str, command: str
) -> None:
    hostile.healthy()
    hostile.attack = aimed(ALL[name], canary)
    words = COMMANDS[command]
    answer = landed_in(api_world, hostile)(*TARGET, *words, code=None)
    held(answer, canary)
    assert answer.code == 3, answer
    sent = [sql for asked in hostile.asked if isinstance(asked.body, dict) for sql in asked.sql]
    assert not [sql for sql in sent if not reads(sql)], "nothing is written on such a ground"
    works_again(api_world, hostile)


@pytest.mark.parametrize("when", ["before it is processed", "after it was processed"])
@pytest.mark.parametrize(
    "name",
    ["a body that drips", "a gzip bomb", "chunks without end", "nothing", "another host", "lists in lists",
     "no result", "success and an error", "one result less", "columns of another schema",
     "results that are null"],
)  # fmt: skip
def test_of_a_write_the_truth_is_told(tmp_path: Path, canary: Canary, name: str, when: str) -> None:
    """The answer to the one request that writes: what landed says is what the database has."""
    folder = project(tmp_path, database_id=UUID)
    with Hostile() as server:
        attack = aimed(ALL[name], canary)

        def attacking(asked: Asked, server: Hostile) -> Bytes:
            # Some attacks change a healthy answer, and so have it made: those process the request.
            if when.startswith("after") and name not in LIES:
                server.wire.answer(asked)
            return attack(asked, server)

        server.attack = attacking
        server.aims_at = writes
        answer = landed_in(folder, server)(*TARGET, "apply", "--yes", code=None)
        held(answer, canary)
        assert sum(map(writes, server.asked)) == 1, "a write is sent once"
        there = bool(server.wire.execute("SELECT name FROM sqlite_master WHERE name = 'a'"))
        assert there == (when.startswith("after") or name in LIES)
        assert answer.code == (0 if there else 1), answer
        server.healthy()
        expected = "ok" if there else "pending"
        assert landed_in(folder, server)(*TARGET, "status").standings() == {"0001_a.sql": expected}


@pytest.mark.parametrize(
    "after", ["1000000000", "-5", "1e309", "nan", "Fri, 31 Dec 9999 23:59:59 GMT", "x" * 5000, "9" * 5000, ""]
)
def test_how_long_it_is_waited_is_not_the_servers_choice(hostile: Hostile, after: str) -> None:
    hostile.healthy()
    slept: list[float] = []
    hostile.attack = body(b"{}", f"retry-after: {after}", status=429)
    with pytest.raises(CannotKnow, match="limits how often"):
        api(hostile, sleep=slept.append).read(PATH, ONE, what="it")
    assert sum(slept) <= 310
    assert len(hostile.asked) <= 4


def test_errors_without_end_are_asked_about_three_times(hostile: Hostile) -> None:
    hostile.healthy()
    hostile.attack = body(b"{}", status=503)
    with pytest.raises(Unsure):
        api(hostile).read(PATH, ONE, what="it")
    assert len(hostile.asked) == 3


def test_a_connection_that_is_closed_at_every_byte(hostile: Hostile) -> None:
    hostile.healthy()
    whole = http(envelope([{"results": [{"one": 1}]}]))
    for length in range(len(whole)):
        hostile.attack = sends(whole[:length])
        with pytest.raises(Unsure):
            api(hostile).write(PATH, ONE, what="it")
    hostile.attack = sends(whole)
    assert api(hostile).write(PATH, ONE, what="it") == [{"results": [{"one": 1}]}]


def test_answers_with_bytes_changed_are_answers_or_errors(hostile: Hostile) -> None:
    chance = random.Random(1)
    whole = http(envelope([{"results": [{"one": 1, "two": "é\ud83d\ude00"}], "success": True, "meta": {}}]))
    hostile.healthy()
    for _ in range(400):
        made = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            made[chance.randrange(len(made))] = chance.choice(b'[]{}":,\\u0d9eE-+. \r\n\xff\x00')
        hostile.attack = sends(bytes(made))
        with contextlib.suppress(LandedError):
            api(hostile, seconds=5).write(PATH, ONE, what="it")


BOUNDED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (900_000_000, 900_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from landed.engines.d1.api import Api
from landed.engines.d1.api_errors import Unsure
from landed.engines.d1.auth import Credentials
api = Api(sys.argv[1], lambda: Credentials("token", "x", "s3cr3t-T0ken"), seconds=30.0)
try:
    api.write("/x", {}, what="it")
except Unsure as error:
    print(error.message)
"""


@pytest.mark.parametrize(
    "name", ["a gzip bomb", "a gzip bomb in chunks", "a body without end", "chunks without end",
             "provisional answers without end", "a header of megabytes", "two million lists"]
)  # fmt: skip
def test_memory_and_bytes_are_bounded(hostile: Hostile, name: str) -> None:
    hostile.healthy()
    hostile.attack = ALL[name]
    env = {"PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, hostile.url], env=env, capture_output=True, text=True
    )
    assert done.stdout.startswith("The answer from Cloudflare was lost"), done
    assert hostile.sent < 80_000_000
