"""The Time Travel bookmarks that landed took on this machine, and what the database held then.

They are kept beside the cache, one file per remote database, newest last: never in the user's project or
database. They are a convenience; a bookmark that was printed works without them.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.core.ledger import LedgerRow
from landed.engines.live import LiveState, SchemaRow
from landed.engines.undo import Remembered

if TYPE_CHECKING:
    from landed.engines.d1.lookup import Place
    from landed.engines.d1.target import RemoteD1Target

KEPT = 20
_LONGEST_DAYS = 30
"""Time Travel goes no further back, 7 days on the free plan (developers.cloudflare.com/d1/reference/
time-travel)."""


def remember(
    target: RemoteD1Target,
    bookmark: str,
    command: str,
    files: Sequence[str] = (),
    state: LiveState | None = None,
) -> None:
    """Write a bookmark down before the first write. What cannot be written is not remembered: no error.

    ``state`` is what the database held then; by default what was read of it last.
    """
    state = state or target.state
    if state is not None:
        entry = Remembered(bookmark, time.time(), command, tuple(files), state)
        _write(target, [*remembered(target), entry][-KEPT:])


def remembered(target: RemoteD1Target) -> list[Remembered]:
    """The bookmarks of this database that can still be restored, oldest first."""
    oldest = time.time() - _LONGEST_DAYS * 86400
    try:
        entries = json.loads(_path(target.connected.place).read_text(encoding="utf-8"))
        found = [_entry(entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [entry for entry in found if entry.taken >= oldest]


def forget_from(target: RemoteD1Target, bookmark: str) -> None:
    """Drop a bookmark that was restored, and the later ones: they are not the way back any more."""
    known = remembered(target)
    index = next((i for i, entry in enumerate(known) if entry.bookmark == bookmark), None)
    if index is not None:
        _write(target, known[:index])


def _path(place: Place) -> Path:
    from landed.engines.cache import cache_dir

    name = hashlib.sha256(f"{place.account}/{place.database}".encode()).hexdigest()[:24]
    return cache_dir() / "bookmarks" / f"{name}.json"


def _write(target: RemoteD1Target, entries: Sequence[Remembered]) -> None:
    path = _path(target.connected.place)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps([_stored(e) for e in entries]), encoding="utf-8")
        os.replace(temporary, path)
    except OSError:
        return


def _stored(entry: Remembered) -> dict[str, Any]:
    ledger = entry.state.ledger
    return {
        "bookmark": entry.bookmark,
        "taken": entry.taken,
        "command": entry.command,
        "files": list(entry.files),
        "ledger": None if ledger is None else [list(row) for row in ledger],
        "schema": [list(row) for row in entry.state.rows],
    }


def _entry(stored: dict[str, Any]) -> Remembered:
    ledger = stored["ledger"]
    state = LiveState(
        True,
        tuple(SchemaRow(*row) for row in stored["schema"]),
        None if ledger is None else tuple(LedgerRow(*row) for row in ledger),
    )
    files = tuple(map(str, stored["files"]))
    return Remembered(str(stored["bookmark"]), float(stored["taken"]), str(stored["command"]), files, state)
