"""What landed promises, on remote D1, a stand-in of Cloudflare's API over the real engine."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.worlds.promises import cells, keep


@pytest.mark.parametrize(("target", "promise"), cells("d1-remote"))
def test_promise(places: Callable[[str], Any], tmp_path: Path, target: str, promise: dict[str, Any]) -> None:
    with contextlib.closing(places(target)(tmp_path)) as place:
        keep(place, target, promise)
