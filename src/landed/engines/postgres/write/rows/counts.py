"""Counting what a file may take away: rows of tables and values of columns, before it and after it.

What is still there under another name is told by its identifiers. What has gone though something else has its
name now must have been copied by the file, and be as many rows and values as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.migration import Statement
from landed.engines.postgres.connect.reading_runs import runs
from landed.engines.postgres.sql.names import quoted
from landed.engines.postgres.sql.tokens import quote
from landed.engines.postgres.wire import Command, send
from landed.engines.postgres.write.rows.going import Going, is_set

if TYPE_CHECKING:
    import psycopg

CAP = 10_000
"""Rows are counted up to here where their number decides nothing."""

_FIND = """\
SELECT w.i::pg_catalog.int4, n.nspname, c.relname, c.oid::pg_catalog.int8, a.attnum::pg_catalog.int4,
       a.atttypid = ANY (SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typcategory = 'S'),
       pg_catalog.row_security_active(c.oid)
FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::pg_catalog.text[]),
                pg_catalog.unnest(%s::pg_catalog.text[])) WITH ORDINALITY AS w (s, t, col, i)
JOIN pg_catalog.pg_class c ON c.relname = w.t AND c.relkind IN ('r', 'p') AND c.oid >= 16384
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     AND CASE WHEN w.s = '' THEN pg_catalog.pg_has_role(c.relowner, 'USAGE') ELSE n.nspname = w.s END
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = w.col AND NOT a.attisdropped
WHERE w.col = '' OR a.attnum IS NOT NULL
ORDER BY n.nspname, c.relname, a.attnum NULLS FIRST"""

_COLUMNS = """\
SELECT c.oid::pg_catalog.int8, n.nspname, c.relname, a.attnum::pg_catalog.int4, a.attname,
       t.typcategory = 'S', a.attgenerated <> ''
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE c.oid = ANY (%s::pg_catalog.oid[])
   OR (c.relkind IN ('r', 'p') AND (n.nspname, c.relname) IN
       (SELECT * FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]),
                                 pg_catalog.unnest(%s::pg_catalog.text[])) AS w (s, t)))"""

RUNNING_NOW = f"""\
SELECT c.oid::pg_catalog.int8 FROM pg_catalog.pg_class c
WHERE c.oid = ANY (%s::pg_catalog.oid[]) AND {runs("c.oid")}"""

HELD = """\
SELECT CASE WHEN pg_catalog.pg_relation_size({oid}) > 0 OR EXISTS (
    SELECT FROM pg_catalog.pg_partition_tree({oid}) p WHERE pg_catalog.pg_relation_size(p.relid) > 0)
THEN 1 ELSE 0 END"""
"""Whether a table has any rows, where they cannot be counted: row-level security hides them from the role
that asks, or counting them would run code of somebody else."""

_HIDDEN = "row-level security hides them from this role: they were not counted"
RUNNING = "reading them would run code of another role, which lies on the table: they were not counted"

_NAMED_AGAIN = "another {} has its name afterwards, which was not copied from it"


class Loss(NamedTuple):
    """Rows or values that a file would take away without naming them.

    ``kind`` is ``drop-table``, ``drop-column``, ``lose-rows``, ``change-rows`` or ``break-references`` (rows
    that refer to nothing then); ``rows`` counts them, up to :data:`CAP` where ``capped``; 0 where they could
    not be counted. ``through`` says what did it.
    """

    kind: str
    table: str
    rows: int
    column: str = ""
    capped: bool = False
    through: str = ""

    @property
    def allow(self) -> str:
        """The consent, as in ``--allow drop-table:public.legacy``."""
        return f"{self.kind}:{self.table}" + (f".{self.column}" if self.column else "")

    @property
    def counted(self) -> str:
        """``3 rows``, ``more than 10000 rows``."""
        noun = "value" if self.kind == "drop-column" else "row"
        if not self.rows:
            return f"all its {noun}s"
        return f"more than {CAP} {noun}s" if self.capped else f"{self.rows} {noun}{'s' * (self.rows != 1)}"


class _Column(NamedTuple):
    """A column as it is: its number, its name, whether it is text, whether the server computes it."""

    number: int
    name: str
    is_text: bool
    generated: bool


class _Table(NamedTuple):
    """A table as it is: its identifier, its names and its columns."""

    oid: int
    schema: str
    name: str
    columns: tuple[_Column, ...]


class _Seen(NamedTuple):
    """What was counted before: a table, or a column (``number``) of one. ``values`` are those of each column
    of a table that is copied. ``hidden`` says why rows were not counted, or ``""``; ``cut`` are the texts
    that are too long for the column's new type."""

    what: Going
    schema: str
    oid: int
    number: int
    rows: int
    hidden: str
    retyped: bool = False
    cut: int = 0
    values: dict[str, int] = {}  # noqa: RUF012  (never written to)

    @property
    def shown(self) -> str:
        return shown(self.schema, self.what.table)

    @property
    def capped(self) -> bool:
        return not self.what.copied and self.rows > CAP


