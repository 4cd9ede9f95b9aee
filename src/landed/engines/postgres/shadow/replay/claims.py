"""Claims: what a PostgreSQL statement that could not be replayed says it does, read from its parse tree.

What each kind of statement says is told with the kinds of objects that it makes or drops.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from landed.core.facts import YES, Change, Effects, FactKey
from landed.engines.postgres.kinds import KINDS
from landed.engines.postgres.kinds.base import Kind
from landed.engines.postgres.kinds.said import Said
from landed.engines.postgres.sql.head import Head
from landed.engines.postgres.sql.tree import enum

_CLAIMING: Final = ("CREATE", "ALTER", "DROP")
_TYPED: Final = [kind.name for kind in KINDS.values() if kind.space == "type"] + ["table"]
_WHAT: Final = ("remove_type", "objtype")
"""Fields in which a statement's tree says which kind of object it is about."""


def claimed_effects(head: Head, facts: Mapping[FactKey, str], schema: str = "public") -> Effects:
    """What a CREATE, ALTER TABLE … ADD or DROP says comes to be, where ``facts`` do not have it yet, and
    what goes, where they have it.

    ``schema`` is where an unqualified name is made. Weaker evidence than a replay. Other statements, and
    those that cannot be read, claim nothing.
    """
    tree = head.tree if head.verb in _CLAIMING else None
    if tree is None:
        return ()
    said = Said(facts, schema, _TYPED)
    effects: dict[FactKey, Change] = {}
    for kind in KINDS.values():
        read = kind.says.get(tree.which)
        if read is None or not _is_about(tree.node, kind):
            continue
        for key, there in read(said, kind.name, tree.node):
            if there and key not in facts:
                effects[key] = Change(key, None, YES)
            elif not there and key in facts:
                effects[key] = Change(key, YES, None)
    return tuple(effects[key] for key in sorted(effects))


def _is_about(node: Any, kind: Kind) -> bool:
    """Whether a statement may be about a kind: its tree does not always say. DROP TYPE drops any type."""
    for field in _WHAT:
        if field in node.DESCRIPTOR.fields_by_name:
            what = enum(node, field)
            return what == kind.tag or (what == "OBJECT_TYPE" and kind.space == "type")
    return True
