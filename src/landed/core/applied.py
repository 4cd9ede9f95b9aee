"""What running a file came to, what the user consented to by name, and the way back."""

from __future__ import annotations

from typing import NamedTuple


class Applied(NamedTuple):
    """What running one migration came to: ``"applied"``, or ``"already"`` when another runner was first.

    ``note`` says what is worth knowing, such as that the reply was lost and the database read again.
    """

    name: str
    outcome: str
    statements: int
    seconds: float
    rows_named_lost: tuple[str, ...] = ()
    note: str = ""


class UndoPoint(NamedTuple):
    """The way back to the moment before a session's first write, where the platform has one.

    ``bookmark`` is Time Travel's; ``command`` restores it with landed, ``platform_command`` with
    wrangler. Everything written since would be lost.
    """

    bookmark: str
    command: str
    platform_command: str


class Consent(NamedTuple):
    """What the user allowed by name: ``drop-table:legacy_orders``, ``drop-column:t.c``, ``lose-rows:t``."""

    allowed: frozenset[str] = frozenset()
