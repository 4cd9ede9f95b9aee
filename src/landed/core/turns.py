"""Whose turn is first where several migrations need something: later ones build on what earlier ones make."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.command import Command
from landed.core.flags import Flag
from landed.core.next import APPLY, Hand, Hint, Next, landed
from landed.core.standing import Judgement, Standing

_REFUSED = frozenset({Standing.PARTIAL, Standing.PHANTOM, Standing.UNRECORDED, Standing.DUPLICATE})
_BY_FILE = frozenset({Standing.EDITED, Standing.PARTIAL, Standing.PHANTOM, Standing.OUT_OF_ORDER})


_ORDER = (
    Standing.EDITED, Standing.PARTIAL, Standing.PHANTOM, Standing.UNRECORDED, Standing.NO_FILE,
    Standing.DUPLICATE, Standing.OUT_OF_ORDER, Standing.PENDING, Standing.UNKNOWN,
)  # fmt: skip


def in_turn(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """The judgements, in the files' order, each with what can be done about it now.

    ``apply`` of one that is out of order stops before what it would refuse to pass: a file whose table
    somebody dropped is run again before those that are partial because of it. What it refuses to pass keeps
    all others waiting. Of a file without a trace nobody can say whether it has run, unless one before it has
    not. Where the checkout is older than its database, it is brought up to date before anything is run.
    """
    update = next((j.next for j in lacking(judgements) if j.next), None)
    if update is not None:
        return tuple(j._replace(next=update) if j.next and _runs(j.next) else j for j in judgements)
    last = max((i for i, j in enumerate(judgements) if j.standing in _REFUSED and j.verdict), default=-1)
    blocked = any(_blocks(j) for j in judgements)
    first = next((i for i, j in enumerate(judgements) if j.standing is Standing.PENDING), len(judgements))
    return tuple(
        _in_turn(j, before=i < last, blocked=blocked, maybe=i < first) for i, j in enumerate(judgements)
    )


def lacking(judgements: Sequence[Judgement]) -> list[Judgement]:
    """The rows that a checkout has to be brought up to date with before anything is run: newer ones than its
    own of which nobody knows what they did, or all where none has a file."""
    newer = [j for j in judgements if Flag.BEHIND in j.flags]
    own = any(j.recorded and (j.verdict or j.renamed) for j in judgements)
    return [j for j in newer if Flag.UNSEEN in j.flags] if own else newer


def _runs(step: Next) -> bool:
    return step.is_apply or any(isinstance(p, Command) and p.verb == "apply" for p in step.parts)


def _blocks(judgement: Judgement) -> bool:
    """Whether it keeps ``apply`` from running anything; what no command finishes a pending file may heal."""
    if judgement.standing is Standing.PARTIAL:
        first = judgement.next.first if judgement.next else None
        return first is not None and first.verb == "resume"
    return judgement.standing in _REFUSED


def _in_turn(judgement: Judgement, *, before: bool, blocked: bool, maybe: bool) -> Judgement:
    if judgement.next is None or not judgement.next.is_apply:
        return judgement
    if judgement.standing is Standing.OUT_OF_ORDER and before:
        return judgement._replace(next=Next(landed("apply", to=judgement.name)))
    run = APPLY.afterwards() if blocked else APPLY
    if judgement.standing is not Standing.UNKNOWN or not maybe:
        return judgement._replace(next=Next(run))
    record = landed("repair", judgement.name, reason=Hint("…")).unsaid()
    way = Next(run, record, *([_LATER] if blocked else []), choice=f"unknown {judgement.name}")
    return judgement._replace(next=way)


_LATER = Hand("leave it: apply runs it once the others are set right", said=False)


def next_steps(judgements: Sequence[Judgement]) -> list[Next]:
    """What sets things right, the first to do first: what can be run comes before what is done by hand."""
    found = [j.next for j in judgements if j.standing in _BY_FILE and j.next and not j.next.is_apply]
    found += [j.next for s in _ORDER for j in judgements if j.standing is s and j.next]
    found = list(dict.fromkeys(found))
    if any(j.standing in _REFUSED for j in judgements):
        found = [step for step in found if not step.is_apply]
    # What a command finishes comes before what somebody has to look into, a whole checkout before all.
    first = {j.next for j in judgements if Flag.BEHIND in j.flags}
    return sorted(found, key=lambda step: (step not in first, _rank(step)))


def _rank(step: Next) -> int:
    first = step.first
    if first is None or not first.is_of_landed:
        return 2
    return 1 if first.verb == "drift" else 0
