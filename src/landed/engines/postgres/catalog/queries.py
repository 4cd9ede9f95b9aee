"""The catalog queries: the readings of all kinds, as they are for a snapshot, narrowed for a few objects.

Lines of a ``.sql`` file that end in ``-- only`` narrow the query to the units in the parameter ``units``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from os.path import dirname
from typing import Final

from landed.engines.postgres import kinds
from landed.engines.postgres.kinds import READINGS
from landed.engines.postgres.kinds.base import Reading

NARROW: Final = tuple(name for name, reading in READINGS.items() if reading.narrow)
"""Queries that can be narrowed to units: kinds of which there may be many."""

WHOLE: Final = tuple(name for name, reading in READINGS.items() if not reading.narrow)
"""Queries that are always read whole: kinds of which there are few."""


class Query:
    """One catalog query; ``full`` reads everything in scope, ``narrowed`` only some units of it."""

    def __init__(self, reading: Reading) -> None:
        self._lines = _lines(dirname(kinds.__file__), reading.name)
        self._narrow = reading.narrow

    @cached_property
    def full(self) -> str:
        """The query as it is sent for a snapshot."""
        return _squeezed(line for line in self._lines if not line.endswith("-- only"))

    @cached_property
    def narrowed(self) -> str | None:
        """The query with its parameter ``units``, ``None`` for one that is always read whole."""
        return _squeezed(self._lines) if self._narrow else None


@cache
def queries() -> dict[str, Query]:
    """All catalog queries by name, in the order in which they are sent."""
    return {name: Query(reading) for name, reading in READINGS.items()}


def text(name: str) -> str:
    """The text of one ``.sql`` file that is no kind's, comments and layout removed."""
    return _squeezed(_lines(dirname(__file__), name))


def _lines(folder: str, name: str) -> list[str]:
    # Dozens of files are read whenever a database is, which takes longer by way of importlib.resources.
    with open(f"{folder}/queries/{name}.sql", encoding="utf-8") as file:
        return file.read().split("\n")


def _squeezed(lines: Iterable[str]) -> str:
    return " ".join(" ".join([line.partition("--")[0] for line in lines]).split())
