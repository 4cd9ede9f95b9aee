"""What a row of sqlite_master leaves to other tables' rows: the columns that a foreign key does not name, and
whether a collation that an index names is its column's own anyway."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from landed.core.facts import FactKey
from landed.engines.sqlite.sql.tokens import unquote

_IMPLICIT = re.compile(r"(?s)(.*)\(primary key(?:: ([0-9 ]+))?\)\Z")
_KEY_COLUMN = re.compile(r'(?:^|, )("(?:[^"]|"")*"|[^\s,"]+)')
_NAME = r'"(?:[^"]|"")*"|[^\s,"()\']+'
_COLLATED = re.compile(rf"({_NAME}) COLLATE ({_NAME})( DESC)?\Z")


def leans_on(key: FactKey, value: str) -> str | None:
    """The folded name of the table without whose facts this one cannot be told; ``None`` for most.

    An index names its table in another fact, and so gives ``""`` where it names a collation.
    """
    if key.prop == "references":
        found = _IMPLICIT.match(value)
        return None if found is None else unquote(found[1])
    if key.kind == "index" and key.prop == "columns" and " COLLATE " in value:
        return ""
    return None


def settled(key: FactKey, value: str, facts: Mapping[FactKey, str]) -> str:
    """The value with what other tables' facts say put in; as it is where these are missing."""
    if key.kind == "index":
        table = facts.get(FactKey("index", "", key.name, "table"))
        return value if table is None else ", ".join(_terms(value, table, facts))
    found = _IMPLICIT.match(value)
    if found is None:
        return value
    columns = facts.get(FactKey("primary key", unquote(found[1]), "", "columns"))
    if columns is None:
        return value
    names = _KEY_COLUMN.findall(columns)
    places = [int(place) - 1 for place in (found[2] or "").split()] or list(range(len(names)))
    if len(places) != len(names):
        return value
    return f"{found[1]}({', '.join([names[place] for place in places])})"


def _terms(value: str, table: str, facts: Mapping[FactKey, str]) -> Iterator[str]:
    """An index's terms, without a collation that is the column's own."""
    for term in _split(value):
        found = _COLLATED.match(term)
        if found is not None:
            column = unquote(found[1])
            own = facts.get(FactKey("column", table, column, "collation"), "binary")
            if FactKey("column", table, column, "exists") in facts and unquote(found[2]) == own:
                term = found[1] + (found[3] or "")
        yield term


def _split(value: str) -> Iterator[str]:
    """A list at its outermost commas."""
    depth, start, mark = 0, 0, ""
    for at, char in enumerate(value):
        if mark:
            mark = "" if char == mark else mark
        elif char in "\"'":
            mark = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == "," and not depth:
            yield value[start:at].strip()
            start = at + 1
    yield value[start:].strip()
