"""Which files are sent together with others: those whose work does not grow with the rows that are there.

They make new things, or change what only the catalog holds. So if one of them has to be run again by itself,
because something of the group was refused, that costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from landed.core.facts import EXISTS
from landed.core.migration import Migration, Statement
from landed.core.timeline import Step
from landed.engines.postgres.sql.segments import transaction_options
from landed.engines.postgres.sql.settings import sets_session
from landed.engines.postgres.sql.tokens import words
from landed.engines.postgres.write.commands import parts_of
from landed.engines.postgres.write.messages import refusal

BYTES = 100_000
"""Files above this are sent by themselves."""

_CATALOG_ONLY = frozenset(("COMMENT", "GRANT", "REVOKE", "DROP", "SET", "RESET"))

_READS_ROWS = frozenset(
    ("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "REFERENCES", "EXCLUDE", "DEFAULT", "GENERATED",
     "NOT", "TYPE", "VALIDATE", "ATTACH", "DETACH", "INHERIT", "LOGGED", "UNLOGGED", "TABLESPACE", "METHOD",
     "CLUSTER", "USING", "STORAGE", "IN")
)  # fmt: skip
"""Words of ALTER TABLE that may make the server read or write all rows."""

_MODIFIERS = frozenset(
    ("OR", "REPLACE", "GLOBAL", "LOCAL", "UNLOGGED", "TEMP", "TEMPORARY", "UNIQUE", "RECURSIVE")
)


def is_light(migration: Migration, step: Step) -> bool:
    """Whether a file may share a round trip with its neighbours, as far as its text and its replay tell."""
    text = migration.parsed.normalised.lower()
    if step.failed or len(text) > BYTES or "deallocate" in text or "discard" in text:
        return False
    if any(not check.derived for check in step.checks) or refusal(migration) is not None:
        return False
    parts = parts_of(migration, [s.number for s in migration.statements])
    if len(parts) > 1 or parts[0].alone or transaction_options(migration.statements, parts[0].statements):
        return False
    own = [s for s in migration.statements if s.number in parts[0].statements]
    made = {k.name for k, (before, after, _) in step.net.items()
            if k.kind == "table" and k.prop == EXISTS and before is None and after is not None}  # fmt: skip
    touched = {
        t.number: {key.parent or key.name for key, _, _ in t.effects} for t in step.traces if not t.weak
    }
    return all(s.number in touched and _is_light(s, made, touched[s.number]) for s in own if s.text)


def _is_light(statement: Statement, made: Collection[str], touched: Collection[str]) -> bool:
    text = statement.text
    said = words(text, 6)
    verb = said[0] if said else ""
    if verb in _CATALOG_ONLY or sets_session(text):
        return True
    if verb == "INSERT":
        return not _reads(text)
    new = bool(touched) and set(touched) <= set(made)
    if verb == "CREATE":
        what = next((w for w in said[1:] if w not in _MODIFIERS), "")
        if what == "INDEX":
            return new
        return what != "MATERIALIZED" and not (what == "TABLE" and _reads(text))
    if verb == "ALTER":
        if said[1:2] == ["TABLE"]:
            return new or not _READS_ROWS.intersection(words(text, 100_000))
        return said[1:2] not in (["DOMAIN"], ["DATABASE"], ["SYSTEM"])
    return False


def _reads(text: str) -> bool:
    return "select" in text.lower() and "SELECT" in words(text, 100_000)
