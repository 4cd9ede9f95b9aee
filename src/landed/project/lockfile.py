"""``landed.lock``: the hashes of applied migrations, committed so that later edits are seen."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from landed.core.errors import CannotKnow, ConfigError, Where
from landed.core.next import LOCK, Next
from landed.project.files import order_key
from landed.project.regular_files import LOCK_BYTES, read, try_to_write, write

VERSION = 1
_HEADER = re.compile(r"landed-lock (\d+) (\S+)")
_ALGORITHM = "sha256-normalised"
_ENTRY = re.compile(r"sha256:([0-9a-f]{64}) (.+)")
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_INTRODUCTION = (
    "# Hashes of applied SQL migrations, without comments and white space. Commit this file.\n"
    "# It is written by landed apply and landed lock.\n"
)
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Lock:
    """The content of a lock file: migrations folder → migration name → digest (sha256, hex).

    Folders are relative to the lock file's own folder, with ``/``; several databases that share a
    folder share its section.
    """

    folders: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def digest_for(self, folder: str, name: str) -> str | None:
        """The digest that was recorded for a migration, or ``None``."""
        return self.folders.get(folder, _NOTHING).get(name)

    def entries(self, folder: str) -> Mapping[str, str]:
        """All migrations recorded for a folder, name → digest."""
        return self.folders.get(folder, _NOTHING)

    def with_entries(self, folder: str, digests: Mapping[str, str]) -> Lock:
        """A lock in which these migrations have these digests; others stay."""
        return Lock({**self.folders, folder: {**self.entries(folder), **digests}})

    def without(self, folder: str, names: Iterable[str]) -> Lock:
        """A lock in which these migrations are not mentioned."""
        gone = set(names)
        kept = {name: digest for name, digest in self.entries(folder).items() if name not in gone}
        return Lock({**self.folders, folder: kept})


def folder_key(lock_path: Path, directory: Path) -> str:
    """The name of a migrations folder inside a lock file: relative to it, with ``/``."""
    try:
        return os.path.relpath(directory, lock_path.parent).replace(os.sep, "/")
    except ValueError:
        return directory.as_posix()


def read_lock(path: Path) -> Lock:
    """Read a lock file; one that does not exist is empty.

    Raises ConfigError with the line for merge conflicts, broken lines, two different hashes for one
    migration and files of a newer version; CannotKnow when the file cannot be read.
    """
    try:
        data = read(path, str(path), most=LOCK_BYTES, links=False)
    except FileNotFoundError:
        return Lock()
    except OSError as error:
        raise CannotKnow(
            f"{path} cannot be read: {error.strerror}",
            where=Where(str(path)),
            next="make it readable, or name another file: lock in landed.toml",
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path.name} is not valid UTF-8", where=Where(str(path), line)) from None
    return parse_lock(text, str(path))


def parse_lock(text: str, shown: str = "landed.lock") -> Lock:
    """The lock that a text describes; ``shown`` names it in errors. Raises ConfigError."""
    folders: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    seen_at: dict[tuple[int, str], int] = {}
    has_header = False
    for number, line in enumerate(text.splitlines(), 1):
        where = Where(shown, number)
        if line.startswith(_CONFLICT):
            raise ConfigError(
                f"{os.path.basename(shown)} has an unresolved merge conflict",
                next=Next(
                    "keep the lines of both sides (their order does not matter), then: ", LOCK.afterwards()
                ),
                where=where,
            )
        if not line.strip() or line[0] == "#":
            continue
        if not has_header:
            _check_header(line, where)
            has_header = True
        elif line[0] == "[" and line[-1] == "]":
            current = folders.setdefault(_unquoted(line[1:-1], where), {})
        else:
            entry = _ENTRY.fullmatch(line)
            if entry is None:
                raise ConfigError("neither a [folder] nor a sha256:… name", where=where)
            if current is None:
                raise ConfigError("an entry before the first [folder]", where=where)
            name = _unquoted(entry[2], where)
            line_before = seen_at.setdefault((id(current), name), number)
            if current.setdefault(name, entry[1]) != entry[1]:
                raise ConfigError(
                    f"{name} has two different hashes (the other one is in line {line_before})",
                    next=Next(
                        "remove the one that is not what was applied, or both, then: ", LOCK.afterwards()
                    ),
                    where=where,
                )
    if folders and not has_header:
        raise ConfigError("the version line is missing", where=Where(shown, 1))
    return Lock(folders)


def _check_header(line: str, where: str) -> None:
    header = _HEADER.fullmatch(line)
    if header is None:
        raise ConfigError("this is no lock file of landed: the version line is missing", where=where)
    if int(header[1]) > VERSION or header[2] != _ALGORITHM:
        raise ConfigError(
            f'the lock file has the format "{line}", which a newer landed wrote',
            next="update landed",
            where=where,
        )


def render(lock: Lock) -> str:
    """The text of a lock file: one line per migration, folders by name, files in their order."""
    parts = [_INTRODUCTION, f"landed-lock {VERSION} {_ALGORITHM}\n"]
    for folder in sorted(lock.folders):
        entries = lock.folders[folder]
        if entries:
            parts.append(f"\n[{_quoted(folder)}]\n")
            parts += [f"sha256:{entries[name]} {_quoted(name)}\n" for name in sorted(entries, key=order_key)]
    return "".join(parts)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold off other runners while a lock file is read, changed and written.

    The lock is on the folder itself, so that nothing is left behind; where the system has no such lock
    (Windows, some network file systems) two runners at one moment may lose an entry, which the next run adds.
    """
    try:
        import fcntl

        held = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def write_lock(path: Path, lock: Lock) -> bool:
    """Write a lock file in one step, or leave it alone when it already says this.

    A link is neither followed nor replaced; the file keeps its mode. Returns whether the file was changed.
    Raises ConfigError for what is no regular file, CannotKnow when it cannot be written.
    """
    data = render(lock).encode()
    try:
        with contextlib.suppress(FileNotFoundError):
            if read(path, str(path), most=LOCK_BYTES, links=False) == data:
                return False
        write(path, data, str(path))
    except OSError as error:
        raise CannotKnow(f"{path} cannot be written: {error.strerror}", where=Where(str(path))) from None
    return True


def check_writable(path: Path) -> None:
    """Raises CannotKnow, ConfigError where :func:`write_lock` would fail: before anything else is written."""
    try:
        try_to_write(path, str(path))
    except OSError as error:
        raise CannotKnow(
            f"The lock file {path} cannot be written: {error.strerror}",
            details=["What is applied is written down there. Nothing was changed."],
            where=Where(str(path)),
            next="make its folder writable, or name another file: lock in landed.toml",
        ) from None


def _quoted(name: str) -> str:
    """A name as it stands, or as a JSON string where a line could not hold it otherwise."""
    plain = name.isprintable() and name == name.strip() and name[:1] != '"'
    return name if plain else json.dumps(name)


def _unquoted(text: str, where: str) -> str:
    if text[:1] != '"':
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        raise ConfigError("a quoted name that is not valid", where=where) from None
