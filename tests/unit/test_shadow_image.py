"""The serialised shadow: the next replay goes on from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from landed.core.migration import Migration
from landed.engines.cache import Cache
from landed.engines.sqlite.shadow.replay import Replayer
from landed.engines.sqlite.shadow.timeline import timeline
from landed.engines.sqlite.sql import split as dialect


def migration(number: int, text: str) -> Migration:
    name = f"{number:04}_x.sql"
    return Migration(name, f"{number:04}", name, text, dialect.parse)


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
def test_a_shadow_can_be_continued_from_its_image(mode: str) -> None:
    first = Replayer(mode)
    first.replay(migration(1, "CREATE TABLE t (a INTEGER PRIMARY KEY); CREATE INDEX i ON t (a);"))
    image = first.image()
    facts = first.facts
    first.close()
    second = Replayer(mode, image=image)
    try:
        assert second.facts == facts
        assert not second.replay(migration(2, "ALTER TABLE t ADD COLUMN b TEXT;")).failed
    finally:
        second.close()


def test_what_no_fact_tells_of_a_database_is_told_by_its_statement() -> None:
    file = "PRAGMA user_version = 3; PRAGMA user_version; CREATE TABLE t (a); PRAGMA application_id = 7;"
    first = Replayer("sqlite")
    step = first.replay(migration(1, file))
    second = Replayer("sqlite", image=first.image())
    again = second.replay(migration(2, "PRAGMA user_version = 3; PRAGMA user_version = 4;"))
    first.close()
    second.close()
    assert [trace.blind for trace in step.traces] == [("user_version",), (), (), ("application_id",)]
    assert [trace.blind for trace in again.traces] == [(), ("user_version",)]


@pytest.mark.parametrize("mode", ["d1", "sqlite"])
def test_only_new_files_are_replayed(mode: str, tmp_path: Path) -> None:
    history = [migration(1, "CREATE TABLE t (a);"), migration(2, "ALTER TABLE t ADD COLUMN b;")]
    cache = Cache(tmp_path)
    try:
        timeline(mode, None, history, cache=cache)
        replayed: list[str] = []
        steps = timeline(
            mode,
            None,
            [*history, migration(3, "ALTER TABLE t ADD COLUMN c;")],
            cache=cache,
            progress=lambda done, total, name: replayed.append(name),
        )
    finally:
        cache.close()
    assert replayed == ["0003_x.sql"]
    assert not any(step.failed for step in steps)
