"""What doctor found, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
