"""What is worth saying about migration files: numbering, encoding, skipped files, Drizzle's journal."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from landed.core.flags import Flag, Topic
from landed.core.migration import Note
from landed.project.regular_files import read

# Possessive wherever Python before 3.11.5 gets it right (not groups: cpython#106052).
_ONLY_COMMENTS = re.compile(r"(?:[\s;]++|--[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*(?:\*/|\Z))*\Z")
_MOST_NAMES = 8


def text_notes(name: str, version: str, data: bytes, text: str) -> tuple[Note, ...]:
    """Notes on one file: ``odd-name``, ``down-file``, ``bom``, ``crlf``, ``nul``, ``empty``."""
    notes: list[Note] = []
    if not version:
        notes.append(
            Note(Flag.ODD_NAME, f"{name} starts with no number: it is applied after all files that have one")
        )
    if name.endswith(".down.sql"):
        notes.append(
            Note(Flag.DOWN_FILE, f"{name} matches the pattern: wrangler applies it like any other file")
        )
    if data[:3] == b"\xef\xbb\xbf":
        notes.append(Note(Flag.BOM, f"{name} starts with a byte order mark"))
    if b"\r" in data:
        notes.append(
            Note(Flag.CRLF, f"{name} has Windows line ends; hosted D1 has split some such files wrongly")
        )
    if b"\0" in data:
        notes.append(Note(Flag.NUL, f"{name} contains a NUL byte: SQLite reads no further than that"))
    start = text[:256].lstrip()
    if (not start or start[0] in "-/;") and _ONLY_COMMENTS.match(text):
        what = "contains only comments" if text.strip() else "is empty"
        notes.append(Note(Flag.EMPTY, f"{name} {what}: wrangler records it as applied"))
    return tuple(notes)


def numbering_notes(names: Sequence[str], version_of: Callable[[str], str]) -> list[Note]:
    """``duplicate-number`` (legal on D1: the order is then by name) and ``gap``."""
    groups: dict[tuple[str, int], list[str]] = {}
    for name in names:
        version = version_of(name)
        if version:
            groups.setdefault((_folder_above_number(name, version), int(version)), []).append(name)
    notes = [
        Note(
            Topic.DUPLICATE_NUMBER,
            f"{len(same)} files have the number {number}: {_some(same)}; D1 applies them by name",
        )
        for (_, number), same in groups.items()
        if len(same) > 1
    ]
    folders: dict[str, list[int]] = {}
    for folder, number in groups:
        folders.setdefault(folder, []).append(number)
    for folder, numbers in folders.items():
        missing = _missing(numbers)
        if missing:
            place = f" in {folder}" if folder else ""
            notes.append(Note(Topic.GAP, f"no file{place} has the number {_some(missing)}"))
    return notes


def _folder_above_number(name: str, version: str) -> str:
    if "/" not in name:
        return ""
    folders: list[str] = []
    for segment in name.split("/"):
        if segment.startswith(version):
            break
        folders.append(segment)
    return "/".join(folders)


def _missing(numbers: list[int]) -> list[str]:
    """The missing stretches of a plain sequence; nothing for timestamps or numbers in steps."""
    numbers = sorted(numbers)
    span = numbers[-1] - numbers[0] + 1
    if span > 2 * len(numbers) + 1:
        return []
    stretches = []
    for before, after in pairwise(numbers):
        if after - before == 2:
            stretches.append(str(before + 1))
        elif after - before > 2:
            stretches.append(f"{before + 1}–{after - 1}")
    return stretches


def skipped_notes(directory: Path, pattern: str, taken: set[str]) -> list[Note]:
    """Which ``.sql`` files of the folder itself are left out (``skipped``), and why."""
    notes: list[Note] = []
    with os.scandir(directory) as entries:
        for entry in entries:
            name = entry.name
            if name in taken or name[-4:].lower() != ".sql":
                continue
            if entry.is_symlink():
                why = "it is a symbolic link, and wrangler takes regular files only"
            elif not entry.is_file():
                continue
            elif name[0] == ".":
                why = "its name starts with a dot"
            elif not name.endswith(".sql"):
                why = "its extension is not .sql in small letters"
            else:
                why = f'it does not match "{pattern}"'
            notes.append(Note(Topic.SKIPPED, f"{name} is not a migration: {why}"))
    return sorted(notes, key=lambda note: note.text)


def journal_notes(directory: Path, names: Sequence[str]) -> list[Note]:
    """Where Drizzle's ``meta/_journal.json`` and the folder disagree (``journal``)."""
    try:
        content = read(directory / "meta" / "_journal.json", "meta/_journal.json")
    except OSError:
        return []
    import json

    try:
        entries = json.loads(content)["entries"]
        ordered = sorted(entries, key=lambda entry: entry["idx"])
        tags = [f"{entry['tag']}.sql" for entry in ordered]
    except (ValueError, KeyError, TypeError, RecursionError):
        return [Note(Topic.JOURNAL, "meta/_journal.json cannot be read as Drizzle's journal")]
    notes = []
    known, present = set(tags), set(names)
    lost = [tag for tag in tags if tag not in present]
    extra = [name for name in names if name not in known]
    if lost:
        notes.append(Note(Topic.JOURNAL, f"meta/_journal.json names files that are not there: {_some(lost)}"))
    if extra:
        notes.append(Note(Topic.JOURNAL, f"meta/_journal.json does not know {_some(extra)}"))
    if [t for t in tags if t in present] != [n for n in names if n in known]:
        notes.append(
            Note(
                Topic.JOURNAL, "meta/_journal.json has another order than the numbers, by which wrangler goes"
            )
        )
    return notes


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} more"
