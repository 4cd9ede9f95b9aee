"""Which statements may share one look at the catalogs: those whose effects their text keeps apart.

Only forms are known here whose effects stay on what they name. What a look over several of them finds is
dealt out by name; whatever falls to nobody makes the caller run them again, one look for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from landed.catalog.postgres.names import quoted
from landed.core.facts import Change, Effects, FactKey

Slot = tuple[str, ...]
"""What one statement alone may change: the kind of thing and its names, without schemas."""

_RELATION: Final = "relation"
_RLS: Final = "row level security"


class Footprint(NamedTuple):
    """What a statement acts on. ``how`` is ``make`` (what was not there, or is replaced whole), ``part``
    (something of its own at a relation) or ``change`` (the relation, which nobody else may touch then)."""

    slot: Slot
    how: str
    name: str
    """The relation (or function, or type) without its schema, as facts write names."""


class Window:
    """Statements that share a look, in order, with their footprints."""

    def __init__(self) -> None:
        self.slots: dict[Slot, int] = {}
        self._how: dict[tuple[str, str], set[str]] = {}

    def admits(self, footprint: Footprint) -> bool:
        """Whether the statement's effects can be told from those of the statements before it."""
        known = self._how.get(_thing(footprint))
        if known is None:
            return True
        return footprint.how == "part" and "change" not in known and footprint.slot not in self.slots

    def add(self, footprint: Footprint, statement: int) -> None:
        """``statement`` is any number that :func:`shares` is to answer with."""
        self.slots[footprint.slot] = statement
        self._how.setdefault(_thing(footprint), set()).add(footprint.how)


def _thing(footprint: Footprint) -> tuple[str, str]:
    return footprint.slot[0] if footprint.slot[0] in _OWN_NAMES else _RELATION, footprint.name


_OWN_NAMES: Final = frozenset(("function", "type"))

_SPACE: Final = r"\s"
"""A statement with a comment between its first words is of no known form: patterns stay small."""
_NAME: Final = r'(?:"[^"]+"|[a-z_][\w$]*)'
_END: Final = r"(?=[\s(]|\Z)"
_QUALIFIED: Final = rf"((?:{_NAME}\.)?{_NAME}){_END}"
_PIECE: Final = re.compile(_NAME, re.IGNORECASE | re.ASCII)


def _form(text: str) -> re.Pattern[str]:
    """A pattern in which a blank is what may stand between two words."""
    parts = text.replace("NAME", _QUALIFIED).replace("COLUMN", rf"((?:{_NAME}\.)?{_NAME}\.{_NAME}){_END}")
    return re.compile(rf"{_SPACE}*+" + parts.replace(" ", rf"{_SPACE}++"), re.IGNORECASE | re.ASCII)


_IF_NEW: Final = "(?:if not exists )?"
_IF_THERE: Final = "(?:if exists )?"
_FORMS: Final = (
    ("table", _form(rf"create (?:unlogged )?table {_IF_NEW}NAME{_SPACE}*\(")),
    ("index", _form(rf"create (?:unique )?index {_IF_NEW}NAME on (?:only )?NAME")),
    (_RLS, _form(rf"alter table {_IF_THERE}(?:only )?NAME enable row level security{_SPACE}*\Z")),
    ("force row level security",
     _form(rf"alter table {_IF_THERE}(?:only )?NAME force row level security{_SPACE}*\Z")),
    ("policy", _form("create policy NAME on NAME")),
    ("policy", _form(rf"drop policy {_IF_THERE}NAME on NAME{_SPACE}*\Z")),
    ("trigger", _form("create (?:or replace )?trigger NAME (?:before|after|instead)\\b")),
    ("trigger", _form(rf"drop trigger {_IF_THERE}NAME on NAME{_SPACE}*\Z")),
    ("function", _form(rf"create (?:or replace )?(?:function|procedure) NAME{_SPACE}*\(")),
    ("view", _form(r"create (?:or replace )?view NAME")),
    ("type", _form(rf"create type NAME as enum{_SPACE}*\(")),
    ("comment", _form("comment on (?:table|view) NAME is ")),
    ("comment", _form("comment on column COLUMN is ")),
    ("alter", _form(
        rf"alter table {_IF_THERE}(?:only )?NAME"
        rf" (?:add column|add constraint|alter (?:column )?{_NAME} (?:set|drop) (?:default|not null))\b")),
)  # fmt: skip
_TABLE_OTHERWISE: Final = re.compile(
    r"\b(?:partition|inherits|like|select|values|execute|table|temp|temporary)\b|\bas\s+(?!identity\b|\()",
    re.IGNORECASE | re.ASCII,
)
_ALTER_OTHERWISE: Final = re.compile(
    r"\b(?:cascade|rename|attach|detach|inherit|owner|type|schema|drop\s+(?:column|constraint)|using)\b",
    re.IGNORECASE | re.ASCII,
)
_FIRST_WORD: Final = re.compile(rf"{_SPACE}*+(create|alter|drop|comment)\b", re.IGNORECASE | re.ASCII)
_LONGEST: Final = 58
"""Longer names are cut, or names made of them."""


