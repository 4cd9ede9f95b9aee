"""A throw-away SQLite database that is damaged, full or out of memory: that is no fault of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import compress

import apsw
import pytest

from landed.core.errors import CannotKnow, Code, LimitReached
from landed.core.limits import Limits
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.cache import Cache, chain
from landed.engines.clock import Clock
from landed.engines.sqlite.shadow import replay as replays
from landed.engines.sqlite.shadow.replay import Replayer
from landed.engines.sqlite.shadow.timeline import timeline
from landed.engines.sqlite.sql.split import parse


def file(number: int, text: str) -> Migration:
    return Migration(f"{number:04}_x.sql", f"{number:04}", f"{number:04}_x.sql", text, parse)


ROWS = (
    "INSERT INTO a (name) WITH n (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < 500) "
    "SELECT x FROM n;"
)
FILES = [
    file(1, f"CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT);{ROWS}"),
    file(2, "CREATE INDEX a_name ON a (name);"),
    file(3, "ALTER TABLE a ADD COLUMN more TEXT;UPDATE a SET more = name;"),
]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    kept = Cache(tmp_path / "cache")
    yield kept
    kept.close()


@pytest.fixture(params=["d1", "sqlite"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def replayed(mode: str, files: list[Migration], cache: Cache | None = None, **limits: int) -> list[Step]:
    return timeline(mode, None, files, cache=cache, clock=Clock(Limits(**limits)))


def zeroed(image: bytes) -> bytes:
    """Every page but the first one is empty."""
    return image[:4096] + bytes(len(image) - 4096)


def garbled(image: bytes) -> bytes:
    return image[:4096] + b"\xff" * (len(image) - 4096)


def cut(image: bytes) -> bytes:
    return image[:4096]


def of_nothing(image: bytes) -> bytes:
    return b"no database at all".ljust(len(image), b".")


@pytest.mark.parametrize("damage", [zeroed, garbled, cut, of_nothing], ids=lambda damage: damage.__name__)
def test_a_damaged_image_is_left_and_all_is_replayed(
    mode: str, cache: Cache, damage: Callable[[bytes], bytes]
) -> None:
    sound = replayed(mode, FILES)
    assert not any(step.failures for step in sound)
    replayed(mode, FILES[:2], cache)
    keys = chain(mode, None, FILES)
    image = cache.image(keys[1])
    assert image is not None and cache._db is not None
    with pytest.raises((CannotKnow, apsw.Error)):
        Replayer(mode, image=damage(image)).replay(FILES[2])
    cache._db.execute("UPDATE images SET body = ?", (compress(damage(image)),))
    assert replayed(mode, FILES, cache) == sound
    assert cache.steps(keys) == sound


def test_no_room_and_no_memory_are_no_failure_of_a_file(mode: str, cache: Cache) -> None:
    big = file(2, "CREATE TABLE b AS SELECT zeroblob(1000000) FROM a;")
    with pytest.raises(LimitReached):
        # The limit is the process's: what other databases hold already counts.
        replayed(mode, [FILES[0], big], cache, memory_bytes=apsw.memory_used() + (8 << 20))
    assert cache.steps(chain(mode, None, [FILES[0], big])) == []


FAULTS = [
    apsw.IOError("disk I/O error"),
    apsw.CorruptError("database disk image is malformed"),
    apsw.FullError("database or disk is full"),
    apsw.NoMemError("out of memory"),
]


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("at", ["statement", "commit"])
def test_what_the_engine_fails_with_is_no_failure_of_a_file(
    mode: str, cache: Cache, monkeypatch: pytest.MonkeyPatch, error: apsw.Error, at: str
) -> None:
    # In memory nothing fails to be read; so it is said in the engine's place.
    run = replays.execute

    def fails(connection: apsw.Connection, sql: str, *more: object) -> None:
        if "INDEX" in sql:
            raise error
        run(connection, sql, *more)  # type: ignore[arg-type]

    if at == "statement":
        monkeypatch.setattr(replays, "execute", fails)
    else:
        monkeypatch.setattr(Replayer, "_pending_references", lambda self: (_ for _ in ()).throw(error))
    with pytest.raises(CannotKnow) as caught:
        replayed(mode, FILES, cache)
    assert caught.value.code is Code.SHADOW
    assert cache.steps(chain(mode, None, FILES)) == []
    monkeypatch.undo()
    assert not any(step.failures for step in replayed(mode, FILES, cache))


def test_what_a_module_says_of_its_content_is_the_files_own(mode: str) -> None:
    made = (
        "CREATE TABLE c (id INTEGER PRIMARY KEY, body TEXT);INSERT INTO c VALUES (1, 'one');"
        "CREATE VIRTUAL TABLE f USING fts5(body, content='c', content_rowid='id');"
        "INSERT INTO f (f, rank) VALUES ('integrity-check', 1);CREATE TABLE d (a);"
    )
    (step,) = replayed(mode, [file(1, made)])
    assert [(f.statement, f.code) for f in step.failures] == [(4, "SQLITE_CORRUPT_VTAB")]
