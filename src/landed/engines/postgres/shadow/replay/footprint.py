"""What a statement acts on, by its text: only forms are known here whose effects stay on what they name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from landed.engines.postgres.catalog.names import quoted

Slot = tuple[str, ...]
"""What one statement alone may change: the kind of thing and its names, without schemas."""

RELATION: Final = "relation"
RLS: Final = "row level security"


class Footprint(NamedTuple):
    """What a statement acts on.

    ``how`` it does so says who else may act on the same ``thing`` before the next look:

    ``make``: the thing was not there, or is replaced whole, and what it has by default is its own.
    ``change``: its columns and properties. ``part``: a new constraint. ``less``: a constraint that goes or is
    validated. ``own``: what stands beside it under a name of its own (an index, a policy, a comment).
    ``aside``: its grants and its owner, which whoever makes it sets.
    """

    slots: tuple[Slot, ...]
    how: str
    thing: tuple[str, str]
    """A kind that has names to itself (relations, functions, types, schemas, indexes), and the name."""

    @property
    def slot(self) -> Slot:
        """The slot of a statement that has but one."""
        return self.slots[0]


_SPACE: Final = r"\s"
"""A statement with a comment between its first words is of no known form: patterns stay small."""
_NAME: Final = r'(?:"[^"]+"|[a-z_][\w$]*)'
_END: Final = r"(?=[\s(]|\Z)"
_QUALIFIED: Final = rf"((?:{_NAME}\.)?{_NAME}){_END}"
_ARGUMENTS: Final = rf"(?:{_SPACE}*\((?:[^()]++|\([^()]*+\))*\))?"
_PIECE: Final = re.compile(_NAME, re.IGNORECASE | re.ASCII)


def _form(text: str) -> re.Pattern[str]:
    """A pattern in which a blank is what may stand between two words."""
    parts = text.replace("COLUMN", rf"((?:{_NAME}\.)?{_NAME}\.{_NAME}){_END}")
    parts = parts.replace("IDENT", rf"({_NAME}){_END}").replace("NAME", _QUALIFIED)
    parts = parts.replace("ARGS", _ARGUMENTS)
    return re.compile(rf"{_SPACE}*+" + parts.replace(" ", rf"{_SPACE}++"), re.IGNORECASE | re.ASCII)


_IF_NEW: Final = "(?:if not exists )?"
_IF_THERE: Final = "(?:if exists )?"
_TABLE: Final = f"alter table {_IF_THERE}(?:only )?NAME"
_Z: Final = rf"{_SPACE}*\Z"
_FORMS: Final = {
    "create": (
        ("table", _form(rf"create (?:unlogged )?table {_IF_NEW}NAME{_SPACE}*\(")),
        ("index", _form(rf"create (?:unique )?index {_IF_NEW}IDENT on (?:only )?NAME")),
        ("policy", _form("create policy IDENT on NAME")),
        ("trigger", _form("create (?:or replace )?trigger IDENT (?:before|after|instead)\\b")),
        ("function", _form(rf"create (?:or replace )?(?:function|procedure) NAME{_SPACE}*\(")),
        ("view", _form(r"create (?:or replace )?view NAME")),
        ("type", _form(rf"create type NAME as enum{_SPACE}*\(")),
    ),
    "alter": (
        (RLS, _form(rf"{_TABLE} enable row level security{_Z}")),
        ("force row level security", _form(rf"{_TABLE} force row level security{_Z}")),
        ("constraint", _form(rf"{_TABLE} add constraint IDENT{_SPACE}*(?=check\b|foreign\b|unique\b)")),
        ("old constraint", _form(rf"{_TABLE} validate constraint IDENT{_Z}")),
        ("old constraint", _form(rf"{_TABLE} drop constraint {_IF_THERE}IDENT{_Z}")),
        ("alter", _form(
            rf"{_TABLE} (?:add column|add constraint|alter (?:column )?{_NAME}"
            r" (?:set|drop) (?:default|not null))\b")),
        ("policy", _form("alter policy IDENT on NAME (?:to|using|with)\\b")),
        ("alter function", _form(
            rf"alter (?:function|procedure) NAMEARGS{_SPACE}*+"
            r"(?:set (?!schema\b)|security |stable\b|immutable\b)"
        )),
        ("alter", _form(rf"alter view {_IF_THERE}NAME set{_SPACE}*\(")),
        ("alter type", _form(r"alter type NAME add value ")),
        ("owner", _form(
            rf"alter (table|view|sequence|function|procedure|type) NAMEARGS owner to {_NAME}{_Z}")),
    ),
    "drop": (
        ("policy", _form(rf"drop policy {_IF_THERE}IDENT on NAME{_Z}")),
        ("trigger", _form(rf"drop trigger {_IF_THERE}IDENT on NAME{_Z}")),
        ("no index", _form(rf"drop index {_IF_THERE}NAME{_Z}")),
        ("function", _form(rf"drop (?:function|procedure) {_IF_THERE}NAMEARGS{_Z}")),
    ),
    "comment": (
        ("comment", _form("comment on (?:table|view) NAME is ")),
        ("column comment", _form("comment on column COLUMN is ")),
        ("function comment", _form("comment on (?:function|procedure) NAMEARGS is ")),
        ("policy comment", _form("comment on policy IDENT on NAME is ")),
    ),
    "grant": (("grant", _form(
        rf"grant ([a-z][a-z, \t\n]*?) on (?:(table|sequence|function|procedure|routine|schema|type) )?"
        rf"NAMEARGS to ({_NAME}(?:{_SPACE}*,{_SPACE}*{_NAME})*){_Z}")),),
    "revoke": (("grant", _form(
        rf"revoke ([a-z][a-z, \t\n]*?) on (?:(table|sequence|function|procedure|routine|schema|type) )?"
        rf"NAMEARGS from ({_NAME}(?:{_SPACE}*,{_SPACE}*{_NAME})*){_Z}")),),
}  # fmt: skip
_FIRST_WORD: Final = re.compile(
    rf"{_SPACE}*+(create|alter|drop|comment|grant|revoke)\b", re.IGNORECASE | re.ASCII
)
_ELEMENT_OTHERWISE: Final = re.compile(r"(?:\A|,)\s*like\b", re.IGNORECASE | re.ASCII)
_TABLE_OTHERWISE: Final = re.compile(r"\b(?:partition|inherits|as|of)\b", re.IGNORECASE | re.ASCII)
_ALTER_OTHERWISE: Final = re.compile(
    r"(?<!delete )(?<!update )\bcascade\b"
    r"|\b(?:rename|attach|detach|inherit|owner|type|schema|drop\s+(?:column|constraint)|using)\b",
    re.IGNORECASE | re.ASCII,
)
_LONGEST: Final = 58
"""Longer names are cut, or names made of them."""

_KINDS: Final = {"procedure": "function", "routine": "function", "function": "function", "type": "type",
                 "schema": "schema"}  # fmt: skip
_ALL: Final[Mapping[str, tuple[str, ...]]] = {
    RELATION: ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN",
               "USAGE"),
    "function": ("EXECUTE",),
    "type": ("USAGE",),
    "schema": ("CREATE", "USAGE"),
}  # fmt: skip
_NOT_A_ROLE: Final = frozenset(("current_user", "session_user", "current_role", "group"))


@lru_cache(maxsize=8192)
def footprint(sql: str) -> Footprint | None:
    """What a statement's text says of its effects; ``None`` for forms that may do more, or are not known."""
    first = _FIRST_WORD.match(sql)
    if first is None:
        return None
    for form, pattern in _FORMS[first[1].lower()]:
        found = pattern.match(sql)
        if found is not None:
            return _footprint(form, found, sql[found.end() :])
    return None


