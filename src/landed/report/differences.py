"""The differences of two schemas, without those that another one implies."""

from __future__ import annotations

from landed.core.drift import Difference, Drift
from landed.core.facts import EXISTS, FactKey

_TABLES = ("table", "virtual table")


def collapsed(drift: Drift) -> list[Difference]:
    """Without the properties of objects, and the parts of tables, that one side lacks altogether."""
    lacking = {d.key.object for d in drift.differences if d.key.prop == EXISTS}
    # Elsewhere other things than tables have parts, too: columns of views, privileges of functions.
    whole = {o.name for o in lacking if o.kind in _TABLES or (drift.a.holders and not o.parent)}
    return [
        d
        for d in drift.differences
        if (d.key.kind in _TABLES or table_of(d.key, drift) not in whole)
        and (d.key.prop == EXISTS or d.key.object not in lacking)
    ]


def table_of(key: FactKey, drift: Drift) -> str:
    """The table that an object is a part of, or that its index or trigger is on; ``""`` for others."""
    if key.parent or key.kind in _TABLES:
        return key.parent or key.name
    on = key.object.fact("table")
    found = drift.a.facts.get(on) or drift.b.facts.get(on)
    return found or ""
