"""Functions that SQL has a syntax of its own for: the server prints each call as it was written,
``timezone('utc', now())`` or ``now() AT TIME ZONE 'utc'``, and it is the same call."""

from __future__ import annotations

import re
from typing import Final

_FORMS: Final[dict[tuple[str, int], str]] = {
    ("timezone", 2): "({1} AT TIME ZONE {0})",
    ('"substring"', 2): "SUBSTRING({0} FROM {1})",
    ('"substring"', 3): "SUBSTRING({0} FROM {1} FOR {2})",
    ('"position"', 2): "POSITION(({1}) IN ({0}))",
    ('"overlay"', 3): "OVERLAY({0} PLACING {1} FROM {2})",
    ('"overlay"', 4): "OVERLAY({0} PLACING {1} FROM {2} FOR {3})",
    ("btrim", 1): "TRIM(BOTH FROM {0})",
    ("btrim", 2): "TRIM(BOTH {1} FROM {0})",
    ("ltrim", 1): "TRIM(LEADING FROM {0})",
    ("ltrim", 2): "TRIM(LEADING {1} FROM {0})",
    ("rtrim", 1): "TRIM(TRAILING FROM {0})",
    ("rtrim", 2): "TRIM(TRAILING {1} FROM {0})",
    ('"overlaps"', 4): "(({0}, {1}) OVERLAPS ({2}, {3}))",
}
"""As servers print it, by the function's name and how many arguments it has."""

_NAMES: Final = "|".join(sorted({name for name, _ in _FORMS}, key=len, reverse=True))
_TOKEN: Final = re.compile(
    rf"""(?P<literal>E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*')|(?<![\w."])(?P<call>{_NAMES})\(|"(?:[^"]|"")*"|[(),\[\]]""",
    re.DOTALL,
)
_MOST_STEPS: Final = 20_000_000
"""A text that would take more steps stays as it is: calls may stand in one another."""
_ANY: Final = re.compile(rf"(?:{_NAMES})\(")


def in_sql_syntax(text: str) -> str:
    """A deparsed expression with such calls in the syntax that SQL has for them.

    >>> in_sql_syntax("timezone('utc'::text, now())")
    "(now() AT TIME ZONE 'utc'::text)"
    """
    count = len(_ANY.findall(text))
    if not count or count * len(text) > _MOST_STEPS:
        return text
    out: list[str] = []
    calls: list[tuple[str, int, list[int]]] = []
    """Open brackets: the function's name (or none), where its text begins, and where its arguments do."""
    last = 0
    for found in _TOKEN.finditer(text):
        mark = found[0]
        out.append(text[last : found.start()])
        last = found.end()
        if found["call"] is not None:
            calls.append((found["call"], len(out), [len(out) + 1]))
        elif mark in ("(", "["):
            calls.append(("", len(out), []))
        elif mark == "," and calls and calls[-1][0]:
            calls[-1][2].append(len(out) + 1)
        elif mark in (")", "]") and calls:
            name, start, begins = calls.pop()
            form = _FORMS.get((name, len(begins)))
            if form is not None:
                ends = [*(begin - 1 for begin in begins[1:]), len(out)]
                given = ["".join(out[a:b]).strip() for a, b in zip(begins, ends, strict=True)]
                out[start:] = [form.format(*given)]
                continue
        out.append(mark)
    out.append(text[last:])
    return "".join(out)
