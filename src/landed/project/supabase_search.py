"""Where a Supabase project is: the CLI's way of searching upward."""

from __future__ import annotations

import os
from pathlib import Path

from landed.project.config_search import find_upward

CONFIG = "supabase/config.toml"
MIGRATIONS = "supabase/migrations"


def find_supabase(start: Path) -> Path | None:
    """The nearest folder at or above ``start`` that has a Supabase project in it."""
    found = find_upward(start, CONFIG)
    if found is not None:
        return found.parent.parent
    folder = os.path.abspath(start)
    while True:
        if os.path.isdir(os.path.join(folder, MIGRATIONS)):
            return Path(folder)
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
