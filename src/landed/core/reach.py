"""Which files that nobody recorded have run: exactly, by their replay, or by what only they explain."""

from __future__ import annotations

from collections.abc import Sequence, Set

from landed.core.facts import EXISTS, YES, FactKey, Facts, holds
from landed.core.timeline import Step, leftovers

Owners = dict[FactKey, tuple[int, int, str | None]]
"""``key -> (index of the step, number of the statement, expected value)``."""


_FOUND_THERE = frozenset({"extension"})
"""Kinds that are often there before any file runs (a dashboard's switch): by themselves they show only that
a file ran when nothing else of it is missing."""


def reached(
    steps: Sequence[Step],
    recorded: Set[int],
    owners: Owners,
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
    # What no recorded file wrote is, before the first that waits, as its replay found it: not there, or the
    # platform's own (a schema's rights), which shows nothing.
    before: dict[FactKey, str | None] = {}
    for index in waiting:
        for trace in steps[index].traces:
            for key, earlier, _ in trace.effects:
                if key not in owners:
                    before.setdefault(key, earlier)
    wrong.update(key for key, value in before.items() if not holds(key, value, live.get(key)))
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


def explains(index: int, step: Step, owners: Owners, live: Facts) -> bool:
    """Whether the live facts show something that this unrecorded step, and nothing applied, did."""
    gained = lost = 0
    brought = False
    for key, (_, after, _) in step.net.items():
        owner = owners.get(key)
        if owner is not None and owner[0] > index:
            continue
        without = owner[2] if owner is not None else None
        if without == after:
            continue
        observed = live.get(key)
        if observed == after and key.kind in _FOUND_THERE:
            brought = True
        elif observed == after:
            gained += 1
        elif holds(key, without, observed):
            lost += 1
    if not gained:
        return brought and not lost
    return gained >= lost or _created(step, owners, live, index)


def overwritten(index: int, step: Step, owners: Owners, live: Facts) -> bool:
    """Whether later files, whose work is there, have overwritten everything that this step does.

    The schema is then as if it had run, and running it now would undo what came after it.
    """
    later = [(key, owners.get(key, (-1, 0, None))) for key in step.net]
    return bool(later) and all(
        owner > index and holds(key, expected, live.get(key)) for key, (owner, _, expected) in later
    )


def left_behind(step: Step, owners: Owners, live: Facts) -> bool:
    """Whether the live schema holds something that exists only in the middle of this file."""
    return any(
        live.get(key) == YES and key not in owners
        for key in (o.fact(EXISTS) for o in (leftovers(step) if len(step.traces) > 1 else ()))
    )


def _created(step: Step, owners: Owners, live: Facts, index: int) -> bool:
    """Whether some object that only this step makes is there, or one that only it removes is gone."""
    for key, (_, after, _) in step.net.items():
        if key.prop != EXISTS or key.kind in _FOUND_THERE:
            continue
        owner = owners.get(key)
        if owner is not None and owner[0] > index:
            continue
        if (owner[2] if owner else None) != after and live.get(key) == after:
            return True
    return False
