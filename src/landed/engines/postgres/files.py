"""Supabase migration files: which files of a folder count, in which order, and what is odd about them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from landed.core.errors import CannotKnow, ConfigError
from landed.core.flags import Flag, Topic
from landed.core.migration import Migration, Note
from landed.engines.postgres.sql.split import parse, problems
from landed.project.files import MigrationSet, read_files

PATTERN = "<version>_<name>.sql"

_NAME = re.compile(r"([0-9]+)_(.*)\.sql\Z", re.DOTALL)
_OLD_INIT = re.compile(r"([0-9]{14})_init\.sql")
_OLDEST = 20211209000000
_MOST_NAMES = 8


def version_and_name(file_name: str) -> tuple[str, str] | None:
    """The version and the name that the ledger holds for a file, or ``None`` for files that do not count."""
    found = _NAME.match(file_name)
    return (found[1], found[2]) if found else None


def list_names(directory: Path) -> tuple[list[str], list[Note]]:
    """The names of a folder's migrations as the Supabase CLI takes and orders them; reads no file.

    Versions are compared as texts (``10`` comes before ``9``), equal ones stay in the order of their file
    names. Folders are passed over, other names are skipped with a note, and so is a first file
    ``<14 digits>_init.sql`` from before December 2021 (supabase/cli, MigrationList, 3.1.0).
    Raises ConfigError for a missing folder, CannotKnow for an unreadable one.
    """
    try:
        with os.scandir(directory) as entries:
            found = sorted((os.fsencode(e.name), e.name, e.is_dir(follow_symlinks=False)) for e in entries)
    except FileNotFoundError:
        raise ConfigError(f"there is no migrations folder {directory}") from None
    except NotADirectoryError:
        raise ConfigError(f"{directory} is a file, not a migrations folder") from None
    except OSError as error:
        raise CannotKnow(f"the migrations folder {directory} cannot be read: {error.strerror}") from None
    names: list[tuple[str, str]] = []
    notes: list[Note] = []
    for at, (_, name, is_folder) in enumerate(found):
        if is_folder:
            if _has_migrations(directory / name):
                notes.append(
                    Note(Topic.SKIPPED, f"{name}/ is a folder: the Supabase CLI does not look into it")
                )
            continue
        old = _OLD_INIT.search(name) if at == 0 else None
        if old and int(old[1]) < _OLDEST:
            notes.append(
                Note(Topic.SKIPPED, f"{name} is skipped by the Supabase CLI: an old first file named init")
            )
            continue
        parts = version_and_name(name)
        if parts is None:
            if name.lower().endswith(".sql"):
                notes.append(Note(Topic.SKIPPED, f"{name} is not a migration: its name is not {PATTERN}"))
            continue
        names.append((parts[0], name))
    ordered = sorted(names, key=lambda pair: pair[0])
    return [name for _, name in ordered], notes


def read_supabase_migrations(directory: Path, *, root: Path | None = None) -> MigrationSet:
    """Read all migrations of a Supabase project's folder, in the CLI's order.

    ``Migration.name`` is the file's name, unique in the folder; ``version`` what the ledger knows it by:
    two files can have the same one. ``root`` is the folder to which ``Migration.file`` is relative.
    Raises ConfigError for a missing folder or a file that is not UTF-8, CannotKnow for unreadable ones.
    """
    names, notes = list_names(directory)
    read = read_files(directory, names, parse, root)
    migrations = tuple(m if (found := _file_notes(m)) == m.notes else replace(m, notes=found) for m in read)
    notes += version_notes(migrations)
    return MigrationSet(directory, PATTERN, migrations, tuple(notes))


def _has_migrations(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".sql") for entry in entries)
    except OSError:
        return False


def _file_notes(migration: Migration) -> tuple[Note, ...]:
    """Notes on one file: ``empty``, ``crlf``, ``nul``, ``psql-command``, ``copy-stdin``."""
    name, text = migration.name, migration.text
    notes = [Note(p.code, f"{name}:{p.line}: {p.text}") for p in problems(text)]
    if "\r" in text:
        notes.append(Note(Flag.CRLF, f"{name} has Windows line ends: they become part of function bodies"))
    if "\0" in text:
        notes.append(Note(Flag.NUL, f"{name} contains a NUL byte, which PostgreSQL does not take"))
    if len(text) < 2000 and _is_empty(text):
        what = "contains only comments" if text.strip() else "is empty"
        notes.append(Note(Flag.EMPTY, f"{name} {what}: the Supabase CLI records it as applied"))
    return tuple(notes)


def _is_empty(text: str) -> bool:
    # Few files begin with what might be all of them; only those are read.
    start = text[:256].lstrip()
    if start and start[0] not in "-/;\ufeff":
        return False
    return not parse(text).statements


def transaction_notes(migration: Migration) -> tuple[Note, ...]:
    """What is odd about a file's own BEGIN and COMMIT (reads every statement: not for hot paths)."""
    from landed.engines.postgres.sql.segments import cli_mode, transaction_trap

    trap = transaction_trap(migration.statements)
    if trap is None:
        return ()
    text = f"{migration.name}: {trap.text}"
    if trap.code == "open-end" and cli_mode(migration.text, migration.statements) == "explicit":
        text += "; the Supabase CLI says it finished, and its ledger row is lost with it (supabase/cli#5047)"
    return (Note(f"transaction-{trap.code}", text),)


def version_notes(migrations: Sequence[Migration]) -> list[Note]:
    """Notes on a folder's versions: ``duplicate-version``, ``text-order`` (numbers would sort otherwise) and
    ``file-order`` (older CLIs went by file name)."""
    notes: list[Note] = []
    groups: dict[str, list[str]] = {}
    for migration in migrations:
        groups.setdefault(migration.version, []).append(migration.name)
    for version, same in groups.items():
        if len(same) > 1:
            notes.append(
                Note(
                    Topic.DUPLICATE_VERSION,
                    f"{len(same)} files have the version {version}: {_some(same)}; the ledger holds one",
                )
            )
    for one, two in pairwise(migrations):
        if int(one.version) > int(two.version):
            notes.append(
                Note(
                    Topic.TEXT_ORDER,
                    f"versions are ordered as texts: {one.name} comes before {two.name}. "
                    "Give all versions the same number of digits",
                )
            )
            break
    for one, two in pairwise(migrations):
        if one.version != two.version and os.fsencode(one.name) > os.fsencode(two.name):
            notes.append(
                Note(
                    Topic.FILE_ORDER,
                    f"{one.name} comes before {two.name}; Supabase CLIs before 3 reverse it",
                )
            )
            break
    return notes


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    shown = ", ".join(listed[:_MOST_NAMES])
    return shown if len(listed) <= _MOST_NAMES else f"{shown} and {len(listed) - _MOST_NAMES} more"
