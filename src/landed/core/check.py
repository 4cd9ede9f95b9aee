"""What doctor found, as values; what fails while it looks becomes one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from landed.core.errors import LandedError, UsageError
from landed.core.next import several


class Level(StrEnum):
    """How a check came out. A warning is worth reading; only an error stops landed."""

    GOOD = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    ``code`` is stable, ``label`` its name for people. ``value`` is what is in force, ``origin`` who
    said so (``wrangler.toml:12``, ``flag --env``, ``default``). ``problem`` says what is wrong or worth
    knowing, ``next`` what to do. ``exit_code`` is what an error of this kind ends with: 2 configuration,
    3 the database cannot be read.
    """

    area: str
    code: str
    label: str
    value: str | None = None
    origin: str | None = None
    level: Level = Level.GOOD
    problem: str | None = None
    next: str | None = None
    exit_code: int = 0


def guarded(
    area: str, code: str, label: str, look: Callable[[], Iterable[Check]], *also: type[Exception]
) -> list[Check]:
    """The checks that ``look`` yields; an error becomes one more, so that the others go on.

    ``also`` are the errors of an engine's own library that it may end with.
    """
    checks: list[Check] = []
    expected: tuple[type[Exception], ...] = (OSError, *also)
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
    except expected as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        checks.append(Check(area, code, label, level=Level.ERROR, problem=reason, exit_code=3))
    return checks
