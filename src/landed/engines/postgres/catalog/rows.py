"""Rows of the catalog queries as facts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from landed.core.facts import EXISTS, YES, FactKey
from landed.engines.postgres.catalog import privileges
from landed.engines.postgres.catalog.canonical import canonical_expression, canonical_view
from landed.engines.postgres.catalog.scope import Scope
from landed.engines.postgres.catalog.spellings import (
    dictionary_parameters,
    option_value,
    partition_bound,
    trigger_definition,
)
from landed.engines.postgres.kinds import KINDS, READINGS, base
from landed.engines.postgres.kinds.constraint import without_suffixes
from landed.engines.postgres.kinds.index import WITH_OPTIONS
from landed.engines.postgres.sql.names import Names

Sink = dict[FactKey, str]

_new: Final = tuple.__new__
_HEAD: Final = ("unit", "kind", "schema", "parent", "name", "signature")
_HOW: Final = {prop.name: prop.how for reading in READINGS.values() for prop in reading.props if prop.how}
"""How a column is read, by its title."""
_WITH: Final = re.compile(WITH_OPTIONS)
_SECRET: Final = re.compile(r"passw|secret|key|token|credential|sslcert", re.IGNORECASE)


def way_of(title: str) -> str | None:
    """How a column is read; ``None`` for one that is taken as it is."""
    return _HOW.get(title)


class Reader:
    """Turns rows into facts for one server version and scope; ``main_role`` is the role meant by it."""

    def __init__(self, scope: Scope, major: int, main_role: str) -> None:
        self._names = Names()
        self._major = major
        self._main = scope.acting or main_role
        self._main_shown = "(owner)" if scope.main_role is None else main_role
        self._runners = scope.runners
        self._maintain = min(scope.floor or major, major) >= 17
        self._grants: dict[tuple[str, str, object], list[tuple[str, str, bool]]] = {}

    def read(self, titles: Sequence[str], rows: Iterable[Sequence[object]], sink: Sink) -> None:
        """Add the facts of one query's rows, whose columns have the given titles, to ``sink``."""
        self.read_into(titles, rows, lambda _: sink)

    def read_into(
        self,
        titles: Sequence[str],
        rows: Iterable[Sequence[object]],
        sink_of: Callable[[int], Sink],
    ) -> None:
        """The same with one sink for each unit."""
        first = 6 if titles[5] == "signature" else 5
        signed = first == 6
        plain: list[tuple[int, str]] = []
        special: list[tuple[int, str, Handler]] = []
        for at, title in enumerate(titles[first:], first):
            handler = self._handler(title)
            if handler is None:
                plain.append((at, title))
            else:
                special.append((at, title, handler))
        place = Place()
        place.owner_at = titles.index("owner") if "owner" in titles else -1
        place.number_at = titles.index("number") if "number" in titles else -1
        names, new, key_type = self._names, _new, FactKey
        for row in rows:
            unit, kind, schema, parent, name = row[:5]
            sink = sink_of(unit)  # type: ignore[arg-type]
            shown = names[name] if name is not None else ""  # type: ignore[index]
            if signed:
                shown += row[5] or ""  # type: ignore[operator]
            within = ""
            if parent is not None:
                within = names[parent]  # type: ignore[index]
                if schema is not None:
                    within = f"{names[schema]}.{within}"  # type: ignore[index]
            elif schema is not None:
                shown = f"{names[schema]}.{shown}"  # type: ignore[index]
            for at, prop in plain:
                value = row[at]
                if value is not None:
                    sink[new(key_type, (kind, within, shown, prop))] = value  # type: ignore[assignment]
            for at, prop, handler in special:
                value = row[at]
                if value is not None:
                    place.kind, place.parent, place.name = kind, within, shown  # type: ignore[assignment]
                    place.row = row
                    handler(sink, place, prop, value)
        for (of, table), (sink, columns) in place.columns.items():
            columns.sort()
            sink[FactKey(str(of), "", table, "column order")] = ", ".join([column for _, column in columns])

    def _handler(self, title: str) -> Handler | None:
        how = way_of(title)
        own: dict[str, Handler] = {
            base.OWNER: self._owner,
            base.ACL: self._acl,
            base.VIEW: self._view,
            base.MEMBER_RIGHTS: self._member_rights,
        }
        return None if how is None else own.get(how) or _HANDLERS[how]

    def _owner(self, sink: Sink, place: Place, prop: str, value: object) -> None:
        if value != self._main and value not in ("pg_database_owner", self._main_shown):
            sink[place.key(prop)] = str(value)

    def _view(self, sink: Sink, place: Place, prop: str, value: object) -> None:
        text = str(value).strip().removesuffix(";")
        if self._major < 16:
            text = canonical_view(text)
        sink[place.key("definition")] = canonical_expression(text)

    def _acl(self, sink: Sink, place: Place, prop: str, value: object) -> None:
        if place.kind == "default privileges":
            self._default_privileges(sink, place, str(value))
            return
        what = KINDS[place.kind].acl
        target = f"{place.parent}.{place.name}" if what == "column" else place.name
        owner = str(place.row[place.owner_at]) if place.owner_at >= 0 else ""
        # Thousands of objects of one owner have the same few lists.
        known = self._grants.get((what, owner, value))
        if known is None:
            known = self._grants[what, owner, value] = [
                (
                    f"grant on {what}" if held else f"revoke on {what}",
                    f"({privilege} {'to' if held else 'from'} {self._role(grantee)})",
                    grantable,
                )
                for held, privilege, grantee, grantable in privileges.differences(
                    str(value), what, owner, self._maintain
                )
                # Who acts for a role owns what that role would own, and would not be granted anything on it.
                if owner != self._main or grantee == self._main or grantee != self._main_shown
            ]
        for kind, name, grantable in known:
            sink[_new(FactKey, (kind, target, name, EXISTS))] = YES
            if grantable:
                sink[FactKey(kind, target, name, "grant option")] = YES

    def _member_rights(self, sink: Sink, place: Place, prop: str, value: object) -> None:
        """Rights on something of an extension's, as far as it did not give them itself."""
        for told in _strings(value):
            how, grantable, privilege, grantee = told.split(" ", 3)
            joint = "to" if how == "grant" else "from"
            name = f"({privilege} {joint} {self._role(grantee)})"
            key = FactKey(f"{how} on {place.kind}", place.name, name, EXISTS)
            sink[key] = YES
            if grantable == "on":
                sink[key._replace(prop="grant option")] = YES

    def _default_privileges(self, sink: Sink, place: Place, acl: str) -> None:
        role, schema, letter = place.row[4], place.row[2], place.row[5]
        what = privileges.DEFAULTS.get(str(letter), str(letter))
        within = self._main_shown if role in self._runners else self._role(str(role))
        if schema is not None:
            within += f" in schema {self._names[str(schema)]}"
        found = privileges.differences(acl, what, str(role), self._maintain, schema is not None)
        for held, privilege, grantee, grantable in found:
            joint = "to" if held else "from"
            kind = "default privileges" if held else "default revocation"
            key = FactKey(kind, within, f"({privilege} on {what}s {joint} {self._role(grantee)})", EXISTS)
            sink[key] = YES
            if grantable:
                sink[key._replace(prop="grant option")] = YES

    def _role(self, name: str) -> str:
        return self._main_shown if name == self._main else name if name == "PUBLIC" else self._names[name]


