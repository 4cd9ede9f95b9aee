"""Recorded files that look torn: would the schema be explained better if they had never run?

``CREATE TABLE IF NOT EXISTS`` in a later file hides that an earlier one never ran: the object is
there, in the later file's shape. Replaying the history without the earlier file shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from landed.core.facts import FactKey, holds
from landed.core.judge import Ruling, judge
from landed.core.standing import Judgement, Standing, Verdict
from landed.core.timeline import Step

TRIED = 8
"""At most so many torn files are tried; each costs a replay of what follows it."""


def never_ran(
    steps: Sequence[Step],
    recorded: frozenset[str],
    live: Mapping[FactKey, str],
    ruling: Ruling,
    replay_without: Callable[[str], Sequence[Step]],
) -> dict[str, str]:
    """Torn recorded files that the live schema explains as never run -> the file that hides it.

    ``replay_without`` replays the history without the named file. A file counts as never run only
    if without it nothing at all is left unexplained among the facts that it or its successors own.
    """
    found: dict[str, str] = {}
    torn = [
        j.name
        for j in ruling.judgements
        if j.recorded and j.verdict is Verdict.PARTIAL and any(not e.weak for e in j.evidence if not e.holds)
    ]
    for name in torn[:TRIED]:
        place = next(i for i, s in enumerate(steps) if s.name == name)
        if place == len(steps) - 1:
            continue
        others = replay_without(name)
        if any(s.failed for s in others):
            continue
        touched = set(steps[place].net)
        hiding = _hiding(others[place:], steps[place + 1 :], touched, recorded)
        if hiding is None:
            continue
        again = judge(others, recorded, live)
        expected = again.expected
        if all(holds(key, expected.get(key), live.get(key)) for key in touched):
            found[name] = hiding
    return found


def _hiding(
    without: Sequence[Step], with_it: Sequence[Step], touched: set[FactKey], recorded: frozenset[str]
) -> str | None:
    """The recorded later file that makes some of the same facts once the earlier file is left out."""
    for alone, after in zip(without, with_it, strict=True):
        if alone.name in recorded and (touched & set(alone.net)) - set(after.net):
            return alone.name
    return None


def as_phantom(judgement: Judgement, hidden_by: str) -> Judgement:
    """The judgement on a file that never ran and whose objects a later file made."""
    return replace(
        judgement,
        verdict=Verdict.ABSENT,
        standing=Standing.PHANTOM,
        location=None,
        flags=(*judgement.flags, "hidden"),
        notes=(*judgement.notes, f"it never ran: what is there was made by {hidden_by}, in another shape"),
    )
