"""Why rows or objects stand in the way of a statement on Postgres: which, how many, and the way out.

Everything is read in a READ ONLY transaction with short time-outs, on a connection that is in no transaction
(the failed one rolled back, or another one): what only the failed transaction had made is not seen there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.engines.postgres.connect.asking import GUARDED, KEPT, relation_named
from landed.engines.postgres.sql.head import Head
from landed.engines.postgres.sql.names import quoted, shown_name
from landed.engines.postgres.sql.tokens import quote
from landed.engines.postgres.sql.tree import enum, named, parts, relation, strings
from landed.engines.postgres.write.indexes import qualified
from landed.engines.postgres.write.say.violations import (
    Explained,
    Rows,
    count,
    explain_values,
    held,
    is_plain,
    rows_text,
)

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

_TIMEOUTS = "SET LOCAL statement_timeout = '5s'; SET LOCAL lock_timeout = '1s'; SET TRANSACTION READ ONLY"

_ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_KEY = re.compile(
    r"Key \((?P<columns>.*?)\)=\((?P<values>.*)\) is (?P<what>(?:still )?referenced|not present)", re.DOTALL
)

_FOREIGN_KEYS = """\
SELECT c.conname::text, cn.nspname::text, ct.relname::text, pn.nspname::text, pt.relname::text,
       ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, at)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.at),
       ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, at)
             JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY k.at),
       c.condeferrable, c.condeferred, c.confdeltype::text, c.confupdtype::text
FROM pg_catalog.pg_constraint c
JOIN pg_catalog.pg_class ct ON ct.oid = c.conrelid
JOIN pg_catalog.pg_namespace cn ON cn.oid = ct.relnamespace
JOIN pg_catalog.pg_class pt ON pt.oid = c.confrelid
JOIN pg_catalog.pg_namespace pn ON pn.oid = pt.relnamespace
WHERE c.contype = 'f' AND """
_BY_NAME = _FOREIGN_KEYS + "c.conname = %s AND cn.nspname = %s AND ct.relname = %s"
_BY_PARENT = (
    _FOREIGN_KEYS
    + """c.confrelid = pg_catalog.to_regclass(%s) AND c.conrelid <> c.confrelid AND c.conparentid = 0
ORDER BY cn.nspname, ct.relname, c.conname"""
)
_PRIMARY_KEY = """\
SELECT n.nspname::text, t.relname::text, ARRAY(
    SELECT a.attname::text FROM pg_catalog.pg_index i, unnest(i.indkey) WITH ORDINALITY k(number, at)
    JOIN pg_catalog.pg_attribute a ON a.attnum = k.number
    WHERE i.indrelid = t.oid AND i.indisprimary AND a.attrelid = t.oid ORDER BY k.at)
FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE t.oid = pg_catalog.to_regclass(%s)"""


class ForeignKey(NamedTuple):
    """A foreign key: ``child`` and ``parent`` are tables as they can be written in SQL, ``on_delete`` and
    ``on_update`` what happens to the child's rows."""

    name: str
    child: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    deferrable: bool = False
    deferred: bool = False
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"

    def __str__(self) -> str:
        there = f" ({', '.join(self.parent_columns)})" if self.parent_columns else ""
        return f"{self.child} ({', '.join(self.columns)}) refers to {self.parent}{there}"


def explain(connection: Connection[Any], error: psycopg.Error, head: Head) -> Explained:
    """Further details, and advice or ``None``, for a statement that rows or objects stood in the way of.

    For 23503 and 23001 (foreign keys, both directions, also where they are checked at the end of the
    transaction), 2BP01 (others depend on what is dropped), 0A000 of TRUNCATE, and 23502, 23505, 23514
    (:mod:`landed.engines.postgres.write.say.violations`); nothing for other errors. ``head`` is of what ran
    (``SET CONSTRAINTS …`` or ``COMMIT`` where a deferred constraint failed). The server's own detail is not
    repeated. ``connection`` is in no transaction, and is so again afterwards. Raises nothing: what cannot be
    read is left out.
    """
    import psycopg

    known = {
        "23503": _foreign_key,
        "23001": _foreign_key,
        "2BP01": _dependents,
        "0A000": _truncate,
        "23502": explain_values,
        "23505": explain_values,
        "23514": explain_values,
    }
    find = known.get(error.sqlstate or "")
    if find is None:
        return [], None
    with suppress(psycopg.Error), _reading(connection):
        return find(connection, error, head)
    return [], None


@contextmanager
def _reading(connection: Connection[Any]) -> Iterator[None]:
    with connection.transaction(force_rollback=True):
        connection.execute(_TIMEOUTS, prepare=False)
        connection.execute(KEPT, prepare=False)
        connection.execute(GUARDED.encode(), prepare=False)
        yield


