"""One row of a catalog query as it is expected: whose it is, its values, and what they claim."""

from __future__ import annotations

from typing import Any, Final

from landed.core.facts import YES, FactKey
from landed.engines.postgres.catalog.canonical import as_first_written, canonical_expression
from landed.engines.postgres.catalog.privileges import LETTERS
from landed.engines.postgres.catalog.rows import Reader
from landed.engines.postgres.kinds.naming import split_name

Pattern = dict[str, Any]
"""Columns of a row and their values, as JSON; a list is contained in the row's, in any order."""

HEAD: Final = ("kind", "schema", "parent", "name")
_NAMELESS: Final = frozenset(("publication table", "cast"))
"""Kinds whose objects have nothing but what is shown in place of a name."""


class CannotTell(Exception):
    """An expectation that only the comparison of facts can judge."""


class RowPattern:
    """What is expected of one object's row in one query."""

    def __init__(self, head: Pattern, owner: str | None, what: str) -> None:
        self.head = head
        self.what = what
        self.owner = owner
        self.columns: Pattern = {}
        self.lists: dict[str, list[str]] = {}
        self.privileges: dict[tuple[str, str], bool] = {}
        self.without: list[Pattern] = []
        self.listed = False
        self.claims: list[tuple[FactKey, str | None]] = []

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """As a restored database has it, and where that differs as the first one does."""
        made = self._pattern
        first = {
            column: as_first_written(value)
            for column, value in made.items()
            if column in self.columns and isinstance(value, str) and "ARRAY[" in value
        }
        first = {c: v for c, v in first.items() if v != made[c] and canonical_expression(v) == made[c]}
        return (made, made | first) if first else (made,)

    @property
    def _pattern(self) -> Pattern:
        made = self.head | self.columns | self.lists
        if self.listed:
            acl = [f"{role}={word}" for role, word in self.privileges]
            made["acl"] = acl + [f"{role}={word}*" for (role, word), star in self.privileges.items() if star]
            if self.owner is not None:
                made["owner"] = self.owner
        return made

    def check(self, reader: Reader) -> None:
        """A row that holds no more than this has to read as what is claimed of it. Raises CannotTell."""
        if not self.claims:
            return
        signed = "signature" in self.head
        titles = ["unit", *HEAD, *(["signature"] if signed else [])]
        row: list[object] = [0, *(self.head.get(t, self.what) for t in titles[1:])]
        for column, value in (self.columns | self.lists).items():
            titles.append(column)
            row.append(f" USING {value}" if column == "index" else value)
        if self.listed:
            if "owner" not in titles and self.owner is not None:
                titles.append("owner")
                row.append(self.owner)
            titles.append("acl")
            row.append(self._list())
        if len(titles) < 6:
            titles.append("exists")
            row.append(YES)
        found: dict[FactKey, str] = {}
        try:
            reader.read(titles, [row], found)
        except (ValueError, KeyError, IndexError) as error:
            raise CannotTell(str(error)) from error
        for key, after in self.claims:
            if found.get(key) != after:
                raise CannotTell(f"{key}: {found.get(key)!r} for {after!r}")

    def _list(self) -> str:
        """An access control list with these privileges, and none by default."""
        items = []
        for (role, word), star in self.privileges.items():
            name = '"' + role.replace('"', '""') + '"' if role else ""
            item = f"{name}={LETTERS[word]}{'*' if star else ''}/x"
            items.append('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"')
        return "{" + ",".join(items) + "}"


def head_of(key: FactKey) -> Pattern:
    """The columns that say whose row it is."""
    if key.kind in _NAMELESS:
        whose = plain(key.parent) if key.parent else None
        return {"kind": key.kind, "schema": None, "parent": whose, "name": None, "signature": key.name}
    if key.parent:
        owner = split_name(key.parent)
        within: Pattern = {"schema": owner[0] if len(owner) > 1 else None, "parent": owner[-1]}
        return {"kind": key.kind, **within, "name": plain(key.name)}
    parts, signature = parted(key.name)
    if len(parts) > 2:
        raise CannotTell(str(key))
    schema = parts[0] if len(parts) > 1 else None
    head: Pattern = {"kind": key.kind, "schema": schema, "parent": None, "name": parts[-1]}
    return head | ({"signature": signature} if signature else {})


def parted(shown: str) -> tuple[tuple[str, ...], str]:
    """A name's parts, and the signature behind it."""
    inside = False
    for at, char in enumerate(shown):
        if char == '"':
            inside = not inside
        elif char == "(" and not inside:
            return split_name(shown[:at]), shown[at:]
    return split_name(shown), ""


def plain(shown: str) -> str:
    """The name that is shown, unquoted. Raises CannotTell where it is not one name."""
    parts = split_name(shown)
    if len(parts) != 1:
        raise CannotTell(shown)
    return parts[0]
