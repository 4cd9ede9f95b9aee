"""What landed promises, on Postgres, the oldest and the newest major."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.worlds.promises import cells, keep


@pytest.mark.parametrize(("target", "promise"), cells("postgres-15", "postgres-18"))
def test_promise(places: Callable[[str], Any], tmp_path: Path, target: str, promise: dict[str, Any]) -> None:
    with contextlib.closing(places(target)(tmp_path)) as place:
        keep(place, target, promise)
