"""What a statement says that it makes or drops: names in its parse tree, and readers that kinds share.

Only that objects come to be or go is said; their properties are not, for nothing has confirmed them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from landed.core.facts import EXISTS, FactKey
from landed.engines.postgres.sql.names import quoted

Claim = tuple[FactKey, bool]
"""An object, and whether it is there afterwards."""

Reader = Callable[["Said", str, Any], Iterator[Claim]]
"""Reads a statement's tree (the node within) for one kind, whose name it is given."""

_SPELLED: Final = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "bool": "boolean",
    "float4": "real",
    "float8": "double precision",
    "varchar": "character varying",
    "bpchar": "character",
    "varbit": "bit varying",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
    "timetz": "time with time zone",
}
"""Types whose names format_type spells as the SQL standard does."""

_BUILT_IN: Final = frozenset(
    (
        "anyarray", "anycompatible", "anycompatiblearray", "anyelement", "anyenum", "bit", "box", "bytea",
        "char", "cidr", "circle", "cstring", "date", "daterange", "event_trigger", "inet", "int4range",
        "int8range", "internal", "interval", "json", "jsonb", "jsonpath", "line", "lseg", "macaddr",
        "macaddr8", "money", "name", "numeric", "numrange", "oid", "path", "pg_lsn", "point", "polygon",
        "record", "regclass", "regproc", "regprocedure", "regrole", "regtype", "text", "tid", "trigger",
        "tsquery", "tsrange", "tstzrange", "tsvector", "uuid", "void", "xid", "xml"
    )
)  # fmt: skip


class Said:
    """Names as a statement has them, where it stands: ``facts`` are there before it, ``schema`` is where an
    unqualified name is made, ``typed`` are the kinds whose names are types."""

    def __init__(self, facts: Mapping[FactKey, str], schema: str, typed: Sequence[str]) -> None:
        self._facts = facts
        self._schema = schema
        self._typed = typed

    def has(self, kind: str, name: str) -> bool:
        """Whether an object that is no part of another is there."""
        return FactKey(kind, "", name, EXISTS) in self._facts

    def qualified(self, parts: Sequence[str]) -> str:
        """A name with its schema, as facts have it."""
        schema, name = (parts[-2], parts[-1]) if len(parts) > 1 else (self._schema, parts[-1])
        return f"{quoted(schema)}.{quoted(name)}"

    def named(self, parts: Sequence[Any]) -> str:
        """The same of a list of strings in the tree."""
        return self.qualified([part.string.sval for part in parts])

    def relation(self, node: Any) -> str:
        """The same of a relation in the tree."""
        return self.qualified([node.schemaname, node.relname] if node.schemaname else [node.relname])

    def signature(self, types: Sequence[Any]) -> str | None:
        """Argument types as facts have them, ``None`` if it is not known which one is."""
        shown = [self._type(each) for each in types]
        return None if None in shown else f"({', '.join(each or '' for each in shown)})"

    def _type(self, name: Any) -> str | None:
        """A type as format_type prints it, without its modifier."""
        parts = [part.string.sval for part in name.names]
        array = "[]" if name.array_bounds else ""
        if len(parts) == 1 or parts[0] == "pg_catalog":
            if parts[-1] in _SPELLED:
                return _SPELLED[parts[-1]] + array
            if parts[-1] in _BUILT_IN or len(parts) > 1:
                return quoted(parts[-1]) + array
            shown = self.qualified(parts)
            return shown + array if any(self.has(kind, shown) for kind in self._typed) else None
        return self.qualified(parts) + array


def there(kind: str, parent: str, name: str) -> Claim:
    """It is there afterwards."""
    return FactKey(kind, parent, name, EXISTS), True


def gone(kind: str, parent: str, name: str) -> Claim:
    """It is not there afterwards."""
    return FactKey(kind, parent, name, EXISTS), False


def made_relation(field: str) -> Reader:
    """CREATE of a relation whose name stands in a field of the node; temporary ones are nobody's."""

    def read(said: Said, kind: str, node: Any) -> Iterator[Claim]:
        relation = getattr(node, field)
        if relation.relpersistence != "t":
            yield there(kind, "", said.relation(relation))

    return read


def made_as(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """CREATE TABLE AS, CREATE MATERIALIZED VIEW."""
    if node.into.rel.relpersistence != "t":
        yield there(kind, "", said.relation(node.into.rel))


def made_named(field: str) -> Reader:
    """CREATE of what has a qualified name in a field of the node."""

    def read(said: Said, kind: str, node: Any) -> Iterator[Claim]:
        yield there(kind, "", said.named(getattr(node, field)))

    return read


def made_on(relation: str, name: str) -> Reader:
    """CREATE of what stands on a relation, in these fields of the node; where it has a name of its own."""

    def read(said: Said, kind: str, node: Any) -> Iterator[Claim]:
        if getattr(node, name):
            yield there(kind, said.relation(getattr(node, relation)), quoted(getattr(node, name)))

    return read


def gone_relation(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """DROP of relations."""
    for target in node.objects:
        yield gone(kind, "", said.named(target.list.items))


def gone_from(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """DROP … ON of what stands on a relation."""
    for target in node.objects:
        *on, last = target.list.items
        yield gone(kind, said.named(on), quoted(last.string.sval))


def gone_type(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """DROP TYPE, DROP DOMAIN."""
    for target in node.objects:
        yield gone(kind, "", said.named(target.type_name.names))


def gone_routine(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """DROP FUNCTION, DROP PROCEDURE, with their arguments."""
    for target in node.objects:
        routine = target.object_with_args
        signature = said.signature([each.type_name for each in routine.objargs])
        if signature is not None and not routine.args_unspecified:
            yield gone(kind, "", said.named(routine.objname) + signature)


def gone_by_name(said: Said, kind: str, node: Any) -> Iterator[Claim]:
    """DROP of what is in no schema."""
    for target in node.objects:
        yield gone(kind, "", quoted(target.string.sval))
