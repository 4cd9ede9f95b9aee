"""A copy of a schema in parts: every object brought back from its facts, each part after what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from landed.core.facts import FactKey, ObjectKey
from landed.engines.postgres.catalog.copy_order import Node, Part, in_order, without
from landed.engines.postgres.catalog.copy_read import Id, Read
from landed.engines.postgres.catalog.restore import bring_back, rank
from landed.engines.postgres.catalog.restore_rights import is_right
from landed.engines.postgres.kinds import KINDS
from landed.engines.postgres.kinds.naming import listed
from landed.engines.postgres.kinds.writes import INHERITED, Piece, Schema

_COLUMNS, _INDEXES, _LAST = KINDS["column"].order, KINDS["index"].order, 900
_APART = {
    "default": _COLUMNS + 5,
    "attach": _INDEXES + 4,
    "foreign key": _INDEXES + 5,
    "enabled": _LAST,
    "state": _LAST + 10,
    "owned by": _LAST + 20,
}
"""When what is made by itself is made, among the kinds: a foreign key needs a key with all its parts."""


class Copied(NamedTuple):
    """The parts in order, who owns what of them, the facts that remain, and those that are not made."""

    parts: tuple[Part, ...]
    owners: tuple[tuple[ObjectKey, str], ...]
    facts: Mapping[FactKey, str]
    left: tuple[FactKey, ...]


def copied(read: Read, start: Mapping[FactKey, str], left_out: Callable[[ObjectKey], bool]) -> Copied:
    """Everything that was read and is not there at the ``start``, but for what is ``left_out``."""
    lost = {number: column for number, column in read.columns.items() if left_out(column)}
    read = _without_columns(read, set(lost.values()))
    schema = Schema(read.facts, start, copy=True)
    pieces = list(_pieces(schema))
    left = [key for key in bring_back(pieces, schema) if key.prop != INHERITED]
    parts = _Parts(read, schema)
    for piece in sorted(pieces, key=parts.comes_along):
        parts.add(piece)
    parts.need(read.depends)
    gone = {node for node, part in parts.by_node.items() if node[2] == "" and left_out(part.objects[0])}
    for catalog, oid, other, referred, number in read.depends:
        if (referred, number) in lost:
            gone |= {parts.node_of((catalog, oid))} - {parts.node_of((other, referred))}
    ordered = in_order(without(parts.by_node, gone & parts.by_node.keys()))
    objects = {obj for part in ordered for obj in part.objects}
    owners = tuple((obj, sql) for obj, sql in parts.owners if obj in objects)
    return Copied(tuple(ordered), owners, read.facts, tuple(sorted(left)))


def _pieces(schema: Schema) -> Iterable[Piece]:
    """All that is not there yet."""
    for obj in sorted(schema.wanted, key=rank):
        there = schema.there.get(obj, {})
        wrong = [prop for prop, value in schema.wanted[obj].items() if there.get(prop) != value]
        if wrong and not is_right(obj):
            yield Piece(obj, wrong, schema)


def _without_columns(read: Read, lost: set[ObjectKey]) -> Read:
    """Without some columns, and without the sequences that came with these."""
    facts = {key: value for key, value in read.facts.items() if key.object not in lost}
    for column in lost:
        if read.facts.get(column.fact("identity")):
            name = f"{column.parent}.{column.name}"
            came = {key.object for key, value in facts.items() if key.prop == "owned by" and value == name}
            facts = {key: value for key, value in facts.items() if key.object not in came}
        for kind in ("table", "foreign table"):
            key = FactKey(kind, "", column.parent, "column order")
            if key in facts:
                facts[key] = ", ".join(name for name in listed(facts[key]) if name != column.name)
    return replace(read, facts=facts) if lost else read


class _Parts:
    def __init__(self, read: Read, schema: Schema) -> None:
        self._read = read
        self._schema = schema
        self._of: dict[ObjectKey, Id] = {}
        for identifier, objects in read.objects.items():
            for obj in objects:
                self._of.setdefault(obj, read.made_with(identifier))
        self.by_node: dict[Node, Part] = {}
        self.owners: list[tuple[ObjectKey, str]] = []

    def comes_along(self, piece: Piece) -> bool:
        """Whether it is no part of its own: a column, the sequence of one's identity."""
        identifier = self._of.get(piece.object)
        own = self._read.objects.get(identifier, ()) if identifier is not None else ()
        return KINDS[piece.object.kind].word == "COLUMN" or piece.object not in own

    def add(self, piece: Piece) -> None:
        """What one piece says, to the part that it belongs to."""
        obj = piece.object
        identifier = self._of.get(obj)
        if identifier is None:
            return
        node = (*identifier, "")
        part = self.by_node.setdefault(node, Part(node, self._rank(piece), obj.name))
        part.objects.append(obj)
        part.sql += piece.sql
        for what, sql in piece.later:
            if what == "owner":
                self.owners.append((obj, sql))
                continue
            own = self._read.defaults.get(obj) if what == "default" else None
            apart = (*(own or identifier), what)
            name = f"{obj.parent}.{obj.name}"
            self.by_node[apart] = Part(apart, _APART[what], name, [sql], needs={node})

    def _rank(self, piece: Piece) -> int:
        kind = KINDS[piece.object.kind]
        foreign = piece.want.get("definition", "").startswith("FOREIGN KEY")
        return _APART["foreign key"] if foreign and kind.name == "constraint" else kind.order

    def node_of(self, identifier: Id) -> Node:
        """The part that an object is made in."""
        default = (*identifier, "default")
        return default if default in self.by_node else (*self._read.made_with(identifier), "")

    def need(self, rows: Iterable[tuple[int, int, int, int, int]]) -> None:
        """Write down in each part what it needs."""
        for catalog, oid, other, referred, _ in rows:
            part = self.by_node.get(self.node_of((catalog, oid)))
            needed = self.node_of((other, referred))
            if part is not None and needed in self.by_node and needed != part.node:
                part.needs.add(needed)
