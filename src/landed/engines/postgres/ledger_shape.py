"""What a history table on Postgres is made of, and what reading it or writing to it would run besides.

Whoever owns that table may be nobody, and landed often connects as somebody mighty: a trigger, a rule, a
domain or the expression of an index would run with the login's rights. All of it is told from the catalogs,
with a query that means the catalog's own names whatever the search_path holds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.errors import CannotKnow, Code, NotProven
from landed.core.migration import Note
from landed.core.next import Command, Next

if TYPE_CHECKING:
    from landed.engines.postgres.ledger_name import LedgerTable

COLUMNS = ("version", "name", "statements")
"""The columns that are read, as far as they are there."""

FIRST_OF_USERS = 16384
"""Objects with smaller identifiers came with the server."""

SHAPE = """\
SELECT pg_catalog.jsonb_build_object(
'oid', c.oid::pg_catalog.int8, 'schema', n.oid::pg_catalog.int8, 'kind', c.relkind,
'owner', pg_catalog.pg_get_userbyid(c.relowner), 'hidden', pg_catalog.row_security_active(c.oid),
'family', EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid OPERATOR(pg_catalog.=) c.oid
    OR i.inhparent OPERATOR(pg_catalog.=) c.oid),
'columns', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(a.attname, t.typname,
        t.oid::pg_catalog.int8, t.typtype, t.typcategory, a.attgenerated, d.adbin::pg_catalog.text)
        ORDER BY a.attnum)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid
        AND d.adnum OPERATOR(pg_catalog.=) a.attnum
    WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid
        AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped),
'triggers', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(g.tgname, s.nspname, p.proname,
        pg_catalog.pg_get_userbyid(p.proowner), g.tgisinternal) ORDER BY g.tgname)
    FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) g.tgfoid
    JOIN pg_catalog.pg_namespace s ON s.oid OPERATOR(pg_catalog.=) p.pronamespace
    LEFT JOIN pg_catalog.pg_constraint k ON k.oid OPERATOR(pg_catalog.=) g.tgconstraint
    WHERE g.tgrelid OPERATOR(pg_catalog.=) c.oid
        AND g.tgenabled::pg_catalog.text OPERATOR(pg_catalog.<>) 'D'
        AND (NOT g.tgisinternal OR k.contype::pg_catalog.text OPERATOR(pg_catalog.=) 'f')),
'rules', (SELECT pg_catalog.jsonb_agg(r.rulename ORDER BY r.rulename) FROM pg_catalog.pg_rewrite r
    WHERE r.ev_class OPERATOR(pg_catalog.=) c.oid),
'constraints', (SELECT pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_array(k.conname, k.contype, k.conbin::pg_catalog.text) ORDER BY k.conname)
    FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid
        AND k.contype::pg_catalog.text OPERATOR(pg_catalog.~) '^[cfx]$'),
'indexes', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(x.relname, i.indexprs IS NOT NULL,
        i.indpred IS NOT NULL, i.indclass::pg_catalog.text) ORDER BY x.relname)
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
    WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid),
'statistics', (SELECT pg_catalog.jsonb_agg(s.stxname ORDER BY s.stxname) FROM pg_catalog.pg_statistic_ext s
    WHERE s.stxrelid OPERATOR(pg_catalog.=) c.oid AND s.stxexprs IS NOT NULL),
'casts', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(f.typname, o.typname) ORDER BY k.oid)
    FROM pg_catalog.pg_cast k JOIN pg_catalog.pg_type f ON f.oid OPERATOR(pg_catalog.=) k.castsource
    JOIN pg_catalog.pg_type o ON o.oid OPERATOR(pg_catalog.=) k.casttarget
    WHERE k.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND (
        f.typrelid OPERATOR(pg_catalog.=) c.oid OR o.typrelid OPERATOR(pg_catalog.=) c.oid
        OR f.typelem OPERATOR(pg_catalog.=) c.reltype OR o.typelem OPERATOR(pg_catalog.=) c.reltype))
)::pg_catalog.text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE n.nspname OPERATOR(pg_catalog.=) {schema}::pg_catalog.name
  AND c.relname OPERATOR(pg_catalog.=) {table}::pg_catalog.name"""
"""Nothing in it depends on the search_path, so that two looks at one table are equal."""

_KINDS = {
    "p": "a partitioned table",
    "v": "a view",
    "m": "a materialized view",
    "f": "a foreign table",
    "S": "a sequence",
    "c": "a composite type",
    "i": "an index",
    "I": "an index",
}

_NODES = frozenset(
    ("CONST", "FUNCEXPR", "OPEXPR", "RELABELTYPE", "SQLVALUEFUNCTION", "BOOLEXPR", "NULLTEST", "BOOLEANTEST",
    "VAR",
     "SCALARARRAYOPEXPR", "ARRAYEXPR", "ARRAY", "COALESCE", "COALESCEEXPR", "COERCEVIAIO", "ARRAYCOERCEEXPR",
     "COLLATE", "COLLATEEXPR", "CASETESTEXPR")
)  # fmt: skip
"""What an expression that runs nobody's code is made of."""

