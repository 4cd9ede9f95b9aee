"""What rows of the catalog queries have to hold so that facts are as expected, for the server to compare.

The comparison on the server is of texts, and stricter than that of facts: a row that holds what is asked for
here always reads as the facts do, which is checked with the reader itself; one that does not may still do.
Facts that cannot be put this way make no expectation at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from landed.core.facts import EXISTS, FactKey
from landed.engines.postgres.catalog.privileges import LETTERS
from landed.engines.postgres.catalog.readback import TABLES, Wanted, wanted
from landed.engines.postgres.catalog.row_patterns import (
    HEAD,
    CannotTell,
    Pattern,
    RowPattern,
    head_of,
    parted,
    plain,
)
from landed.engines.postgres.catalog.rows import Reader
from landed.engines.postgres.kinds import KINDS, READINGS
from landed.engines.postgres.kinds.base import ORDERED
from landed.engines.postgres.kinds.constraint import with_suffixes
from landed.engines.postgres.kinds.naming import listed, split_name

_COLUMN_OF: Final = {
    (kind.name, prop.tells[0]): prop.name
    for kind in KINDS.values()
    for name in kind.read_by
    for prop in READINGS[name].props
    if prop.tells and prop.how != ORDERED
}
"""Properties that are read from a column of another name."""

_IN_THE_TEXT: Final = frozenset(("no inherit", "deferrable", "initially deferred", "enforced"))
_GRANT: Final = re.compile(r"\((?P<privilege>[A-Z]+) (?:to|from) (?P<role>.+)\)\Z", re.DOTALL)


class Expected(NamedTuple):
    """For some catalog queries together: the (schema, name) pairs of what they read, patterns of which one of
    each has to fit a row, and patterns that may fit none."""

    queries: tuple[str, ...]
    units: frozenset[tuple[str, str]]
    there: tuple[tuple[Pattern, ...], ...]
    gone: tuple[Pattern, ...]


def expected_rows(
    net: Mapping[FactKey, str | None], reader: Reader, main_role: str, main_shown: str
) -> list[Expected]:
    """What a server's rows have to hold for these facts. Raises CannotTell.

    ``net`` has ``None`` for what has to be absent; ``main_role`` is the role that facts show as
    ``main_shown``. ``reader`` is the one that would read the rows.
    """
    whole = _Expectations(net, main_role, main_shown)
    for key, after in net.items():
        whole.add(key, after)
    found = whole.found()
    for rows in whole.rows.values():
        for row in rows.values():
            row.check(reader)
    return found


class _Expectations:
    def __init__(self, net: Mapping[FactKey, str | None], main_role: str, main_shown: str) -> None:
        self._net = net
        self._places: dict[tuple[object, ...], tuple[tuple[str, ...], Wanted]] = {}
        self._by_object: dict[tuple[object, ...], RowPattern] = {}
        self._roles: dict[str, tuple[str, str]] = {}
        self._lost = {k[:3] for k, v in net.items() if k.prop == EXISTS and v is None}
        self._main, self._shown = main_role, main_shown
        self.rows: dict[tuple[str, ...], dict[tuple[object, ...], RowPattern]] = {}
        self._gone: dict[tuple[str, ...], list[Pattern]] = {}
        self._units: dict[tuple[str, ...], set[tuple[str, str]]] = {}
        self._tables = {k.name for k in net if k.kind in TABLES}
        self._tables |= {k.parent for k in net if k.kind == "column"}
        self._absent = {
            f"{k.parent}.{k.name}" if k.parent else k.name
            for k, v in net.items()
            if k.prop == EXISTS and v is None
        }
        self._kinds = {k.name: k.kind for k, v in net.items() if k.prop == EXISTS and v and not k.parent}

    def add(self, key: FactKey, after: str | None) -> None:
        if key.kind.startswith(("grant on ", "revoke on ")):
            self._grant(key, after)
            return
        if self._is_gone(key):
            if after is not None:
                raise CannotTell(str(key))
            if key.prop == EXISTS:
                self._gone_object(key)
            return
        if key.prop == "column order":
            self._order(key, after)
            return
        if key.kind == "constraint" and key.prop in _IN_THE_TEXT:
            if key.object.fact("definition") not in self._net:
                raise CannotTell(str(key))
            self._row(key, self._query(key, "constraint")).claims.append((key, after))
            return
        column = _COLUMN_OF.get((key.kind, key.prop), key.prop)
        asked = self._asked(key)[0]
        if not any(column in READINGS[q].titles for q in asked):
            self._option(key, after, asked)
            return
        row = self._row(key, self._query(key, column))
        row.columns[column] = None if after is None else self._raw(key, column, after)
        row.claims.append((key, after))

    def found(self) -> list[Expected]:
        made = []
        for names in sorted(self.rows.keys() | self._gone.keys()):
            rows = list(self.rows.get(names, {}).values())
            gone = [*self._gone.get(names, ()), *(p for row in rows for p in row.without)]
            made.append(
                Expected(names, frozenset(self._units[names]), tuple(r.patterns for r in rows), tuple(gone))
            )
        return made

    # -- where a fact stands --------------------------------------------------------------------

    def _is_gone(self, key: FactKey) -> bool:
        """Whether the object itself has to be absent, or one that it is a part of."""
        return key[:3] in self._lost

    def _asked(self, key: FactKey) -> tuple[tuple[str, ...], Wanted]:
        """The queries that tell a fact, and of which units."""
        own = key.prop if key.kind == "constraint" or key.prop == "column order" else ""
        place = (*key[:3], own)
        if place not in self._places:
            found = wanted([key])
            self._places[place] = (tuple(found), found)
        return self._places[place]

    def _query(self, key: FactKey, column: str) -> tuple[str, ...]:
        """The query that has the row; of a constraint two, where its owner may be a domain."""
        asked = [q for q in self._asked(key)[0] if column in READINGS[q].titles]
        if key.kind == "constraint" and key.parent in self._tables:
            asked = [q for q in asked if q != "domain_constraints"]
        if not asked:
            raise CannotTell(str(key))
        if key.kind == "constraint" and column == "comment":
            raise CannotTell("a constraint's index may have one, too")
        return tuple(sorted(asked if key.kind == "constraint" else asked[:1]))

    def _row(self, key: FactKey, names: tuple[str, ...]) -> RowPattern:
        place = (names, *key[:3])
        if place not in self._by_object:
            owner = self._main if all("owner" in READINGS[q].titles for q in names) else None
            self._by_object[place] = self._row_of(head_of(key), names, owner, self._asked(key)[1])
        return self._by_object[place]

    def _row_of(
        self,
        head: Pattern,
        names: tuple[str, ...],
        owner: str | None,
        units: Wanted,
        what: str = "",
    ) -> RowPattern:
        self._read(names, units)
        rows = self.rows.setdefault(names, {})
        place = tuple(head.get(part) for part in (*HEAD, "signature"))
        if place not in rows:
            rows[place] = RowPattern(head, owner, what)
        return rows[place]

    def _read(self, names: tuple[str, ...], units: Wanted) -> None:
        pairs = self._units.setdefault(names, set())
        for name in names:
            pairs.update(units.get(name, ()))

    # -- what stands there ----------------------------------------------------------------------

    def _raw(self, key: FactKey, column: str, after: str) -> object:
        if column == "constraint":
            return with_suffixes(after, lambda prop: self._net.get(key.object.fact(prop)))
        if column == "owner":
            return plain(after)
        return after

    def _option(self, key: FactKey, after: str | None, asked: tuple[str, ...]) -> None:
        """One of the settings that a row holds in a list."""
        if after is None:
            raise CannotTell(str(key))
        for start, column in (("set ", "settings"), ("option ", "foreign"), ("toast.", "toast")):
            if key.prop.startswith(start) and any(column in READINGS[q].titles for q in asked):
                element = f"{key.prop.removeprefix(start)}={after}"
                break
        else:
            column, element = "options", f"{key.prop}={after}"
        row = self._row(key, self._query(key, column))
        row.lists.setdefault(column, []).append(element)
        row.claims.append((key, after))

    def _order(self, key: FactKey, after: str | None) -> None:
        if after is None:
            raise CannotTell(str(key))
        head = head_of(key)
        columns = [plain(part) for part in listed(after)]
        row = self._row_of(head, ("columns",), None, self._asked(key)[1])
        row.columns["column order"] = "\x1f".join(columns)

    def _gone_object(self, key: FactKey) -> None:
        asked, units = self._asked(key)
        names = tuple(sorted(q for q in asked if "exists" in READINGS[q].titles))
        if not names:
            raise CannotTell(str(key))
        self._read(names, units)
        self._gone.setdefault(names, []).append(head_of(key))

    def _grant(self, key: FactKey, after: str | None) -> None:
        what = key.kind.partition(" on ")[2]
        if key.parent in self._absent:
            if after is not None:
                raise CannotTell(str(key))
            return
        if key.name not in self._roles:
            self._roles[key.name] = self._role(key)
        privilege, role = self._roles[key.name]
        owner = self._main if what != "column" else None
        place = (key.kind, key.parent)
        if place not in self._by_object:
            found = wanted([key])
            head, names = self._granted(key, what, found)
            self._by_object[place] = self._row_of(head, names, owner, found, what)
        row = self._by_object[place]
        head = row.head
        element = f"{role}={privilege}"
        if key.kind.startswith("revoke"):
            if after is None or key.prop != EXISTS:
                raise CannotTell(str(key))
            row.listed = True
            row.without.append(head | {"acl": [element]})
        elif after is None:
            row.without.append(head | {"acl": [element + ("" if key.prop == EXISTS else "*")]})
        elif role == owner:
            raise CannotTell(str(key))
        else:
            row.listed = True
            star = key.prop != EXISTS
            row.privileges[role, privilege] = star or row.privileges.get((role, privilege), False)
            row.claims.append((key, after))

    def _role(self, key: FactKey) -> tuple[str, str]:
        """Privilege and role of a grant."""
        told = _GRANT.match(key.name)
        if told is None or told["privilege"] not in LETTERS:
            raise CannotTell(str(key))
        shown = told["role"]
        role = "" if shown == "PUBLIC" else self._main if shown == self._shown else plain(shown)
        return told["privilege"], role

    def _granted(self, key: FactKey, what: str, found: Wanted) -> tuple[Pattern, tuple[str, ...]]:
        """The object of a grant, and where it stands; its exact kind is known only from the file."""
        names = tuple(sorted(q for q in found if "acl" in READINGS[q].titles))
        if not names:
            raise CannotTell(str(key))
        if what == "column":
            *owner, column = split_name(key.parent)
            return {"kind": "column", "schema": owner[0], "parent": owner[-1], "name": column}, names
        if what == "schema":
            return {"kind": "schema", "schema": None, "parent": None, "name": plain(key.parent)}, names
        kind = self._kinds.get(key.parent, "table" if key.parent in self._tables else "")
        parts, signature = parted(key.parent)
        head: Pattern = {"schema": parts[0] if len(parts) > 1 else None, "parent": None, "name": parts[-1]}
        if kind:
            head["kind"] = kind
            if what == "table":
                names = ("views",) if kind in ("view", "materialized view") else ("tables",)
        return head | ({"signature": signature} if signature else {}), names