class Place:
    """Where a value belongs: the object, and the row that it came from."""

    __slots__ = ("columns", "kind", "name", "number_at", "owner_at", "parent", "row")

    kind: str
    parent: str
    name: str
    row: Sequence[object]
    owner_at: int
    number_at: int
    columns: dict[tuple[object, str], tuple[Sink, list[tuple[Any, str]]]]

    def __init__(self) -> None:
        self.columns = {}

    def key(self, prop: str) -> FactKey:
        """A fact about the object."""
        return FactKey(self.kind, self.parent, self.name, prop)


def _nothing(sink: Sink, place: Place, prop: str, value: object) -> None:
    """A column that another one's handler looks at."""


def _ordered(sink: Sink, place: Place, prop: str, value: object) -> None:
    """One more column of a table; ``value`` is the table's kind, and the next value the column's number."""
    found = place.columns.setdefault((value, place.parent), (sink, []))
    found[1].append((place.row[place.number_at], place.name))


def _expression(sink: Sink, place: Place, prop: str, value: object) -> None:
    sink[place.key(prop)] = canonical_expression(str(value))


def _trigger(sink: Sink, place: Place, prop: str, value: object) -> None:
    sink[place.key("definition")] = trigger_definition(canonical_expression(str(value)))


def _bound(sink: Sink, place: Place, prop: str, value: object) -> None:
    sink[place.key(prop)] = partition_bound(canonical_expression(str(value)))