def _footprint(form: str, found: re.Match[str], rest: str) -> Footprint | None:
    if form == "grant":
        return _grant(found)
    groups = [group for group in found.groups() if group]
    kind = _KINDS.get(groups.pop(0).lower(), RELATION) if form == "owner" else ""
    names = [[_shown(piece) for piece in _PIECE.findall(group)] for group in groups]
    if any(len(piece) > _LONGEST for name in names for piece in name):
        return None
    first, last = names[0][-1], names[-1][-1]
    relation = (RELATION, first)
    match form:
        case "table":
            return None if _makes_more(rest) else Footprint((relation,), "make", relation)
        case "view":
            return Footprint((relation,), "make", relation)
        case "alter":
            return None if _changes_more(rest) else Footprint((relation,), "change", relation)
        case "constraint":
            if any(text for depth, text in _by_depth(rest) if not depth and "," in text) or _changes_more(
                rest
            ):
                return None
            return Footprint((("constraint", first, last),), "part", relation)
        case "old constraint":
            return Footprint((("constraint", first, last),), "less", relation)
        case "function" | "type":
            return Footprint(((form, first),), "make", (form, first))
        case "alter function" | "alter type":
            thing = (form.removeprefix("alter "), first)
            return Footprint((thing,), "change", thing)
        case "owner":
            return Footprint((("owner", kind, first),), "aside", (kind, first))
        case "comment":
            return Footprint((("comment", first),), "own", relation)
        case "column comment":
            return Footprint((("comment", names[0][-2], first),), "own", (RELATION, names[0][-2]))
        case "function comment":
            return Footprint((("function comment", first),), "own", ("function", first))
        case "policy comment":
            return Footprint((("policy comment", last, first),), "own", (RELATION, last))
        case "no index":
            return Footprint((("index", first),), "own", ("index", first))
        case "index":
            return Footprint((("index", first),), "own", (RELATION, last))
        case "policy" | "trigger":
            table = last if len(names) > 1 else _table_of_trigger(rest)
            return Footprint(((form, table, first),), "own", (RELATION, table)) if table else None
        case _:
            return Footprint(((form, first),), "own", relation)


