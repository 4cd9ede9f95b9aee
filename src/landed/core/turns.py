"""Whose turn is first where several migrations need something: later ones build on what earlier ones make."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.next import Next, landed
from landed.core.standing import Judgement, Standing

_REFUSED = frozenset({Standing.PARTIAL, Standing.PHANTOM, Standing.UNRECORDED, Standing.DUPLICATE})
_BY_FILE = frozenset({Standing.EDITED, Standing.PARTIAL, Standing.PHANTOM, Standing.OUT_OF_ORDER})


def in_turn(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """The judgements, in the files' order: ``apply`` of one that is out of order stops before what it would
    refuse to pass.

    A file whose table somebody dropped is run again before those that are partial because of it.
    """
    last = max((i for i, j in enumerate(judgements) if j.standing in _REFUSED and j.verdict), default=-1)
    return tuple(
        j._replace(next=Next(landed("apply", to=j.name)))
        if j.standing is Standing.OUT_OF_ORDER and j.next == "landed apply" and i < last
        else j
        for i, j in enumerate(judgements)
    )


def earliest(judgements: Sequence[Judgement]) -> list[str]:
    """The commands for what is broken among recorded files, in the files' order."""
    return [j.next for j in judgements if j.standing in _BY_FILE and j.next and j.next != "landed apply"]
