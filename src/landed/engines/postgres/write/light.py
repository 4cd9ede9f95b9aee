"""Which files are sent together with others: those whose work does not grow with the rows that are there.

They make new things, or change what only the catalog holds. So if one of them has to be run again by itself,
because something of the group was refused, that costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from landed.core.facts import EXISTS
from landed.core.migration import Statement
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.segments import transaction_options
from landed.engines.postgres.sql.tree import Tree, enum, parts, strings
from landed.engines.postgres.write.say.refusals import refusal
from landed.engines.postgres.write.unit import Unit

BYTES = 100_000
"""Files above this are sent by themselves."""

_CATALOG_ONLY = frozenset(("COMMENT", "GRANT", "REVOKE", "DROP", "SET", "RESET"))

_ONLY_CATALOGS = frozenset(
    ("AT_DropColumn", "AT_SetStatistics", "AT_SetOptions", "AT_ResetOptions", "AT_SetCompression",
     "AT_SetIdentity", "AT_DropIdentity", "AT_DropExpression", "AT_ChangeOwner", "AT_SetRelOptions",
     "AT_ResetRelOptions", "AT_EnableTrig", "AT_EnableAlwaysTrig", "AT_EnableReplicaTrig", "AT_DisableTrig",
     "AT_EnableTrigAll", "AT_DisableTrigAll", "AT_EnableTrigUser", "AT_DisableTrigUser", "AT_EnableRule",
     "AT_EnableAlwaysRule", "AT_EnableReplicaRule", "AT_DisableRule", "AT_ReplicaIdentity",
     "AT_EnableRowSecurity", "AT_DisableRowSecurity", "AT_ForceRowSecurity", "AT_NoForceRowSecurity")
)  # fmt: skip
"""Parts of ALTER TABLE for which the server reads and writes no rows."""

_SERIAL = ("serial", "bigserial", "smallserial")


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
        copies = head.tree is None or head.tree.which == "create_table_as_stmt"
        return head.what != "MATERIALIZED" and not (head.what == "TABLE" and copies)
    if head.verb == "ALTER":
        if head.what == "TABLE":
            return new or (head.tree is not None and _is_of_catalogs(head.tree))
        return head.what not in ("DOMAIN", "DATABASE", "SYSTEM")
    return False


def _is_of_catalogs(tree: Tree) -> bool:
    """Whether an ALTER TABLE changes nothing but catalogs: a RENAME, and parts that say so."""
    if tree.which != "alter_table_stmt":
        return True
    return all(
        _is_plain(getattr(part, "def").column_def) if said == "AT_AddColumn" else said in _ONLY_CATALOGS
        for said, part in parts(tree.node)
    )


def _is_plain(column: Any) -> bool:
    """Whether a new column is NULL in every row that is there."""
    said = {enum(each.constraint, "contype") for each in column.constraints}
    return said <= {"CONSTR_NULL"} and not strings(column.type_name.names)[-1].startswith(_SERIAL)
