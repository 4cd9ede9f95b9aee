"""Where a report is written, and how commands are shown in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from landed.core.given import Given


@dataclass(frozen=True, slots=True)
class Page:
    """``out`` is for the report, ``talk`` for what is said beside it; ``command`` shows commands.

    ``command_for`` shows those for one of several targets, by the target's name.
    """

    out: IO[str]
    talk: IO[str]
    command: Given
    command_for: Callable[[str], Given]
