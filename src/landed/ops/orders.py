"""In which order a history is judged: that of its ledger, or that of the files' names where it explains more.

A ledger tells in which order files were recorded. One that somebody ran by hand, or that ``repair`` recorded
later, stands behind those that have run after it.
"""

from __future__ import annotations

from landed.core.judge import Ruling
from landed.core.standing import Verdict


def troubles(ruling: Ruling, recorded: frozenset[str]) -> int:
    """How much a ruling leaves unexplained: recorded files that are not there or only partly, facts that no
    file made."""
    wrong = (Verdict.PARTIAL, Verdict.ABSENT)
    files = sum(j.name in recorded and j.verdict in wrong for j in ruling.judgements)
    return files + len(ruling.unexplained)
