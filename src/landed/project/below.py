"""Configurations in the folders below: what is meant by somebody who stands in a monorepo's root."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from landed.core.next import Next, landed
from landed.project.config_search import CONFIG_NAMES
from landed.project.supabase_search import CONFIG, MIGRATIONS

_DEEPEST, _FOLDERS, _ENTRIES, _MOST = 4, 1_000, 20_000, 6
"""Levels below, folders and entries that are looked at, and places that are named. It is help, no search."""
_PASSED_OVER = frozenset({
    "node_modules", "vendor", "dist", "build", "out", "target", "coverage", "__pycache__", "venv",
})  # fmt: skip
_OWN = "landed.toml"
_KINDS = {**dict.fromkeys(CONFIG_NAMES, "d1"), _OWN: "landed"}

EVERY = frozenset({"d1", "supabase", "landed", "migrations"})
"""What can be looked for: configurations of each kind, and folders called migrations with SQL files."""


class Below(NamedTuple):
    """A place below: its folder, what was found in it (a file's name), and its kind, one of ``EVERY``."""

    folder: Path
    file: str
    kind: str


def find_below(start: Path, kinds: Collection[str] = EVERY) -> list[Below]:
    """The nearest places below a folder, by depth and name. No link is followed; hidden folders, those of
    installed packages and of build results are passed over. Bounded: it may miss some."""
    found: list[Below] = []
    waiting = deque([(os.path.abspath(start), 0)])
    folders = entries = 0
    while waiting and len(found) < _MOST and folders < _FOLDERS and entries < _ENTRIES:
        folder, depth = waiting.popleft()
        folders += 1
        files, inner, seen = _look(folder, _ENTRIES - entries)
        entries += seen
        here = _configurations(folder, files, inner)
        if depth and (here := [b for b in here if b.kind in kinds]):
            found += here[:1]
            continue
        if depth < _DEEPEST:
            waiting.extend((os.path.join(folder, name), depth + 1) for name in sorted(inner))
    return found


def _look(folder: str, most: int) -> tuple[set[str], set[str], int]:
    """Names of the files and of the folders that count, links left out; how many entries were seen."""
    files: set[str] = set()
    inner: set[str] = set()
    seen = 0
    try:
        with os.scandir(folder) as entries:
            for seen, entry in enumerate(entries, 1):
                if seen > most:
                    break
                if entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith(".") and entry.name not in _PASSED_OVER:
                        inner.add(entry.name)
                elif entry.is_file(follow_symlinks=False):
                    files.add(entry.name)
    except OSError:
        pass  # a folder that nobody may read helps nobody
    return files, inner, seen


def _configurations(folder: str, files: Collection[str], inner: Collection[str]) -> list[Below]:
    found = [Below(Path(folder), name, kind) for name, kind in _KINDS.items() if name in files]
    if "supabase" in inner:
        for name in (CONFIG, MIGRATIONS):
            path = os.path.join(folder, name)
            if os.path.lexists(path) and not os.path.islink(path):
                found.append(Below(Path(folder), name, "supabase"))
                break
    if os.path.basename(folder) == "migrations" and any(name.endswith(".sql") for name in files):
        found.append(Below(Path(folder), "SQL files", "migrations"))
    return found


def help_below(start: Path, kinds: Collection[str] = EVERY) -> tuple[list[str], Next | None]:
    """What to say in a wrong folder: each place with the command for it, and these as what to do next."""
    places = find_below(start, kinds)
    commands = [
        landed("status", **{"migrations" if place.kind == "migrations" else "project": _shown(place.folder)})
        for place in places
    ]
    if not commands:
        return [], None
    details: list[str] = [Next(c, f"    ({place.file})") for c, place in zip(commands, places, strict=True)]
    first, *others = commands
    choice = "folder" if others else None
    return details, Next(first, *(other.unsaid() for other in others), choice=choice)


def _shown(folder: Path) -> str:
    """A folder as an option takes it: relative to where the command is typed."""
    return os.path.relpath(folder).replace(os.sep, "/")
