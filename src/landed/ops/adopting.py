"""What was made by hand and by no migration: statements for a migration that makes it, and to remove it."""

from __future__ import annotations

from typing import NamedTuple

from landed.core.facts import EXISTS, FactKey
from landed.ops.examine import Examination


class Adoption(NamedTuple):
    """Statements (without ``;``) for what no migration owns.

    ``sql`` makes it, for a new migration; ``left`` are the facts that these do not make. ``drop`` removes
    it, as far as it holds no rows.
    """

    sql: tuple[str, ...]
    left: tuple[FactKey, ...]
    drop: tuple[str, ...]


def adoption(exam: Examination) -> Adoption | None:
    """What to do about the facts that no migration owns; ``None`` where nothing is known to help."""
    keys = exam.unexplained
    if not keys or not exam.workspace.is_postgres:
        return None
    if exam.base is None and any("needs-base" in judgement.flags for judgement in exam.judgements):
        # What the history starts from belongs before its first file, not behind its last.
        return None
    from landed.engines.postgres.catalog.restore import restoring
    from landed.engines.postgres.kinds import KINDS

    expected, live = exam.ruling.expected, exam.facts
    new = {key.name for key in keys if key.prop == EXISTS and not key.parent}
    hosted = bool(exam.workspace.pg.target.scope.attached)
    # What a new object is born with on Supabase, a migration need not grant.
    kept = [key for key in keys if not (hosted and key.kind.startswith("grant on ") and key.parent in new)]
    made = restoring(kept, live, expected, makes_tables=True)
    # Nobody is told to drop what may hold rows, or what others hold rows of.
    holding = {kind.name for kind in KINDS.values() if kind.holds_rows}
    going = [key for key in keys if key.kind not in holding and key.parent not in new]
    gone = restoring(going, expected, live)
    if not made.sql and not gone.sql:
        return None
    # What was made last depends on what was made before it.
    return Adoption(made.sql, made.left, tuple(reversed(gone.sql)))