def _parameters(sink: Sink, place: Place, prop: str, value: object) -> None:
    sink[place.key(prop)] = dictionary_parameters(str(value))


def _number(sink: Sink, place: Place, prop: str, value: object) -> None:
    sink[place.key(prop)] = f"{float(str(value)):g}"


def _body(sink: Sink, place: Place, prop: str, value: object) -> None:
    sink[place.key(prop)] = str(value).replace("\r\n", "\n").strip()


def _constraint(sink: Sink, place: Place, prop: str, value: object) -> None:
    text, facts = without_suffixes(str(value))
    for name, told in facts.items():
        sink[place.key(name)] = told
    sink[place.key("definition")] = canonical_expression(text)


def _index(sink: Sink, place: Place, prop: str, value: object) -> None:
    """``CREATE INDEX … USING btree (a) WITH (…) WHERE …`` without name, table and options."""
    text = str(value)
    text = text[text.index(" USING ") + 7 :]
    if " WITH (" in text:
        text = _WITH.sub("", text, count=1)
    sink[place.key("definition")] = canonical_expression(text)


def _options(sink: Sink, place: Place, prop: str, value: object) -> None:
    for option in _strings(value):
        name, _, setting = option.partition("=")
        sink[place.key(name)] = option_value(name, setting)


def _toast(sink: Sink, place: Place, prop: str, value: object) -> None:
    _options(sink, place, prop, [f"toast.{option}" for option in _strings(value)])


def _foreign(sink: Sink, place: Place, prop: str, value: object) -> None:
    """OPTIONS of foreign objects; what may be a secret is told only by a hash of it."""
    for option in _strings(value):
        name, _, setting = option.partition("=")
        if _SECRET.search(name):
            setting = f"sha256:{hashlib.sha256(setting.encode()).hexdigest()[:12]}"
        sink[place.key(f"option {name}")] = setting


def _settings(sink: Sink, place: Place, prop: str, value: object) -> None:
    for option in _strings(value):
        name, _, setting = option.partition("=")
        sink[place.key(f"set {name}")] = setting


def _server_settings(sink: Sink, place: Place, prop: str, value: object) -> None:
    """Of a role or a database; they are a common place for secrets, which are told by a hash only."""
    here = " in this database" if prop == base.SETTINGS_HERE else ""
    for option in _strings(value):
        name, _, setting = option.partition("=")
        if _SECRET.search(name):
            setting = f"sha256:{hashlib.sha256(setting.encode()).hexdigest()[:12]}"
        sink[place.key(f"set {name}{here}")] = setting


def _strings(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else []


Handler = Callable[[Sink, Place, str, object], None]
_HANDLERS: Final[dict[str, Handler]] = {
    base.EXPRESSION: _expression,
    base.OPTIONS: _options,
    base.TOAST: _toast,
    base.FOREIGN: _foreign,
    base.SETTINGS: _settings,
    base.SERVER_SETTINGS: _server_settings,
    base.SETTINGS_HERE: _server_settings,
    base.CONSTRAINT: _constraint,
    base.INDEX: _index,
    base.TRIGGER: _trigger,
    base.BODY: _body,
    base.BOUND: _bound,
    base.PARAMETERS: _parameters,
    base.NUMBER: _number,
    base.ORDERED: _ordered,
    base.ASIDE: _nothing,
}
