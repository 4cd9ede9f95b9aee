"""In which order a history is judged: that of its ledger, or that of the files' names where it explains more.

A ledger tells in which order files were recorded. One that somebody ran by hand, or that ``repair`` recorded
later, stands behind those that have run after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from landed.core.judge import Ruling
from landed.core.ledger import LedgerRow, replay_order
from landed.core.standing import Verdict

MOST = 8
"""So many other orders are tried, each of which is a replay."""


def other_orders(
    names: Sequence[str], rows: Sequence[LedgerRow], tried: Sequence[int]
) -> Iterator[list[int]]:
    """Orders (of files by index) in which a history may have run, other than the one that was ``tried``.

    By names; then the latest rows by names, first the last one alone; then what nobody recorded at the end.
    """
    seen = [list(tried)]
    for order in islice(_orders(names, rows), 4 * MOST):
        if order not in seen:
            seen.append(order)
            yield order
        if len(seen) > MOST:
            return


def _orders(names: Sequence[str], rows: Sequence[LedgerRow]) -> Iterator[list[int]]:
    yield list(range(len(names)))
    by_id = sorted(rows, key=lambda row: row.id)
    for count in range(1, len(by_id)):
        # A file without a row stands where its name does.
        yield replay_order(names, by_id[:-count])
    recorded = {row.name for row in rows}
    order = replay_order(names, rows)
    yield [i for i in order if names[i] in recorded] + [i for i in order if names[i] not in recorded]


def troubles(ruling: Ruling, recorded: frozenset[str]) -> int:
    """How much a ruling leaves unexplained: files that are there only partly, recorded ones that are not
    there, facts that no file made."""
    files = sum(
        j.verdict is Verdict.PARTIAL or (j.name in recorded and j.verdict is Verdict.ABSENT)
        for j in ruling.judgements
    )
    return files + len(ruling.unexplained)
