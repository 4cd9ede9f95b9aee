"""What speaks against a migration, fact by fact, in words that every format shares."""

from __future__ import annotations

from itertools import zip_longest

from landed.core.facts import EXISTS
from landed.core.standing import Evidence, Judgement

_LONG = 160


def place(judgement: Judgement, item: Evidence) -> str:
    """Where a fact is made: file, line and statement."""
    file = judgement.file or judgement.name
    number = f", statement {item.statement}" if item.statement else ""
    return f"{file}:{item.line}{number}"


def compare(item: Evidence) -> str:
    """What is expected beside what is there; of long values the first line that differs."""
    if item.expected is None:
        return (
            "should be gone, is there"
            if item.key and item.key.prop == EXISTS
            else f"expected none, is {_on_one_line(item.observed or '')}"
        )
    if item.observed is None:
        return "missing" if item.expected == "yes" else f"expected {_on_one_line(item.expected)}, missing"
    if max(len(item.expected), len(item.observed)) > _LONG or "\n" in item.expected + item.observed:
        return _first_difference(item.expected, item.observed)
    return f"expected {item.expected}, is {item.observed}"


def _on_one_line(text: str) -> str:
    """A value on one line, shortened."""
    line = " ".join(text.split())
    return line if len(line) <= _LONG else line[: _LONG - 1] + "…"


def _first_difference(expected: str, observed: str) -> str:
    """Where two long values part: the first line that differs, on both sides."""
    pairs = zip_longest(expected.strip().splitlines(), observed.strip().splitlines())
    number, (one, two) = next(
        ((n, (a, b)) for n, (a, b) in enumerate(pairs, 1) if a != b), (1, (expected, observed))
    )
    shown = f"expected {'no such line' if one is None else _on_one_line(one) or 'nothing'}"
    other = f"is {'no such line' if two is None else _on_one_line(two) or 'nothing'}"
    at = f"line {number}: " if "\n" in expected + observed else ""
    return f"{at}{shown}, {other}"


def collapse(evidence: object) -> list[Evidence]:
    """Missing objects without the list of their properties; missing tables without their columns."""
    items = list(evidence)  # type: ignore[call-overload]
    gone = {e.key.object for e in items if e.key and e.key.prop == EXISTS}
    tables = {o.name for o in gone if o.kind in ("table", "virtual table")}
    # What an INVALID index is besides says nothing more.
    invalid = {e.key.object for e in items if e.key and (e.key.kind, e.key.prop) == ("index", "valid")}
    items = [e for e in items if not e.key or e.key.prop != "ready" or e.key.object not in invalid]
    return [
        e
        for e in items
        if e.key is None
        or (e.key.parent not in tables and (e.key.prop == EXISTS or e.key.object not in gone))
    ]
