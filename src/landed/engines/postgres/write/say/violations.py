"""Rows that a NOT NULL, a UNIQUE or a CHECK does not hold for: how many, one of them, and the way out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.engines.postgres.connect.reading_runs import runs
from landed.engines.postgres.ledger_shape import is_harmless
from landed.engines.postgres.sql.head import Head
from landed.engines.postgres.sql.names import quoted
from landed.engines.postgres.sql.tokens import quote
from landed.engines.postgres.sql.tree import constraints, enum, expression
from landed.engines.postgres.write.indexes import qualified

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

Explained = tuple[list[str], str | None]
"""Details for an error, and what to do about it."""

CAP = 10_000
"""Rows are counted up to this many."""

_DUPLICATE = re.compile(r"Key \((?P<columns>.*?)\)=\(.*\) is duplicated", re.DOTALL)
_MERGE = "merge or delete the duplicates first"
_COLUMNS = """\
SELECT ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped),
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_index i, unnest(i.indkey) WITH ORDINALITY k(number, at)
             JOIN pg_catalog.pg_attribute a ON a.attnum = k.number
             WHERE i.indrelid = t.oid AND i.indisprimary AND a.attrelid = t.oid ORDER BY k.at)
FROM pg_catalog.pg_class t WHERE t.oid = pg_catalog.to_regclass(%s)"""
_RUNS = f"SELECT {runs('pg_catalog.to_regclass(%s)::pg_catalog.oid')}"
_PLAIN = """\
SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_roles o ON o.oid = t.typowner
    WHERE a.attrelid = pg_catalog.to_regclass(%s) AND a.attname = ANY (%s) AND NOT o.rolsuper
      AND o.rolname <> current_user)"""
_CHECK = """\
SELECT pg_catalog.pg_get_expr(conbin, conrelid), conbin::pg_catalog.text FROM pg_catalog.pg_constraint
WHERE contype = 'c' AND conname = %s AND conrelid = pg_catalog.to_regclass(%s)"""


class Rows(NamedTuple):
    """How many rows, counted up to :data:`CAP` and one more, and the primary key of one of them."""

    number: int
    example: str = ""

    @property
    def for_example(self) -> str:
        """``, for example id = 7``, or nothing."""
        return f", for example {self.example}" if self.example else ""


def rows_text(rows: Rows) -> str:
    """``1 row``, ``3 rows``, ``more than 10000 rows``."""
    if rows.number > CAP:
        return f"more than {CAP} rows"
    return "1 row" if rows.number == 1 else f"{rows.number} rows"


def count(
    connection: Connection[Any], table: str, condition: str, parameters: tuple[Any, ...] = ()
) -> Rows | None:
    """The rows ``t`` of a table for which a condition holds; ``None`` when that could not be found out, or
    not without running code of others.

    ``table`` and ``condition`` are SQL. In a transaction, which a failure does not end.
    """
    import psycopg

    try:
        with connection.transaction():
            if not held(connection, table):
                return None
            row = connection.execute(_COLUMNS, (table,), prepare=False).fetchone()
            if row is None:
                return None
            key = row[1]
            shown = (
                f"pg_catalog.concat_ws(', ', {', '.join(f't.{quote(c)}' for c in key)})" if key else "NULL"
            )
            # "%" in the condition is the user's own, unless there are places for values.
            query = (
                "SELECT pg_catalog.count(*), pg_catalog.min(shown) FROM"
                f" (SELECT ({shown})::pg_catalog.text AS shown FROM {table} t"
                f" WHERE {condition} LIMIT {CAP + 1}) found"
            )
            found = connection.execute(query, parameters or None, prepare=False).fetchone()
    except psycopg.Error:
        return None
    assert found is not None
    example = f"{', '.join(key)} = {_short(found[1])}" if found[1] is not None else ""
    return Rows(found[0], example)


def held(connection: Connection[Any], table: str) -> bool:
    """Keep a table (a qualified name in SQL) what it is, and say whether reading it runs nobody's code."""
    import psycopg

    try:
        with connection.transaction():
            connection.execute(f"LOCK TABLE {table} IN ACCESS SHARE MODE".encode(), prepare=False)
            row = connection.execute(_RUNS, (table,), prepare=False).fetchone()
    except psycopg.Error:
        return False
    return row is not None and not row[0]


def is_plain(connection: Connection[Any], table: str, columns: Sequence[str]) -> bool:
    """Whether comparing these columns runs nobody's code: casts of a type are its owner's."""
    row = connection.execute(_PLAIN, (table, list(columns)), prepare=False).fetchone()
    return row is not None and bool(row[0])


