"""TOML files, with the line of every key that stands on a line of its own."""

from __future__ import annotations

import re
from typing import Any

from landed.project.provenance import KeyPath

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*'""")


class TomlError(ValueError):
    """The text is not TOML; ``line`` and ``column`` count from 1 (0 when not known)."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        super().__init__(f"{reason} (line {line}, column {column})")


def parse(text: str) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    """The document, and the 1-based lines of its keys and array tables.

    Keys inside inline tables have no line of their own. Raises TomlError with the place.
    """
    import tomllib

    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise TomlError("it is nested too deep", 0, 0) from None
    except ValueError as error:
        place = _PLACE.search(str(error))
        reason = _PLACE.sub("", str(error)).strip().removesuffix("(at end of document)").strip()
        if place:
            raise TomlError(reason, int(place[1]), int(place[2])) from None
        raise TomlError(reason, text.count("\n") + 1, 1) from None
    return document, _key_lines(text)


def _key_lines(text: str) -> dict[KeyPath, int]:
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    closer = ""
    for number, line in enumerate(text.split("\n"), 1):
        if closer:
            if closer in line:
                closer = ""
            continue
        header = _HEADER.match(line) if "[" in line else None
        if header:
            table = _open_table(_parts(header[2]), header[1] == "[[", counts)
            lines.setdefault(table, number)
            continue
        key = _KEY.match(line)
        if key:
            lines.setdefault((*table, *_parts(key[1])), number)
        closer = _left_open(line)
    return lines


def _open_table(parts: KeyPath, is_array: bool, counts: dict[KeyPath, int]) -> KeyPath:
    path: KeyPath = ()
    for i, part in enumerate(parts):
        path = (*path, part)
        if is_array and i == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _parts(text: str) -> KeyPath:
    return tuple(p[1:-1] if p[0] in "\"'" else p for p in _PART.findall(text))


def _left_open(line: str) -> str:
    """The quotes of a multi-line string that this line leaves open, or ``""``."""
    for quotes in ('"""', "'''"):
        if line.count(quotes) % 2:
            return quotes
    return ""
