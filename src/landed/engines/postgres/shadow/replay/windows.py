"""Statements that share one look at the catalogs, and how what it finds is dealt out among them, by name.

Whatever falls to nobody for certain makes the caller run them again, one look for each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from landed.core.facts import Change, Effects, FactKey
from landed.engines.postgres.shadow.replay.footprint import GRANTED, RELATION, RLS, Footprint, Slot


class Window:
    """Statements that share a look, in order, with their footprints."""

    def __init__(self) -> None:
        self.slots: dict[Slot, int] = {}
        self.aside: set[str] = set()
        """Of what relations (and other things) grants or owners are set."""
        self._how: dict[tuple[str, str], set[str]] = {}

    def admits(self, footprint: Footprint) -> bool:
        """Whether the statement's effects can be told from those of the statements before it."""
        if not self.slots.keys().isdisjoint(footprint.slots):
            return False
        return self._how.get(footprint.thing, _NOBODY) <= _BESIDE[footprint.how]

    def add(self, footprint: Footprint, statement: int) -> None:
        """``statement`` is any number that :func:`shares` is to answer with."""
        for slot in footprint.slots:
            self.slots[slot] = statement
        if footprint.how == "aside":
            self.aside.add(footprint.thing[1])
        self._how.setdefault(footprint.thing, set()).add(footprint.how)


_NOBODY: Final[frozenset[str]] = frozenset()
_BESIDE: Final[Mapping[str, frozenset[str]]] = {
    "make": _NOBODY,
    "change": frozenset(("own", "aside")),
    "part": frozenset(("make", "part", "less", "own", "aside")),
    "less": frozenset(("part", "less", "own", "aside")),
    "own": frozenset(("make", "change", "part", "less", "own", "aside")),
    "aside": frozenset(("change", "part", "less", "own", "aside")),
}
"""After whom a statement may act on the same thing."""

_BARE: Final = re.compile(r'(?:(?:"(?:[^"]|"")*"|[^".(]+)\.)?("(?:[^"]|"")*"|[^".(]+)')
_PARTS: Final = re.compile(r'"(?:[^"]|"")*"|[^".]+')
_PRIVILEGE: Final = re.compile(r"\((\w+) (?:to|from) (.*)\)\Z", re.DOTALL)
_PARENTS: Final = ("inherits", "partition of")
_INHERITED: Final = frozenset(("column", "constraint"))


@lru_cache(maxsize=8192)
def _bare(shown: str) -> str:
    """A name as facts write it, without its schema and signature."""
    found = _BARE.match(shown)
    return found[1] if found else shown


def shares(window: Window, effects: Effects, facts: Mapping[FactKey, str]) -> Mapping[int, Effects] | None:
    """Deal out what one look over a window has found; ``None`` when something is nobody's for certain.

    ``facts`` are those that hold after it.
    """
    shares: dict[int, list[Change]] = {}
    owners = _owners(effects)
    heirs: dict[str, bool] = {}
    slots = window.slots
    if owners and not window.aside.isdisjoint(map(_bare, owners)):
        return None  # what a new sequence has by default is not told from what it was granted
    for change in effects:
        key = change.key
        if key.prop == RLS and (switch := slots.get((RLS, _bare(key.name)))) is not None:
            if change.after != "yes":
                return None
            if change.before is None:
                maker = slots.get((RELATION, _bare(key.name)))
                if maker is None:
                    return None
                shares.setdefault(maker, []).append(Change(key, None, "no"))
                change = Change(key, "no", "yes")
            shares.setdefault(switch, []).append(change)
            continue
        statement = None
        for slot in _slots(key, owners, window.aside):
            statement = slots.get(slot)
            if statement is not None:
                break
        if statement is None or _is_disowned(key, slots):
            return None
        if key.kind in _INHERITED:
            heir = heirs.get(key.parent)
            if heir is None:
                heir = heirs[key.parent] = _is_heir(key.parent, facts)
            if heir:
                return None
        shares.setdefault(statement, []).append(change)
    return {statement: tuple(changes) for statement, changes in shares.items()}


def _is_heir(table: str, facts: Mapping[FactKey, str]) -> bool:
    """Whether a table has a parent: what is done to that is done to its own columns and constraints, too."""
    return any(FactKey("table", "", table, prop) in facts for prop in _PARENTS)


def _is_disowned(key: FactKey, slots: Mapping[Slot, int]) -> bool:
    """Another owner has other grants; they are told from a GRANT's by a look between the two."""
    if key.prop != "owner":
        return False
    name = _bare(key.name)
    return any(("owner", kind, name) in slots for kind in (RELATION, "function", "type"))


def _owners(effects: Iterable[Change]) -> dict[str, str]:
    """The tables, by name without schema, of the sequences that belong to columns."""
    found = {}
    for key, _, after in effects:
        if key.kind == "sequence" and key.prop == "owned by" and after is not None:
            parts: Sequence[str] = _PARTS.findall(after)
            if len(parts) > 1:
                found[key.name] = parts[-2]
    return found


def _slots(key: FactKey, owners: Mapping[str, str], aside: Collection[str]) -> tuple[Slot, ...]:
    """Where a change may belong, the most particular first."""
    kind, parent, name, prop = key
    match kind:
        case "table" | "view":
            table = _bare(name)
            if prop == "comment":
                return (("comment", table),)
            return ((prop, table), (RELATION, table))
        case "index":
            return (("index", name),)
        case "policy":
            table = _bare(parent)
            if prop == "comment":
                return (("policy comment", table, name), ("policy", table, name))
            return (("policy", table, name),)
        case "trigger":
            return (("trigger", _bare(parent), name),)
        case "column":
            if prop == "comment":
                return (("comment", _bare(parent), name),)
            return ((RELATION, _bare(parent)),)
        case "constraint":
            return (("constraint", _bare(parent), name), (RELATION, _bare(parent)))
        case "sequence":
            return ((RELATION, owners.get(name, "")),)
        case "function" | "procedure":
            function = _bare(name)
            if prop == "comment":
                return (("function comment", function), ("function", function))
            return (("function", function),)
        case "enum":
            return (("type", _bare(name)),)
    return _of_a_grant(key, owners, aside)


def _of_a_grant(key: FactKey, owners: Mapping[str, str], aside: Collection[str]) -> tuple[Slot, ...]:
    joint, _, what = key.kind.partition(" on ")
    if joint not in ("grant", "revoke") or what not in GRANTED:
        return ()
    kind, name = GRANTED[what], _bare(key.parent)
    whole: tuple[Slot, ...] = ((kind, owners.get(key.parent, "") if what == "sequence" else name),)
    given = _PRIVILEGE.match(key.name) if name in aside else None
    return whole if given is None else (("grant", kind, name, given[1], given[2]), *whole)
