"""Recorded files that look partial: would the schema be explained better if they had never run?

``CREATE TABLE IF NOT EXISTS`` in a later file hides that an earlier one never ran: the object is
there, in the later file's shape. Replaying the history without the earlier file shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from landed.core.facts import FactKey, holds
from landed.core.flags import Flag
from landed.core.judge import CheckResult, Ruling, judge
from landed.core.standing import Judgement, Verdict, standing
from landed.core.timeline import BASE, Step

TRIED = 8
"""At most so many partial files are tried; each costs a replay of what follows it."""


def never_ran(
    steps: Sequence[Step],
    recorded: frozenset[str],
    live: Mapping[FactKey, str],
    ruling: Ruling,
    replay_without: Callable[[str, Callable[[Step], bool]], Sequence[Step]],
    may_hide: Callable[[str], bool],
) -> dict[str, str]:
    """Partial files that the live schema explains as never run -> the recorded file that hides it.

    ``replay_without`` replays the history without the named file, up to a step that shows that it is no use,
    and is asked only where ``may_hide`` says that a later file may have made the same. A file counts as never
    run only if without it no other file fails, and nothing at all is left unexplained among the facts that it
    or its successors own.
    """
    found: dict[str, str] = {}
    failing = {s.name for s in steps if s.failed}
    partial = {
        j.name: {e.key for e in j.evidence if not e.holds and e.key is not None}
        for j in ruling.judgements
        if j.verdict is Verdict.PARTIAL
        and j.name != BASE
        and any(not e.weak for e in j.evidence if not e.holds)
    }
    for name in list(partial)[:TRIED]:
        place = next(i for i, s in enumerate(steps) if s.name == name)
        if place == len(steps) - 1 or not may_hide(name):
            continue
        others = replay_without(name, lambda step: step.failed and step.name not in failing)
        if any(s.failed and s.name not in failing for s in others):
            continue
        touched = set(steps[place].net)
        hiding = _hiding(others[place:], steps[place + 1 :], touched, recorded)
        if hiding is None:
            continue
        again = judge(others, recorded, live)
        expected = again.expected
        if all(holds(key, expected.get(key), live.get(key)) for key in touched | partial[name]):
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


def without_hidden(
    steps: Sequence[Step],
    ruling: Ruling,
    hidden: Mapping[str, str],
    others: Sequence[Step],
    recorded: frozenset[str],
    live: Mapping[FactKey, str],
    results: Mapping[str, Sequence[CheckResult]],
) -> tuple[list[Step], Ruling]:
    """The history judged once more without the files that never ran (``others`` is its replay).

    The steps and judgements come back in the old order, the hidden files in their places.
    """
    again = judge(others, recorded, live, results)
    other_steps = iter(others)
    other_judgements = iter(again.judgements)
    merged: list[Step] = []
    judged: list[Judgement] = []
    applied: set[int] = set()
    place = -1
    for index, step in enumerate(steps):
        if step.name in hidden:
            merged.append(step)
            judged.append(_never_ran(ruling.judgements[index], hidden[step.name]))
            continue
        place += 1
        merged.append(next(other_steps))
        judged.append(next(other_judgements))
        if place in again.applied:
            applied.add(index)
    return merged, Ruling(tuple(judged), again.unexplained, frozenset(applied), again.expected)


def _never_ran(judgement: Judgement, hidden_by: str) -> Judgement:
    return judgement._replace(
        verdict=Verdict.ABSENT,
        standing=standing(judgement.recorded, Verdict.ABSENT),
        location=None,
        flags=(*judgement.flags, Flag.HIDDEN),
        notes=(*judgement.notes, f"it never ran: what is there was made by {hidden_by}, in another shape"),
    )
