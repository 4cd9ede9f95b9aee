"""doctor's look at landed itself: its version, what its engine stands on, the cache."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path

from landed import __version__
from landed.core.check import Check, Level
from landed.engines import engine_class
from landed.engines.cache import cache_dir
from landed.project.target_spec import TargetSpec

_USUAL = "d1:local"
"""The kind of target whose engine is looked at where none is known."""


def examine(start: Path, spec: TargetSpec | None) -> Iterator[Check]:
    """Versions, features under the target's rules, cache folder, the platform's own client."""
    python = f"Python {platform.python_version()}"
    yield Check("landed", "version", "landed", f"{__version__}, {python}, {platform.system()}")
    engine = engine_class(spec.kind if spec is not None else _USUAL)
    yield from engine.software()
    yield _cache()
    yield from engine.clients(start, pattern=spec is not None and spec.migrations_pattern is not None)


def _cache() -> Check:
    folder = cache_dir()
    variable = next((n for n in ("LANDED_CACHE_DIR", "XDG_CACHE_HOME") if os.environ.get(n)), None)
    origin = f"environment {variable}" if variable else "default"
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        return Check(
            "landed", "cache", "cache folder", str(folder), origin, Level.WARNING,
            "it cannot be written to: every command replays all files anew",
            "set LANDED_CACHE_DIR to a folder that you may write to",
        )  # fmt: skip
    return Check("landed", "cache", "cache folder", str(folder), origin)
