"""What the statements that bring facts back are worked out from: both sides, object by object."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cached_property

from landed.core.facts import EXISTS, YES, FactKey, Facts, ObjectKey
from landed.engines.postgres.catalog.restore_names import bare, schema_of

Props = Mapping[str, str]
_NOT_COMPARED = frozenset(("comment", "owner", "attached to"))


IDENTITY = {"always": "ALWAYS", "by default": "BY DEFAULT"}


def column_definition(want: Props) -> str:
    """A column's type and all that stands behind it, as CREATE TABLE has it."""
    parts = [want.get("type", "text")]
    if "collation" in want:
        parts.append(f"COLLATE {want['collation']}")
    if "expression" in want:
        parts.append(f"GENERATED ALWAYS AS ({want['expression']}) {want.get('generated', 'stored').upper()}")
    if "identity" in want:
        parts.append(f"GENERATED {IDENTITY[want['identity']]} AS IDENTITY")
    if "default" in want:
        parts.append(f"DEFAULT {want['default']}")
    if want.get("not null") == YES:
        parts.append("NOT NULL")
    return " ".join(parts)


class Schema:
    """Both sides by object; read once. With ``makes_tables`` missing tables and enums are made, too."""

    def __init__(self, expected: Facts, live: Facts, *, makes_tables: bool = False) -> None:
        self.makes_tables = makes_tables
        self.made: set[str] = set()
        self.expected = expected
        self.live = live
        self.pieces: dict[ObjectKey, Piece] = {}
        self.rights_again: set[FactKey] = set()

    @cached_property
    def wanted(self) -> dict[ObjectKey, dict[str, str]]:
        """The expected properties of every object."""
        return _by_object(self.expected)

    @cached_property
    def there(self) -> dict[ObjectKey, dict[str, str]]:
        """The present properties of every object."""
        return _by_object(self.live)

    def is_domain(self, name: str) -> bool:
        """Whether a type of this name is a domain."""
        key = FactKey("domain", "", name, EXISTS)
        return key in self.expected or key in self.live

    def gone(self, table: str) -> bool:
        """Whether a table that is expected is not there, so that nothing on it can be."""
        keys = [FactKey(kind, "", table, EXISTS) for kind in ("table", "foreign table", "composite type")]
        return (
            bool(table)
            and table not in self.made
            and any(key in self.expected and key not in self.live for key in keys)
        )

    def is_part(self, table: str) -> bool:
        """Whether a table is another's partition or child, so that some things come from there."""
        of = (FactKey("table", "", table, prop) for prop in ("partition of", "inherits"))
        return any(key in self.expected for key in of)

    @cached_property
    def parts(self) -> dict[str, list[FactKey]]:
        """The expected facts by what their object is a part of, or is granted on."""
        found: dict[str, list[FactKey]] = {}
        for key in self.expected:
            if key.parent:
                found.setdefault(key.parent, []).append(key)
        return found

    @cached_property
    def surplus(self) -> dict[tuple[str, str], list[ObjectKey]]:
        """The objects that nobody expects, by kind and by what they are a part of (or their schema)."""
        found: dict[tuple[str, str], list[ObjectKey]] = {}
        for key in self.live:
            if key.prop == EXISTS and key.kind in _RENAMED and key not in self.expected:
                found.setdefault(_place_of(key.object), []).append(key.object)
        return found

    def same_under_another_name(self, obj: ObjectKey) -> ObjectKey | None:
        """The one object that nobody expects and that is what is missing, but for its name."""
        candidates = self.surplus.get(_place_of(obj), ())
        wanted = _compared(self.wanted.get(obj, {})) if candidates else {}
        found = [other for other in candidates if _compared(self.there[other]) == wanted]
        if obj.kind == "column":
            found = [other for other in found if self._same_place(obj, other)]
        return found[0] if len(found) == 1 else None

    def _same_place(self, obj: ObjectKey, other: ObjectKey) -> bool:
        order = [FactKey(kind, "", obj.parent, "column order") for kind in ("table", "foreign table")]
        for key in order:
            if key in self.expected and key in self.live:
                wanted, seen = self.expected[key].split(", "), self.live[key].split(", ")
                return (
                    obj.name in wanted
                    and other.name in seen
                    and (wanted.index(obj.name) == seen.index(other.name))
                )
        return False


