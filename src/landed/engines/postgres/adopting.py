"""What was made by hand and by no migration: statements for a migration that makes it, and to remove it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from landed.core.adoption import Adoption
from landed.core.facts import EXISTS, FactKey, Facts
from landed.engines.postgres.catalog.privileges import PRIVILEGES
from landed.engines.postgres.catalog.restore import restoring
from landed.engines.postgres.catalog.restore_rights import HOLDING, statements
from landed.engines.postgres.kinds import KINDS
from landed.engines.postgres.kinds.naming import path, schema_of
from landed.engines.postgres.openings import opens


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
    shut = _shut(new, keys) if born_with_grants else {}
    made = restoring(kept, live, expected, makes_tables=True)
    sql = [*made.sql, *shut.values()]
    given, left = statements((k for k in keys if _holding(k) in shut), live, expected)
    # Nobody is told to drop what may hold rows, or what others hold rows of.
    holding = {kind.name for kind in KINDS.values() if kind.holds_rows}
    going = [key for key in keys if key.kind not in holding and key.parent not in new]
    gone = restoring(_but_what_opens(going, expected, live), expected, live)
    if not sql and not gone.sql:
        return None
    # What was made last depends on what was made before it.
    return Adoption((*sql, *given), (*made.left, *sorted(left)), tuple(reversed(gone.sql)))


def _but_what_opens(keys: Sequence[FactKey], expected: Facts, live: Facts) -> list[FactKey]:
    """The facts whose removal lets nobody in: what somebody shut by hand is not offered to be opened."""
    gone = set(keys)
    after = {key: value for key, value in live.items() if key not in gone}
    after |= {key: expected[key] for key in keys if key in expected}
    open_ones = {key.object for key in keys if opens(key, live, after)}
    return [key for key in keys if key.object not in open_ones]


_API = ("anon", "authenticated", "service_role")
"""To whom Supabase gives all rights on what is made in ``public``."""

Held = tuple[str, str, str]
"""The kind of facts about a right, what it is on, and whose it is."""


def _holding(key: FactKey) -> Held | None:
    found = HOLDING.match(key.name) if key.kind.startswith("grant on ") else None
    return (key.kind, key.parent, found[3]) if found is not None else None


def _shut(new: Collection[str], keys: Sequence[FactKey]) -> dict[Held, str]:
    """The statements that take back what new objects are born with, where somebody has less of it now: then
    a migration that only makes them would open them."""
    has: dict[Held, set[str]] = {}
    for key in keys:
        if (held := _holding(key)) is not None and key.prop == EXISTS:
            has.setdefault(held, set()).add(key.name[1:].partition(" ")[0])
    found = {}
    for key in keys:
        kind = KINDS.get(key.kind)
        if key.prop != EXISTS or key.name not in new or key.parent or kind is None:
            continue
        if kind.rights is None or not kind.rights.born or schema_of(key.name) != "public":
            continue
        # MAINTAIN is not known to all servers.
        every = {PRIVILEGES[letter] for letter in kind.rights.owner if letter != "m"}
        for who in _API:
            held = (f"grant on {kind.acl}", key.name, who)
            if not every <= has.get(held, set()):
                found[held] = f"REVOKE ALL ON {kind.rights.on} {path(key.name)} FROM {who}"
    return found
