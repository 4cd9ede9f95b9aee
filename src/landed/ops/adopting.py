"""What was made by hand and by no migration: what to do about it."""

from __future__ import annotations

from landed.core.adoption import Adoption
from landed.core.flags import Flag
from landed.ops.examine import Examination


def adoption(exam: Examination) -> Adoption | None:
    """What to do about the facts that no migration owns; ``None`` where nothing is known to help."""
    if not exam.unexplained or _makers(exam):
        return None
    if exam.base is None and any(Flag.NEEDS_BASE in judgement.flags for judgement in exam.judgements):
        # What the history starts from belongs before its first file, not behind its last.
        return None
    return exam.workspace.engine.adopt(exam.unexplained, exam.ruling.expected, exam.facts)


def by_hand(exam: Examination) -> str:
    """What to do about them without statements, in a few words."""
    makers = _makers(exam)
    if makers:
        which = " or ".join(makers[:2])
        return f"leave them: they may be the doing of {which} (no file here)"
    return "put them into a migration, or remove them by hand"


def _makers(exam: Examination) -> list[str]:
    """The rows without a file of which nobody knows what they made."""
    return [j.name for j in exam.judgements if Flag.NO_FILE in j.flags and Flag.UNSEEN in j.flags]
