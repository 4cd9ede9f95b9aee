"""The catalog queries: one ``.sql`` file each, read as they are for a snapshot, narrowed for a few objects.

A query's result has the columns ``unit`` (the identifier of what is read together), ``kind``,
``schema``, ``parent``, ``name``, where needed ``signature``, and then one column per property, named
like it. Lines that end in ``-- only`` narrow the query to the units in the parameter ``units``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_ALIAS = re.compile(r'\bAS ("[^"]+"|\w+)\Z')

NARROW = (
    "schemas",
    "types",
    "tables",
    "columns",
    "constraints",
    "indexes",
    "sequences",
    "views",
    "rules",
    "functions",
    "aggregates",
    "triggers",
    "policies",
    "domain_constraints",
)
"""Queries that can be narrowed to units: kinds of which there may be many."""

WHOLE = (
    "extensions",
    "event_triggers",
    "publications",
    "publication_tables",
    "publication_schemas",
    "default_privileges",
    "statistics",
    "foreign_data_wrappers",
    "foreign_servers",
    "user_mappings",
    "casts",
    "operators",
    "operator_families",
    "operator_classes",
    "ts_configurations",
    "ts_dictionaries",
    "ts_parts",
    "collations",
    "conversions",
    "languages",
    "transforms",
    "access_methods",
)
"""Queries that are always read whole: kinds of which there are few."""


class Query:
    """One catalog query; ``full`` reads everything in scope, ``narrowed`` only some units of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lines = _lines(name)

    @cached_property
    def full(self) -> str:
        """The query as it is sent for a snapshot."""
        return _squeezed(line for line in self._lines if not line.endswith("-- only"))

    @cached_property
    def narrowed(self) -> str | None:
        """The query with its parameter ``units``, ``None`` for one that is always read whole."""
        return _squeezed(self._lines) if self.name in NARROW else None


@cache
def queries() -> dict[str, Query]:
    """All catalog queries by name, in the order in which they are sent."""
    return {name: Query(name) for name in (*NARROW, *WHOLE)}


def text(name: str) -> str:
    """The text of one ``.sql`` file, comments and layout removed."""
    return _squeezed(_lines(name))


def _lines(name: str) -> list[str]:
    return (_folder() / f"{name}.sql").read_bytes().decode().split("\n")


@cache
def _folder() -> Traversable:
    return files(__package__) / "queries"


def _squeezed(lines: Iterable[str]) -> str:
    return " ".join(" ".join([line.partition("--")[0] for line in lines]).split())


@cache
def titles_of(query: str) -> frozenset[str]:
    """The names of a query's columns, from its text."""
    text = queries()[query].full
    items: list[str] = []
    depth, start, inside = 0, -1, ""
    at = 0
    while at < len(text):
        char = text[at]
        if inside:
            inside = "" if char == inside else inside
        elif char in "'\"":
            inside = char
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif depth == 0 and text.startswith("SELECT ", at):
            start, items = at + 7, []
        elif depth == 0 and start >= 0 and (char == "," or text.startswith("FROM ", at)):
            items.append(text[start:at].strip())
            start = at + 1 if char == "," else -1
            if start < 0:
                break
        at += 1
    named = (_ALIAS.search(item) for item in items)
    return frozenset(name[1].strip('"') for name in named if name)
