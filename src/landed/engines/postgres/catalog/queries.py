"""The catalog queries: the readings of all kinds, as they are for a snapshot, narrowed for a few objects.

Lines of a ``.sql`` file that end in ``-- only`` narrow the query to the units in the parameter ``units``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from landed.engines.postgres.kinds import READINGS
from landed.engines.postgres.kinds.base import Reading

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

NARROW: Final = tuple(name for name, reading in READINGS.items() if reading.narrow)
"""Queries that can be narrowed to units: kinds of which there may be many."""

WHOLE: Final = tuple(name for name, reading in READINGS.items() if not reading.narrow)
"""Queries that are always read whole: kinds of which there are few."""

_KINDS: Final = "landed.engines.postgres.kinds"


class Query:
    """One catalog query; ``full`` reads everything in scope, ``narrowed`` only some units of it."""

    def __init__(self, reading: Reading) -> None:
        self._lines = _lines(_KINDS, reading.name)
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
    return _squeezed(_lines(__package__, name))


def _lines(package: str, name: str) -> list[str]:
    return (_folder(package) / f"{name}.sql").read_bytes().decode().split("\n")


@cache
def _folder(package: str) -> Traversable:
    return files(package) / "queries"


def _squeezed(lines: Iterable[str]) -> str:
    return " ".join(" ".join([line.partition("--")[0] for line in lines]).split())
