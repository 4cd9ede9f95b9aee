"""The rows of one Postgres table, made as its types, checks, keys and references want them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.engines.postgres.shadow.seed.tables import Column, Reference, TableShape
from landed.engines.postgres.shadow.seed.values import candidates
from landed.engines.postgres.sql.tokens import quote

if TYPE_CHECKING:
    import psycopg

_TRIES = 60
_PASSING_TRIES = 60

_PARENTS = """
SELECT c.oid, n.nspname, c.relname, a.attnum, a.attname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = ANY (%s::pg_catalog.oid[])
"""

Row = dict[int, str | None]
"""Values by column number; a column that is missing takes its default."""


@dataclass(slots=True)
class SeedReport:
    """What was seeded, by object id: how many rows each table got (``0``: it had rows already), and why
    some got none. ``quiet`` are those whose triggers refused the row, so that it went in without them."""

    rows: dict[int, int] = field(default_factory=dict)
    skipped: dict[int, str] = field(default_factory=dict)
    quiet: set[int] = field(default_factory=set)


class CannotSeed(Exception):
    """No row can be made; the text says why."""


class Parent(NamedTuple):
    """A table that is referred to: how to write it, how to show it, and its columns by number."""

    relation: str
    shown: str
    columns: dict[int, str]


def parents_of(connection: psycopg.Connection[Any], tables: Iterable[int]) -> dict[int, Parent]:
    """What is to be known of tables that are referred to, by object id."""
    found: dict[int, Parent] = {}
    for oid, schema, name, number, column in connection.execute(
        _PARENTS, ("{" + ",".join(map(str, tables)) + "}",), prepare=False
    ):
        parent = Parent(f"{quote(schema)}.{quote(name)}", f"{schema}.{name}", {})
        found.setdefault(oid, parent).columns[number] = column
    return found


class Seeding:
    """One table, while rows are made for it."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        shape: TableShape,
        links: Sequence[Reference],
        report: SeedReport,
        parents: Mapping[int, Parent],
    ) -> None:
        self.connection = connection
        self.shape = shape
        self.links = links
        self.report = report
        self.parents = parents
        self.relation = f"{quote(shape.schema)}.{quote(shape.name)}"
        self._known: dict[tuple[int, int], list[str]] = {}

    def fill(self) -> None:
        """Make the rows. Raises CannotSeed when there can be none."""
        if self._count():
            self.report.rows[self.shape.oid] = 0
            return
        first = self._first()
        if not self._count():
            raise CannotSeed("a trigger or rule takes the row away")
        self.report.rows[self.shape.oid] = 1
        for row in (self._second(first, bare=True), self._second(first, bare=False)):
            if row is not None and self._insert(row) is None:
                self.report.rows[self.shape.oid] = 2
                return

    def _first(self) -> Row:
        row: Row = {}
        for column in self.shape.columns:
            if column.generated or column.identity or column.has_default:
                continue
            values = self._values(column, 0)
            if values:
                row[column.number] = values[0]
            elif column.not_null:
                raise CannotSeed(f"no value is known for column {column.name} ({column.type})")
        self._refer(row, 0)
        last: Exception | None = None
        for attempt in itertools.islice(itertools.chain([row], self._variations(row)), _TRIES):
            error = self._insert(attempt)
            if error is None:
                return attempt
            last = last or error
            if self._by_a_trigger(error) and self._insert(attempt, quietly=True) is None:
                self.report.quiet.add(self.shape.oid)
                return attempt
        if self._insert(row, quietly=True) is None:
            self.report.quiet.add(self.shape.oid)
            return row
        diag = getattr(last, "diag", None)
        raise CannotSeed((diag.message_primary if diag is not None else None) or str(last))

    def _by_a_trigger(self, error: Exception) -> bool:
        """Whether a refusal is about something else than the row itself."""
        diag = getattr(error, "diag", None)
        code = getattr(error, "sqlstate", None) or ""
        return code[:2] not in ("22", "23") or bool(diag and diag.table_name not in (None, self.shape.name))

    def _second(self, first: Row, *, bare: bool) -> Row | None:
        """Another row: like the first, or with NULL where it may be; apart where a key wants it."""
        keys = self.shape.key_columns
        row = dict(first)
        linked = {n for r in self.links for n in r.columns}
        for column in self.shape.columns:
            number = column.number
            if column.generated or column.identity:
                continue
            if bare and not column.not_null and not column.has_default and number not in keys:
                row[number] = None
            elif number in keys and number in row and number not in linked:
                values = self._values(column, 1)
                row[number] = values[0] if values else None
            elif number in keys and column.has_default and number not in linked and column.base == "text":
                row[number] = next(iter(self._values(column, 1)), None)
        try:
            self._refer(row, 1)
        except CannotSeed:
            return None
        return row

    def _variations(self, row: Row) -> Iterator[Row]:
        """Further rows to try: over the columns that CHECKs relate, then over all, defaults spelled out."""
        linked = {n for r in self.links for n in r.columns}
        free = [
            c for c in self.shape.columns if not c.generated and not c.identity and c.number not in linked
        ]
        checked = {n for check in self.shape.checks for n in check.columns}
        related = {n for check in self.shape.checks if len(check.columns) > 1 for n in check.columns}
        linked_null = [c for c in self.shape.columns if c.number in linked & checked and not c.not_null]
        for chosen in (related, checked, {c.number for c in free}):
            varied = [c for c in free if c.number in chosen]
            lists: list[list[str | None]] = []
            for column in varied:
                values: list[str | None] = [*self._values(column, 0)[:5]]
                if not column.not_null:
                    values.append(None)
                lists.append(values or [None])
            for column in linked_null:
                varied.append(column)
                lists.append([row.get(column.number), None])
            if not varied:
                continue
            for combination in itertools.islice(itertools.product(*lists), _TRIES // 3):
                yield {**row, **{c.number: v for c, v in zip(varied, combination, strict=True)}}

    def _values(self, column: Column, which: int) -> list[str]:
        """The candidates that the column's type and the CHECKs on it alone let through."""
        known = self._known.get((column.number, which))
        if known is not None:
            return known
        checks = [c.expression for c in self.shape.checks if c.columns == (column.number,)]
        about = [c.expression for c in self.shape.checks if column.number in c.columns]
        table = f"{self.shape.schema}.{self.shape.name}"
        key = column.number in self.shape.key_columns
        values = candidates(table, column, about, key=key, row=which)
        if checks or column.domain_checks or column.base == "numeric" or column.kind == "c":
            passing = []
            for value in values[:_PASSING_TRIES]:
                if self._passes(column, checks, value):
                    passing.append(value)
                    if len(passing) == 5:
                        break
            values = passing
        self._known[column.number, which] = values
        return values

    def _passes(self, column: Column, checks: Sequence[str], value: str) -> bool:
        import psycopg

        condition = " AND ".join(f"(({check}) IS NOT FALSE)" for check in checks) or "true"
        made = f"::{column.type} AS {quote(column.name)}) AS {quote(self.shape.name)}"
        text = f"SELECT {condition.replace('%', '%%')} FROM (SELECT %s{made.replace('%', '%%')}"
        try:
            with self.connection.transaction():
                row = self.connection.execute(text.encode(), (value,), prepare=False).fetchone()
        except psycopg.Error:
            return False
        return row is not None and bool(row[0])

    def _refer(self, row: Row, which: int) -> None:
        """Point the references to rows that are there; NULL where there are none, or in a second row."""
        for link in self.links:
            columns = [self.shape.column(n) for n in link.columns]
            if any(n in row and row[n] is None and self._other(link, n) for n in link.columns):
                continue
            nullable = next((c for c in columns if not c.not_null), None)
            if nullable is not None and which and not set(link.columns) & set(self.shape.primary):
                row[nullable.number] = None
                continue
            if link.parent == self.shape.oid:
                for number, target in zip(link.columns, link.targets, strict=True):
                    row[number] = None if not self.shape.column(number).not_null else row.get(target)
                continue
            found = self._parent(link, which if set(link.columns) & self.shape.key_columns else 0)
            if found is not None:
                row.update(zip(link.columns, found, strict=True))
            elif nullable is not None:
                row[nullable.number] = None
            else:
                names = ", ".join(c.name for c in columns)
                raise CannotSeed(
                    f"{names} must refer to a row of {self.parents[link.parent].shown}, which has none"
                )
        for column in self.shape.columns:
            if column.generated:
                row.pop(column.number, None)

    def _other(self, link: Reference, number: int) -> bool:
        """Whether another reference has set this column to NULL already."""
        return any(r is not link and number in r.columns for r in self.links)

    def _parent(self, link: Reference, at: int) -> tuple[str | None, ...] | None:
        parent = self.parents[link.parent]
        columns = [quote(parent.columns[n]) for n in link.targets]
        selected = ", ".join(f"{c}::text" for c in columns)
        wanted = " AND ".join(f"{c} IS NOT NULL" for c in columns)
        order = ", ".join(columns)
        text = f"SELECT {selected} FROM {parent.relation} WHERE {wanted} ORDER BY {order} LIMIT 1 OFFSET"
        found = self.connection.execute(f"{text} {at}".encode(), prepare=False).fetchone()
        if found is None and at:
            found = self.connection.execute(f"{text} 0".encode(), prepare=False).fetchone()
        return found

    def _count(self) -> bool:
        row = self.connection.execute(
            f"SELECT EXISTS (SELECT FROM {self.relation})".encode(), prepare=False
        ).fetchone()
        return row is not None and bool(row[0])

    def _insert(self, row: Row, *, quietly: bool = False) -> Exception | None:
        """Insert a row; returns the error when it is refused."""
        import psycopg

        names = ", ".join(quote(self.shape.column(n).name) for n in row)
        marks = ", ".join(["%s"] * len(row))
        into = f"INSERT INTO {self.relation}".replace("%", "%%")
        listed = names.replace("%", "%%")
        text = f"{into} ({listed}) VALUES ({marks})" if row else f"{into} DEFAULT VALUES"
        try:
            with self.connection.transaction():
                if quietly:
                    self.connection.execute("SET LOCAL session_replication_role = replica", prepare=False)
                self.connection.execute(text.encode(), list(row.values()), prepare=False)
                if quietly:
                    self.connection.execute("SET LOCAL session_replication_role = origin", prepare=False)
        except psycopg.Error as error:
            return error
        return None
