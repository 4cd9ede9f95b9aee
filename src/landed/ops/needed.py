"""Files that nobody recorded and of which later ones have overwritten everything: did those need them?

Such a file leaves nothing by which it could be known. But a file that ran could not have run without what it
builds on: replaying the history without the file shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from landed.core.facts import EXISTS
from landed.core.judge import Ruling
from landed.core.standing import Verdict
from landed.core.timeline import Step

ROUNDS = 8
"""At most so many replays; what is not shown by then stays unknown."""


def needed_by(
    steps: Sequence[Step],
    recorded: frozenset[str],
    ruling: Ruling,
    replay_without: Callable[[frozenset[str]], Sequence[Step]],
) -> dict[str, str]:
    """Unrecorded, overwritten files that must have run -> the later file that could not have run without.

    ``replay_without`` replays the history without the named files. Two that make the same are not told apart
    and stay unknown.
    """
    order = {step.name: place for place, step in enumerate(steps)}
    failing = {step.name for step in steps if step.failed}
    left_out = {
        j.name
        for j in ruling.judgements
        if j.verdict is Verdict.SUPERSEDED and j.name not in recorded and j.name not in failing
    }
    ran = {j.name for j in ruling.judgements if j.name in recorded or j.verdict is Verdict.LANDED}
    ran -= {j.name for j in ruling.judgements if j.verdict is Verdict.ABSENT}
    found: dict[str, str] = {}
    for _ in range(ROUNDS):
        if not left_out:
            break
        back = _makers(steps, order, left_out, replay_without(frozenset(left_out)), failing, ran)
        if not back:
            break
        found |= back
        left_out -= back.keys()
        ran |= back.keys()
    return found


def _makers(
    steps: Sequence[Step],
    order: dict[str, int],
    left_out: set[str],
    others: Sequence[Step],
    failing: set[str],
    ran: set[str],
) -> dict[str, str]:
    """The files that make what others fail without -> the first that fails."""
    back: dict[str, str] = {}
    for other in others:
        if not other.failed or other.name in failing or other.name not in ran:
            continue
        wanted = {named.last.lower() for failure in other.failures for named in failure.missing}
        made = [
            name
            for name in left_out
            if order[name] < order[other.name] and wanted & _names(steps[order[name]])
        ]
        if len(made) == 1:
            back.setdefault(made[0], other.name)
    return back


def _names(step: Step) -> set[str]:
    """The objects, without their schemas, that a file makes at any of its statements."""
    return {
        change.key.name.rpartition(".")[2].strip('"').lower()
        for trace in step.traces
        for change in trace.effects
        if change.key.prop == EXISTS and change.after is not None
    }
