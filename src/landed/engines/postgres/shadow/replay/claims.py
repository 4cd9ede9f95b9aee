"""Claims: what a PostgreSQL statement that could not be replayed says it does, read from its parse tree.

Only that objects come to be or go; their properties are not told, for nothing has confirmed them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from landed.core.facts import EXISTS, YES, Change, Effects, FactKey
from landed.engines.postgres.sql.names import quoted
from landed.engines.postgres.sql.tree import statements_of

_CLAIMING: Final = ("create", "alter", "drop")

_RELATIONS: Final = {
    "OBJECT_TABLE": "table",
    "OBJECT_VIEW": "view",
    "OBJECT_MATVIEW": "materialized view",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_FOREIGN_TABLE": "foreign table",
}
_PARTS: Final = {"OBJECT_POLICY": "policy", "OBJECT_TRIGGER": "trigger", "OBJECT_RULE": "rule"}
_TYPES: Final = ("enum", "domain", "composite type", "range type", "type")

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


def claimed_effects(sql: str, facts: Mapping[FactKey, str], schema: str = "public") -> Effects:
    """What a CREATE, ALTER TABLE … ADD or DROP says comes to be, where ``facts`` do not have it yet, and
    what goes, where they have it.

    ``schema`` is where an unqualified name is made. Weaker evidence than a replay. Other statements, and
    those that cannot be read, claim nothing.
    """
    if not sql.lstrip(" \t\r\n(").lower().startswith(_CLAIMING) and not sql.startswith(("--", "/*")):
        return ()
    found = statements_of(sql)
    if found is None or len(found) != 1:
        return ()
    statement = found[0]
    which = statement.stmt.WhichOneof("node")
    claims = _Claims(facts, schema)
    read = _READERS.get(which)
    if read is None:
        return ()
    effects: dict[FactKey, Change] = {}
    for key, there in read(claims, getattr(statement.stmt, which)):
        if there and key not in facts:
            effects[key] = Change(key, None, YES)
        elif not there and key in facts:
            effects[key] = Change(key, YES, None)
    return tuple(effects[key] for key in sorted(effects))


_Claim = tuple[FactKey, bool]


class _Claims:
    """Readers of one kind of statement each; they give keys, and whether the object is there afterwards."""

    def __init__(self, facts: Mapping[FactKey, str], schema: str) -> None:
        self._facts = facts
        self._schema = schema

    # Names

    def _qualified(self, parts: Sequence[str]) -> str:
        schema, name = (parts[-2], parts[-1]) if len(parts) > 1 else (self._schema, parts[-1])
        return f"{quoted(schema)}.{quoted(name)}"

    def _relation(self, relation: Any) -> str:
        parts = [relation.schemaname, relation.relname] if relation.schemaname else [relation.relname]
        return self._qualified(parts)

    def _type(self, name: Any) -> str | None:
        """A type as format_type prints it, without its modifier; ``None`` if it is not known which it is."""
        parts = [part.string.sval for part in name.names]
        array = "[]" if name.array_bounds else ""
        if len(parts) == 1 or parts[0] == "pg_catalog":
            if parts[-1] in _SPELLED:
                return _SPELLED[parts[-1]] + array
            if parts[-1] in _BUILT_IN or len(parts) > 1:
                return quoted(parts[-1]) + array
            shown = self._qualified(parts)
            known = (FactKey(kind, "", shown, EXISTS) for kind in (*_TYPES, "table"))
            return shown + array if any(key in self._facts for key in known) else None
        return self._qualified(parts) + array

    def _signature(self, types: Sequence[Any]) -> str | None:
        shown = [self._type(each) for each in types]
        return None if None in shown else f"({', '.join(each or '' for each in shown)})"

    # Statements

    def table(self, node: Any) -> Iterator[_Claim]:
        """CREATE TABLE: the table, its columns and its named constraints."""
        if node.relation.relpersistence == "t":
            return
        table = self._relation(node.relation)
        if FactKey("table", "", table, EXISTS) in self._facts:
            return
        yield _exists("table", "", table)
        for element in node.table_elts:
            what = element.WhichOneof("node")
            if what == "column_def":
                yield _exists("column", table, quoted(element.column_def.colname))
                for part in element.column_def.constraints:
                    if part.constraint.conname and _enum(part.constraint, "contype") in _NAMED:
                        yield _exists("constraint", table, quoted(part.constraint.conname))
            elif what == "constraint" and element.constraint.conname:
                yield _exists("constraint", table, quoted(element.constraint.conname))

    def table_as(self, node: Any) -> Iterator[_Claim]:
        """CREATE TABLE AS, CREATE MATERIALIZED VIEW."""
        if node.into.rel.relpersistence != "t":
            kind = _RELATIONS.get(_enum(node, "objtype"))
            if kind:
                yield _exists(kind, "", self._relation(node.into.rel))

    def view(self, node: Any) -> Iterator[_Claim]:
        """CREATE VIEW."""
        if node.view.relpersistence != "t":
            yield _exists("view", "", self._relation(node.view))

    def index(self, node: Any) -> Iterator[_Claim]:
        """CREATE INDEX with a name of its own."""
        if node.idxname:
            yield _exists("index", self._relation(node.relation), quoted(node.idxname))

    def sequence(self, node: Any) -> Iterator[_Claim]:
        """CREATE SEQUENCE."""
        if node.sequence.relpersistence != "t":
            yield _exists("sequence", "", self._relation(node.sequence))

    def function(self, node: Any) -> Iterator[_Claim]:
        """CREATE FUNCTION or PROCEDURE; a procedure's output parameters are part of its name."""
        skipped = ("FUNC_PARAM_TABLE",) if node.is_procedure else ("FUNC_PARAM_TABLE", "FUNC_PARAM_OUT")
        given = [p.function_parameter for p in node.parameters]
        signature = self._signature([p.arg_type for p in given if _enum(p, "mode") not in skipped])
        if signature is not None:
            kind = "procedure" if node.is_procedure else "function"
            name = self._qualified([part.string.sval for part in node.funcname])
            yield _exists(kind, "", name + signature)

    def policy(self, node: Any) -> Iterator[_Claim]:
        """CREATE POLICY."""
        yield _exists("policy", self._relation(node.table), quoted(node.policy_name))

    def trigger(self, node: Any) -> Iterator[_Claim]:
        """CREATE TRIGGER."""
        yield _exists("trigger", self._relation(node.relation), quoted(node.trigname))

    def schema(self, node: Any) -> Iterator[_Claim]:
        """CREATE SCHEMA; what it makes inside itself is not told."""
        yield _exists("schema", "", quoted(node.schemaname or node.authrole.rolename))

    def extension(self, node: Any) -> Iterator[_Claim]:
        """CREATE EXTENSION."""
        yield _exists("extension", "", quoted(node.extname))

    def enum(self, node: Any) -> Iterator[_Claim]:
        """CREATE TYPE … AS ENUM."""
        yield _exists("enum", "", self._qualified([part.string.sval for part in node.type_name]))

    def composite(self, node: Any) -> Iterator[_Claim]:
        """CREATE TYPE … AS (…)."""
        name = self._relation(node.typevar)
        yield _exists("composite type", "", name)
        for element in node.coldeflist:
            yield _exists("attribute", name, quoted(element.column_def.colname))

    def range(self, node: Any) -> Iterator[_Claim]:
        """CREATE TYPE … AS RANGE."""
        yield _exists("range type", "", self._qualified([part.string.sval for part in node.type_name]))

    def domain(self, node: Any) -> Iterator[_Claim]:
        """CREATE DOMAIN."""
        yield _exists("domain", "", self._qualified([part.string.sval for part in node.domainname]))

    def altered(self, node: Any) -> Iterator[_Claim]:
        """ALTER TABLE: columns and named constraints that are added or dropped."""
        if _enum(node, "objtype") != "OBJECT_TABLE":
            return
        table = self._relation(node.relation)
        for part in node.cmds:
            command = part.alter_table_cmd
            subtype = _enum(command, "subtype")
            if subtype == "AT_AddColumn":
                yield _exists("column", table, quoted(getattr(command, "def").column_def.colname))
            elif subtype == "AT_AddConstraint" and getattr(command, "def").constraint.conname:
                yield _exists("constraint", table, quoted(getattr(command, "def").constraint.conname))
            elif subtype == "AT_DropColumn":
                yield FactKey("column", table, quoted(command.name), EXISTS), False
            elif subtype == "AT_DropConstraint":
                yield FactKey("constraint", table, quoted(command.name), EXISTS), False

    def dropped(self, node: Any) -> Iterator[_Claim]:
        """DROP of most kinds."""
        kind = _enum(node, "remove_type")
        for target in node.objects:
            parts = [item.string.sval for item in target.list.items]
            if kind in _RELATIONS:
                yield FactKey(_RELATIONS[kind], "", self._qualified(parts), EXISTS), False
            elif kind in _PARTS:
                yield FactKey(_PARTS[kind], self._qualified(parts[:-1]), quoted(parts[-1]), EXISTS), False
            elif kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
                named = [part.string.sval for part in target.type_name.names]
                for each in _TYPES:
                    yield FactKey(each, "", self._qualified(named), EXISTS), False
            elif kind in ("OBJECT_SCHEMA", "OBJECT_EXTENSION"):
                yield FactKey(kind[7:].lower(), "", quoted(target.string.sval), EXISTS), False
            elif (
                kind in ("OBJECT_FUNCTION", "OBJECT_PROCEDURE")
                and not target.object_with_args.args_unspecified
            ):
                signature = self._signature([each.type_name for each in target.object_with_args.objargs])
                name = self._qualified([part.string.sval for part in target.object_with_args.objname])
                yield FactKey(kind[7:].lower(), "", f"{name}{signature}", EXISTS), False


