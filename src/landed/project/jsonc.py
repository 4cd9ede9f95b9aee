"""JSON with comments and trailing commas, as wrangler reads it, with the line of every key."""

from __future__ import annotations

import re
from typing import Any

from landed.project.provenance import KeyPath

# No possessive groups: Python before 3.11.5 gets them wrong (cpython#106052).
_SPACE = re.compile(r"(?:[ \t\r\n\ufeff]++|//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*\*/)*")
_STRING = re.compile(r'"([^"\\\x00-\x1f]*+)"')
_PLAIN = r'[^"\\\x00-\x1f]*+'
_ESCAPED = re.compile(rf'"{_PLAIN}(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{{4}}){_PLAIN})*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"[A-Za-z]+")
_DEEPEST = 100
_LONGEST_NUMBER = 400


class JsoncError(ValueError):
    """The text is not JSON with comments; ``line`` and ``column`` count from 1."""

    def __init__(self, message: str, text: str, at: int) -> None:
        self.reason = message
        self.line = text.count("\n", 0, at) + 1
        self.column = at - text.rfind("\n", 0, at)
        super().__init__(f"{message} (line {self.line}, column {self.column})")


def parse(text: str) -> tuple[Any, dict[KeyPath, int]]:
    """The value, and for every key and array element its 1-based line.

    Raises JsoncError with the place of the first thing that cannot be read.
    """
    reader = _Reader(text)
    value = reader.value(reader.skip(0), (), 0)
    end = reader.skip(reader.at)
    if end < len(text):
        raise JsoncError("expected the end of the file", text, end)
    return value, reader.lines()


class _Reader:
    """A cursor over the text; ``at`` is the offset after the last thing read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.offsets: list[tuple[int, KeyPath]] = []

    def lines(self) -> dict[KeyPath, int]:
        found: dict[KeyPath, int] = {}
        line, last = 1, 0
        for offset, path in sorted(self.offsets, key=lambda item: item[0]):
            line += self.text.count("\n", last, offset)
            last = offset
            found[path] = line
        return found

    def skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        end = found.end() if found else at
        if self.text.startswith("/*", end):
            raise JsoncError("a comment is not closed", self.text, end)
        return end

    def value(self, at: int, path: KeyPath, depth: int) -> Any:
        text = self.text
        c = text[at : at + 1]
        if c == '"':
            return self.string(at)
        if c == "{":
            return self.object(at, path, depth)
        if c == "[":
            return self.array(at, path, depth)
        number = _NUMBER.match(text, at)
        if number:
            self.at = number.end()
            if len(number[0]) > _LONGEST_NUMBER:
                raise JsoncError("a number has too many digits", text, at)
            return float(number[0]) if set(number[0]) & set(".eE") else int(number[0])
        word = _WORD.match(text, at)
        if word and word[0] in _WORDS:
            self.at = word.end()
            return _WORDS[word[0]]
        raise JsoncError(f"expected a value, found {_shown(text, at)}", text, at)

    def string(self, at: int) -> str:
        plain = _STRING.match(self.text, at)
        if plain:
            self.at = plain.end()
            return plain[1]
        escaped = _ESCAPED.match(self.text, at)
        if not escaped:
            raise JsoncError("a string is not closed, or holds a wrong escape", self.text, at)
        import json

        self.at = escaped.end()
        return str(json.loads(escaped[0]))

    def object(self, at: int, path: KeyPath, depth: int) -> dict[str, Any]:
        text = self.text
        self.check_depth(depth, at)
        result: dict[str, Any] = {}
        at = self.skip(at + 1)
        while text[at : at + 1] != "}":
            if text[at : at + 1] != '"':
                raise JsoncError(f'expected a key in quotes or "}}", found {_shown(text, at)}', text, at)
            key = self.string(at)
            place = (*path, key)
            self.offsets.append((at, place))
            at = self.skip(self.at)
            if text[at : at + 1] != ":":
                raise JsoncError(f'expected ":" after the key "{key}", found {_shown(text, at)}', text, at)
            result[key] = self.value(self.skip(at + 1), place, depth + 1)
            at = self.separator("}")
        self.at = at + 1
        return result

    def array(self, at: int, path: KeyPath, depth: int) -> list[Any]:
        text = self.text
        self.check_depth(depth, at)
        result: list[Any] = []
        at = self.skip(at + 1)
        while text[at : at + 1] != "]":
            place = (*path, len(result))
            self.offsets.append((at, place))
            result.append(self.value(at, place, depth + 1))
            at = self.separator("]")
        self.at = at + 1
        return result

    def separator(self, closer: str) -> int:
        at = self.skip(self.at)
        c = self.text[at : at + 1]
        if c == ",":
            return self.skip(at + 1)
        if c != closer:
            raise JsoncError(f'expected "," or "{closer}", found {_shown(self.text, at)}', self.text, at)
        return at

    def check_depth(self, depth: int, at: int) -> None:
        if depth >= _DEEPEST:
            raise JsoncError(f"more than {_DEEPEST} levels deep", self.text, at)


def _shown(text: str, at: int) -> str:
    if at >= len(text):
        return "the end of the file"
    # A single character only: configuration may hold secrets, and errors are pasted into issues.
    return f'"{text[at]}"'