def explain_values(connection: Connection[Any], error: psycopg.Error, head: Head) -> Explained:
    """For 23502, 23505 and 23514, as :func:`landed.engines.postgres.write.say.references.explain`."""
    said = error.diag
    if not said.schema_name or not said.table_name:
        return [], None
    table = qualified(said.schema_name, said.table_name)
    schema_change = head.verb in ("ALTER", "CREATE")
    if error.sqlstate == "23502":
        return _not_null(connection, table, said.column_name or "", schema_change)
    if error.sqlstate == "23505":
        found = _DUPLICATE.match((said.message_detail or "")[:20_000])
        columns = found["columns"] if found else None
        if columns is None and head.verb in ("ALTER", "CREATE", "REINDEX"):
            # A server that speaks another language.
            return [], _MERGE
        return _duplicates(connection, table, columns, head)
    return _check(connection, table, said.constraint_name or "", head, schema_change)


def _not_null(connection: Connection[Any], table: str, column: str, schema_change: bool) -> Explained:
    if not schema_change:
        return [], f"give {column} a value, or a DEFAULT in {table}"
    row = connection.execute(_COLUMNS, (table,), prepare=False).fetchone()
    if row is not None and column not in row[0]:
        rows = count(connection, table, "true")
        many = [f"{table} has {rows_text(rows)}, and the new column has no value for them"] if rows else []
        return many, (
            f"add {column} with a DEFAULT; or without NOT NULL first, then fill it, then SET NOT NULL"
        )
    rows = count(connection, table, f"t.{quote(column)} IS NULL")
    shown = quoted(column)
    found = [f"{rows_text(rows)} of {table} without a value in {column}{rows.for_example}"] if rows else []
    return found, (
        f"fill them first (UPDATE {table} SET {shown} = … WHERE {shown} IS NULL), and keep new ones out "
        f"with CHECK ({shown} IS NOT NULL) NOT VALID until that is done"
    )


def _duplicates(connection: Connection[Any], table: str, columns: str | None, head: Head) -> Explained:
    if columns is None:
        return [], (
            f"the row is in {table} already: change or leave out the one in the file, or write ON CONFLICT"
        )
    names = columns.split(", ")
    row = connection.execute(_COLUMNS, (table,), prepare=False).fetchone()
    known = {name: quote(name) for name in (row[0] if row else ())}
    known.update({quote(name): quote(name) for name in (row[0] if row else ())})
    # An expression, or a partial index: what the server counts as equal cannot be asked for so simply.
    if "WHERE" in head.bare or any(name not in known for name in names):
        return [], _MERGE
    import psycopg

    listed = ", ".join(known[name] for name in names)
    filled = " AND ".join(f"{known[name]} IS NOT NULL" for name in names)
    query = f"FROM {table} WHERE {filled} GROUP BY {listed} HAVING count(*) > 1"
    try:
        with connection.transaction():
            if not held(connection, table):
                return [], _MERGE
            found = connection.execute(
                f"SELECT count(*), sum(n)::int8 FROM (SELECT count(*) AS n {query} LIMIT {CAP + 1}) d",
                prepare=False,
            ).fetchone()
    except psycopg.Error:
        return [], _MERGE
    assert found is not None
    number, rows = found
    if not number:
        return [], _MERGE
    many = f"more than {CAP}" if number > CAP else str(number)
    values = "value occurs" if number == 1 else "values occur"
    return (
        [f"{many} {values} more than once in {table} ({columns}), in {rows} rows"],
        f"{_MERGE}; to see them: SELECT {listed}, count(*) FROM {table} GROUP BY {listed} "
        "HAVING count(*) > 1",
    )


def _check(connection: Connection[Any], table: str, name: str, head: Head, schema_change: bool) -> Explained:
    row = connection.execute(_CHECK, (name, table), prepare=False).fetchone()
    expression = row[0] if row else _written_check(head)
    if not schema_change:
        return ([f"constraint {name}: CHECK {expression}"] if row else []), "correct the values in the file"
    details = []
    if expression and (row is None or is_harmless(row[1])):
        rows = count(connection, table, f"NOT ({expression})")
        if rows is not None and rows.number:
            verb = "does" if rows.number == 1 else "do"
            details = [f"{rows_text(rows)} of {table} {verb} not satisfy {name}{rows.for_example}"]
    advice = f"correct these rows of {table} first"
    if row is None:
        advice += (
            f"; or add {name} NOT VALID (it then holds for new rows), mend the old ones, "
            "and VALIDATE CONSTRAINT in a later file"
        )
    return details, advice


def _written_check(head: Head) -> str | None:
    """The expression of the only ``CHECK ( … )`` in a statement."""
    made = constraints(head.tree) if head.tree is not None else []
    checks = [each for each in made if enum(each, "contype") == "CONSTR_CHECK"]
    return expression(checks[0].raw_expr) if len(checks) == 1 else None


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
