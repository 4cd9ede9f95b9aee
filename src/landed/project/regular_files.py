"""The one place through which a project's files are opened: regular files, of a bounded size, inside of it.

A repository can hold what is no file (a pipe that never ends an ``open``, a device, a link to somebody's
keys). It is refused before a byte of it is read, and nothing is ever written through a link.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from functools import lru_cache
from pathlib import Path

from landed.core.errors import ConfigError

CONFIG_BYTES = 4 * 1024 * 1024
"""The largest configuration file (also ``.env``, the lock file) that is read."""
LOCK_BYTES = 16 * 1024 * 1024
"""The largest lock file that is read."""
SQL_BYTES = 64 * 1024 * 1024
"""The largest SQL file that is read."""
SQL_BYTES_IN_ALL = 512 * 1024 * 1024
"""How much SQL one folder may hold."""

_CHUNK = 1 << 16
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_IS_LINK = frozenset({errno.ELOOP, getattr(errno, "EMLINK", errno.ELOOP)})
_CONFIGURATIONS = (
    "wrangler.json",
    "wrangler.jsonc",
    "wrangler.toml",
    "landed.toml",
    "supabase",
    "pyproject.toml",
    "package.json",
)
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a link"),
)


def read(
    path: Path | str, shown: str, *, most: int = CONFIG_BYTES, links: bool = True, anywhere: bool = False
) -> bytes:
    """The bytes of a regular file.

    ``shown`` names it in errors. A symbolic link is followed where it stays inside the project, not at all
    without ``links``, and wherever it leads with ``anywhere`` (for what a person named). Raises ConfigError
    for what is no regular file, too large, or a link that is not followed; OSError as ``open`` does.
    """
    fd = _open(str(path), shown, links, anywhere)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise not_regular(shown, found.st_mode)
        if found.st_size > most:
            raise too_large(shown, most)
        data = os.read(fd, _CHUNK)
        if len(data) == _CHUNK:
            parts, length = [data], _CHUNK
            while part := os.read(fd, _CHUNK):
                parts.append(part)
                length += len(part)
                if length > most:
                    break
            data = b"".join(parts)
        if len(data) > most:  # its size said less
            raise too_large(shown, most)
    finally:
        os.close(fd)
    return data


def _open(path: str, shown: str, links: bool, anywhere: bool) -> int:
    try:
        if not _NO_LINK and os.path.islink(path):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        return os.open(path, _FLAGS | _NO_LINK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise ConfigError(f"{shown} is a socket, no regular file", where=shown) from None
        if error.errno not in _IS_LINK:
            raise
    if not links:
        raise ConfigError(
            f"{shown} is a link, which landed does not follow here",
            next="put the file itself in its place",
            where=shown,
        )
    end = os.path.realpath(path)
    if not anywhere:
        stay_inside(path, shown)
    try:
        return os.open(end, _FLAGS | _NO_LINK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise ConfigError(f"{shown} is a socket, no regular file", where=shown) from None
        if error.errno in _IS_LINK:
            raise ConfigError(f"{shown} is a link that leads in a circle", where=shown) from None
        raise


def stay_inside(path: Path | str, shown: str, project: Path | None = None) -> None:
    """Raises ConfigError where following the links in a path leads out of the project that it is in.

    ``project`` is a folder of the project; without it, the path's own.
    """
    folder = os.path.dirname(os.path.abspath(path)) if project is None else os.path.abspath(project)
    root = project_root(folder)
    end = os.path.realpath(path)
    if end != root and not end.startswith(root.rstrip(os.sep) + os.sep):
        raise ConfigError(
            f"{shown} leads out of the project: it is, or lies behind, a link to elsewhere"
            if project is None
            else f"{shown} lies outside of the project",
            details=[f"the project: {root}"],
            next="put the file itself in its place; what lies elsewhere only you may name, by an option or "
            "in the environment",
            where=shown,
        )


@lru_cache(maxsize=64)
def project_root(folder: str) -> str:
    """The project that a folder is in: the nearest repository, else the nearest configuration, else itself.

    A folder that is reached through a link is no project of its own: the link may be the repository's.
    """
    marked = outermost = ""
    at = os.path.abspath(folder)
    while True:
        repository = os.path.lexists(os.path.join(at, ".git"))
        if repository or any(os.path.lexists(os.path.join(at, name)) for name in _CONFIGURATIONS):
            outermost = at
            if os.path.realpath(at) == at:
                if repository:
                    return at
                marked = marked or at
        parent = os.path.dirname(at)
        if parent == at:
            return marked or os.path.realpath(outermost or folder)
        at = parent


def look_at(path: Path, shown: str, most: int) -> None:
    """Refuse what :func:`read` without links would refuse, reading nothing; what is not there is nothing."""
    with contextlib.suppress(OSError):
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            raise not_regular(shown, found.st_mode)
        if found.st_size > most:
            raise too_large(shown, most)


def look_at_database(path: Path) -> None:
    """Refuse a database that is no regular file, or whose journal beside it is none: SQLite would follow it.

    Raises ConfigError. The database itself may be a link: who named it decides (see :func:`stay_inside`).
    """
    with contextlib.suppress(OSError):
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            raise not_regular(str(path), mode)
    real = os.path.realpath(path)
    for suffix in ("-wal", "-shm", "-journal"):
        for beside in {f"{path}{suffix}", f"{real}{suffix}"}:
            with contextlib.suppress(OSError):
                mode = os.lstat(beside).st_mode
                if not stat.S_ISREG(mode):
                    raise not_regular(beside, mode)


def write(path: Path, data: bytes, shown: str) -> None:
    """Write a file in one step: a new one takes its name, and its mode. Nothing is written through a link.

    Raises ConfigError where what is there is a link or no regular file, OSError.
    """
    mode = _mode(path, shown)
    temporary, fd = _beside(path)
    try:
        with open(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def try_to_write(path: Path, shown: str) -> None:
    """Whether :func:`write` could write this file now: what it does first is done, and undone.

    Raises ConfigError where what is there is a link or no regular file, OSError.
    """
    _mode(path, shown)
    temporary, fd = _beside(path)
    os.close(fd)
    os.unlink(temporary)


def _mode(path: Path, shown: str) -> int | None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise not_regular(shown, mode)
    return mode


def _beside(path: Path) -> tuple[str, int]:
    """A new file in the same folder, open for writing."""
    temporary = f"{path.parent}{os.sep}.{path.name}.{secrets.token_hex(6)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | _NO_LINK
    return temporary, os.open(temporary, flags, 0o666)


def not_regular(shown: str, mode: int) -> ConfigError:
    """The error for what is there instead of a file."""
    kind = next((words for test, words in _KINDS if test(mode)), "something else")
    return ConfigError(
        f"{shown} is {kind}, no regular file: it is not touched",
        where=shown,
        next="move it away, then run the same command again",
    )


def too_large(shown: str, most: int) -> ConfigError:
    """The error for a file beyond its bound."""
    return ConfigError(
        f"{shown} is larger than {most >> 20} MB, which is the most that is read of such a file", where=shown
    )
