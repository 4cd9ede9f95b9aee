"""What is being run on a target at this moment, for whoever shows that it goes on.

Writers say it, at no cost; one thing at a time is written in a process.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from landed.core.migration import Statement


class UnderWay(NamedTuple):
    """A file, the statement of it (``None`` where all are sent at once), and since when (``monotonic()``)."""

    file: str
    statement: Statement | None
    since: float


_now: UnderWay | None = None


def began(file: str, statement: Statement | None = None) -> None:
    """A statement of a file, or the whole file, is being run from now on."""
    global _now  # noqa: PLW0603
    _now = UnderWay(file, statement, monotonic())


def over() -> None:
    """Nothing of a file is being run any more."""
    global _now  # noqa: PLW0603
    _now = None


def now() -> UnderWay | None:
    """What is being run, if anything is."""
    return _now