_FUNCTIONS = frozenset(
    (401, 406, 407, 408, 409, 668, 669, 870, 871, 885, 1159, 1299, 1317, 1374, 1381, 1574, 2069, 2108, 2647,
    2648, 2649,
     2176, 3179, 3210, 3432, 3696)
)  # fmt: skip
"""The server's functions that such an expression may call: now() and the like, gen_random_uuid(), timezone(),
nextval(), lengths, trimming, letter case, and casts between texts. Others may run SQL that they are given."""


class Shape(NamedTuple):
    """One look at a history table. ``digest`` changes with everything that was looked at."""

    oid: int
    found: Mapping[str, Any]
    digest: str

    @property
    def columns(self) -> list[str]:
        """The names of its columns, in order."""
        return [column[0] for column in self.found["columns"] or ()]

    @property
    def provisioned(self) -> bool:
        """Whether all columns that are written to are there."""
        return set(COLUMNS) <= set(self.columns)

    def is_array(self, name: str) -> bool:
        """Whether a column holds arrays."""
        return any(c[0] == name and c[4] == "A" for c in self.found["columns"] or ())


def shape_query(table: LedgerTable) -> str:
    """A query for one row, or none where there is no such relation: what :func:`shape_of` reads."""
    query = _shape_text(table)
    return f"SELECT s.found, pg_catalog.md5(s.found) FROM ({query}) AS s (found)"


def same_shape(table: LedgerTable, digest: str) -> str:
    """A statement that fails with 22012 unless the table is what it was when it was looked at."""
    now = f"(SELECT pg_catalog.md5(s.found) FROM ({_shape_text(table)}) AS s (found))"
    same = f"{now} OPERATOR(pg_catalog.=) '{digest}'"
    return f"SELECT 1 OPERATOR(pg_catalog./) CASE WHEN {same} THEN 1 ELSE 0 END"


def _shape_text(table: LedgerTable) -> str:
    from landed.engines.postgres.sql.tokens import literal

    return SHAPE.format(schema=literal(table.schema), table=literal(table.table))


def shape_of(rows: Sequence[Sequence[Any]]) -> Shape | None:
    """What :func:`shape_query` gave."""
    if not rows:
        return None
    found = json.loads(rows[0][0])
    return Shape(found["oid"], found, rows[0][1])


def refuse_reading(shape: Shape, table: LedgerTable) -> None:
    """Raise CannotKnow where its rows cannot be had, or not all of them, without running others' code."""
    kind = shape.found["kind"]
    if kind != "r":
        raise CannotKnow(
            f"{table.sql} is {_KINDS.get(kind, 'no table')}: reading it may run code of others",
            code=Code.HISTORY,
            details=["A history is read from an ordinary table only; nothing was judged."],
            next="name the right table: the setting ledger; or make it an ordinary table",
        )
    if shape.found["family"]:
        raise CannotKnow(
            f"{table.sql} inherits, is inherited from, or is a partition: its rows are not its own alone",
            code=Code.HISTORY,
            details=["A history is read from an ordinary table only; nothing was judged."],
            next=f"ALTER TABLE … NO INHERIT {table.sql} (or DETACH PARTITION), "
            "or name the right table: the setting ledger",
        )
    if shape.found["hidden"]:
        raise CannotKnow(
            f"{table.sql} has row level security on: rows of it may be hidden from this role",
            code=Code.HISTORY,
            details=["What is recorded cannot be known; nothing was judged."],
            next=f"connect as its owner, or: ALTER TABLE {table.sql} DISABLE ROW LEVEL SECURITY",
        )
    if "version" not in shape.columns:
        raise CannotKnow(
            f"{table.sql} has no column version: it is not a history table that landed knows",
            code=Code.HISTORY,
            next="name the right table: the setting ledger",
        )
    for name, kind, *rest in shape.found["columns"]:
        if name in COLUMNS and (problem := _column(name, kind, *rest, reading=True)):
            raise CannotKnow(
                f"{table.sql} cannot be read safely: {problem}",
                code=Code.HISTORY,
                details=[
                    "A history is read from columns of the server's own types only; nothing was judged."
                ],
                next=f"ALTER TABLE {table.sql} ALTER COLUMN {name} TYPE "
                + ("text[]" if name == "statements" else "text"),
            )