def _foreign_key(connection: Connection[Any], error: psycopg.Error, head: Head) -> Explained:
    said = error.diag
    key = _by_name(connection, said.constraint_name, said.schema_name, said.table_name)
    key = key or _written(connection, head, said.constraint_name)
    if key is None:
        return [], "correct the rows that are named"
    found = _KEY.match((said.message_detail or "")[:20_000])
    held = found["what"] != "not present" if found else head.verb in ("DELETE", "TRUNCATE", "DROP")
    values = found["values"] if found else None
    if held:
        return _still_referenced(connection, key, head, values, error.sqlstate == "23001")
    return _not_present(connection, key, head)


def _still_referenced(
    connection: Connection[Any], key: ForeignKey, head: Head, values: str | None, restrict: bool
) -> Explained:
    """A row that goes, or changes its key, is referred to by others."""
    updates = head.verb == "UPDATE"
    action = f"ON UPDATE {key.on_update}" if updates else f"ON DELETE {key.on_delete}"
    restrict = restrict or (key.on_update if updates else key.on_delete) == "RESTRICT"
    details = [f"constraint {key.name}: {key}, {action}", _deferral(key, head, restrict)]
    condition, parameters = _referring(key, values)
    rows = count(connection, key.child, condition, parameters)
    if rows is not None:
        what = f"({', '.join(key.parent_columns)})=({values})" if parameters else f"rows of {key.parent}"
        verb = "refers" if rows.number == 1 else "refer"
        details.append(f"{rows_text(rows)} of {key.child} {verb} to {what}{rows.for_example}")
    columns = ", ".join(key.columns)
    if updates:
        ways = [f"let them follow: recreate {key.name} with ON UPDATE CASCADE"]
    else:
        ways = [
            f"delete the rows of {key.child} first, or point {columns} elsewhere",
            f"or recreate {key.name} with ON DELETE CASCADE or SET NULL, if their rows may go or be cut off",
        ]
    return details, "; ".join([*ways, *_later(key, head, restrict)])


def _not_present(connection: Connection[Any], key: ForeignKey, head: Head) -> Explained:
    """Rows refer to something that is not there."""
    details = [f"constraint {key.name}: {key}"]
    if head.verb != "ALTER":
        details.append(_deferral(key, head, False))
        first = f"put the row into {key.parent} first, or correct {', '.join(key.columns)}"
        return details, "; ".join([first, *_later(key, head, False)])
    if key.parent_columns:
        pairs = list(zip(key.columns, key.parent_columns, strict=True))
        filled = " AND ".join(f"t.{quote(column)} IS NOT NULL" for column, _ in pairs)
        equal = " AND ".join(f"p.{quote(there)} = t.{quote(column)}" for column, there in pairs)
        missing = f"{filled} AND NOT EXISTS (SELECT FROM {key.parent} p WHERE {equal})"
        plain = is_plain(connection, key.child, key.columns) and is_plain(
            connection, key.parent, key.parent_columns
        )
        rows = count(connection, key.child, missing) if plain and held(connection, key.parent) else None
        if rows is not None and rows.number:
            verb = "refers" if rows.number == 1 else "refer"
            details.append(
                f"{rows_text(rows)} of {key.child} {verb} to rows that {key.parent} does not have"
                f"{rows.for_example}"
            )
    advice = f"correct or delete these rows of {key.child} first"
    if "VALIDATE" not in head.bare:
        advice += (
            f"; or add {quoted(key.name)} NOT VALID (it then holds for new rows), mend the old ones, "
            "and VALIDATE CONSTRAINT in a later file"
        )
    return details, advice


def _deferral(key: ForeignKey, head: Head, restrict: bool) -> str:
    at_the_end = head.verb in ("COMMIT", "END") or head.begins("SET", "CONSTRAINTS")
    if restrict:
        return "RESTRICT is checked at once, deferred or not"
    if not key.deferrable:
        return "it is NOT DEFERRABLE: checked at the end of every statement"
    how = "INITIALLY DEFERRED" if key.deferred else "INITIALLY IMMEDIATE"
    if at_the_end:
        return f"it is DEFERRABLE {how}, it was deferred, and it does not hold at the end of the transaction"
    return f"it is DEFERRABLE {how}, and it was not deferred here"


def _later(key: ForeignKey, head: Head, restrict: bool) -> list[str]:
    """The way of checking at the end, where that is a way."""
    if restrict or head.verb in ("COMMIT", "END", "SET"):
        return []
    if not key.deferrable:
        return []
    schema = key.child.rpartition(".")[0]
    return [
        f"or SET CONSTRAINTS {schema}.{quote(key.name)} DEFERRED before it, if later statements make it good"
    ]


