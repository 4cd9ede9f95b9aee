"""What was made by hand and by no migration: statements for a migration that makes it, and to remove it."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.adoption import Adoption
from landed.core.facts import EXISTS, FactKey, Facts
from landed.engines.postgres.catalog.restore import restoring
from landed.engines.postgres.kinds import KINDS


def adoption(
    keys: Sequence[FactKey], expected: Facts, live: Facts, *, born_with_grants: bool
) -> Adoption | None:
    """What to do about the facts that no migration owns; ``None`` where nothing is known to help.

    ``born_with_grants`` says that new objects get grants by default, which a migration need not give.
    """
    new = {key.name for key in keys if key.prop == EXISTS and not key.parent}
    kept = [
        key
        for key in keys
        if not (born_with_grants and key.kind.startswith("grant on ") and key.parent in new)
    ]
    made = restoring(kept, live, expected, makes_tables=True)
    # Nobody is told to drop what may hold rows, or what others hold rows of.
    holding = {kind.name for kind in KINDS.values() if kind.holds_rows}
    going = [key for key in keys if key.kind not in holding and key.parent not in new]
    gone = restoring(going, expected, live)
    if not made.sql and not gone.sql:
        return None
    # What was made last depends on what was made before it.
    return Adoption(made.sql, made.left, tuple(reversed(gone.sql)))
