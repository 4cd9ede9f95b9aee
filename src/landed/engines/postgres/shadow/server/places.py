"""Where throw-away servers keep their data: in memory where there is room, else with the cache or in /tmp."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from landed.core.errors import CannotKnow, Code
from landed.engines.cache import cache_dir

ROOM = 768 * 1024 * 1024
"""Bytes that must be free on /dev/shm before a server is put there; containers often have 64 MB."""

LONGEST_SOCKET = 90
"""Bytes of a socket's path that every system takes (Linux 107, macOS 103), less the name of the socket."""


def base_dir(*, shared_with_nobody: bool) -> Path:
    """The folder of this user's servers: owned by the user, writable by nobody else.

    ``LANDED_SHADOW_DIR`` overrides the choice. With ``shared_with_nobody`` another user has to reach
    it, so a folder below a private home does not do. Raises :class:`CannotKnow` when there is none.
    """
    own = os.environ.get("LANDED_SHADOW_DIR")
    if own:
        places = [Path(own)]
    else:
        mine = f"landed-{os.geteuid()}"
        memory = Path("/dev/shm")
        places = [memory / mine] if _roomy(memory) else []
        if not shared_with_nobody:
            places.append(cache_dir() / "postgres")
        places += [Path(tempfile.gettempdir()) / mine, Path("/tmp") / mine]
    for place in places:
        if _claim(place, shared_with_nobody) and len(os.fsencode(place)) + 24 < LONGEST_SOCKET:
            return place
    raise CannotKnow(
        "there is no folder for a throw-away Postgres",
        code=Code.SHADOW,
        details=tuple(f"not usable: {place}" for place in places),
        next="set LANDED_SHADOW_DIR to a short path that you can write to",
    )


def _roomy(folder: Path) -> bool:
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK) and found.f_bavail * found.f_frsize >= ROOM


def _claim(place: Path, shared: bool) -> bool:
    """Make a folder, or take one that is there, if it is really ours: these places are open to everybody."""
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return False
        wanted = 0o711 if shared else 0o700
        if stat.S_IMODE(found.st_mode) != wanted:
            place.chmod(wanted)
        return os.access(place, os.W_OK | os.X_OK) and (not shared or _open_to_all(place))
    except OSError:
        return False


def _open_to_all(place: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (place, *place.resolve().parents))
