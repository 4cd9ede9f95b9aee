"""Privileges in a copy: what objects are born with, and the statements that lead to what they have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from landed.core.facts import EXISTS, YES, FactKey, Facts, ObjectKey
from landed.engines.postgres.catalog import restore_rights
from landed.engines.postgres.kinds import KINDS, RIGHTS
from landed.engines.postgres.kinds.naming import schema_of
from landed.engines.postgres.sql.names import quoted

_DEFAULTS = ("default privileges", "default revocation")


def is_default(key: FactKey) -> bool:
    """Whether a fact says what objects are born with."""
    return key.kind in _DEFAULTS


def set_defaults(facts: Facts, before: Facts, main: str) -> tuple[list[str], set[FactKey]]:
    """ALTER DEFAULT PRIVILEGES of the role that runs the copy, where they differ from those ``before``, and
    the facts that nothing is known for."""
    wanted = {key: value for key, value in facts.items() if is_default(key) and _of(key) == main}
    had = {key: value for key, value in before.items() if is_default(key)}
    return restore_rights.statements(wanted.keys() ^ had.keys(), wanted, had)


def all_defaults(facts: Facts) -> list[str]:
    """ALTER DEFAULT PRIVILEGES of every role, where they are of one schema."""
    wanted = {key: value for key, value in facts.items() if is_default(key) and " in schema " in key.parent}
    return restore_rights.statements(wanted, wanted, {})[0]


def _of(key: FactKey) -> str:
    return key.parent.partition(" in schema ")[0]


def grants(objects: Iterable[ObjectKey], facts: Facts, born: Facts, main: str) -> list[str]:
    """GRANT and REVOKE for these objects, each run while it is the main role's."""
    targets = {target_of(obj): obj for obj in objects}
    owners = {
        target: quoted(owner)
        for target, obj in targets.items()
        if (owner := facts.get(obj.fact("owner"))) is not None
    }
    wanted: dict[FactKey, str] = {}
    for key, value in facts.items():
        if not restore_rights.is_right(key):
            continue
        target = key.kind.partition(" on ")[2], key.parent
        if target in targets:
            mine = _while_mine(key, owners.get(target), main)
            if mine is not None:
                wanted[mine] = value
    wrong = wanted.keys() ^ born.keys()
    return restore_rights.statements(wrong, wanted, born)[0]


def target_of(obj: ObjectKey) -> tuple[str, str]:
    """The kind and the name that facts about grants on an object have."""
    kind = KINDS[obj.kind]
    return kind.acl, f"{obj.parent}.{obj.name}" if kind.acl == "column" else obj.name


def _while_mine(key: FactKey, owner: str | None, main: str) -> FactKey | None:
    """A privilege on what is somebody's, said of the role that it is given away by."""
    found = restore_rights.HOLDING.match(key.name)
    if owner is None or found is None:
        return key
    who = found[3]
    if who == main:
        return None  # goes with the thing itself
    return key._replace(name=f"{key.name[: found.start(3)]}{main})") if who == owner else key


def born_with(objects: Iterable[ObjectKey], facts: Facts, main: str) -> dict[FactKey, str]:
    """What default privileges give these objects when the main role makes them."""
    defaults = _Defaults(facts, main)
    found: dict[FactKey, str] = {}
    for obj in objects:
        acl = KINDS[obj.kind].acl
        if acl and obj.kind != "schema":  # these are there before
            for kind, name, prop in defaults.of(acl, schema_of(obj.name)):
                found[FactKey(kind, obj.name, name, prop)] = YES
    return found


class _Defaults:
    def __init__(self, facts: Facts, main: str) -> None:
        self._main = main
        self._by_place: dict[tuple[str, str], list[FactKey]] = {}
        for key in facts:
            found = restore_rights.HOLDING.match(key.name)
            if is_default(key) and _of(key) == main and found and found[2]:
                within = key.parent.partition(" in schema ")[2]
                self._by_place.setdefault((found[2], within), []).append(key)
        self._known: dict[tuple[str, str], tuple[tuple[str, str, str], ...]] = {}

    def of(self, acl: str, schema: str) -> tuple[tuple[str, str, str], ...]:
        """Kind, name and property of the facts about a new object's privileges."""
        if (acl, schema) not in self._known:
            self._known[acl, schema] = tuple(self._found(acl, schema))
        return self._known[acl, schema]

    def _found(self, acl: str, schema: str) -> Iterator[tuple[str, str, str]]:
        told: set[tuple[str, str, str]] = set()
        for within in dict.fromkeys(("", schema)):
            for key in self._by_place.get((acl, within), ()):
                found = restore_rights.HOLDING.match(key.name)
                assert found is not None
                privilege, _, who = found.groups()
                if key.kind == "default revocation":
                    told.add((f"revoke on {acl}", f"({privilege} from {who})", EXISTS))
                    continue
                # What everybody has anyway is no grant, but may have been taken away for all schemas.
                told.discard((f"revoke on {acl}", f"({privilege} from {who})", EXISTS))
                if who != self._main and (who != "PUBLIC" or not RIGHTS[acl].everybody):
                    told.add((f"grant on {acl}", f"({privilege} to {who})", key.prop))
        yield from told
