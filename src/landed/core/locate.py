"""Where a migration stopped: the statement boundary that the live schema shows, and what was in flight."""

from __future__ import annotations

from collections.abc import Sequence, Set

from landed.core.facts import EXISTS, ORDERED, YES, FactKey, Facts, holds
from landed.core.reach import Owners
from landed.core.standing import Location
from landed.core.timeline import Step, leftovers


def half_way(
    steps: Sequence[Step], applied: Set[int], recorded: frozenset[str], owners: Owners, live: Facts
) -> set[int]:
    """The applied steps that stopped inside, with facts in flight; these then belong to them in ``owners``.

    A rebuild removes a table and makes it again: in its net effect the table is not touched. Stopped in
    between, it owes the table, and not the file that once made it. A recorded file has to show something
    that exists only in its middle; without that the table was more likely dropped by hand.
    """
    found = set()
    for index in sorted(applied, reverse=True):
        step = steps[index]
        if len(step.traces) < 2:
            continue
        astray = {
            key: trace.number
            for trace in step.traces
            for key, _, _ in trace.effects
            if key not in step.net and _astray(key, index, owners, live)
        }
        if not astray or (step.name in recorded and not _left(step, live)):
            continue
        location = locate(index, steps, applied, owners, live)
        if location.exact and 0 < location.low < len(step.traces):
            found.add(index)
            for key, number in astray.items():
                owners[key] = (index, number, owners[key][2])
    return found


def _astray(key: FactKey, index: int, owners: Owners, live: Facts) -> bool:
    owner = owners.get(key)
    return owner is not None and owner[0] < index and not holds(key, owner[2], live.get(key))


def _left(step: Step, live: Facts) -> bool:
    return any(live.get(obj.fact(EXISTS)) == YES for obj in leftovers(step))


def locate(index: int, steps: Sequence[Step], applied: Set[int], owners: Owners, live: Facts) -> Location:
    """How far a migration got: the statement boundary whose state is what the live schema shows.

    Walks the replay statement by statement over the facts that this file touches and nothing
    applied later has overwritten.
    """
    step = steps[index]
    keys = {
        change.key
        for trace in step.traces
        for change in trace.effects
        if owners.get(change.key, (index,))[0] <= index
    }
    state = _state_before(index, steps, keys, applied)
    wrong = {key for key, expected in state.items() if not holds(key, expected, live.get(key))}
    boundaries = [len(wrong)]
    for trace in step.traces:
        for key, _, after in trace.effects:
            if key in keys:
                (wrong.discard if holds(key, after, live.get(key)) else wrong.add)(key)
        boundaries.append(len(wrong))
    best = min(boundaries)
    low = boundaries.index(best)
    high = low
    while high + 1 < len(boundaries) and boundaries[high + 1] == best and not step.traces[high].effects:
        high += 1
    done, missing, mixed = _by_statement(index, step, owners, live)
    return Location(best == 0, low, high, done, missing, mixed)


def _state_before(
    index: int, steps: Sequence[Step], keys: set[FactKey], applied: Set[int]
) -> dict[FactKey, str | None]:
    state: dict[FactKey, str | None] = dict.fromkeys(keys)
    for earlier in range(index):
        if earlier in applied:
            for key, (_, after, _) in steps[earlier].net.items():
                if key in state:
                    state[key] = after
    return state


def _by_statement(
    index: int, step: Step, owners: Owners, live: Facts
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    held: dict[int, int] = {}
    missed: dict[int, int] = {}
    for key, (before, after, number) in step.net.items():
        owner = owners.get(key)
        if owner is None or owner[0] != index:
            continue
        observed = live.get(key)
        if observed == after:
            held[number] = held.get(number, 0) + 1
        elif not holds(key, after, observed) and not goes_without_saying(key, step, live):
            missed[number] = missed.get(number, 0) + 1
            if key.kind == "enum" and None not in (before, observed) and observed != before:
                # It has a value more than anybody's file: the statement ran, and running it again is in vain.
                held[number] = held.get(number, 0) + 1
    done = tuple(sorted(n for n in held if n not in missed))
    missing = tuple(sorted(n for n in missed if n not in held))
    mixed = tuple(sorted(n for n in missed if n in held))
    return done, missing, mixed


def goes_without_saying(key: FactKey, step: Step, live: Facts) -> bool:
    """Whether a missing fact only repeats that its object is gone, of which this step wrote nothing else.

    A file that drops a column writes the order of the others, too. Where the table is gone for good
    that speaks against the file that made it, and not against this one, whose column is gone as well.
    """
    if key.prop not in ORDERED or key in live or key.object.fact(EXISTS) in live:
        return False
    before, after, _ = step.net.get(key, (None, None, 0))
    return before is not None and holds(key, before, after)
