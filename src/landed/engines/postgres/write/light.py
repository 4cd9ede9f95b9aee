"""Which files are sent together with others: those whose work does not grow with the rows that are there.

They make new things, or change what only the catalog holds. So if one of them has to be run again by itself,
because something of the group was refused, that costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from landed.core.facts import EXISTS
from landed.core.migration import Statement
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.segments import transaction_options
from landed.engines.postgres.write.messages import refusal
from landed.engines.postgres.write.unit import Unit

BYTES = 100_000
"""Files above this are sent by themselves."""

_CATALOG_ONLY = frozenset(("COMMENT", "GRANT", "REVOKE", "DROP", "SET", "RESET"))

_READS_ROWS = frozenset(
    ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "REFERENCES", "EXCLUDE", "DEFAULT", "GENERATED",
     "NOT", "TYPE", "VALIDATE", "ATTACH", "DETACH", "INHERIT", "LOGGED", "UNLOGGED", "TABLESPACE", "METHOD",
     "CLUSTER", "USING", "STORAGE", "IN")
)  # fmt: skip
"""Words of ALTER TABLE that may make the server read or write all rows."""


def is_light(unit: Unit) -> bool:
    """Whether a file may share a round trip with its neighbours, as far as its text and its replay tell."""
    migration, step = unit.migration, unit.step
    text = migration.parsed.normalised.lower()
    if step.failed or len(text) > BYTES or "deallocate" in text or "discard" in text:
        return False
    if unit.checks or refusal(migration) is not None:
        return False
    if unit.alone or transaction_options(migration.statements, unit.statements):
        return False
    own = [s for s in migration.statements if s.number in unit.statements]
    made = {k.name for k, (before, after, _) in step.net.items()
            if k.kind == "table" and k.prop == EXISTS and before is None and after is not None}  # fmt: skip
    touched = {
        t.number: {key.parent or key.name for key, _, _ in t.effects} for t in step.traces if not t.weak
    }
    return all(s.number in touched and _is_light(s, made, touched[s.number]) for s in own if s.text)


def _is_light(statement: Statement, made: Collection[str], touched: Collection[str]) -> bool:
    head = head_of(statement)
    if head.verb in _CATALOG_ONLY or head.sets_session:
        return True
    if head.verb == "INSERT":
        return "SELECT" not in head.bare
    new = bool(touched) and set(touched) <= set(made)
    if head.verb == "CREATE":
        if head.what == "INDEX":
            return new
        return head.what != "MATERIALIZED" and not (head.what == "TABLE" and "SELECT" in head.bare)
    if head.verb == "ALTER":
        if head.what == "TABLE":
            return new or _READS_ROWS.isdisjoint(head.bare)
        return head.what not in ("DOMAIN", "DATABASE", "SYSTEM")
    return False
