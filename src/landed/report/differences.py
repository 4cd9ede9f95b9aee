"""The differences of two schemas, without those that another one implies."""

from __future__ import annotations

from landed.core.facts import EXISTS, FactKey
from landed.engines.sqlite.sql.tokens import unquote
from landed.ops.drift import Difference, Drift

_TABLES = ("table", "virtual table")


def collapsed(drift: Drift) -> list[Difference]:
    """Without the properties of objects, and the parts of tables, that one side lacks altogether."""
    lacking = {d.key.object for d in drift.differences if d.key.prop == EXISTS}
    # In Postgres other things than tables have parts, too: columns of views, privileges of functions.
    whole = {o.name for o in lacking if o.kind in _TABLES or (is_postgres(drift) and not o.parent)}
    return [
        d
        for d in drift.differences
        if (d.key.kind in _TABLES or table_of(d.key, drift) not in whole)
        and (d.key.prop == EXISTS or d.key.object not in lacking)
    ]


def is_postgres(drift: Drift) -> bool:
    """Whether at least one side is a Postgres database."""
    return (drift.a.major or drift.b.major) is not None


def table_of(key: FactKey, drift: Drift) -> str:
    """The table that an object is a part of, or that its index or trigger is on; ``""`` for others."""
    if key.parent or key.kind in _TABLES:
        return key.parent or key.name
    on = key.object.fact("table")
    found = drift.a.facts.get(on) or drift.b.facts.get(on)
    return unquote(found) if found else ""
