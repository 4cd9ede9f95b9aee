"""The way back to an earlier moment, as values: remembered, what a restore would lose, what came of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from landed.engines.live import LiveState
from landed.project.target_spec import TargetSpec

ROWS = "every row written since then, by anybody: which ones cannot be known"
"""What a restore loses besides all that is named."""


@dataclass(frozen=True, slots=True)
class Losses:
    """How the database now differs from what is known of it at the bookmark.

    ``unrecorded`` are ledger rows that would go, ``recorded`` those that would come back; objects as
    ``table orders``. ``schema_known`` is false where landed did not see the schema of that moment.
    """

    unrecorded: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    schema_known: bool = True
    ledger_known: bool = True

    @property
    def none(self) -> bool:
        """Whether everything is known and nothing differs."""
        lists = (self.unrecorded, self.recorded, self.gone, self.back, self.changed)
        return self.schema_known and self.ledger_known and not any(lists)


@dataclass(frozen=True, slots=True)
class Remembered:
    """One bookmark: when landed took it (seconds since 1970), before which command and which files."""

    bookmark: str
    taken: float
    command: str
    files: tuple[str, ...]
    state: LiveState

    @property
    def when(self) -> str:
        """The time in UTC, to the second."""
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.taken))


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What a restore would come to. ``name`` is the database's, which consent has to name; ``asked_as`` says
    in whose account."""

    spec: TargetSpec
    name: str
    bookmark: str
    point: Remembered | None
    timestamp: str | None
    losses: Losses
    known: tuple[Remembered, ...]
    before: LiveState
    asked_as: str = ""

    @property
    def allow(self) -> str:
        """The name of the loss, for ``--allow``."""
        return f"restore:{self.name}"


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of it: ``back`` is the bookmark of the moment before; ``note`` is worth knowing."""

    plan: UndoPlan
    back: str
    after: LiveState
    note: str = ""


def describe(losses: Losses) -> list[str]:
    """The differences in words, one a line."""
    lines = [f"- recorded migration {name}" for name in losses.unrecorded]
    lines += [f"+ recorded migration {name}" for name in losses.recorded]
    lines += [f"- {name}" for name in losses.gone]
    lines += [f"+ {name}" for name in losses.back]
    lines += [f"~ {name}" for name in losses.changed]
    return lines
