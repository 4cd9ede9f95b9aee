"""Where a target is, as people want to read it."""

from __future__ import annotations

import os
from pathlib import Path

from landed.report.target import TargetInfo

_FOLDER = os.path.join("v3", "d1", "miniflare-D1DatabaseObject")


def shown_place(spec: TargetInfo, start: Path) -> str:
    """A database's file, for a remote one its name and the id that the configuration has, for a server's the
    platform's project."""
    if spec.address is not None:
        project = f"project {spec.belongs_to}" if spec.belongs_to else None
        return ", ".join(filter(None, (spec.alias, project)))
    if spec.path is None and spec.database is not None:
        given = (spec.database.name, spec.database.id)
        return "  ".join(value.value for value in given if value is not None)
    return shown_path(spec.path, start)


def named(spec: TargetInfo, start: Path) -> str:
    """Which database, in a sentence: a question, or what was done."""
    place = shown_place(spec, start)
    return f"{spec.label}, {place}" if place else spec.label


def shown_path(path: Path | None, start: Path) -> str:
    """A database file, relative to where the user is if that is shorter.

    The name of a local D1 file (64 hex digits, deep in wrangler's folder) is shortened to what tells it
    from the others; ``landed doctor`` shows the whole.
    """
    if path is None:
        return ""
    relative = os.path.relpath(path, start)
    text = relative if not relative.startswith("..") else str(path)
    folder, name = os.path.split(text)
    if folder.endswith(_FOLDER) and len(name) > 40:
        state = os.path.dirname(folder[: -len(_FOLDER) - 1])
        return os.path.join(state, "…", f"{name[:12]}….sqlite") if state else f"…/{name[:12]}….sqlite"
    return text
