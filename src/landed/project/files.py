"""Migration files: which files of a folder are migrations, in which order, and their text."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from landed.core.errors import CannotKnow, ConfigError, Where
from landed.core.flags import Topic
from landed.core.migration import Migration, Note, Parsed
from landed.project.file_notes import journal_notes, numbering_notes, skipped_notes, text_notes
from landed.project.regular_files import SQL_BYTES, SQL_BYTES_IN_ALL, read, too_large

DEFAULT_PATTERN = "*.sql"
DRIZZLE_FOLDERS = "*/migration.sql"
"""The layout of Drizzle 1.x: one folder per migration."""

_NUMBER = re.compile(r"\s*([+-]?[0-9]+)")
_DIGITS = re.compile(r"[0-9]+")
_SPECIAL_IN_GLOBS = frozenset("*?[{(!#")

OrderKey = tuple[tuple[int, float, bytes], ...]


class MigrationSet(NamedTuple):
    """The migrations of one folder in the order in which wrangler applies them.

    ``pattern`` is the glob that was used, relative to ``directory``. ``notes`` are about the folder
    as a whole; what concerns one file is in that migration's own notes.
    """

    directory: Path
    pattern: str
    migrations: tuple[Migration, ...]
    notes: tuple[Note, ...] = ()

    def all_notes(self) -> tuple[Note, ...]:
        """The notes of the folder, then those of its files."""
        return self.notes + tuple(note for migration in self.migrations for note in migration.notes)


def order_key(name: str) -> OrderKey:
    """The sort key of a migration's name (its path below the folder, with ``/``).

    Each path segment is compared by its leading integer, segments without one come last, and ties
    are broken by the text in UTF-16 code units, as JavaScript compares strings (workers-sdk,
    packages/workers-utils/src/d1-migrations.ts, wrangler 4.164).
    """
    return tuple(
        [_segment_key(segment) for segment in name.split("/")] if "/" in name else [_segment_key(name)]
    )


def _segment_key(segment: str) -> tuple[int, float, bytes]:
    number = _NUMBER.match(segment)
    # JavaScript's numbers are floats: above 2**53 neighbours are equal and the text decides.
    return (
        (0, float(number[1]), segment.encode("utf-16-be"))
        if number
        else (1, 0.0, segment.encode("utf-16-be"))
    )


def version_of(name: str) -> str:
    """The leading digits, as written, of the first path segment that has some, or ``""``."""
    for segment in name.split("/"):
        digits = _DIGITS.match(segment)
        if digits:
            return digits[0]
    return ""


def list_names(directory: Path, pattern: str = DEFAULT_PATTERN) -> list[str]:
    """The names of the migrations in a folder, in wrangler's order; reads no file.

    Like wrangler it takes regular files only (no symbolic links), nothing whose name or folder
    starts with a dot, and enters a folder only if the pattern can match below it.
    Raises ConfigError when the folder is missing, CannotKnow when it cannot be read.
    """
    quick = plain_suffix(pattern)
    if quick is not None:
        names = [e.name for e in _entries(directory) if quick(e.name) and e.is_file(follow_symlinks=False)]
    else:
        names = _walk(directory, pattern)
    try:
        names.sort(key=order_key)
    except UnicodeEncodeError as error:
        shown = error.object.encode("utf-8", "backslashreplace").decode()
        raise ConfigError(f'the file name "{shown}" is not valid UTF-8', where=str(directory)) from None
    return names


def read_migrations(
    directory: Path,
    parse: Callable[[str], Parsed],
    *,
    pattern: str | None = None,
    root: Path | None = None,
    adopt_drizzle: bool = False,
    origin: str = "default",
) -> MigrationSet:
    """Read all migrations of a folder.

    ``pattern`` is a glob relative to the folder (``*.sql`` when ``None``). ``root`` is the folder to
    which ``Migration.file`` is relative. With ``adopt_drizzle`` the layout of Drizzle 1.x is used
    without being configured (for databases that wrangler does not look after). ``origin`` says where
    the folder's name came from and is repeated when it does not exist.
    Raises ConfigError for a missing folder or a file that is not UTF-8, CannotKnow for unreadable ones.
    """
    used = pattern or DEFAULT_PATTERN
    try:
        names = list_names(directory, used)
    except FileNotFoundError:
        raise ConfigError(
            f"there is no migrations folder {directory}",
            details=(f"looked there because of: {origin}",),
            next="create the folder, or say where it is: --migrations DIR",
        ) from None
    notes: list[Note] = []
    if pattern is None:
        nested = _drizzle_folders(directory)
        if nested and not names and adopt_drizzle:
            used, names = DRIZZLE_FOLDERS, list_names(directory, DRIZZLE_FOLDERS)
            notes.append(
                Note(Topic.DRIZZLE_1, f"{len(names)} migrations in Drizzle's folder layout ({used})")
            )
        elif nested:
            notes.append(_drizzle_note(directory, root, len(names)))
    migrations = read_files(directory, names, parse, root)
    notes += numbering_notes(names, version_of)
    notes += skipped_notes(directory, used, set(names))
    notes += journal_notes(directory, names)
    return MigrationSet(directory, used, migrations, tuple(notes))


def read_files(
    directory: Path, names: Iterable[str], parse: Callable[[str], Parsed], root: Path | None
) -> tuple[Migration, ...]:
    """Read these files of a folder, in this order. Raises ConfigError and CannotKnow."""
    base = str(directory)
    shown = base if root is None else _shown(directory, root)
    prefix = "" if shown == "." else f"{shown}/"
    migrations = []
    total = 0
    for name in names:
        file = prefix + name
        data = _read(f"{base}/{name}", file)
        total += len(data)
        if total > SQL_BYTES_IN_ALL:
            raise too_large(shown, SQL_BYTES_IN_ALL)
        text = _decode(data, file)
        version = version_of(name)
        migrations.append(Migration(name, version, file, text, parse, text_notes(name, version, data, text)))
    return tuple(migrations)


def _shown(directory: Path, root: Path) -> str:
    try:
        return os.path.relpath(directory, root).replace(os.sep, "/")
    except ValueError:
        return str(directory)


def plain_suffix(pattern: str) -> Callable[[str], bool] | None:
    """A quick test for patterns of the form ``*.sql``, or ``None`` for every other pattern."""
    suffix = pattern[1:]
    if pattern[:1] != "*" or not suffix or "/" in suffix or not _SPECIAL_IN_GLOBS.isdisjoint(suffix):
        return None
    return lambda name: name.endswith(suffix) and name[0] != "."


def _entries(directory: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as found:
            return list(found)
    except NotADirectoryError:
        raise ConfigError(f"{directory} is a file, not a migrations folder") from None
    except PermissionError:
        raise CannotKnow(f"the migrations folder {directory} cannot be read: no permission") from None


def _walk(directory: Path, pattern: str) -> list[str]:
    from landed.project.globs import compile_glob

    glob = compile_glob(pattern)
    names: list[str] = []
    pending = [(str(directory), "")]
    while pending:
        path, prefix = pending.pop()
        for entry in _entries(path):
            name = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if glob.may_contain(name):
                    pending.append((entry.path, f"{name}/"))
            elif glob.matches(name) and entry.is_file(follow_symlinks=False):
                names.append(name)
    return names


def _read(path: str, shown: str) -> bytes:
    try:
        return read(path, shown, most=SQL_BYTES)
    except OSError as error:
        raise CannotKnow(f"{shown} cannot be read: {error.strerror}", where=Where(shown)) from None


def _decode(data: bytes, shown: str) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        details = [f"byte 0x{data[error.start]:02x} at offset {error.start}, line {line}"]
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            details.append("the file starts like UTF-16, as some Windows programs write it")
        raise ConfigError(
            f"{shown} is not valid UTF-8",
            details=details,
            next="save the file as UTF-8",
            where=Where(shown, line),
        ) from None
    return text[1:] if text[:1] == "\ufeff" else text


def _drizzle_folders(directory: Path) -> list[str]:
    """Numbered sub-folders with a ``migration.sql``; only as many as a decision needs."""
    numbered = (
        e.name for e in _entries(directory) if e.name[0].isdigit() and e.is_dir(follow_symlinks=False)
    )
    first = sorted(numbered)[:3]
    return [name for name in first if os.path.isfile(os.path.join(directory, name, "migration.sql"))]


def _drizzle_note(directory: Path, root: Path | None, taken: int) -> Note:
    shown = directory.name if root is None else _shown(directory, root)
    also = f"; {taken} .sql files directly in the folder are taken" if taken else ""
    return Note(
        Topic.DRIZZLE_1,
        f"{shown} has Drizzle's folder layout (<number>_<name>/migration.sql), which is not taken without "
        f'a pattern{also}: set "migrations_dir": "{shown}" and '
        f'"migrations_pattern": "{shown}/{DRIZZLE_FOLDERS}" for this database in the wrangler configuration '
        "(wrangler 4.98 or newer)",
    )
