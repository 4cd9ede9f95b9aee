"""Whether pending files set right what is torn on a Postgres target."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.standing import Judgement
from landed.core.timeline import Step
from landed.ops.examine import Examination


def healing(
    exam: Examination, blocking: Sequence[Judgement], waiting: Sequence[Judgement]
) -> dict[str, Step]:
    """The steps of the pending files, if running them sets right everything that blocks; else nothing."""
    return {}
