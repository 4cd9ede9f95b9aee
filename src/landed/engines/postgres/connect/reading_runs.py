"""Whether reading a table on Postgres would run code of somebody else, told from the catalogs before it is
read.

A plan evaluates what lies on a table: expressions and conditions of its indexes, expressions of its
statistics, keys of its partitions. A function there runs with the rights of whoever asks, who may be mightier
than its owner. Functions that belong to a superuser, or to the role that asks, give nobody anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from landed.engines.postgres.connect.asking import GUARDED

if TYPE_CHECKING:
    from landed.core.timeline import DataCheck

_TRUSTED = "(o.rolsuper OR o.rolname = current_user)"

_OF_STRANGERS = f"""\
SELECT FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_operator x
    ON d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND x.oid = d.refobjid
LEFT JOIN pg_catalog.pg_type y
    ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND y.oid = d.refobjid
    AND y.typtype = 'd' AND d.objid <> f.oid
LEFT JOIN pg_catalog.pg_proc p
    ON p.oid = CASE WHEN d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass THEN d.refobjid
                    ELSE x.oprcode::pg_catalog.oid END
JOIN pg_catalog.pg_roles o ON o.oid = coalesce(p.proowner, y.typowner)
WHERE NOT {_TRUSTED} AND (
    d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND (d.objid = f.oid OR EXISTS (
        SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = d.objid AND i.indrelid = f.oid))
    OR d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND EXISTS (
        SELECT FROM pg_catalog.pg_statistic_ext s WHERE s.oid = d.objid AND s.stxrelid = f.oid))"""

RUNS = f"""\
EXISTS (WITH RECURSIVE f (oid) AS (
    SELECT {{oid}} UNION SELECT i.inhrelid FROM f JOIN pg_catalog.pg_inherits i ON i.inhparent = f.oid)
SELECT FROM f JOIN pg_catalog.pg_class r ON r.oid = f.oid
WHERE NOT r.relkind = ANY ('{{{{r,p}}}}'::"char"[]) OR EXISTS ({_OF_STRANGERS}))"""
"""A condition, true where reading the relation ``{oid}`` (an expression; :meth:`str.format`) may run code of
others: it, or what inherits from it, is no table, or something of a stranger's lies on it. To be sent under
:data:`landed.engines.postgres.connect.asking.GUARDED`."""

_TYPES = f"""\
EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    JOIN pg_catalog.pg_roles o ON o.oid = t.typowner
    WHERE a.attrelid = {{oid}} AND a.attname = ANY ({{columns}}) AND NOT {_TRUSTED})"""

_CHECKED = re.compile(r'\bFROM ("(?:[^"]|"")+")\.("(?:[^"]|"")+") WHERE ')
"""Where a derived check names its table: see :mod:`landed.engines.postgres.shadow.replay.data`."""

_STANDS = re.compile(r'SELECT last_value [<>]= -?\d+ FROM ("(?:[^"]|"")+"\."(?:[^"]|"")+")')
"""A derived check of a sequence: see :mod:`landed.engines.postgres.shadow.replay.positions`."""

_TABLE = """\
(SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = {schema} AND c.relname = {table})"""


def runs(oid: str) -> str:
    """:data:`RUNS` for an SQL expression."""
    return RUNS.format(oid=oid)


def own_terms(checks: Sequence[DataCheck]) -> tuple[str, ...]:
    """Statements to send in a transaction before checks that landed has derived; none before others.

    They keep each table (or sequence) what it is, and fail (22012) where reading it may run code of others,
    or where a column that is compared is of a type of somebody else's, who may have made casts of it.
    """
    if not checks or not all(check.derived for check in checks):
        return ()
    from landed.engines.postgres.sql.tokens import literal

    columns: dict[tuple[str, str], set[str]] = {}
    held = []
    for check in checks:
        stands = _STANDS.fullmatch(check.sql)
        if stands is not None:
            # Fails for whatever is no sequence, and keeps what is one.
            name = f"{literal(stands[1])}::pg_catalog.regclass"
            held.append(f"SELECT pg_catalog.pg_sequence_last_value({name})")
            continue
        found = _CHECKED.search(check.sql)
        if found is None:
            return (GUARDED, "SELECT 1 / 0")
        named = re.findall(r'"(?:[^"]|"")+"', check.sql[found.end() :])
        columns.setdefault((found[1], found[2]), set()).update(map(_plain, named))
    tables = sorted(columns)
    locks = [f"LOCK TABLE {schema}.{table} IN ACCESS SHARE MODE" for schema, table in tables]
    looks = [_refusing(_plain(of[0]), _plain(of[1]), sorted(columns[of])) for of in tables]
    return (GUARDED, *held, *locks, *looks)


def _plain(quoted: str) -> str:
    return quoted[1:-1].replace('""', '"')


def _refusing(schema: str, table: str, columns: Sequence[str]) -> str:
    """A statement that fails with 22012 where reading that table, or comparing these columns, may run code of
    others."""
    from landed.engines.postgres.sql.tokens import literal

    oid = _TABLE.format(schema=literal(schema), table=literal(table))
    types = _TYPES.format(oid=oid, columns=f"{literal(list(columns))}::pg_catalog.name[]")
    return f"SELECT 1 / CASE WHEN {runs(oid)} OR {types} THEN 0 ELSE 1 END"
