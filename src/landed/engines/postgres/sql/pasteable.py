"""SQL that is shown to be pasted: the same statement, with nothing in it that steers a terminal or looks like
landed's own words."""

from __future__ import annotations

import re
from textwrap import indent

from landed.core.printable import escaped, is_shown_whole
from landed.engines.postgres.sql.tokens import scan, string_value

_OURS = re.compile(r"(?i)\s*(?:next\s*:|[→✓✗·]|(?:.*\W)?landed\b)")
"""A line that could be taken for one of landed's where it stands at the beginning of a line."""


def pasteable(sql: str, margin: int) -> str:
    """A Postgres statement, set in by ``margin`` unless that would change a text inside of it, such as a
    function's body.

    A text or a name that holds what cannot be shown is written with ``U&``, and so is a body with a line
    that looks like one of landed's: what is pasted is the same.
    """
    tokens = [(kind, _token(kind, text)) for kind, text, _ in scan(sql)]
    shown = "".join(text for _, text in tokens)
    if any("\n" in text for kind, text in tokens if kind in ("string", "dollar", "quoted")):
        return shown
    return indent(shown, " " * margin)


def _token(kind: str, text: str) -> str:
    if is_shown_whole(text):
        return text
    if kind == "space":
        return "".join(c if c in "\n\t" else " " for c in text)
    if _plainly_shown(text):
        return text
    match kind:
        case "comment":
            return escaped(text)
        case "dollar":
            return _unicode(string_value(text), "'")
        case "string" if text.startswith("'"):
            return _unicode(text[1:-1].replace("''", "'"), "'")
        case "string" if text[:1] in "eE":
            return _escape_string(text)
        case "string" | "quoted" if text[:1] in "uU":
            return "".join(_code(c) if not is_shown_whole(c) else c for c in text)
        case "quoted":
            return _unicode(text[1:-1].replace('""', '"'), '"')
        case "word":
            return _unicode("".join(c.lower() if c.isascii() else c for c in text), '"')
        case _:
            return escaped(text)


def _plainly_shown(text: str) -> bool:
    """Whether a text of several lines has nothing but them, and none that looks like landed's."""
    first, *more = text.split("\n")
    return escaped(text, keep="\n\t") == text and not any(map(_OURS.match, more)) and bool(first or more)


def _unicode(value: str, quote: str) -> str:
    """A text or a name as Postgres reads it from ``U&'…'``: ``\\000A`` stands for a character."""
    parts = ("\\\\" if c == "\\" else quote * 2 if c == quote else _shown_or_code(c) for c in value)
    return f"U&{quote}{''.join(parts)}{quote}"


def _shown_or_code(character: str) -> str:
    return character if is_shown_whole(character) else _code(character)


def _code(character: str) -> str:
    code = ord(character)
    return f"\\{code:04X}" if code < 0x10000 else f"\\+{code:06X}"


def _escape_string(text: str) -> str:
    """An ``E''`` literal with such characters by their number."""
    return "".join(
        c if is_shown_whole(c) else f"\\u{ord(c):04X}" if ord(c) < 0x10000 else f"\\U{ord(c):08X}"
        for c in text
    )
