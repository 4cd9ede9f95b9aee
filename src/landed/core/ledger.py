"""The ledger as values: its rows, and in which order the files were really applied."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple


class LedgerRow(NamedTuple):
    """One row of the platform's history table.

    ``applied_at`` is the text that the platform stored (UTC, ``YYYY-MM-DD HH:MM:SS``), or ``None``.
    """

    id: int
    name: str
    applied_at: str | None


def replay_order(names: Sequence[str], rows: Sequence[LedgerRow]) -> list[int]:
    """In which order the files (by index) are to be replayed, given what was applied when.

    File order where the ledger agrees with it; otherwise recorded files in the ledger's order, each
    unrecorded file before the first recorded one that follows it in the folder.
    """
    place = {name: i for i, name in enumerate(names)}
    applied = [place[row.name] for row in sorted(rows, key=lambda r: r.id) if row.name in place]
    if all(a < b for a, b in itertools.pairwise(applied)):
        return list(range(len(names)))
    seen = set(applied)
    waiting = [i for i in range(len(names)) if i not in seen]
    order: list[int] = []
    for index in dict.fromkeys(applied):
        while waiting and waiting[0] < index:
            order.append(waiting.pop(0))
        order.append(index)
    return order + waiting


def late_files(names: Sequence[str], recorded: set[str]) -> set[str]:
    """The unrecorded files that stand before a recorded one: added below the newest version."""
    last = max((i for i, name in enumerate(names) if name in recorded), default=-1)
    return {name for i, name in enumerate(names) if i < last and name not in recorded}
