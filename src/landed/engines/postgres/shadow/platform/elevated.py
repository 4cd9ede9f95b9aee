"""What landed does for a file beyond its role's rights: signed acts, from a parsed list of what is allowed.

A statement that the platform runs with a superuser's rights for its role (facts: supautils), or that any
superuser of a plain Postgres may run, is never sent as a superuser: its parse tree is held against the list
here, written anew from the tree, signed, and run by ``pg_catalog.landed_act`` (``wall/wall.sql``), which
checks what it is about and lets nothing of the file's fire meanwhile. What is not on the list is sent as it
is and refused by the server.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from landed.engines.postgres.shadow.reason import Reason
from landed.engines.postgres.sql.head import Head
from landed.engines.postgres.sql.tokens import literal
from landed.engines.postgres.sql.tree import copied, enum, named, relation, strings, written

_VERBS: Final = frozenset(("CREATE", "ALTER", "SET"))
_ROLES: Final = frozenset(("ROLE", "USER", "GROUP"))
_MAKES_ROLES: Final = re.compile(r"\bcreate\s+(?:role|user|group)\b(?!\s+mapping\b)", re.IGNORECASE)

_NEVER_GIVEN: Final = re.compile(
    r"would run as a superuser: landed runs no code of files so|permission denied to create subscription"
    r"|cannot accept a value of type (?:internal|fdw_handler)|replication slots can only be used"
)

_ABOUT: Final = {
    "OBJECT_TABLE": "relation",
    "OBJECT_VIEW": "relation",
    "OBJECT_MATVIEW": "relation",
    "OBJECT_SEQUENCE": "relation",
    "OBJECT_FOREIGN_TABLE": "relation",
    "OBJECT_INDEX": "relation",
    "OBJECT_TYPE": "type",
    "OBJECT_DOMAIN": "type",
    "OBJECT_FUNCTION": "function",
    "OBJECT_PROCEDURE": "function",
    "OBJECT_ROUTINE": "function",
    "OBJECT_AGGREGATE": "function",
    "OBJECT_SCHEMA": "schema",
    "OBJECT_PUBLICATION": "publication",
    "OBJECT_FOREIGN_SERVER": "server",
    "OBJECT_EVENT_TRIGGER": "event trigger",
    "OBJECT_FDW": "wrapper",
}
"""Kinds of objects whose owner is changed for a file, and what the server is asked of them."""

_GIVEN: Final = ("publication", "event trigger", "wrapper")
"""Whose owners are superusers, says the server; on the platform they are the role that ran the file."""

_ONLY_SUPERUSERS: Final = {
    "superuser": "landed.superuser",
    "isreplication": "landed.replication",
    "bypassrls": "landed.bypassrls",
}
"""Attributes of roles that a role without them cannot give, and the settings of the role by which a replay
notes that a file gives one: facts tell of those, too."""


@dataclass(frozen=True, slots=True)
class Powers:
    """What landed can do on a server of its own: with its ``key``, for a ``platform`` or a plain Postgres."""

    key: bytes = field(repr=False)
    platform: bool

    def act(self, **act: object) -> bytes:
        """The statement that runs a signed act; see ``landed_act`` for what there is."""
        text = json.dumps(act, ensure_ascii=True, sort_keys=True)
        signature = hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
        path = "pg_catalog.current_setting('search_path')"
        return f"SELECT pg_catalog.landed_act({literal(text)}, '{signature}', {path})".encode()

    def withheld(self, why: Reason) -> bool:
        """Whether a statement that failed so needs what landed gives to no file.

        Of a plain Postgres any superuser may run the files: there every want of rights may be landed's doing.
        """
        return _NEVER_GIVEN.search(why.text) is not None or (
            not self.platform
            and (why.code == "42501" or (why.code == "0LP01" and "is a member of role " in why.text))
        )

    def sent(self, head: Head) -> tuple[bytes, ...]:
        """What to send for a statement, in order: the statement itself where no act stands for it."""
        joins = not self.platform and _MAKES_ROLES.search(head.text)
        noted = () if self.platform else tuple(self.act(**act) for act in _noted(head))
        return (self._instead(head), *((self.act(join=True),) if joins else ()), *noted)

    def _instead(self, head: Head) -> bytes:
        act = _act(head, self.platform)
        if act is None:
            return head.text.encode()
        return act.encode() if isinstance(act, str) else self.act(**act)


def _act(head: Head, platform: bool) -> Mapping[str, object] | str | None:
    """The act, or the other statement, that stands for one; ``None`` where it is sent as it is."""
    if head.verb not in _VERBS and not (head.verb in ("GRANT", "REVOKE") and "LANGUAGE" in head.words):
        return None
    if head.tree is None:
        return None
    which = head.tree.which
    read = (None if platform else _PLAIN_READERS.get(which)) or _READERS.get(which)
    if read is None:
        return None
    tree = copied(head.tree)
    found: Mapping[str, object] | str | None = read(tree.node)
    if found is None:
        return None
    text = written(tree)
    return text if isinstance(found, str) else {"sql": text, **found}


def _event_trigger(node: Any) -> Mapping[str, object]:
    return {"give": ["event trigger", node.trigname]}


def _wrapper(node: Any) -> Mapping[str, object]:
    return {"give": ["wrapper", node.fdwname], "calls": _validators(node)}


def _changed_wrapper(node: Any) -> Mapping[str, object]:
    return {"about": ["wrapper", [node.fdwname]], "calls": _validators(node)}


def _validators(node: Any) -> list[str]:
    """The signature of a wrapper's validator, which is called while the wrapper is made."""
    found = []
    for option in node.func_options:
        each = option.def_elem
        if each.defname == "validator" and each.HasField("arg"):
            name = ".".join(_quoted(part) for part in strings(each.arg.list.items))
            found.append(f"{name}(pg_catalog.text[], pg_catalog.oid)")
    return found


