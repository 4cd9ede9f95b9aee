"""Privileges as statements: only those that differ from what an object gets when it is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from landed.engines.postgres.catalog.dump_items import Item

Held = dict[str, dict[str, bool]]
"""Grantee (``""`` for PUBLIC, the name of the main role for it and for owners) → privilege → grant option."""

_ON = {"r": "TABLE", "S": "SEQUENCE", "f": "ROUTINE", "n": "SCHEMA", "T": "TYPE", "F": "FOREIGN DATA WRAPPER"}
_ON |= {"s": "FOREIGN SERVER", "l": "LANGUAGE"}
_PLURAL = {"r": "TABLES", "S": "SEQUENCES", "f": "ROUTINES", "n": "SCHEMAS", "T": "TYPES"}
_NEW = frozenset({"MAINTAIN"})
"""Privileges that older servers do not know."""


def held(acl: Iterable[Sequence[Any]], owner: str, main: str) -> Held:
    """An access control list by grantee; the owner's own entries count as the main role's."""
    found: Held = defaultdict(dict)
    for grantee, privilege, grantable in acl:
        who = main if grantee == owner else grantee
        found[who][privilege] = bool(grantable) or found[who].get(privilege, False)
    return found


class Rights:
    """What objects are born with, and the statements that lead from there to what they have.

    ``builtin`` maps the letters of acldefault() to the main role's hard-wired list, ``defaults`` a letter
    and a schema (``""`` for all) to what ALTER DEFAULT PRIVILEGES gave. Without ``main`` nothing is known of
    what an object is born with: then everything is revoked from ``usual`` roles first.
    """

    def __init__(
        self,
        main: str,
        shown: Mapping[str, str],
        builtin: Mapping[str, Sequence[Sequence[Any]]],
        defaults: Mapping[tuple[str, str], Sequence[Sequence[Any]]],
        usual: Sequence[str] = (),
    ) -> None:
        self._main = main
        self._shown = shown
        self._builtin = builtin
        self._defaults = defaults
        self._usual = usual

    def statements(self, item: Item, schema: str, born: Held | None = None) -> list[str]:
        """GRANT and REVOKE for one object."""
        if item.acl is None or not item.acl_kind:
            return []
        has = held(item.acl, item.owner or self._main, self._main)
        had = born if born is not None else self._born(item.acl_kind, schema)
        on = f"{_ON[item.acl_kind]} {item.name}"
        revoked: list[str] = []
        if had is None:
            roles = [role for role in self._usual if role != item.owner]
            revoked = [f"REVOKE ALL ON {on} FROM {', '.join(roles)}"]
            had = {self._main: has.get(self._main, {})}
        return revoked + self._change(on, had, has)

    def columns(self, table: str, column: str, acl: Iterable[Sequence[Any]], owner: str) -> list[str]:
        """GRANT for one column, which is born without any."""
        found = []
        for grantee, privileges in sorted(held(acl, owner, self._main).items()):
            for option in (False, True):
                names = sorted(p for p, grantable in privileges.items() if grantable is option)
                if names:
                    listed = ", ".join(f"{name} ({column})" for name in names)
                    found.append(
                        f"GRANT {listed} ON TABLE {table} TO {self._who(grantee)}"
                        + " WITH GRANT OPTION" * option
                    )
        return found

    def default_privileges(self, letter: str, schema: str, acl: Iterable[Sequence[Any]]) -> list[str]:
        """ALTER DEFAULT PRIVILEGES of the main role; ``schema`` is quoted, ``""`` for all schemas."""
        base: Held = {} if schema else held(self._builtin[letter], self._main, self._main)
        within = f" IN SCHEMA {schema}" if schema else ""
        prefix = f"ALTER DEFAULT PRIVILEGES{within} "
        return [
            prefix + text for text in self._change(_PLURAL[letter], base, held(acl, self._main, self._main))
        ]

    def _born(self, letter: str, schema: str) -> Held | None:
        if self._usual:
            return None
        acl = self._defaults.get((letter, ""), self._builtin[letter])
        own = held(acl, self._main, self._main)
        for who, privileges in held(self._defaults.get((letter, schema), ()), self._main, self._main).items():
            for privilege, grantable in privileges.items():
                own[who][privilege] = grantable or own[who].get(privilege, False)
        return own

    def _change(self, on: str, had: Held, has: Held) -> list[str]:
        found = []
        for grantee in sorted(had.keys() | has.keys()):
            before, after = had.get(grantee, {}), has.get(grantee, {})
            if _without_new(before) == _without_new(after):
                continue
            gone = sorted(before.keys() - after.keys())
            if gone:
                listed = ", ".join(gone) if after else "ALL"
                found.append(f"REVOKE {listed} ON {on} FROM {self._who(grantee)}")
            for option in (False, True):
                names = sorted(p for p, g in after.items() if g is option and before.get(p) is not g)
                if names:
                    found.append(
                        f"GRANT {', '.join(names)} ON {on} TO {self._who(grantee)}"
                        + " WITH GRANT OPTION" * option
                    )
        return found

    def _who(self, grantee: str) -> str:
        return self._shown.get(grantee, "PUBLIC") if grantee else "PUBLIC"


def _without_new(privileges: Mapping[str, bool]) -> dict[str, bool]:
    return {name: grantable for name, grantable in privileges.items() if name not in _NEW}
