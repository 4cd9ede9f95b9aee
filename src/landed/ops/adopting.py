"""What was made by hand and by no migration: what to do about it."""

from __future__ import annotations

from landed.core.adoption import Adoption
from landed.core.flags import Flag
from landed.ops.examine import Examination


def adoption(exam: Examination) -> Adoption | None:
    """What to do about the facts that no migration owns; ``None`` where nothing is known to help."""
    if not exam.unexplained:
        return None
    if exam.base is None and any(Flag.NEEDS_BASE in judgement.flags for judgement in exam.judgements):
        # What the history starts from belongs before its first file, not behind its last.
        return None
    return exam.workspace.engine.adopt(exam.unexplained, exam.ruling.expected, exam.facts)