@lru_cache(maxsize=4096)
def footprint(sql: str) -> Footprint | None:
    """What a statement's text says of its effects; ``None`` for forms that may do more, or are not known."""
    if _FIRST_WORD.match(sql) is None:
        return None
    for form, pattern in _FORMS:
        found = pattern.match(sql)
        if found is not None:
            return _footprint(form, found, sql[found.end() :])
    return None


def _footprint(form: str, found: re.Match[str], rest: str) -> Footprint | None:
    names = [[_shown(piece) for piece in _PIECE.findall(group)] for group in found.groups() if group]
    if any(len(piece) > _LONGEST for name in names for piece in name):
        return None
    first = names[0][-1]
    if form == "table":
        return None if _TABLE_OTHERWISE.search(rest) else Footprint((_RELATION, first), "make", first)
    if form == "view":
        return Footprint((_RELATION, first), "make", first)
    if form == "alter":
        return None if _ALTER_OTHERWISE.search(rest) else Footprint((_RELATION, first), "change", first)
    if form in _OWN_NAMES:
        return Footprint((form, first), "make", first)
    if form == "comment":
        if len(names[0]) > 1 and found.re is _COLUMN_COMMENT:
            return Footprint(("comment", names[0][-2], first), "part", names[0][-2])
        return Footprint(("comment", first), "part", first)
    if form in ("index", "policy", "trigger"):
        table = names[1][-1] if len(names) > 1 else _table_of_trigger(rest)
        return Footprint((form, table, first), "part", table) if table else None
    return Footprint((form, first), "part", first)


_COLUMN_COMMENT: Final = next(
    pattern for form, pattern in _FORMS if form == "comment" and "column" in pattern.pattern
)


def _table_of_trigger(rest: str) -> str:
    """``… INSERT OR UPDATE OF a, b ON t …``"""
    at = re.search(rf"\bon\b{_SPACE}*+{_QUALIFIED}", rest, re.IGNORECASE | re.ASCII)
    return _shown(_PIECE.findall(at[1])[-1]) if at is not None else ""


def _shown(piece: str) -> str:
    return quoted(piece[1:-1].replace('""', '"') if piece.startswith('"') else piece.lower())


_BARE: Final = re.compile(r'(?:(?:"(?:[^"]|"")*"|[^".(]+)\.)?("(?:[^"]|"")*"|[^".(]+)')
_PARTS: Final = re.compile(r'"(?:[^"]|"")*"|[^".]+')


@lru_cache(maxsize=4096)
def _bare(shown: str) -> str:
    """A name as facts write it, without its schema and signature."""
    found = _BARE.match(shown)
    return found[1] if found else shown


def shares(window: Window, effects: Effects) -> Mapping[int, Effects] | None:
    """Deal out what one look over a window has found; ``None`` when something is nobody's for certain."""
    shares: dict[int, list[Change]] = {}
    owners = _owners(effects)
    slots = window.slots
    for change in effects:
        key = change.key
        if key.prop == _RLS and (switch := slots.get((_RLS, _bare(key.name)))) is not None:
            if change.after != "yes":
                return None
            if change.before is None:
                maker = slots.get((_RELATION, _bare(key.name)))
                if maker is None:
                    return None
                shares.setdefault(maker, []).append(Change(key, None, "no"))
                change = Change(key, "no", "yes")
            shares.setdefault(switch, []).append(change)
            continue
        statement = next((slots[slot] for slot in _slots(key, owners) if slot in slots), None)
        if statement is None:
            return None
        shares.setdefault(statement, []).append(change)
    return {statement: tuple(changes) for statement, changes in shares.items()}


def _owners(effects: Iterable[Change]) -> dict[str, str]:
    """The tables, by name without schema, of the sequences that belong to columns."""
    found = {}
    for key, _, after in effects:
        if key.kind == "sequence" and key.prop == "owned by" and after is not None:
            parts: Sequence[str] = _PARTS.findall(after)
            if len(parts) > 1:
                found[key.name] = parts[-2]
    return found


def _slots(key: FactKey, owners: Mapping[str, str]) -> tuple[Slot, ...]:
    """Where a change may belong, the most particular first."""
    kind, parent, name, prop = key
    if kind in ("table", "view"):
        table = _bare(name)
        if prop == "comment":
            return (("comment", table),)
        return ((prop, table), (_RELATION, table))
    if kind in ("index", "policy", "trigger"):
        return ((kind, _bare(parent), name),)
    if kind == "column" and prop == "comment":
        return (("comment", _bare(parent), name),)
    if kind in ("column", "constraint"):
        return ((_RELATION, _bare(parent)),)
    if kind == "sequence":
        return ((_RELATION, owners.get(name, "")),)
    if kind in ("function", "procedure"):
        return (("function", _bare(name)),)
    if kind == "enum":
        return (("type", _bare(name)),)
    joint, _, what = kind.partition(" on ")
    if joint in ("grant", "revoke"):
        if what == "table":
            return ((_RELATION, _bare(parent)),)
        if what == "sequence":
            return ((_RELATION, owners.get(parent, "")),)
        if what in _OWN_NAMES:
            return ((what, _bare(parent)),)
    return ()
