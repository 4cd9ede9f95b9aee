"""Facts: the canonical properties of catalog objects, and what changes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

EXISTS = "exists"
"""The property that every object has while it exists; its value is always ``YES``."""

YES = "yes"


class FactKey(NamedTuple):
    """Which property of which catalog object a fact is about.

    ``kind`` is the object's kind in the field's words (``table``, ``column``, ``foreign key``).
    ``parent`` is the relation that the object is a part of (a column's table), or ``""``.
    ``name`` is the object's canonical name within its parent: lower case and unquoted where the
    engine's name matching allows it; for nameless objects their defining columns, as ``(a, b)``.
    ``prop`` is the property; every object has the property ``exists`` while it is there.
    """

    kind: str
    parent: str
    name: str
    prop: str

    @property
    def object(self) -> ObjectKey:
        """The object that this fact is a property of."""
        return ObjectKey(self.kind, self.parent, self.name)

    def __str__(self) -> str:
        return f"{self.object} · {self.prop}"


class ObjectKey(NamedTuple):
    """One catalog object; the first three parts of a :class:`FactKey`."""

    kind: str
    parent: str
    name: str

    def fact(self, prop: str) -> FactKey:
        """The key of one property of this object."""
        return FactKey(self.kind, self.parent, self.name, prop)

    def __str__(self) -> str:
        if not self.parent:
            return f"{self.kind} {self.name}"
        joint = "" if self.name.startswith("(") or not self.name else "."
        return f"{self.kind} {self.parent}{joint}{self.name}"


Facts = Mapping[FactKey, str]
"""All facts of one database at one moment. A key that is missing says: not there."""


class Change(NamedTuple):
    """One fact that a statement or a migration changed; ``None`` stands for "not there"."""

    key: FactKey
    before: str | None
    after: str | None


Effects = tuple[Change, ...]
"""What a statement or a migration did to the facts; each key once, ``before != after``."""


def difference(before: Facts, after: Facts) -> Effects:
    """The changes that lead from one set of facts to another, in the order of their keys."""
    changed = [
        Change(key, before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    ]
    return tuple(sorted(changed))


def compose(steps: Iterable[Effects]) -> Effects:
    """The net effect of several steps: first ``before``, last ``after``; what cancels out is gone."""
    first: dict[FactKey, str | None] = {}
    last: dict[FactKey, str | None] = {}
    for step in steps:
        for key, before, after in step:
            first.setdefault(key, before)
            last[key] = after
    return tuple(Change(k, first[k], v) for k, v in last.items() if first[k] != v)


def digest(facts: Facts) -> str:
    """A hash that is equal for equal facts, whatever order they were read in (sha256, hex)."""
    told = [
        f"{kind}\x1f{parent}\x1f{name}\x1f{prop}\x1f{value}\x1e"
        for (kind, parent, name, prop), value in facts.items()
    ]
    told.sort()
    return hashlib.sha256("".join(told).encode()).hexdigest()


def schema_digest(facts: Facts) -> str:
    """The digest of the schema alone, without what belongs to the server as a whole."""
    return digest({key: value for key, value in facts.items() if key.kind not in OF_SERVER})


ORDERED = frozenset({"column order"})
"""Properties whose value is a sequence (``a, b, c``) of which only the *relative* order is
expected: an extra or a missing member is a fact of its own (the member's), not of the sequence."""


OF_SERVER = frozenset(
    (
        "role", "grant on role", "revoke on role", "database", "grant on database", "revoke on database",
        "grant on extension member", "revoke on extension member",
    )
)  # fmt: skip
"""Kinds that a whole server, database or extension has, most of them no file's doing: only what files touch
is expected, and nothing of them is unexplained."""


REACHED = frozenset({"populated"})
"""Properties that use brings about (a materialised view that was made without rows is filled by somebody):
that one is not there yet is never expected, and one that nobody made is nobody's drift."""


def is_older(key: FactKey, before: str | None) -> bool:
    """Whether a fact is the order of columns of a table that was there before: what a file adds to it comes
    last, and the order of the others was not the file's doing."""
    return key.prop in ORDERED and before is not None


def holds(key: FactKey, expected: str | None, observed: str | None) -> bool:
    """Whether an observed value is what was expected of this fact."""
    if expected == observed or (expected is None and key.prop in REACHED):
        return True
    if key.prop not in ORDERED or expected is None or observed is None:
        return False
    wanted, seen = expected.split(", "), observed.split(", ")
    common = set(wanted) & set(seen)
    return [c for c in wanted if c in common] == [c for c in seen if c in common]