def _grant(found: re.Match[str]) -> Footprint | None:
    privileges, what, name, roles = found.groups()
    kind = _KINDS.get((what or "table").lower(), RELATION)
    given = [" ".join(word.upper().split()) for word in privileges.split(",")]
    if given in (["ALL"], ["ALL PRIVILEGES"]):
        given = list(_ALL[kind])
    shown = [_shown(piece) for piece in _PIECE.findall(roles)]
    last = _shown(_PIECE.findall(name)[-1])
    if not set(given) <= set(_ALL[kind]) or _NOT_A_ROLE & set(shown) or len(last) > _LONGEST:
        return None
    slots = [
        ("grant", kind, last, privilege, "PUBLIC" if role == "public" else role)
        for role in shown
        for privilege in given
    ]
    return Footprint(tuple(slots), "aside", (kind, last))


def _makes_more(rest: str) -> bool:
    """Whether a CREATE TABLE has columns of another one, or rows; ``rest`` begins inside its parentheses."""
    elements = after = ""
    closed = False
    for depth, text in _by_depth(rest):
        closed = closed or depth < 0
        if depth < 0:
            after += text
        elif depth == 0 and not closed:
            elements += text
    return _ELEMENT_OTHERWISE.search(elements) is not None or _TABLE_OTHERWISE.search(after) is not None


def _changes_more(rest: str) -> bool:
    outer = " ".join(" ".join(text.split()) for depth, text in _by_depth(rest) if depth == 0)
    return _ALTER_OTHERWISE.search(outer) is not None


_TOKEN: Final = re.compile(
    r"""'[^']*+(?:''[^']*+)*'(?!')|"[^"]*+(?:""[^"]*+)*"(?!")|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/|[()]""",
    re.DOTALL,
)


def _by_depth(sql: str) -> Iterator[tuple[int, str]]:
    """Pieces of a text without its literals, quoted names and comments, and how many parentheses deep."""
    depth = at = 0
    for token in _TOKEN.finditer(sql):
        yield depth, sql[at : token.start()] + " "
        at = token.end()
        depth += (token[0] == "(") - (token[0] == ")")
    yield depth, sql[at:]


def _table_of_trigger(rest: str) -> str:
    """``… INSERT OR UPDATE OF a, b ON t …``"""
    at = re.search(rf"\bon\b{_SPACE}*+{_QUALIFIED}", rest, re.IGNORECASE | re.ASCII)
    return _shown(_PIECE.findall(at[1])[-1]) if at is not None else ""


def _shown(piece: str) -> str:
    return quoted(piece[1:-1].replace('""', '"') if piece.startswith('"') else piece.lower())
