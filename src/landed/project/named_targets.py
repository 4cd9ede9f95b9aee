"""Targets with names of the project's own: ``[targets.staging] url = {env = "STAGING_URL"}``.

The settings file gives a name and the name of a variable, and nothing of the address: the variable holds the
whole URL. Whoever can change the file can choose among the URLs that a person's environment has, but neither
sends a connection to a host of theirs nor adds a credential to one: such a URL is filled in by nothing and is
given no credential from outside of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from landed.core.errors import ConfigError, Where
from landed.project.provenance import KeyPath

TABLE = "targets"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_TAKEN = frozenset({"d1", "sqlite", "supabase", "postgres", "postgresql", "files", "target"})
_EXAMPLE = '[targets.staging] with url = {env = "STAGING_URL"}'


class NamedTarget(NamedTuple):
    """A target's name, the variable that holds its URL, and the place in the file."""

    name: str
    variable: str
    origin: str


def read_targets(
    table: object, prefix: KeyPath, lines: Mapping[KeyPath, int], shown: str
) -> tuple[NamedTarget, ...]:
    """The targets that a settings file names. Raises ConfigError with the place."""
    if not isinstance(table, dict):
        raise ConfigError(f"targets must be tables: {_EXAMPLE}", where=Where(shown, lines.get(prefix)))
    found = []
    for name, entry in table.items():
        where = Where(shown, lines.get((*prefix, name)))
        if _NAME.match(name) is None or name in _TAKEN:
            raise ConfigError(
                f'"{name}" cannot be the name of a target',
                next="take letters, digits, - and _, and no word that means a database already",
                where=where,
            )
        found.append(NamedTarget(name, _variable(entry, name, where), where))
    return tuple(found)


def _variable(entry: object, name: str, where: str) -> str:
    url: Any = entry.get("url") if isinstance(entry, dict) and entry.keys() == {"url"} else None
    variable = url.get("env") if isinstance(url, dict) and url.keys() == {"env"} else None
    if not isinstance(variable, str) or _VARIABLE.match(variable) is None:
        # What stands there is not repeated: it may be a URL with its password.
        raise ConfigError(
            f'the target "{name}" must say which variable holds its URL, and no more',
            details=("a URL does not belong into this file: its password would be in the repository",),
            next=f"write {_EXAMPLE}",
            where=where,
        )
    return variable
