"""What only has another name now: the statements that give it its own back, and what follows from them."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property

from landed.core.facts import EXISTS, FactKey, ObjectKey
from landed.engines.postgres.kinds import KINDS
from landed.engines.postgres.kinds.naming import bare, schema_of
from landed.engines.postgres.kinds.writes import Props, Schema

_NOT_COMPARED = frozenset(("comment", "owner", "attached to"))


def renamed_back(schema: Schema, keys: Collection[FactKey]) -> tuple[list[str], set[FactKey]]:
    """Statements for objects that only have another name now, and the facts that follow from them.

    Only those are told that something in ``keys`` depends on, be they in it or not.
    """
    names = _Names(schema)
    follows: set[FactKey] = set()
    needed: dict[ObjectKey, ObjectKey] = {}
    pairs = names.pairs
    shown = [(other.name, obj.name) for obj, other in pairs.items()]
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
        if seen is not None and wanted is not None and _with_names(seen, shown) == wanted:
            follows.add(key)
            needed |= {
                o: other for o, other in pairs.items() if _with_names(seen, [(other.name, "")]) != seen
            }
    told = [o for o in needed if o.kind != "column" or not schema.is_part(o.parent)]
    return [names.statement(needed[obj], obj) for obj in sorted(told)], follows


_RENAMED = {
    kind.name: kind.writes for kind in KINDS.values() if kind.writes is not None and kind.writes.rename
}


class _Names:
    """What is missing, beside what is there and nobody expects."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    @cached_property
    def pairs(self) -> dict[ObjectKey, ObjectKey]:
        """What is missing → what is there instead, under another name."""
        found: dict[ObjectKey, ObjectKey] = {}
        if not self._surplus:
            return found
        for key in self._schema.expected:
            if key.prop == EXISTS and key.kind in _RENAMED and key not in self._schema.live:
                other = self._same_under_another_name(key.object)
                if other is not None:
                    found[key.object] = other
        return found

    def statement(self, old: ObjectKey, new: ObjectKey) -> str:
        """The one that gives an object its name back."""
        how = _RENAMED[old.kind]
        within = "" if old.parent else schema_of(new.name)
        to = bare(new.name[len(within) + 1 :] if within else new.name)
        return how.said(how.rename, old, self._schema, to)

    @cached_property
    def _surplus(self) -> dict[tuple[str, str], list[ObjectKey]]:
        """The objects that nobody expects, by kind and by what they are a part of (or their schema)."""
        found: dict[tuple[str, str], list[ObjectKey]] = {}
        for key in self._schema.live:
            if key.prop == EXISTS and key.kind in _RENAMED and key not in self._schema.expected:
                found.setdefault(_place_of(key.object), []).append(key.object)
        return found

    def _same_under_another_name(self, obj: ObjectKey) -> ObjectKey | None:
        """The one object that nobody expects and that is what is missing, but for its name."""
        candidates = self._surplus.get(_place_of(obj), ())
        wanted = _compared(self._schema.wanted.get(obj, {})) if candidates else {}
        found = [other for other in candidates if _compared(self._schema.there[other]) == wanted]
        if obj.kind == "column":
            found = [other for other in found if self._same_place(obj, other)]
        return found[0] if len(found) == 1 else None

    def _same_place(self, obj: ObjectKey, other: ObjectKey) -> bool:
        expected, live = self._schema.expected, self._schema.live
        for key in (FactKey(kind, "", obj.parent, "column order") for kind in ("table", "foreign table")):
            if key in expected and key in live:
                wanted, seen = expected[key].split(", "), live[key].split(", ")
                return (
                    obj.name in wanted
                    and other.name in seen
                    and (wanted.index(obj.name) == seen.index(other.name))
                )
        return False


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


def _compared(props: Props) -> dict[str, str]:
    return {prop: value for prop, value in props.items() if prop not in _NOT_COMPARED}