def obstacles(shape: Shape) -> list[str]:
    """What would run, or may, when a row is written: in words, one by one."""
    found = shape.found
    named = [f"it is {_KINDS.get(found['kind'], 'no table')}"] if found["kind"] != "r" else []
    if found["family"]:
        named.append("it inherits, is inherited from, or is a partition")
    named += [problem for column in found["columns"] or () if (problem := _column(*column))]
    named += _triggers(found["triggers"] or ())
    named += [f"rule {name}" for name in found["rules"] or ()]
    named += [
        {"f": "foreign key ", "x": "exclusion constraint "}.get(kind, "check constraint ") + name
        for name, kind, tree in found["constraints"] or ()
        if kind != "c" or not is_harmless(tree)
    ]
    for name, expressions, predicate, classes in found["indexes"] or ():
        if expressions or predicate:
            named.append(f"index {name} {'on an expression' if expressions else 'with a condition'}")
        elif any(int(oid) >= FIRST_OF_USERS for oid in classes.split()):
            named.append(f"index {name} with an operator class of its own")
    named += [f"statistics {name} on an expression" for name in found["statistics"] or ()]
    return named + [f"cast from {source} to {goal}" for source, goal in found["casts"] or ()]


def noted(shape: Shape, table: LedgerTable) -> tuple[Note, ...]:
    """What a person should know of the table before they write to it."""
    return tuple(
        Note(
            "ledger-runs",
            f"on the history table {table.sql} lies what would run when a row is written: {name}. "
            "apply, resume and repair refuse to write there",
        )
        for name in obstacles(shape)
    )


def refuse_writing(shape: Shape, table: LedgerTable, what: str, again: Command) -> None:
    """Raise NotProven where writing to the table would run something; ``what`` is what was not done then, and
    ``again`` the command to go on with."""
    named = obstacles(shape)
    if named:
        raise NotProven(
            f"{what}: writing to the history table {table.sql} would run more than that.",
            code=Code.HISTORY,
            details=[*_some(named), f"The table belongs to {shape.found['owner']}.", "Nothing was changed."],
            next=Next("Look at what is named, and take it off that table. Then run: ", again.afterwards()),
        )


def _some(named: Sequence[str], most: int = 8) -> Iterator[str]:
    yield from (f"on it: {name}" for name in named[:most])
    if len(named) > most:
        yield f"… and {len(named) - most} more"


def _column(
    name: str,
    kind: str,
    oid: int,
    typtype: str,
    category: str,
    generated: str,
    tree: str | None,
    *,
    reading: bool = False,
) -> str:
    """What is wrong with a column; ``""`` for nothing."""
    if oid >= FIRST_OF_USERS or typtype not in "br":
        return f"column {name} is of the type {kind}"
    if generated:
        return f"column {name} is generated"
    if not reading and tree is not None and not is_harmless(tree):
        return f"column {name} has a default that calls functions"
    return ""


def _triggers(found: Sequence[Sequence[Any]]) -> list[str]:
    own = [
        f"trigger {name} (function {schema}.{function} of {owner})"
        for name, schema, function, owner, internal in found
        if not internal
    ]
    return [*own, *(["a foreign key, its own or one that refers to it"] if len(own) < len(found) else [])]


def is_harmless(tree: str | None) -> bool:
    """Whether an expression (a tree as the catalogs keep it) runs nobody's code."""
    if tree is None:
        return True
    if not _NODES.issuperset(re.findall(r"\{([A-Z_]+)", tree)):
        return False
    numbers = re.findall(r":\w*(?:func|opno|opfuncid|type|typeid|collid|fnoid)\w* (\d+)", tree)
    called = re.findall(r":funcid (\d+)", tree)
    return all(int(n) < FIRST_OF_USERS for n in numbers) and all(int(n) in _FUNCTIONS for n in called)
