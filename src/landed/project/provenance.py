"""Configuration values that know where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

T_co = TypeVar("T_co", covariant=True)

DEFAULT = "default"

KeyPath = tuple[str | int, ...]
"""Where a value stands in a configuration file: ``("d1_databases", 0, "binding")``."""


class Value(NamedTuple, Generic[T_co]):
    """A value and its origin: ``wrangler.toml:12``, ``flag --env``, ``default``, …"""

    value: T_co
    origin: str


def nearest(word: str, known: Mapping[str, object] | frozenset[str]) -> str:
    """``, did you mean "x"?`` for the closest known word, or ``""``."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(known), n=1)
    return f', did you mean "{close[0]}"?' if close else ""
