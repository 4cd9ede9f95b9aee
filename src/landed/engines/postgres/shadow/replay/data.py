"""The rows that statements write: which tables they name, and reads that tell whether the rows are there.

Two forms of statements can be checked safely: rows inserted under literal keys, and ``UPDATE t SET c = …
WHERE c IS NULL``. A check that is not true in the shadow once the file has run is not made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from landed.core.facts import FactKey
from landed.core.migration import Parsed, Statement
from landed.core.timeline import DataCheck
from landed.engines.postgres.sql.head import Head, head_of
from landed.engines.postgres.sql.names import quoted
from landed.engines.postgres.sql.tokens import literal, quote
from landed.engines.postgres.sql.tree import relation

if TYPE_CHECKING:
    import psycopg

_WRITERS: Final = {"INSERT": "insert_stmt", "UPDATE": "update_stmt", "DELETE": "delete_stmt",
                   "TRUNCATE": "truncate_stmt"}  # fmt: skip
_MAX_ROWS: Final = 100
_KEY: Final = re.compile(r"(?:PRIMARY KEY|UNIQUE) \(((?:\"(?:[^\"]|\"\")*\"|[^\")])*)\)\Z")
_NAME: Final = re.compile(r'"((?:[^"]|"")*)"|([^\s,"]+)')
_CASTS: Final = frozenset(("uuid", "text", "varchar", "int2", "int4", "int8"))
"""Casts that leave the literal what it is."""


class Target(NamedTuple):
    """A table whose rows a statement writes; ``str`` is how facts name it."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"


def target_query(head: Head) -> bytes:
    """A query for the tables that a statement names as those whose rows it writes; ``b""`` if there are none.

    To be sent where the statement is: the session's search_path says which tables they are.
    """
    names = _targets(head)
    if not names:
        return b""
    given = ", ".join(literal(name) for name in names)
    return (
        "SELECT pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, c.relname))"
        f" FROM pg_catalog.unnest(ARRAY[{given}]::pg_catalog.text[]) AS t (name)"
        " JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(t.name) AND c.relpersistence <> 't'"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    ).encode()


def targets_told(answer: bytes | None) -> tuple[Target, ...]:
    """The answer to :func:`target_query`."""
    return tuple(Target(*pair) for pair in json.loads(answer)) if answer else ()


def _targets(head: Head) -> list[str]:
    """The names after the verb of INSERT, UPDATE, DELETE or TRUNCATE."""
    if head.verb not in _WRITERS or head.tree is None or head.tree.which != _WRITERS[head.verb]:
        return []
    node = head.tree.node
    tables = [each.range_var for each in node.relations] if head.verb == "TRUNCATE" else [node.relation]
    return [".".join(map(quoted, relation(table))) for table in tables]


def data_checks(
    connection: psycopg.Connection[Any],
    parsed: Parsed,
    targets: Mapping[int, Sequence[Target]],
    facts: Mapping[FactKey, str],
) -> tuple[DataCheck, ...]:
    """The checks that a file carries, and those derived from its statements' own forms.

    ``targets`` are the tables (by statement's number) of statements that worked. Derived ones are run once
    in the shadow, in a transaction that cannot write.
    """
    found = [
        DataCheck(0, v.line, v.sql, " ".join(v.sql.split())[:100], derived=False) for v in parsed.verifies
    ]
    derived = [
        check
        for statement in parsed.statements
        if len(targets.get(statement.number, ())) == 1
        for check in [derived_check(statement, targets[statement.number][0], facts)]
        if check is not None
    ]
    return (*found, *_true_ones(connection, derived))


def _true_ones(connection: psycopg.Connection[Any], checks: Sequence[DataCheck]) -> Iterator[DataCheck]:
    import psycopg

    for check in checks:
        try:
            connection.execute("BEGIN READ ONLY")
            row = connection.execute(check.sql.encode(), prepare=False).fetchone()
            if row is not None and row[0] is True:
                yield check
        except psycopg.Error:
            pass  # of another form than it looked
        finally:
            if not connection.closed:
                connection.execute("ROLLBACK")


def derived_check(statement: Statement, target: Target, facts: Mapping[FactKey, str]) -> DataCheck | None:
    """A read that is true once the statement's rows are there, or ``None`` if its form allows none."""
    which, node = head_of(statement).tree or ("", None)
    found = None
    if which == "insert_stmt":
        found = _inserted(node, target, facts)
    elif which == "update_stmt":
        found = _backfilled(node, target)
    if found is None:
        return None
    sql, text = found
    return DataCheck(statement.number, statement.line, sql, text, derived=True)


def _inserted(node: Any, target: Target, facts: Mapping[FactKey, str]) -> tuple[str, str] | None:
    """``INSERT INTO t (a, b) VALUES (1, 'x'), …`` with literals in all columns of a key."""
    rows = [list(row.list.items) for row in node.select_stmt.select_stmt.values_lists]
    if node.HasField("with_clause") or not 0 < len(rows) <= _MAX_ROWS:
        return None
    columns = [column.res_target.name for column in node.cols]
    if not columns:
        columns = _names(facts.get(FactKey("table", "", str(target), "column order"), ""))
    if any(len(row) > len(columns) for row in rows):
        return None
    for key in _keys(target, facts):
        places = [columns.index(column) for column in key if column in columns]
        if len(places) < len(key) or any(len(row) <= max(places) for row in rows):
            continue
        values = [tuple(_literal(row[place]) for place in places) for row in rows]
        if any(value is None for row in values for value in row):
            continue
        distinct = list(dict.fromkeys(values))
        where = " OR ".join(
            "(" + " AND ".join(f"{quote(c)} = {v}" for c, v in zip(key, row, strict=True)) + ")"
            for row in distinct
        )
        sql = f"SELECT count(*) = {len(distinct)} FROM {_table(target)} WHERE {where}"
        shown = ", ".join("/".join(str(value) for value in row) for row in distinct[:3])
        more = f" and {len(distinct) - 3} more" if len(distinct) > 3 else ""
        return sql, f"{target} has {'/'.join(key)} {shown}{more}"
    return None


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


def _literal(node: Any) -> str | None:
    which = node.WhichOneof("node")
    if which == "type_cast":
        names = [part.string.sval for part in node.type_cast.type_name.names]
        plain = names[-1] in _CASTS and not node.type_cast.type_name.array_bounds
        return _literal(node.type_cast.arg) if plain and not node.type_cast.type_name.typmods else None
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


def _backfilled(node: Any, target: Target) -> tuple[str, str] | None:
    """``UPDATE t SET c = <not null>, … WHERE c IS NULL``, and nothing else."""
    test = node.where_clause.null_test
    if (
        node.where_clause.WhichOneof("node") != "null_test"
        or test.arg.WhichOneof("node") != "column_ref"
        or node.from_clause
        or node.HasField("with_clause")
        or not node.relation.inh
    ):
        return None
    is_null = test.DESCRIPTOR.fields_by_name["nulltesttype"].enum_type.values_by_name["IS_NULL"].number
    column = test.arg.column_ref.fields[-1].string.sval
    values = [item.res_target.val for item in node.target_list if item.res_target.name == column]
    if test.nulltesttype != is_null or not column or len(values) != 1:
        return None
    (value,) = values
    if value.WhichOneof("node") == "set_to_default" or value.a_const.isnull:
        return None
    sql = f"SELECT NOT EXISTS (SELECT FROM {_table(target)} WHERE {quote(column)} IS NULL)"
    return sql, f"no {target}.{quoted(column)} is NULL"


def _table(target: Target) -> str:
    return f"{quote(target.schema)}.{quote(target.name)}"
