"""Whose turn is first where several migrations need something: later ones build on what earlier ones make."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.next import Hint, Next, landed
from landed.core.standing import Judgement, Standing

_REFUSED = frozenset({Standing.PARTIAL, Standing.PHANTOM, Standing.UNRECORDED, Standing.DUPLICATE})
_BY_FILE = frozenset({Standing.EDITED, Standing.PARTIAL, Standing.PHANTOM, Standing.OUT_OF_ORDER})


_ORDER = (
    Standing.EDITED, Standing.PARTIAL, Standing.PHANTOM, Standing.UNRECORDED, Standing.NO_FILE,
    Standing.DUPLICATE, Standing.OUT_OF_ORDER, Standing.PENDING, Standing.UNKNOWN,
)  # fmt: skip


def in_turn(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """The judgements, in the files' order: ``apply`` of one that is out of order stops before what it would
    refuse to pass.

    A file whose table somebody dropped is run again before those that are partial because of it.
    """
    # Where the ledger lacks what is there, nobody can say of a file without a trace that it has not run.
    incomplete = any(j.standing is Standing.UNRECORDED for j in judgements)
    last = max((i for i, j in enumerate(judgements) if j.standing in _REFUSED and j.verdict), default=-1)
    return tuple(_in_turn(j, before=i < last, incomplete=incomplete) for i, j in enumerate(judgements))


def _in_turn(judgement: Judgement, *, before: bool, incomplete: bool) -> Judgement:
    if judgement.next is None or not judgement.next.is_apply:
        return judgement
    if judgement.standing is Standing.OUT_OF_ORDER and before:
        return judgement._replace(next=Next(landed("apply", to=judgement.name)))
    if judgement.standing is Standing.UNKNOWN and incomplete:
        record = landed("repair", judgement.name, reason=Hint("…")).unsaid()
        return judgement._replace(next=Next(judgement.next, record, choice=f"unknown {judgement.name}"))
    return judgement


def next_steps(judgements: Sequence[Judgement]) -> list[Next]:
    """What sets things right, the first to do first: what can be run comes before what is done by hand."""
    found = [j.next for j in judgements if j.standing in _BY_FILE and j.next and not j.next.is_apply]
    found += [j.next for s in _ORDER for j in judgements if j.standing is s and j.next]
    found = list(dict.fromkeys(found))
    if any(j.standing in _REFUSED for j in judgements):
        found = [step for step in found if not step.is_apply]
    # What a command finishes comes before what somebody has to look into.
    return sorted(found, key=_rank)


def _rank(step: Next) -> int:
    first = step.first
    if first is None or not first.is_of_landed:
        return 2
    return 1 if first.verb == "drift" else 0
