"""A file of which parts are there: what is, and how it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from landed.core.errors import LandedError, NeedsConfirmation
from landed.core.migration import Migration, Statement
from landed.core.next import Next, landed
from landed.engines.say import ROLLED_BACK, excerpt

if TYPE_CHECKING:
    pass


def half_way(
    migration: Migration, error: LandedError, committed: Sequence[Statement], *, all_ran: bool
) -> LandedError:
    """The same error for a file of which parts were committed before: it says which statements are there."""
    lines = [
        f"in the database now, committed and proven: statement {s.number} (line {s.line}): {excerpt(s.text)}"
        for s in committed
    ]
    left = "It is NOT recorded."
    if not all_ran:
        left = "What comes after was not run or was rolled back, and the file is NOT recorded."
    return _to_be_resumed(migration, error, [*lines, left])


def resuming(migration: Migration, error: LandedError) -> LandedError:
    """The same error for a file that was being finished: what was there before this run is there still."""
    if ROLLED_BACK not in error.details:
        return _to_be_resumed(migration, error, [])
    back = "What this run did was rolled back; what was there of the file before it still is."
    return _to_be_resumed(migration, error, [back])


def _to_be_resumed(migration: Migration, error: LandedError, lines: Sequence[str]) -> LandedError:
    details = [detail for detail in error.details if detail != ROLLED_BACK]
    kind, way = type(error), error.way
    says_how = isinstance(error, NeedsConfirmation) or way.has_command
    advice = landed("resume", migration.name)
    return kind(
        error.message,
        details=[*details, *lines],
        where=error.where,
        code=error.code,
        sqlstate=error.sqlstate,
        next=(way.instead("apply", "resume", migration.name) or Next(advice))
        if says_how
        else Next("Correct what stopped it, then run: ", advice.afterwards()),
    )
