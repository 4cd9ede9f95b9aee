"""Access control lists (aclitem[]) as facts: each privilege that differs from what an owner and PUBLIC
have by default is one object, a grant or a revocation.

So an object nobody granted anything on has no such facts, and REVOKE of what everybody has by default
(EXECUTE on a function) leaves one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from landed.engines.postgres.kinds import RIGHTS

PRIVILEGES = {
    "r": "SELECT",
    "a": "INSERT",
    "w": "UPDATE",
    "d": "DELETE",
    "D": "TRUNCATE",
    "x": "REFERENCES",
    "t": "TRIGGER",
    "m": "MAINTAIN",
    "X": "EXECUTE",
    "U": "USAGE",
    "C": "CREATE",
    "c": "CONNECT",
    "T": "TEMPORARY",
    "M": "MEMBERSHIP",
}
"""Privileges by the letters that access control lists have for them; membership of a role is told as one."""

LETTERS = {word: letter for letter, word in PRIVILEGES.items()}

DEFAULTS = {rights.born: word for word, rights in RIGHTS.items() if rights.born}
"""The kinds of objects in pg_default_acl."""

Holding = tuple[bool, str, str, bool]
"""``(held, privilege, grantee or PUBLIC, with grant option)``; ``held`` is False for a revocation."""


@lru_cache(maxsize=4096)
def differences(acl: str, kind: str, owner: str, maintain: bool, empty: bool = False) -> tuple[Holding, ...]:
    """How an access control list differs from the default of its kind of object.

    ``maintain`` says whether the privilege MAINTAIN (since PostgreSQL 17) counts; with ``empty`` the
    default is taken to be nothing at all, as for default privileges in one schema.
    """
    held: dict[tuple[str, str], bool] = {}
    for grantee, letters in _items(acl):
        for at, letter in enumerate(letters):
            if letter == "*" or (letter == "m" and not maintain):
                continue
            grantable = letters[at + 1 : at + 2] == "*"
            held[grantee, letter] = grantable or held.get((grantee, letter), False)
    usual: set[tuple[str, str]] = set()
    if not empty:
        usual.update((owner, letter) for letter in RIGHTS[kind].owner if letter != "m" or maintain)
        usual.update(("", letter) for letter in RIGHTS[kind].everybody)
    found = [
        (True, PRIVILEGES.get(letter, letter), grantee or "PUBLIC", grantable)
        for (grantee, letter), grantable in held.items()
        if (grantee, letter) not in usual or (grantable and grantee != owner)
    ]
    lost = [
        (False, PRIVILEGES[letter], grantee or "PUBLIC", False) for grantee, letter in usual - held.keys()
    ]
    return tuple(sorted(found + lost))


def _items(acl: str) -> Iterator[tuple[str, str]]:
    """``(grantee, letters)`` of every entry of an aclitem[]'s text; PUBLIC is ``""``."""
    if acl == "{}":
        return
    if '"' not in acl:
        for item in acl[1:-1].split(","):
            grantee, _, rest = item.partition("=")
            yield grantee, rest.partition("/")[0]
        return
    for item in _elements(acl):
        if item.startswith('"'):
            end = item.index('"', 1)
            while item[end + 1 : end + 2] == '"':
                end = item.index('"', end + 2)
            grantee, rest = item[1:end].replace('""', '"'), item[end + 2 :]
        else:
            grantee, _, rest = item.partition("=")
        yield grantee, rest.partition("/")[0]


def _elements(array: str) -> Iterator[str]:
    """The elements of an array's text, unescaped."""
    at, end = 1, len(array) - 1
    while at < end:
        element = []
        if array[at] == '"':
            at += 1
            while array[at] != '"':
                at += array[at] == "\\"
                element.append(array[at])
                at += 1
            at += 1
        else:
            while at < end and array[at] != ",":
                element.append(array[at])
                at += 1
        at += 1
        yield "".join(element)