class Piece:
    """One object with what is wrong about it; handlers take from ``todo`` what their ``sql`` sets right.

    ``anew`` says that the object is made again as a whole.
    """

    def __init__(self, obj: ObjectKey, wrong: Collection[str], schema: Schema) -> None:
        self.object = obj
        self.schema = schema
        self.todo = set(wrong)
        self.did: set[str] = set()
        self.want: Props = schema.wanted.get(obj, {})
        self.have: Props = schema.there.get(obj, {})
        self.sql: list[str] = []
        self.cautions: list[str] = []
        self.instead: list[str] = []
        self.left: set[FactKey] = set()
        self.later: list[str] = []
        self.anew = False

    @property
    def missing(self) -> bool:
        """It should be there and is not."""
        return EXISTS in self.todo and self.want.get(EXISTS) == YES

    @property
    def obj_gone(self) -> bool:
        """It should not be there at all."""
        return self.want.get(EXISTS) != YES and not self.want

    def takes(self, *props: str) -> bool:
        """Whether any of these is wrong; they count as dealt with from here on."""
        found = self.todo.intersection(props)
        self.todo -= found
        self.did |= found
        return bool(found)

    def takes_all(self) -> None:
        """Everything about it is dealt with, but for comment and owner."""
        self.did |= self.todo
        self.todo &= {"comment", "owner"}

    def give_up(self) -> None:
        """Too little is known of it to set anything right."""
        self.todo |= self.did
        for told in (self.did, self.sql, self.cautions, self.instead):
            told.clear()

    def alter(self, sql: str) -> None:
        """One more statement."""
        self.sql.append(sql)


_WORDS = {"column": "COLUMN", "constraint": "CONSTRAINT"}


def renamed_back(schema: Schema, keys: Collection[FactKey]) -> tuple[list[str], set[FactKey]]:
    """Statements for objects that only have another name now, and the facts that follow from them.

    Only those are told that something in ``keys`` depends on, be they in it or not.
    """
    follows: set[FactKey] = set()
    needed: dict[ObjectKey, ObjectKey] = {}
    pairs = _renamed(schema)
    names = [(other.name, obj.name) for obj, other in pairs.items()]
    for obj, other in pairs.items():
        own = {key for key in keys if key.object in (obj, other)} | _rights_of(keys, obj, other)
        if own:
            needed[obj] = other
            follows |= own
            if obj.kind == "column":
                tables = (FactKey(k, "", obj.parent, "column order") for k in ("table", "foreign table"))
                follows |= set(keys).intersection(tables)
    for key in set(keys) - follows if pairs else ():
        seen, wanted = schema.live.get(key), schema.expected.get(key)
        if seen is not None and wanted is not None and _with_names(seen, names) == wanted:
            follows.add(key)
            needed |= {
                o: other for o, other in pairs.items() if _with_names(seen, [(other.name, "")]) != seen
            }
    told = [o for o in needed if o.kind != "column" or not schema.is_part(o.parent)]
    return [_rename(schema, needed[obj], obj) for obj in sorted(told)], follows


def _renamed(schema: Schema) -> dict[ObjectKey, ObjectKey]:
    """What is missing → what is there instead, under another name."""
    found: dict[ObjectKey, ObjectKey] = {}
    if not schema.surplus:
        return found
    for key in schema.expected:
        if key.prop == EXISTS and key.kind in _RENAMED and key not in schema.live:
            other = schema.same_under_another_name(key.object)
            if other is not None:
                found[key.object] = other
    return found


_RENAMED = frozenset(("column", "constraint", "index", "policy", "trigger", "attribute", "enum", "sequence"))


def _rename(schema: Schema, old: ObjectKey, new: ObjectKey) -> str:
    kind, parent, name = old
    to = bare(new.name if parent else new.name[len(schema_of(new.name)) + 1 :])
    if kind == "index":
        return f"ALTER INDEX {schema_of(parent)}.{name} RENAME TO {to}"
    if kind in ("policy", "trigger"):
        return f"ALTER {kind.upper()} {bare(name)} ON {parent} RENAME TO {to}"
    if kind in ("enum", "sequence"):
        return f"ALTER {'TYPE' if kind == 'enum' else 'SEQUENCE'} {name} RENAME TO {to}"
    if kind == "attribute":
        return f"ALTER TYPE {parent} RENAME ATTRIBUTE {bare(name)} TO {to}"
    what = "DOMAIN" if kind == "constraint" and schema.is_domain(parent) else "TABLE"
    return f"ALTER {what} {parent} RENAME {_WORDS[kind]} {bare(name)} TO {to}"


def _with_names(value: str, names: list[tuple[str, str]]) -> str:
    for old, new in names:
        value = re.sub(rf"(?<![\w\"$]){re.escape(old)}(?![\w\"$])", lambda _, new=new: new, value)  # type: ignore[misc]
    return value


def _rights_of(keys: Collection[FactKey], obj: ObjectKey, other: ObjectKey) -> set[FactKey]:
    """Grants on an object that has another name follow it."""
    if obj.kind not in ("column", "sequence"):
        return set()
    both = [o.name if o.kind == "sequence" else f"{o.parent}.{o.name}" for o in (obj, other)]
    return {k for k in keys if k.parent in both and k.kind.startswith(("grant on ", "revoke on "))}


def _place_of(obj: ObjectKey) -> tuple[str, str]:
    return obj.kind, obj.parent or schema_of(obj.name)


def _by_object(facts: Facts) -> dict[ObjectKey, dict[str, str]]:
    found: dict[ObjectKey, dict[str, str]] = {}
    for key, value in facts.items():
        found.setdefault(ObjectKey(key.kind, key.parent, key.name), {})[key.prop] = value
    return found


def _compared(props: Props) -> dict[str, str]:
    return {prop: value for prop, value in props.items() if prop not in _NOT_COMPARED}
