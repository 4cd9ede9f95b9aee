"""How far files that nobody recorded have run: the point in their replay that is exactly the live schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from landed.core.facts import FactKey, Facts, holds
from landed.core.timeline import Step


def reached(
    steps: Sequence[Step],
    recorded: Set[int],
    owners: Mapping[FactKey, tuple[int, int, str | None]],
    live: Facts,
) -> set[int] | None:
    """The unrecorded steps (indexes) that have run, the last of them perhaps in part.

    Walks the unrecorded files in order, statement by statement, on top of what the recorded ones leave
    (``owners``), over all facts that any file ever touches. The first point at which none of them differs
    from the live schema decides; ``None`` when there is no such point: something was done by hand, or files
    ran in another order.
    """
    waiting = [index for index in range(len(steps)) if index not in recorded]
    if not waiting:
        return set()
    wrong = {key for key, (_, _, expected) in owners.items() if not holds(key, expected, live.get(key))}
    for index in waiting:
        for trace in steps[index].traces:
            wrong.update(key for key, _, _ in trace.effects if key not in owners and key in live)
    ran: set[int] = set()
    for index in waiting:
        for trace in steps[index].traces:
            if not wrong:
                return ran
            for key, _, after in trace.effects:
                owner = owners.get(key)
                if owner is None or owner[0] <= index:
                    (wrong.discard if holds(key, after, live.get(key)) else wrong.add)(key)
            if trace.effects:
                ran.add(index)
    return None if wrong else ran