class Counts:
    """The counts of one transaction: :meth:`before` its statements, and what is lost :meth:`after` them.

    ``statements`` are those that run: a column that they write to in so many words may hold other values.
    """

    def __init__(self, connection: psycopg.Connection[Any], statements: Sequence[Statement]) -> None:
        self._connection = connection
        self._statements = statements
        self._seen: list[_Seen] = []

    @property
    def known(self) -> set[int]:
        """The identifiers of the tables whose own rows were counted."""
        return {seen.oid for seen in self._seen if not seen.number}

    def before(self, going: Sequence[Going], retyped: Sequence[Going]) -> None:
        """Lock what may go, and count it."""
        asked = [*going, *retyped]
        given = ([g.schema for g in asked], [g.table for g in asked], [g.column for g in asked])
        found = self._connection.execute(_FIND.encode(), given, prepare=False).fetchall()
        copied = [row[3] for row in found if not row[4] and asked[row[0] - 1].copied]
        tables = self._tables(copied) if copied else {}
        sent: list[Command] = []
        seen: list[_Seen] = []
        running = self._locked(asked, len(going), found)
        for index, schema, table, oid, number, is_text, hidden in found:
            what = asked[index - 1]
            typed = index > len(going)
            at = in_sql(schema, table)
            why = _HIDDEN if hidden else RUNNING if oid in running else ""
            hidden = bool(why)
            names = [] if hidden or oid not in tables or number else [c.name for c in tables[oid].columns]
            if hidden:
                counting = HELD.format(oid=oid)
            elif what.column:
                one = _Column(number, what.column, is_text, False)
                counting = _values(at, [one], what.longest) if what.copied else _not_null(at, what.column)
            elif what.copied:
                counting = _values(at, tables[oid].columns)
            else:
                counting = capped(f"SELECT FROM {at}")
            sent.append(Command(counting, purpose="read"))
            seen.append(_Seen(what, schema, oid, number or 0, 0, why, typed, values=dict.fromkeys(names, 0)))
        for was, answer in zip(seen, send(self._connection, sent), strict=True):
            counted = [int(count) for count in answer.rows[0]]
            cut = counted.pop() if was.what.longest and not was.hidden else 0
            rows = counted[-1] if was.number else counted[0]
            values = dict(zip(was.values, counted[1:], strict=True)) if was.values else {}
            self._seen.append(was._replace(rows=rows, values=values, cut=cut))

    def _locked(self, asked: Sequence[Going], going: int, found: Sequence[Sequence[Any]]) -> frozenset[int]:
        """Lock the tables that were found; gives those whose reading would run code of others. In one round
        trip: what lies on a table is looked at once nobody can change it any more."""
        locks = []
        for index, schema, table, *_ in found:
            what = asked[index - 1]
            mode = "SHARE ROW EXCLUSIVE" if what.again and index <= going else "ACCESS EXCLUSIVE"
            # Where only a text names it, it may be another table of that name, which nobody must wait for.
            if what.schema:
                locks.append(Command(f"LOCK TABLE {in_sql(schema, table)} IN {mode} MODE", purpose="read"))
        look = Command(RUNNING_NOW, ([row[3] for row in found],), purpose="read")
        return frozenset(row[0] for row in send(self._connection, [*locks, look])[-1].rows)

    def after(self) -> list[Loss]:
        """What of it is lost now."""
        held = [seen for seen in self._seen if seen.rows]
        if not held:
            return []
        there = self._tables([s.oid for s in held], [(s.schema, s.what.table) for s in held])
        named = {(t.schema, t.name): t for t in there.values()}
        losses: list[Loss] = []
        for seen in held:
            now = there.get(seen.oid)
            new = named.get((seen.schema, seen.what.table))
            if seen.number:
                losses += self._of_column(seen, now, new)
            elif now is None:
                losses += self._of_table(seen, new)
        whole = {loss.table for loss in losses if loss.kind == "drop-table"}
        return [loss for loss in losses if loss.kind == "drop-table" or loss.table not in whole]

    def _of_table(self, seen: _Seen, new: _Table | None) -> list[Loss]:
        if new is None or not seen.what.copied or seen.hidden:
            through = "" if new is None else _NAMED_AGAIN.format("table")
            return [_loss("drop-table", seen, through=through)]
        both = [c for c in new.columns if c.name in seen.values]
        rows, *values = self._counted(_values(in_sql(new.schema, new.name), both))
        if rows < seen.rows:
            through = "the table is made anew in this file, with fewer rows"
            return [Loss("lose-rows", seen.shown, seen.rows - rows, through=through)]
        through = "the table is made anew in this file, and column {} holds fewer values"
        return [
            Loss("change-rows", seen.shown, fewer, quoted(column.name), through=through.format(column.name))
            for column, value in zip(both, values, strict=True)
            if (fewer := seen.values[column.name] - value) > 0
            and not column.generated
            and not is_set(self._statements, seen.what.table, column.name)
        ]

    def _of_column(self, seen: _Seen, now: _Table | None, new: _Table | None) -> list[Loss]:
        if now is None:
            # Its table is gone; where that one is copied, what is not in the copy is lost.
            gone = new is not None and all(c.name != seen.what.column for c in new.columns)
            return [_loss("drop-column", seen)] if gone and not seen.what.again else []
        same = next((c for c in now.columns if c.number == seen.number), None)
        at = in_sql(now.schema, now.name)
        if same is not None:
            if not seen.retyped or seen.hidden:
                return []
            fewer = seen.rows - self._counted(_values(at, [same]))[1]
            through = f"what column {seen.what.column} held is NULL after its change of type"
            column = quoted(seen.what.column)
            if seen.cut:
                fewer = seen.cut
                through = f"texts in column {seen.what.column} are cut to {seen.what.longest} characters"
            return [Loss("change-rows", seen.shown, fewer, column, through=through)] if fewer > 0 else []
        other = next((c for c in now.columns if c.name == seen.what.column), None)
        if other is None:
            return [_loss("drop-column", seen)]
        if seen.what.copied and not seen.hidden and self._counted(_values(at, [other]))[1] >= seen.rows:
            return []
        return [_loss("drop-column", seen, through=_NAMED_AGAIN.format("column"))]

    def _tables(self, oids: Iterable[int], names: Sequence[tuple[str, str]] = ()) -> dict[int, _Table]:
        """The tables with these identifiers, and those with these names, as they are now."""
        given = (list(oids), [schema for schema, _ in names], [table for _, table in names])
        found: dict[int, _Table] = {}
        rows = self._connection.execute(_COLUMNS.encode(), given, prepare=False).fetchall()
        for oid, schema, table, number, *column in rows:
            known = found.get(oid) or _Table(oid, schema, table, ())
            more = (_Column(number, *column),) if number else ()
            found[oid] = known._replace(columns=known.columns + more)
        return found

    def _counted(self, query: str) -> list[int]:
        (row,) = self._connection.execute(query.encode(), prepare=False).fetchall()
        return [int(count) for count in row]


