"""Which configuration file is in force: wrangler's way of searching upward."""

from __future__ import annotations

import os
import stat
from pathlib import Path

CONFIG_NAMES = ("wrangler.json", "wrangler.jsonc", "wrangler.toml")
REDIRECT = ".wrangler/deploy/config.json"
"""Where build tools tell ``wrangler deploy`` to use a generated configuration."""


def find_upward(start: Path, name: str) -> Path | None:
    """The nearest file of this name in ``start`` or one of the folders above it."""
    folder = os.path.abspath(start)
    while True:
        path = os.path.join(folder, name)
        try:
            # What is no file there is not passed over: reading it says what it is.
            if not stat.S_ISDIR(os.stat(path).st_mode):
                return Path(path)
        except OSError:
            pass
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def find_config(start: Path) -> Path | None:
    """The file that wrangler would use in ``start``.

    A ``wrangler.json`` anywhere above wins over a ``wrangler.jsonc`` or ``.toml`` nearby: wrangler
    searches upward for one name after the other (wrangler 4.164, findWranglerConfig).
    """
    for name in CONFIG_NAMES:
        found = find_upward(start, name)
        if found:
            return found
    return None


def shadowed_configs(start: Path, used: Path) -> list[Path]:
    """Other configuration files on the way up that lose to ``used``."""
    return [p for p in (find_upward(start, name) for name in CONFIG_NAMES) if p is not None and p != used]
