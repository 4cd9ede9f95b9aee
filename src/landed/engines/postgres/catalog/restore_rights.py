"""Privileges: GRANT, REVOKE and ALTER DEFAULT PRIVILEGES from the facts of both sides."""

from __future__ import annotations

import re
from collections.abc import Iterable

from landed.core.facts import EXISTS, FactKey, Facts, ObjectKey
from landed.engines.postgres.kinds import RIGHTS
from landed.engines.postgres.kinds.naming import bare, last_of, path, role

HOLDING = re.compile(r"\(([A-Z]+)(?: on (\w+?)s)? (?:to|from) (.+)\)\Z", re.DOTALL)
"""The name of a privilege: what, on which kind of objects (for default privileges), and whose it is."""
_RIGHTS = ("grant on ", "revoke on ", "default privileges", "default revocation")


def is_right(of: FactKey | ObjectKey) -> bool:
    """Whether a fact, or what it is about, is a privilege, or one that is missing."""
    return of.kind.startswith(_RIGHTS)


def statements(wrong: Iterable[FactKey], expected: Facts, live: Facts) -> tuple[list[str], set[FactKey]]:
    """The statements for these facts about privileges, and the facts that none is known for."""
    # (what stands before the privileges, "ON …", "TO …" or "FROM …", what stands behind) → privileges
    merged: dict[tuple[str, str, str, str], list[str]] = {}
    left = set()
    # What is revoked on a table is revoked on its columns, too.
    for key in sorted(wrong, key=lambda key: (key.kind.endswith(" on column"), key)):
        made = _one(key, expected, live)
        if made is None:
            left.add(key)
        else:
            before, privilege, on, who, behind = made
            listed = merged.setdefault((before, on, who, behind), [])
            if privilege not in listed:
                listed.append(privilege)
    return [
        f"{before} {', '.join(privileges)} {on} {who}{behind}"
        for (before, on, who, behind), privileges in merged.items()
    ], left


def _one(key: FactKey, expected: Facts, live: Facts) -> tuple[str, str, str, str, str] | None:
    found = HOLDING.match(key.name)
    if found is None:
        return None
    privilege, plural, grantee = found.groups()
    where = _default(key, plural) if plural else _object(key)
    if where is None:
        return None
    prefix, on = where
    if key.kind.endswith("column"):
        privilege, on = (
            f"{privilege} ({bare(last_of(key.parent)[1])})",
            f"ON TABLE {path(last_of(key.parent)[0])}",
        )
    wanted = expected.get(key) is not None
    holding = not key.kind.startswith(("revoke on ", "default revocation"))
    who = role(grantee)
    if key.prop == "grant option":
        if wanted:
            return f"{prefix}GRANT", privilege, on, f"TO {who}", " WITH GRANT OPTION"
        if key._replace(prop=EXISTS) not in expected:
            return f"{prefix}REVOKE", privilege, on, f"FROM {who}", ""
        return f"{prefix}REVOKE GRANT OPTION FOR", privilege, on, f"FROM {who}", ""
    if wanted is holding:
        option = " WITH GRANT OPTION" if key._replace(prop="grant option") in expected else ""
        return f"{prefix}GRANT", privilege, on, f"TO {who}", option
    return f"{prefix}REVOKE", privilege, on, f"FROM {who}", ""


def _object(key: FactKey) -> tuple[str, str] | None:
    what = key.kind.partition(" on ")[2]
    if what == "column":
        return "", ""
    return ("", f"ON {called} {path(key.parent)}") if (called := _called(what)) else None


def _called(word: str) -> str:
    """What GRANT calls the objects that facts have this word for."""
    rights = RIGHTS.get(word)
    return rights.on if rights is not None else ""


def _default(key: FactKey, kind: str) -> tuple[str, str] | None:
    of, _, schema = key.parent.partition(" in schema ")
    if not (called := _called(kind)):
        return None
    by = "" if of == "(owner)" else f" FOR ROLE {role(of)}"
    inside = f" IN SCHEMA {bare(schema)}" if schema else ""
    return f"ALTER DEFAULT PRIVILEGES{by}{inside} ", f"ON {called}S"
