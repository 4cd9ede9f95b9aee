"""What an INSERT with literals leaves on Postgres: its rows by key, also where some were there before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from landed.core.facts import FactKey
from landed.engines.postgres.sql.names import quoted
from landed.engines.postgres.sql.tokens import literal, quote
from landed.engines.written import MAX_ROWS, Clash, Row, Written

_KEY: Final = re.compile(r"(?:PRIMARY KEY|UNIQUE) \(((?:\"(?:[^\"]|\"\")*\"|[^\")])*)\)\Z")
_NAME: Final = re.compile(r'"((?:[^"]|"")*)"|([^\s,"]+)')
_CASTS: Final = frozenset(("uuid", "text", "varchar", "int2", "int4", "int8"))
"""Casts that leave the literal what it is."""
_VALUES: Final = _CASTS | {"jsonb", "json", "bool", "numeric", "float8"}
_SETTINGS: Final = re.compile(
    r"time|date|interval|money|float|real|double|json\Z|xml|point|box|circle|path|line|polygon"
)
"""Types whose literals a session's settings read in their own way, that round, or that cannot be compared."""


class Target(NamedTuple):
    """A table whose rows a statement writes; ``str`` is how facts name it."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    @property
    def sql(self) -> str:
        """Its name in a statement."""
        return f"{quote(self.schema)}.{quote(self.name)}"


class _Conflict(NamedTuple):
    """``key`` are the columns that it names, if any; ``assigned`` what DO UPDATE sets, by column."""

    clash: Clash
    key: tuple[str, ...] = ()
    assigned: Mapping[str, Any] | None = None

    def values(self, row: Mapping[str, Any], key: Sequence[str]) -> dict[str, Any]:
        if self.assigned is None:
            return {column: value for column, value in row.items() if column not in key}
        return {column: _taken(value, row) for column, value in self.assigned.items()}


def inserted(node: Any, target: Target, facts: Mapping[FactKey, str]) -> Written | None:
    """``INSERT INTO t (a, b) VALUES (1, 'x'), …`` with literals in all columns of a key."""
    rows = [list(row.list.items) for row in node.select_stmt.select_stmt.values_lists]
    if node.HasField("with_clause") or not 0 < len(rows) <= MAX_ROWS:
        return None
    columns = [column.res_target.name for column in node.cols]
    if not columns:
        columns = _names(facts.get(FactKey("table", "", str(target), "column order"), ""))
    width = len(rows[0])
    conflict = (
        _conflict(node.on_conflict_clause) if node.HasField("on_conflict_clause") else _Conflict(Clash.FAILS)
    )
    if conflict is None or width > len(columns) or any(len(row) != width for row in rows):
        return None
    columns = columns[:width]
    for key in _keys(target, facts):
        if set(key) - set(columns) or (conflict.key and set(conflict.key) != set(key)):
            continue
        made = [_row(conflict, dict(zip(columns, row, strict=True)), key, target, facts) for row in rows]
        known = [row for row in made if row is not None]
        if len(known) == len(made):
            others = tuple(conflict.values(dict.fromkeys(columns), key))
            return Written(target.sql, str(target), tuple(key), others, tuple(known), conflict.clash)
    return None


def _row(
    conflict: _Conflict,
    row: Mapping[str, Any],
    key: Sequence[str],
    target: Target,
    facts: Mapping[FactKey, str],
) -> Row | None:
    names = [_literal(row[column], _CASTS) for column in key]
    if any(name is None for name in names):
        return None
    values = [
        None if node is None or _SETTINGS.search(_type(column, target, facts)) else _value(node)
        for column, node in conflict.values(row, key).items()
    ]
    return Row(tuple(name or "" for name in names), tuple(values))


def _type(column: str, target: Target, facts: Mapping[FactKey, str]) -> str:
    return facts.get(FactKey("column", str(target), quoted(column), "type"), "time")


def _conflict(node: Any) -> _Conflict | None:
    """``None`` for a constraint that is named, and for an expression or a part of an index."""
    infer = node.infer
    if node.HasField("infer") and (infer.conname or infer.HasField("where_clause")):
        return None
    key = tuple(element.index_elem.name for element in infer.index_elems)
    if not all(key):
        return None
    if (
        node.DESCRIPTOR.fields_by_name["action"]
        .enum_type.values_by_number[node.action]
        .name.endswith("NOTHING")
    ):
        return _Conflict(Clash.KEEPS, key)
    targets = [item.res_target for item in node.target_list]
    if any(target.indirection or target.val.WhichOneof("node") == "multi_assign_ref" for target in targets):
        return None
    clash = Clash.MAY if node.HasField("where_clause") else Clash.WRITES
    return _Conflict(clash, key, {target.name: target.val for target in targets})


def _taken(node: Any, row: Mapping[str, Any]) -> Any:
    """``excluded.c`` is what the row would have had in c; ``None`` where that is a default."""
    if node.WhichOneof("node") != "column_ref":
        return node
    names = [field.string.sval for field in node.column_ref.fields]
    return row.get(names[1]) if len(names) == 2 and names[0] == "excluded" else None


def _keys(target: Target, facts: Mapping[FactKey, str]) -> list[list[str]]:
    """The columns of the table's primary key and of its unique constraints."""
    table = str(target)
    found = []
    for key, value in facts.items():
        if key.parent == table and key.kind == "constraint" and key.prop == "definition":
            columns = _KEY.match(value)
            if columns:
                found.append((not value.startswith("PRIMARY"), _names(columns[1])))
    return [columns for _, columns in sorted(found)]


def _names(listed: str) -> list[str]:
    return [m[2] if m[2] is not None else m[1].replace('""', '"') for m in _NAME.finditer(listed)]


def _value(node: Any) -> str | None:
    """A literal in quotes: then it is read as its column's type, as when it was written."""
    if node.WhichOneof("node") == "a_const" and node.a_const.isnull:
        return "NULL"
    found = _literal(node, _VALUES)
    return found if found is None or found.startswith(("'", "E'", " E'")) else literal(found)


def _literal(node: Any, casts: frozenset[str]) -> str | None:
    which = node.WhichOneof("node")
    if which == "type_cast":
        names = [part.string.sval for part in node.type_cast.type_name.names]
        plain = names[-1] in casts and not node.type_cast.type_name.array_bounds
        return _literal(node.type_cast.arg, casts) if plain and not node.type_cast.type_name.typmods else None
    if which != "a_const" or node.a_const.isnull:
        return None
    kind = node.a_const.WhichOneof("val")
    if kind == "ival":
        return str(node.a_const.ival.ival)
    if kind == "fval":
        return str(node.a_const.fval.fval)
    if kind == "boolval":
        return "true" if node.a_const.boolval.boolval else "false"
    return literal(node.a_const.sval.sval) if kind == "sval" else None
