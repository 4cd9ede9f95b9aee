"""``CREATE COLLATION (provider = icu, …)`` where the shadow's server was built without ICU.

Something has to have the name, or everything that uses the collation fails: a copy of ``C`` does. Its facts
are those that were asked for; rows are not ordered or compared as on the target.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from landed.core.facts import Change, Effects
from landed.engines.postgres.sql.head import Head
from landed.engines.postgres.sql.tokens import quote
from landed.engines.postgres.sql.tree import enum, options, strings

_TAG = "$landed_icu$"


class _Asked(NamedTuple):
    """A collation of ICU that a statement makes."""

    name: str
    if_new: bool
    options: dict[str, str]


def with_icu_stood_in(head: Head) -> str:
    """The text to send: the statement, and what is done instead where the server says that it has no ICU."""
    found = _asked(head)
    if found is None or _TAG in head.text:
        return head.text
    return f"""DO {_TAG}
BEGIN
{head.text}
;
EXCEPTION WHEN feature_not_supported THEN
  IF strpos(SQLERRM, 'ICU') = 0 THEN RAISE; END IF;
  CREATE COLLATION {"IF NOT EXISTS " if found.if_new else ""}{found.name} FROM pg_catalog."C";
END {_TAG}"""


def as_asked(head: Head, effects: Effects) -> Effects:
    """The effects of such a statement as a server with ICU would show them."""
    found = _asked(head)
    if found is None or not any(_is_copy(change) for change in effects):
        return effects
    changed = []
    for change in effects:
        if _is_copy(change):
            changed.append(change._replace(after="icu"))
            told = {"rules": found.options.get("rules"), "deterministic": found.options.get("deterministic")}
            told["deterministic"] = "no" if told["deterministic"] in ("false", "off", "0") else None
            key = change.key
            changed += [Change(key._replace(prop=p), None, v) for p, v in told.items() if v is not None]
        elif change.key.kind == "collation" and change.key.prop == "locale":
            changed.append(change._replace(after=found.options.get("locale", "").replace("_", "-")))
        else:
            changed.append(change)
    return tuple(changed)


def _asked(head: Head) -> _Asked | None:
    if not head.begins("CREATE", "COLLATION") or head.tree is None or head.tree.which != "define_stmt":
        return None
    node = head.tree.node
    said = {name: _meant(value) for name, value in options(node.definition).items()}
    if enum(node, "kind") != "OBJECT_COLLATION" or said.get("provider", "").lower() != "icu":
        return None
    return _Asked(".".join(map(quote, strings(node.defnames))), node.if_not_exists, said)


def _is_copy(change: Change) -> bool:
    return change.key.kind == "collation" and change.key.prop == "provider" and change.after == "libc"


def _meant(value: Any) -> str:
    """What an option was set to, as text."""
    match value.WhichOneof("node") if value is not None else "":
        case "string":
            return str(value.string.sval)
        case "type_name":
            return strings(value.type_name.names)[-1]
        case "integer":
            return str(value.integer.ival)
    return ""