def _dependents(connection: Connection[Any], error: psycopg.Error, head: Head) -> Explained:
    """Something else depends on what is dropped; the server's own detail lists it."""
    details = []
    for name in _dropped_tables(head):
        for row in connection.execute(
            _BY_PARENT, (relation_named(connection, name),), prepare=False
        ).fetchall():
            key = _key(row)
            rows = count(connection, key.child, _referring(key, None)[0])
            many = f", {rows_text(rows)} of it" if rows is not None else ""
            details.append(f"constraint {key.name}: {key}{many}")
    return details, (
        "drop or change what depends on it first, in this file; with CASCADE the server takes all of it "
        "away, also what nobody has listed here"
    )


def _truncate(connection: Connection[Any], error: psycopg.Error, head: Head) -> Explained:
    if head.verb != "TRUNCATE":
        return [], None
    details = []
    for name in _dropped_tables(head):
        for row in connection.execute(
            _BY_PARENT, (relation_named(connection, name),), prepare=False
        ).fetchall():
            key = _key(row)
            rows = count(connection, key.child, "true")
            many = f": {rows_text(rows)} would have to go, too" if rows is not None else ""
            details.append(f"constraint {key.name}: {key}{many}")
    return details, (
        "name the referring tables in the same TRUNCATE, if all their rows may go; otherwise DELETE the rows"
    )


def _by_name(
    connection: Connection[Any], name: str | None, schema: str | None, table: str | None
) -> ForeignKey | None:
    row = connection.execute(_BY_NAME, (name, schema, table), prepare=False).fetchone()
    return _key(row) if row else None


def _key(row: tuple[Any, ...]) -> ForeignKey:
    name, schema, child, far_schema, parent, columns, there, deferrable, deferred, deleted, updated = row
    return ForeignKey(
        name,
        qualified(schema, child),
        tuple(columns),
        qualified(far_schema, parent),
        tuple(there),
        deferrable,
        deferred,
        _ACTIONS.get(deleted, deleted),
        _ACTIONS.get(updated, updated),
    )


def _written(connection: Connection[Any], head: Head, name: str | None) -> ForeignKey | None:
    """The foreign key that ``ALTER TABLE … ADD … FOREIGN KEY`` was to make, read from it."""
    tree = head.tree
    if tree is None or tree.which != "alter_table_stmt":
        return None
    added = [getattr(part, "def").constraint for said, part in parts(tree.node) if said == "AT_AddConstraint"]
    keys = [c for c in added if enum(c, "contype") == "CONSTR_FOREIGN"]
    key = next((c for c in keys if c.conname == name), keys[0] if keys else None)
    if key is None:
        return None
    table, parent = shown_name(relation(tree.node.relation)), shown_name(relation(key.pktable))
    child = connection.execute(_PRIMARY_KEY, (relation_named(connection, table),), prepare=False).fetchone()
    far = connection.execute(_PRIMARY_KEY, (relation_named(connection, parent),), prepare=False).fetchone()
    if child is None or far is None:
        return None
    return ForeignKey(
        name or "(without a name)",
        qualified(child[0], child[1]),
        tuple(strings(key.fk_attrs)),
        qualified(far[0], far[1]),
        tuple(strings(key.pk_attrs)) or tuple(far[2]),
        key.deferrable,
        key.initdeferred,
    )


def _referring(key: ForeignKey, values: str | None) -> tuple[str, tuple[Any, ...]]:
    """A condition for rows of the child that refer: to the key that the server named, or to anything."""
    parts = values.split(", ") if values is not None else []
    if len(parts) == len(key.columns):
        # By its output function, as the server wrote it: a cast to text may be somebody's own.
        places = [f"pg_catalog.concat(t.{quote(column).replace('%', '%%')}) = %s" for column in key.columns]
        return " AND ".join(places), tuple(parts)
    return " AND ".join(f"t.{quote(column)} IS NOT NULL" for column in key.columns), ()


def _dropped_tables(head: Head) -> list[str]:
    """The tables that a DROP TABLE or TRUNCATE names."""
    if head.tree is None:
        return []
    which, node = head.tree
    if which == "drop_stmt" and enum(node, "remove_type") == "OBJECT_TABLE":
        return [shown_name(named(each)) for each in node.objects]
    return [shown_name(named(each)) for each in node.relations] if which == "truncate_stmt" else []


__all__ = ["Explained", "ForeignKey", "Rows", "explain"]
