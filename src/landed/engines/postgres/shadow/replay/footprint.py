"""What a statement acts on, by its parse tree: only forms are known whose effects stay on what they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from landed.core.migration import Statement
from landed.engines.postgres.catalog.privileges import PRIVILEGES
from landed.engines.postgres.kinds import KINDS, RIGHTS
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.names import quoted
from landed.engines.postgres.sql.tree import enum, named, parts, relation, strings

Slot = tuple[str, ...]
"""What one statement alone may change: the kind of thing and its names, without schemas."""

RELATION: Final = "relation"
RLS: Final = "row level security"


class Footprint(NamedTuple):
    """What a statement acts on.

    ``how`` it does so says who else may act on the same ``thing`` before the next look:

    ``make``: the thing was not there, or is replaced whole, and what it has by default is its own.
    ``change``: its columns and properties. ``part``: a new constraint. ``less``: a constraint that goes or is
    validated. ``own``: what stands beside it under a name of its own (an index, a policy, a comment).
    ``aside``: its grants and its owner, which whoever makes it sets.
    """

    slots: tuple[Slot, ...]
    how: str
    thing: tuple[str, str]
    """A kind that has names to itself (relations, functions, types, schemas, indexes), and the name."""

    @property
    def slot(self) -> Slot:
        """The slot of a statement that has but one."""
        return self.slots[0]


_LONGEST: Final = 58
"""Longer names (in bytes) are cut, or names made of them."""

_VERBS: Final = frozenset(("CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE"))
_KINDS: Final = {
    "OBJECT_TABLE": RELATION,
    "OBJECT_VIEW": RELATION,
    "OBJECT_SEQUENCE": RELATION,
    "OBJECT_FUNCTION": "function",
    "OBJECT_PROCEDURE": "function",
    "OBJECT_ROUTINE": "function",
    "OBJECT_TYPE": "type",
    "OBJECT_SCHEMA": "schema",
}
_ROUTINES: Final = ("OBJECT_FUNCTION", "OBJECT_PROCEDURE")
GRANTED: Final = {
    kind.acl: kind.space for kind in KINDS.values() if kind.rights is not None and kind.rights.born
}
"""What is granted on things that have names to themselves: the word in facts, and the kind of thing."""
_ALL: Final = {
    thing: frozenset(
        PRIVILEGES[letter] for word, of in GRANTED.items() if of == thing for letter in RIGHTS[word].owner
    )
    for thing in GRANTED.values()
}
_SWITCHES: Final = {
    "AT_EnableRowSecurity": RLS,
    "AT_ForceRowSecurity": "force row level security",
}
_CHECKED: Final = ("CONSTR_CHECK", "CONSTR_FOREIGN", "CONSTR_UNIQUE")
_OF_COLUMNS: Final = frozenset(("AT_AddColumn", "AT_ColumnDefault", "AT_SetNotNull", "AT_DropNotNull"))


def footprint(statement: Statement) -> Footprint | None:
    """What a statement says of its effects; ``None`` for forms that may do more, or are not known."""
    head = head_of(statement)
    if head.verb not in _VERBS or head.tree is None:
        return None
    read = _READERS.get(head.tree.which)
    found = read(head.tree.node) if read is not None else None
    if found is None or any(len(part.encode()) > _LONGEST for s in (found.thing, *found.slots) for part in s):
        return None
    return found


def _table(node: Any) -> Footprint | None:
    of = node.relation
    copies = any(element.WhichOneof("node") == "table_like_clause" for element in node.table_elts)
    more = node.inh_relations or node.HasField("partspec") or node.HasField("of_typename") or copies
    return None if more or of.relpersistence == "t" else _whole(_relation(of))


def _view(node: Any) -> Footprint | None:
    return None if node.view.relpersistence == "t" else _whole(_relation(node.view))


def _function(node: Any) -> Footprint | None:
    return _whole(_thing("function", strings(node.funcname)))


def _enum_type(node: Any) -> Footprint | None:
    return _whole(_thing("type", strings(node.type_name)))


def _index(node: Any) -> Footprint | None:
    on = _relation(node.relation)
    if not node.idxname or node.concurrent or on is None:
        return None
    return Footprint((("index", quoted(node.idxname)),), "own", on)


def _policy(node: Any) -> Footprint | None:
    return _on("policy", _relation(node.table), node.policy_name)


def _trigger(node: Any) -> Footprint | None:
    return None if node.isconstraint else _on("trigger", _relation(node.relation), node.trigname)


def _altered(node: Any) -> Footprint | None:
    """ALTER TABLE, VIEW or SEQUENCE."""
    of, kind = _relation(node.relation), enum(node, "objtype")
    said, commands = zip(*parts(node), strict=True)
    if of is None or any(enum(command, "behavior") == "DROP_CASCADE" for command in commands):
        return None
    if said == ("AT_ChangeOwner",):
        return Footprint((("owner", *of),), "aside", of) if kind in _KINDS else None
    if kind == "OBJECT_VIEW":
        return Footprint((of,), "change", of) if said == ("AT_SetRelOptions",) else None
    if kind != "OBJECT_TABLE":
        return None
    if len(said) == 1 and said[0] in _SWITCHES:
        return Footprint(((_SWITCHES[said[0]], of[1]),), "own", of)
    if said in (("AT_ValidateConstraint",), ("AT_DropConstraint",)):
        return Footprint((("constraint", of[1], quoted(commands[0].name)),), "less", of)
    if not all(map(_stays, said, commands)):
        return None
    if said == ("AT_AddConstraint",):
        made = getattr(commands[0], "def").constraint
        if made.conname and enum(made, "contype") in _CHECKED:
            return Footprint((("constraint", of[1], quoted(made.conname)),), "part", of)
    return Footprint((of,), "change", of)


def _stays(said: str, command: Any) -> bool:
    """Whether one part of an ALTER TABLE acts on nothing but its table, and on all of that."""
    if said == "AT_AddConstraint":
        made = getattr(command, "def").constraint
        return not made.indexname and not made.is_no_inherit and enum(made, "contype") != "CONSTR_EXCLUSION"
    return said in _OF_COLUMNS


def _altered_policy(node: Any) -> Footprint | None:
    return _on("policy", _relation(node.table), node.policy_name)


def _altered_function(node: Any) -> Footprint | None:
    thing = _thing("function", strings(node.func.objname))
    known = thing is not None and enum(node, "objtype") in _ROUTINES
    return Footprint((thing,), "change", thing) if thing is not None and known else None


def _altered_enum(node: Any) -> Footprint | None:
    thing = _thing("type", strings(node.type_name))
    return None if thing is None or node.old_val else Footprint((thing,), "change", thing)


def _given(node: Any) -> Footprint | None:
    """ALTER … OWNER TO, where it is not ALTER TABLE and the like."""
    kind = enum(node, "object_type")
    if kind not in (*_ROUTINES, "OBJECT_TYPE"):
        return None
    thing = _thing(_KINDS[kind], named(node.object))
    return Footprint((("owner", *thing),), "aside", thing) if thing is not None else None


def _dropped(node: Any) -> Footprint | None:
    if len(node.objects) != 1 or node.concurrent or enum(node, "behavior") == "DROP_CASCADE":
        return None
    kind, name = enum(node, "remove_type"), named(node.objects[0])
    if kind == "OBJECT_INDEX":
        return _beside(_thing("index", name))
    if kind in _ROUTINES:
        return _whole(_thing("function", name))
    if kind in ("OBJECT_POLICY", "OBJECT_TRIGGER"):
        return _on(kind[7:].lower(), _thing(RELATION, name[:-1]), name[-1])
    return None


def _comment(node: Any) -> Footprint | None:
    kind, name = enum(node, "objtype"), named(node.object)
    if kind in ("OBJECT_TABLE", "OBJECT_VIEW"):
        of = _thing(RELATION, name)
        return Footprint((("comment", of[1]),), "own", of) if of is not None else None
    if kind in _ROUTINES:
        of = _thing("function", name)
        return Footprint((("function comment", of[1]),), "own", of) if of is not None else None
    if kind in ("OBJECT_COLUMN", "OBJECT_POLICY"):
        of = _thing(RELATION, name[:-1])
        what = "comment" if kind == "OBJECT_COLUMN" else "policy comment"
        return _on(what, of, name[-1])
    return None


def _grant(node: Any) -> Footprint | None:
    kind = _KINDS.get(enum(node, "objtype"))
    alone = enum(node, "targtype") == "ACL_TARGET_OBJECT" and len(node.objects) == 1
    plain = (
        not node.grant_option and not node.HasField("grantor") and enum(node, "behavior") != "DROP_CASCADE"
    )
    thing = _thing(kind, named(node.objects[0])) if kind is not None and alone and plain else None
    if kind is None or thing is None or any(each.access_priv.cols for each in node.privileges):
        return None
    given = [each.access_priv.priv_name.upper() for each in node.privileges] or sorted(_ALL[kind])
    roles = [_role(each.role_spec) for each in node.grantees]
    if not set(given) <= _ALL[kind] or None in roles:
        return None
    slots = [("grant", *thing, privilege, role or "") for role in roles for privilege in given]
    return Footprint(tuple(slots), "aside", thing)


def _role(node: Any) -> str | None:
    """A role as facts show it; ``None`` for one that the session says (CURRENT_USER)."""
    kind = enum(node, "roletype")
    if kind == "ROLESPEC_PUBLIC":
        return "PUBLIC"
    return quoted(node.rolename) if kind == "ROLESPEC_CSTRING" else None


Thing = tuple[str, str]


def _relation(node: Any) -> Thing | None:
    return _thing(RELATION, relation(node))


def _thing(kind: str, name: Sequence[str]) -> Thing | None:
    """A thing by the last part of its name; ``None`` where that names a database, too."""
    return (kind, quoted(name[-1])) if 0 < len(name) < 3 else None


def _whole(thing: Thing | None) -> Footprint | None:
    return Footprint((thing,), "make", thing) if thing is not None else None


def _beside(thing: Thing | None) -> Footprint | None:
    return Footprint((thing,), "own", thing) if thing is not None else None


def _on(kind: str, of: Thing | None, name: str) -> Footprint | None:
    return Footprint(((kind, of[1], quoted(name)),), "own", of) if of is not None else None


_READERS: Final[Mapping[str, Callable[[Any], Footprint | None]]] = {
    "create_stmt": _table,
    "view_stmt": _view,
    "create_function_stmt": _function,
    "create_enum_stmt": _enum_type,
    "index_stmt": _index,
    "create_policy_stmt": _policy,
    "create_trig_stmt": _trigger,
    "alter_table_stmt": _altered,
    "alter_policy_stmt": _altered_policy,
    "alter_function_stmt": _altered_function,
    "alter_enum_stmt": _altered_enum,
    "alter_owner_stmt": _given,
    "drop_stmt": _dropped,
    "comment_stmt": _comment,
    "grant_stmt": _grant,
}
