"""What landed promises, on SQLite files and local D1."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.worlds.promises import HOLDS, KEYS, PROMISES, TARGETS, cells, keep


@pytest.mark.parametrize(("target", "promise"), cells("sqlite-file", "d1-local"))
def test_promise(places: Callable[[str], Any], tmp_path: Path, target: str, promise: dict[str, Any]) -> None:
    with contextlib.closing(places(target)(tmp_path)) as place:
        keep(place, target, promise)


def test_every_promise_is_written_as_the_runner_reads_it() -> None:
    for promise in PROMISES:
        assert promise.keys() <= KEYS, promise["name"]
        for which in ("lacking", "not_kept"):
            assert promise.get(which, {}).keys() <= {*TARGETS, "sqlite", "postgres"}, promise["name"]
        assert any(step.keys() & {"run", *HOLDS} for step in promise["steps"]), promise["name"]
    names = [promise["name"] for promise in PROMISES]
    assert len(set(names)) == len(names)