def _publication(node: Any) -> Mapping[str, object] | None:
    if not (node.for_all_tables or _has_schemas(node.pubobjects)):
        return None
    return {"give": ["publication", node.pubname]}


def _changed_publication(node: Any) -> Mapping[str, object] | None:
    if not _has_schemas(node.pubobjects):
        return None
    return {"about": ["publication", [node.pubname]]}


def _has_schemas(objects: Any) -> bool:
    return any("SCHEMA" in enum(o.publication_obj_spec, "pubobjtype") for o in objects)


def _given_owner(node: Any) -> Mapping[str, object] | None:
    """A new owner for what the server lets only superusers own."""
    kind = _ABOUT.get(enum(node, "object_type"))
    if kind not in _GIVEN or not node.newowner.rolename:
        return None
    name = node.object.string.sval
    return {"sql": "SELECT", "about": [kind, [name]], "give": [kind, name], "to": node.newowner.rolename}


def _new_owner(node: Any) -> Mapping[str, object] | None:
    """A new owner, who need not have the rights that a superuser is not asked for."""
    kind = _ABOUT.get(enum(node, "object_type"))
    role = node.newowner.rolename
    if kind is None or not role:
        return None
    if kind in _GIVEN:
        return _given_owner(node)
    names = relation(node.relation)[-2:] if node.HasField("relation") else named(node.object)
    return {"about": [kind, names], "to": role} if names else None


def _owner_of_table(node: Any) -> Mapping[str, object] | None:
    commands = [each.alter_table_cmd for each in node.cmds]
    if len(commands) != 1 or enum(commands[0], "subtype") != "AT_ChangeOwner":
        return None
    role = commands[0].newowner.rolename
    return {"about": ["relation", relation(node.relation)[-2:]], "to": role} if role else None


def _moved(node: Any) -> Mapping[str, object] | None:
    """An extension in another schema: its members are the superuser's."""
    if enum(node, "object_type") != "OBJECT_EXTENSION":
        return None
    return {"about": ["extension", [node.object.string.sval]]}


def _role(node: Any) -> str | None:
    """A role without what only superusers can give it, which is only noted of it."""
    kept = [o for o in node.options if o.def_elem.defname not in _ONLY_SUPERUSERS]
    if len(kept) == len(node.options):
        return None
    del node.options[:]
    node.options.extend(kept)
    return ""


def _of_language(node: Any) -> Mapping[str, object] | None:
    """Rights on a language, which are its owner's to give; on one that is not trusted nobody is given any."""
    return {} if enum(node, "objtype") == "OBJECT_LANGUAGE" else None


def _own_setting(node: Any) -> Mapping[str, object] | None:
    """A setting of an application's own (``app.tenant``) for a role: it is read by nobody but that."""
    name, role = node.setstmt.name, node.role.rolename
    own = "." in name and not name.startswith(("pl", "pg", "auto_explain", "landed"))
    return {"to": role} if own and role and not node.database else None


def _noted(head: Head) -> Iterator[Mapping[str, object]]:
    """What notes the attributes that :func:`_role` leaves out of a statement."""
    if head.verb not in _VERBS or head.what not in _ROLES or head.tree is None:
        return
    node = head.tree.node
    if head.tree.which == "create_role_stmt":
        name = node.role
    elif head.tree.which == "alter_role_stmt":
        name = node.role.rolename
    else:
        return
    for option in node.options if name else ():
        setting = _ONLY_SUPERUSERS.get(option.def_elem.defname)
        if setting is not None:
            given = option.def_elem.arg.boolean.boolval
            how = f"SET {_quoted(setting)} = 'yes'" if given else f"RESET {_quoted(setting)}"
            yield {"sql": f"ALTER ROLE {_quoted(name)} {how}", "to": name}


def _session(node: Any) -> str | None:
    """SET SESSION AUTHORIZATION, which only superusers have, as the SET ROLE that does the same here."""
    if node.name != "session_authorization" or enum(node, "kind") != "VAR_SET_VALUE":
        return None
    node.name = "role"
    return ""


_READERS: Final = {
    "create_event_trig_stmt": _event_trigger,
    "create_fdw_stmt": _wrapper,
    "alter_fdw_stmt": _changed_wrapper,
    "create_publication_stmt": _publication,
    "alter_publication_stmt": _changed_publication,
    "alter_owner_stmt": _given_owner,
}
"""What a platform does for its role."""

_PLAIN_READERS: Final = {
    "alter_owner_stmt": _new_owner,
    "alter_table_stmt": _owner_of_table,
    "alter_object_schema_stmt": _moved,
    "create_role_stmt": _role,
    "alter_role_stmt": _role,
    "variable_set_stmt": _session,
    "grant_stmt": _of_language,
    "alter_role_set_stmt": _own_setting,
}
"""What is done besides for files of a plain Postgres, which a superuser usually runs."""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
