"""The catalog queries: one ``.sql`` file each, read as they are for a snapshot, narrowed for a few objects.

A query's result has the columns ``unit`` (the identifier of what is read together), ``kind``,
``schema``, ``parent``, ``name``, where needed ``signature``, and then one column per property, named
like it. Lines that end in ``-- only`` narrow the query to the units in the parameter ``units``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_ONLY = re.compile(r"^.*-- only$\n?", re.MULTILINE)
_COMMENT = re.compile(r"--.*$", re.MULTILINE)
_SPACE = re.compile(r"\s+")

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


@dataclass(frozen=True, slots=True)
class Query:
    """One catalog query; ``full`` reads everything in scope, ``narrowed`` only some units of it."""

    name: str
    full: str
    narrowed: str | None


@cache
def queries() -> dict[str, Query]:
    """All catalog queries by name, in the order in which they are sent."""
    return {name: _read(name) for name in (*NARROW, *WHOLE)}


def text(name: str) -> str:
    """The text of one ``.sql`` file, comments and layout removed."""
    return _squeezed(_source(name))


def _source(name: str) -> str:
    return (files(__package__) / "queries" / f"{name}.sql").read_text(encoding="utf-8")


def _read(name: str) -> Query:
    source = _source(name)
    return Query(name, _squeezed(_ONLY.sub("", source)), _squeezed(source) if name in NARROW else None)


def _squeezed(sql: str) -> str:
    return _SPACE.sub(" ", _COMMENT.sub("", sql)).strip()
