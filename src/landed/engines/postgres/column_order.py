"""Columns of a Postgres table that stand in another order than the files make.

A column that was dropped and made again is the last one, and only a new table would have the old order. Only
SELECT * and INSERT without names depend on it: it is said, and nothing waits for it. ``landed drift`` shows
the difference.
"""

from __future__ import annotations

from landed.core.facts import ORDERED, FactKey
from landed.core.judge import Ruling


def only_in_another_order(ruling: Ruling) -> tuple[dict[FactKey, str], dict[str, str]]:
    """The orders that are expected where a recorded file lacks nothing else; and what to say of that file."""
    expected: dict[FactKey, str] = {}
    told: dict[str, str] = {}
    for judgement in ruling.judgements:
        wrong = [e for e in judgement.evidence if not e.holds]
        if not judgement.recorded or not wrong:
            continue
        if not all(e.key and e.key.prop in ORDERED and e.expected and e.observed for e in wrong):
            continue
        for evidence in wrong:
            assert evidence.key is not None and evidence.expected is not None
            expected[evidence.key] = evidence.expected
            told[judgement.name] = (
                f"the columns of {evidence.key.name} stand in another order than the files make: only "
                "SELECT * and INSERT without column names see that"
            )
    return expected, told
