"""PostgreSQL statements that can be run again and then leave what they left the first time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from landed.core.migration import Statement
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.tree import enum, options, parts

_ALWAYS: Final = frozenset(
    ("grant_stmt", "grant_role_stmt", "alter_default_privileges_stmt", "comment_stmt", "sec_label_stmt",
     "alter_function_stmt", "alter_owner_stmt", "alter_policy_stmt", "alter_type_stmt",
     "alter_event_trig_stmt")
)  # fmt: skip
_SETS: Final = frozenset(
    ("AT_ColumnDefault", "AT_SetNotNull", "AT_DropNotNull", "AT_SetExpression", "AT_SetStatistics",
     "AT_SetOptions", "AT_ResetOptions", "AT_SetStorage", "AT_SetCompression", "AT_SetIdentity",
     "AT_AlterConstraint", "AT_ValidateConstraint", "AT_ChangeOwner", "AT_ClusterOn", "AT_DropCluster",
     "AT_SetLogged", "AT_SetUnLogged", "AT_SetAccessMethod", "AT_SetTableSpace", "AT_SetRelOptions",
     "AT_ResetRelOptions", "AT_EnableTrig", "AT_EnableAlwaysTrig", "AT_EnableReplicaTrig", "AT_DisableTrig",
     "AT_EnableTrigAll", "AT_DisableTrigAll", "AT_EnableTrigUser", "AT_DisableTrigUser", "AT_EnableRule",
     "AT_EnableAlwaysRule", "AT_EnableReplicaRule", "AT_DisableRule", "AT_ReplicaIdentity",
     "AT_EnableRowSecurity", "AT_DisableRowSecurity", "AT_ForceRowSecurity", "AT_NoForceRowSecurity")
)  # fmt: skip
"""What parts of an ALTER TABLE set."""

_OF_DOMAINS: Final = frozenset("TNOV")
"""ALTER DOMAIN: its default, NOT NULL dropped and set, VALIDATE CONSTRAINT (``AlterDomainType``)."""


def is_repeatable(statement: Statement) -> bool:
    """Whether a statement says how something has to be, and not what is to be done to it.

    ``CREATE OR REPLACE``, GRANT and REVOKE, COMMENT, SECURITY LABEL, and an ALTER that only sets. A statement
    that cannot be read is not.
    """
    head = head_of(statement)
    if head.begins("CREATE", "OR", "REPLACE"):
        return True
    if head.tree is None:
        return False
    which, node = head.tree
    return which in _ALWAYS or (which in _SOMETIMES and _SOMETIMES[which](node))


def _table(node: Any) -> bool:
    return all(said in _SETS for said, _ in parts(node))


def _sequence(node: Any) -> bool:
    # RESTART gives numbers away a second time.
    return "restart" not in options(node.options)


def _domain(node: Any) -> bool:
    return node.subtype in _OF_DOMAINS


def _publication(node: Any) -> bool:
    return bool(node.options) or enum(node, "action") == "AP_SetObjects"


_SOMETIMES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "alter_table_stmt": _table,
    "alter_seq_stmt": _sequence,
    "alter_domain_stmt": _domain,
    "alter_publication_stmt": _publication,
}