def _loss(kind: str, seen: _Seen, through: str = "") -> Loss:
    column = quoted(seen.what.column) if seen.number else ""
    if seen.hidden:
        return Loss(kind, seen.shown, 0, column, through=seen.hidden)
    return Loss(kind, seen.shown, seen.rows, column, seen.capped, through)


def _values(at: str, columns: Sequence[_Column], longest: int = 0) -> str:
    """Counts rows, for each column what it holds (an empty text is no value that could get lost), and with
    ``longest`` the texts in the column that have more characters."""
    parts = []
    for column in columns:
        name = quote(column.name)
        held = f"NULLIF(pg_catalog.btrim({name}::pg_catalog.text), '')" if column.is_text else name
        parts.append(f", pg_catalog.count({held})")
        if longest:
            length = f"pg_catalog.char_length(pg_catalog.rtrim({name}::pg_catalog.text))"
            parts.append(f", pg_catalog.count(*) FILTER (WHERE {length} > {longest})")
    return f"SELECT pg_catalog.count(*){''.join(parts)} FROM {at}"


def _not_null(at: str, column: str) -> str:
    return capped(f"SELECT FROM {at} WHERE {quote(column)} IS NOT NULL")


def capped(query: str) -> str:
    """Counts the rows of a query, up to one more than :data:`CAP`."""
    return f"SELECT pg_catalog.count(*) FROM ({query} LIMIT {CAP + 1}) AS held"


def shown(schema: str, name: str) -> str:
    """A name as facts show it."""
    return f"{quoted(schema)}.{quoted(name)}"


def in_sql(schema: str, name: str) -> str:
    """A name in quotes, for SQL."""
    return f"{quote(schema)}.{quote(name)}"
