"""doctor goes on: what fails while it looks becomes one more check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import apsw

from landed.core.check import Check, Level
from landed.core.errors import CannotKnow, LandedError, UsageError
from landed.core.next import several


def guarded(area: str, code: str, label: str, look: Callable[[], Iterable[Check]]) -> list[Check]:
    """The checks that ``look`` yields; an exception becomes one more, so that the others go on."""
    checks: list[Check] = []
    try:
        checks.extend(look())
    except LandedError as error:
        place = f"{error.where}: " if error.where else ""
        told = several([f"{place}{error.message}", *error.details])
        checks.append(
            Check(
                area, code, label, level=Level.ERROR, problem=told,
                next=error.next, exit_code=2 if isinstance(error, UsageError) else 3,
            )
        )  # fmt: skip
    except (OSError, apsw.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        checks.append(Check(area, code, label, level=Level.ERROR, problem=reason, exit_code=3))
    return checks


@contextmanager
def asking(what: str) -> Iterator[None]:
    """What the server refuses becomes an error that doctor shows. Raises CannotKnow."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        said = (error.diag.message_primary or str(error)).strip()
        raise CannotKnow(f"{what} could not be read: {said}") from error