_NAMED: Final = ("CONSTR_PRIMARY", "CONSTR_UNIQUE", "CONSTR_CHECK", "CONSTR_FOREIGN", "CONSTR_EXCLUSION")

_READERS: Final[dict[str, Callable[[_Claims, Any], Iterator[_Claim]]]] = {
    "create_stmt": _Claims.table,
    "create_table_as_stmt": _Claims.table_as,
    "view_stmt": _Claims.view,
    "index_stmt": _Claims.index,
    "create_seq_stmt": _Claims.sequence,
    "create_function_stmt": _Claims.function,
    "create_policy_stmt": _Claims.policy,
    "create_trig_stmt": _Claims.trigger,
    "create_schema_stmt": _Claims.schema,
    "create_extension_stmt": _Claims.extension,
    "create_enum_stmt": _Claims.enum,
    "composite_type_stmt": _Claims.composite,
    "create_range_stmt": _Claims.range,
    "create_domain_stmt": _Claims.domain,
    "alter_table_stmt": _Claims.altered,
    "drop_stmt": _Claims.dropped,
}


def _exists(kind: str, parent: str, name: str) -> _Claim:
    return FactKey(kind, parent, name, EXISTS), True


def _enum(message: Any, field: str) -> str:
    """The name of an enumeration's value in a parse tree."""
    numbers = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(numbers[getattr(message, field)].name)
