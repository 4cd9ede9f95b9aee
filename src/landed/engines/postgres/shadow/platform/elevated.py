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
from functools import lru_cache
from importlib import import_module
from typing import Any, Final

from landed.engines.postgres.shadow.reason import Reason
from landed.engines.postgres.sql.tokens import literal

_OF_PLATFORM: Final = re.compile(
    r"\b(?:event|foreign|publication)\b|\bsession\s+authorization\b", re.IGNORECASE
)
_OF_SUPERUSERS: Final = re.compile(
    r"\bowner\s+to\b|\b(?:role|user|group)\b|\balter\s+extension\b", re.IGNORECASE
)
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

_ONLY_SUPERUSERS: Final = frozenset({"superuser", "isreplication", "bypassrls"})
"""Attributes of roles that a role without them cannot give."""


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

    def sent(self, statement: str) -> tuple[bytes, ...]:
        """What to send for a statement, in order: the statement itself where no act stands for it."""
        return _sent(self, statement)


@lru_cache(maxsize=512)
def _sent(powers: Powers, statement: str) -> tuple[bytes, ...]:
    return tuple(_commands(powers, statement))


def _commands(powers: Powers, statement: str) -> Iterator[bytes]:
    act = _act(statement, powers.platform)
    if act is None:
        yield statement.encode()
    elif isinstance(act, str):
        yield act.encode()
    else:
        yield powers.act(**act)
    if not powers.platform and _MAKES_ROLES.search(statement):
        yield powers.act(join=True)


def _act(sql: str, platform: bool) -> Mapping[str, object] | str | None:
    """The act, or the other statement, that stands for one; ``None`` where it is sent as it is."""
    if not _OF_PLATFORM.search(sql) and (platform or not _OF_SUPERUSERS.search(sql)):
        return None
    postgast: Any = import_module("postgast")  # its generated stub files are no valid Python for mypy
    try:
        tree = postgast.parse(sql)
        (parsed,) = tree.stmts
    except (postgast.PgQueryError, ValueError):
        return None
    which = parsed.stmt.WhichOneof("node")
    read = (None if platform else _PLAIN_READERS.get(which)) or _READERS.get(which)
    found: Mapping[str, object] | str | None = read(getattr(parsed.stmt, which)) if read else None
    if found is None:
        return None
    text: str = postgast.deparse(tree)
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
            name = ".".join(_quoted(part) for part in _strings(each.arg.list.items))
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
    return any("SCHEMA" in _enum(o.publication_obj_spec, "pubobjtype") for o in objects)


def _given_owner(node: Any) -> Mapping[str, object] | None:
    """A new owner for what the server lets only superusers own."""
    kind = _ABOUT.get(_enum(node, "object_type"))
    if kind not in _GIVEN or not node.newowner.rolename:
        return None
    name = node.object.string.sval
    return {"sql": "SELECT", "about": [kind, [name]], "give": [kind, name], "to": node.newowner.rolename}


def _new_owner(node: Any) -> Mapping[str, object] | None:
    """A new owner, who need not have the rights that a superuser is not asked for."""
    kind = _ABOUT.get(_enum(node, "object_type"))
    role = node.newowner.rolename
    if kind is None or not role:
        return None
    if kind in _GIVEN:
        return _given_owner(node)
    which = node.object.WhichOneof("node")
    if node.HasField("relation"):
        names = _relation(node.relation)
    elif which == "object_with_args":
        names = _strings(node.object.object_with_args.objname)
    elif which == "type_name":
        names = _strings(node.object.type_name.names)
    elif which == "list":
        names = _strings(node.object.list.items)
    else:
        names = [node.object.string.sval]
    return {"about": [kind, names], "to": role} if names else None


def _owner_of_table(node: Any) -> Mapping[str, object] | None:
    commands = [each.alter_table_cmd for each in node.cmds]
    if len(commands) != 1 or _enum(commands[0], "subtype") != "AT_ChangeOwner":
        return None
    role = commands[0].newowner.rolename
    return {"about": ["relation", _relation(node.relation)], "to": role} if role else None


def _moved(node: Any) -> Mapping[str, object] | None:
    """An extension in another schema: its members are the superuser's."""
    if _enum(node, "object_type") != "OBJECT_EXTENSION":
        return None
    return {"about": ["extension", [node.object.string.sval]]}


def _role(node: Any) -> str | None:
    """A role without what only superusers can give it: no fact tells of that."""
    kept = [o for o in node.options if o.def_elem.defname not in _ONLY_SUPERUSERS]
    if len(kept) == len(node.options):
        return None
    del node.options[:]
    node.options.extend(kept)
    return ""


def _session(node: Any) -> str | None:
    """SET SESSION AUTHORIZATION, which only superusers have, as the SET ROLE that does the same here."""
    if node.name != "session_authorization" or _enum(node, "kind") != "VAR_SET_VALUE":
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
}
"""What is done besides for files of a plain Postgres, which a superuser usually runs."""


def _strings(items: Any) -> list[str]:
    return [item.string.sval for item in items]


def _relation(node: Any) -> list[str]:
    return [part for part in (node.schemaname, node.relname) if part]


def _enum(node: Any, field_name: str) -> str:
    field_type = node.DESCRIPTOR.fields_by_name[field_name].enum_type
    name: str = field_type.values_by_number[getattr(node, field_name)].name
    return name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
