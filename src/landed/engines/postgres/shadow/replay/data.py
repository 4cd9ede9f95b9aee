"""The rows that statements write: which tables they name, and reads that tell whether the rows are there.

Two forms of statements can be checked safely: rows inserted under literal keys, and ``UPDATE t SET c = …
WHERE c IS NULL``. A check that is not true in the shadow once the file has run is not made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from landed.core.facts import FactKey
from landed.core.migration import Parsed, Statement
from landed.core.timeline import DataCheck
from landed.engines.postgres.shadow.replay.inserted import Target, inserted
from landed.engines.postgres.shadow.replay.positions import position_checks, sets_position
from landed.engines.postgres.sql.head import Head, head_of
from landed.engines.postgres.sql.names import quoted
from landed.engines.postgres.sql.tokens import literal, quote
from landed.engines.postgres.sql.tree import relation
from landed.engines.written import checks_of

if TYPE_CHECKING:
    import psycopg

_WRITERS: Final = {"INSERT": "insert_stmt", "UPDATE": "update_stmt", "DELETE": "delete_stmt",
                   "TRUNCATE": "truncate_stmt"}  # fmt: skip


ROWS_WRITTEN: Final = (
    b"SELECT coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)"
    b" + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)"
    b" + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)), 0)::pg_catalog.text FROM pg_catalog.pg_class c"
    b" WHERE c.relkind = 'r' AND c.oid >= 16384::pg_catalog.oid AND c.relpersistence <> 't'"
)
"""How many rows of tables were written in this transaction so far: what a block or a function writes is in no
statement's text."""


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
        derived_checks(statement, targets[statement.number][0], facts)
        for statement in parsed.statements
        if len(targets.get(statement.number, ())) == 1
    ]
    derived += [
        position_checks(connection, statement)
        for statement in parsed.statements
        if sets_position(head_of(statement))
    ]
    return (*found, *_true_ones(connection, derived))


def _true_ones(
    connection: psycopg.Connection[Any], derived: Iterable[Sequence[DataCheck]]
) -> Iterator[DataCheck]:
    """Of the reads for each statement the first that is true once the whole file has run."""
    for checks in derived:
        found = next((check for check in checks if _is_true(connection, check)), None)
        if found is not None:
            yield found


def _is_true(connection: psycopg.Connection[Any], check: DataCheck) -> bool:
    import psycopg

    try:
        connection.execute("BEGIN READ ONLY")
        row = connection.execute(check.sql.encode(), prepare=False).fetchone()
        return row is not None and row[0] is True
    except psycopg.Error:
        return False  # of another form than it looked
    finally:
        if not connection.closed:
            connection.execute("ROLLBACK")


def derived_checks(statement: Statement, target: Target, facts: Mapping[FactKey, str]) -> list[DataCheck]:
    """Reads that are true once the statement's rows are there, the one that proves most first."""
    which, node = head_of(statement).tree or ("", None)
    if which == "insert_stmt":
        written = inserted(node, target, facts)
        return checks_of(written, statement.number, statement.line, _same) if written else []
    if which == "update_stmt" and (found := _backfilled(node, target)) is not None:
        sql, text = found
        return [DataCheck(statement.number, statement.line, sql, text, derived=True, again=True)]
    return []


def _same(column: str, value: str, key: bool) -> str:
    return f"{quote(column)} = {value}" if key else f"{quote(column)} IS NOT DISTINCT FROM {value}"


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
    sql = f"SELECT NOT EXISTS (SELECT FROM {target.sql} WHERE {quote(column)} IS NULL)"
    return sql, f"no {target}.{quoted(column)} is NULL"
