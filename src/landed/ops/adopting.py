"""What was made by hand and by no migration: what to do about it."""

from __future__ import annotations

from landed.core.adoption import Adoption
from landed.core.flags import Flag
from landed.core.next import Hand, Next, landed
from landed.ops.examine import Examination


def adoption(exam: Examination) -> Adoption | None:
    """What to do about the facts that no migration owns; ``None`` where nothing is known to help."""
    if not exam.unexplained or _makers(exam):
        return None
    if exam.base is None and any(Flag.NEEDS_BASE in judgement.flags for judgement in exam.judgements):
        # What the history starts from belongs before its first file, not behind its last.
        return None
    return exam.workspace.engine.adopt(exam.unexplained, exam.known)


def choice(exam: Examination, found: Adoption | None) -> Next | None:
    """What to decide about them: a new migration makes them from now on, or they go; ``None`` where there are
    none, or they may be the doing of a file that is not here. ``found`` is what :func:`adoption` says."""
    if not exam.unexplained or _makers(exam):
        return None
    if found is None or not found.sql:
        keep = Hand("put what no migration made into a new migration")
    else:
        keep = Hand("put the statements of adopt.sql into a new migration; status says how to record it")
    gone = "; ".join(found.drop) if found is not None else ""
    drop = landed("exec", gone) if gone and len(gone) < _LINE else Hand("remove it by hand, or leave it")
    return Next(keep, drop, choice="made by no migration")


_LINE = 2000
"""Characters: a longer command is none to be run at a terminal."""


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
