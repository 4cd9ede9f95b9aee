"""One file on a Postgres shadow with rows: what fails only then, which rows go, which values change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import landed.ops.rehearse_postgres_rows as rowbook
from landed.core.migration import Migration, Statement
from landed.ops.rehearse_findings import FailureFound, RowsChanged, RowsLost
from landed.ops.rehearse_postgres_rows import TableRows, read_rows
from landed.shadow.postgres.observe import Observer, Table, Touch
from landed.shadow.postgres.observe_run import Refusal, Trial
from landed.shadow.postgres.seed import seed
from landed.shadow.postgres.seed_tables import Reference
from landed.sql.postgres_tokens import quote, scan, string_value
from landed.sql.postgres_traits import traits

_MADE_UP = "the made-up row has caused this; whether real rows do depends on their values"
_ACTIONS = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


@dataclass(frozen=True, slots=True)
class SeededFile:
    """What rows bring to light."""

    failures: tuple[FailureFound, ...] = ()
    rows_lost: tuple[RowsLost, ...] = ()
    rows_changed: tuple[RowsChanged, ...] = ()
    notes: tuple[str, ...] = ()


def run_seeded(
    trial: Trial,
    migration: Migration,
    observer: Observer,
    links: Sequence[Reference],
    *,
    watched: frozenset[int],
    tables: Mapping[int, Table],
    expected: frozenset[int],
) -> SeededFile:
    """Put rows into ``tables``, run the file, and see what becomes of the rows.

    ``watched`` are those of the tables that the file is known to reach; the others are their parents.

    A statement that fails because of rows is reported, and tried again without rows in the tables that it
    is about, so that what follows it is seen as well. ``expected`` are statements that fail anyhow.
    """
    with trial.elevated():
        report = seed(trial.connection, [(oid, t.schema, t.name) for oid, t in tables.items()], links)
        rows = read_rows(trial.connection, tables)
    observer.touched()
    witness = _Witness(trial, migration, tables, tuple(links), rows, expected)
    trial.run(migration, observer, witness)
    notes = [
        f"no row could be made for table {tables[oid]}: {why}"
        for oid, why in report.skipped.items()
        if oid in watched
    ]
    return SeededFile(
        tuple(witness.failures), tuple(witness.lost), tuple(witness.changed), (*notes, *witness.notes)
    )


@dataclass(slots=True)
class _Witness:
    """Watches a file's statements run on rows."""

    trial: Trial
    migration: Migration
    tables: Mapping[int, Table]
    links: tuple[Reference, ...]
    rows: dict[int, TableRows]
    expected: frozenset[int]
    failures: list[FailureFound] = field(default_factory=list)
    lost: list[RowsLost] = field(default_factory=list)
    changed: list[RowsChanged] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _columns: dict[int, frozenset[str]] = field(default_factory=dict)
    _updated: set[int] = field(default_factory=set)
    _emptied: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._columns = {
            oid: frozenset(name for name, _ in rows.columns.values()) for oid, rows in self.rows.items()
        }

    def before(self, statement: Statement) -> None:
        """Nothing to do."""

    def ran(self, statement: Statement, touches: Sequence[Touch]) -> None:
        """See what became of the rows of the tables that a statement touched."""
        touched = {
            t.table
            for t in touches
            if t.table in self.rows
            and (t.rows or t.rewritten or t.gone or t.taken == "AccessExclusiveLock" or t.scanned)
        }
        if not touched:
            return
        with self.trial.elevated():
            now = read_rows(self.trial.connection, touched, self.rows)
            # Without the casts that comparing takes: what the next statement is compared with.
            plain = read_rows(self.trial.connection, touched) if _retyped(self.rows, now) else now
        said = _identifiers(statement.text)
        for oid in sorted(touched):
            self._judge(statement, said, oid, now.get(oid))
            if oid in plain:
                self.rows[oid] = plain[oid]
            else:
                del self.rows[oid]

    def refused(self, statement: Statement, why: Refusal, *, at_end: bool) -> bool:
        """Report a failure, and take the rows away that caused it."""
        if statement.number in self.expected:
            return False
        if self._emptied and why.code[:2] == "P0":
            # A guard of the file's own, which misses the rows that were taken away here.
            return False
        earlier = any(f.statement == statement.number and f.message == _message(why) for f in self.failures)
        if not earlier and not any(f.statement == statement.number for f in self.failures):
            self.failures.append(self._failure(statement, why, at_end))
        about = self._about(statement, why)
        if not about - self._emptied:
            about = set(self.rows)
        if not about - self._emptied:
            return False
        self._empty(about)
        return True

    # -- failures -------------------------------------------------------------------------------

    def _failure(self, statement: Statement, why: Refusal, at_end: bool) -> FailureFound:
        message = _message(why)
        details: list[str] = []
        advice = None
        weak = True
        if why.code == "23502":
            weak, details, advice = self._nulls(statement, why)
        elif why.code == "55006":
            weak = False
            details = ["rows that this transaction has changed still have checks to come at its commit"]
            advice = (
                "Put SET CONSTRAINTS ALL IMMEDIATE before the statement, or the data change and the DDL into "
                "files of their own. Then run: landed rehearse"
            )
        elif why.detail and why.code[:2] == "23":
            details = [why.detail]
        if at_end:
            details.append("the check that was put off to the commit fails")
        if weak:
            details.append(_MADE_UP)
        return FailureFound(statement.number, statement.line, message, True, weak, tuple(details), advice)

    def _nulls(self, statement: Statement, why: Refusal) -> tuple[bool, list[str], str | None]:
        oid = self._oid(why)
        new = oid is not None and why.column not in self._columns.get(oid, frozenset())
        ddl = not traits(statement.text).writes_rows
        if new and ddl and oid not in self._updated:
            return (
                False,
                [f"every row that is there has NULL in the new column {why.column}"],
                f"Give {why.column} a DEFAULT, or add it without NOT NULL, fill it, and then SET NOT NULL. "
                "Then run: landed rehearse",
            )
        return True, [f"it fails when a row has NULL in {why.column}"] if ddl else [], None

    def _oid(self, why: Refusal) -> int | None:
        return next(
            (oid for oid, rows in self.rows.items() if (rows.schema, rows.name) == (why.schema, why.table)),
            None,
        )

    def _about(self, statement: Statement, why: Refusal) -> set[int]:
        """The tables whose rows a failure is about."""
        oid = self._oid(why)
        if oid is not None and oid not in self._emptied:
            return {oid}
        said = _identifiers(statement.text)
        return {oid for oid, rows in self.rows.items() if rows.name in said}

    def _empty(self, about: set[int]) -> None:
        """Take all rows of these tables, and what refers to them, away."""
        import psycopg

        while True:
            more = {r.child for r in self.links if r.parent in about} - about
            if not more:
                break
            about = about | more
        self._emptied |= about
        with self.trial.elevated():
            connection = self.trial.connection
            connection.execute("SET LOCAL session_replication_role = replica", prepare=False)
            for oid in sorted(about):
                # Named by now: an earlier statement may have renamed or dropped it.
                row = connection.execute(
                    "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
                    " ON n.oid = c.relnamespace WHERE c.oid = %s",
                    (oid,),
                    prepare=False,
                ).fetchone()
                if row is not None:
                    try:
                        with connection.transaction():
                            text = f"DELETE FROM {quote(row[0])}.{quote(row[1])}"
                            connection.execute(text.encode(), prepare=False)
                    except psycopg.Error:
                        continue
            connection.execute("SET LOCAL session_replication_role = origin", prepare=False)
            kept = read_rows(connection, self.rows)
        self.rows.update(kept)

    # -- rows -----------------------------------------------------------------------------------

    def _judge(self, statement: Statement, said: frozenset[str], oid: int, now: TableRows | None) -> None:
        before = self.rows[oid]
        kind = traits(statement.text)
        if now is None and kind.verb == "CREATE":
            # A stand-in of an extension makes way for what the file creates.
            return
        difference = rowbook.compare(before, now)
        named = before.name in said
        if named and not kind.verb.startswith("ALTER"):
            self._updated.add(oid)
        if difference.lost and not named:
            through, advice = self._through_loss(statement, kind.verb, oid, gone=now is None)
            left = max(before.total - difference.lost, 0)
            self.lost.append(
                RowsLost(str(before), before.total, left, through, statement.number, statement.line, advice)
            )
        for column, values in difference.dropped:
            if kind.verb == "DROP" or column not in said:
                self.changed.append(
                    RowsChanged(
                        str(before),
                        column,
                        values,
                        "dropped",
                        "the column is gone",
                        f"{_head(statement.text)} takes the column with it",
                        statement.number,
                        statement.line,
                        "Drop the column by name first, or move its values. Then run: landed rehearse",
                    )
                )
        for change in difference.changes:
            self._change(statement, oid, change, "using" in said, named=named)

    def _change(
        self, statement: Statement, oid: int, change: rowbook.ColumnChange, using: bool, *, named: bool
    ) -> None:
        before = self.rows[oid]
        advice = None
        if change.retyped is not None:
            # With USING its author has said what becomes of the values.
            if using:
                return
            through = f"the change of its type to {change.retyped}"
            advice = (
                "If that is meant, say it: ALTER COLUMN … TYPE … USING …. If not, add a column of the new "
                "type and copy the values. Then run: landed rehearse"
            )
        elif named:
            return
        else:
            link = self._acting(oid, change.column)
            if link is None:
                text = (
                    f"statement {statement.number} also changes rows of {before}: a trigger or function does"
                )
                if text not in self.notes:
                    self.notes.append(text)
                return
            deleting = traits(statement.text).verb != "UPDATE"
            action = _ACTIONS.get(link.on_delete if deleting else link.on_update, "")
            if action == "CASCADE":
                # A key that follows the one that it refers to.
                return
            through = f"ON {'DELETE' if deleting else 'UPDATE'} {action} of {self._reference(link)}"
        shown = f"{_shown(change.before)} → {_shown(change.after)}"
        self.changed.append(
            RowsChanged(
                str(before),
                change.column,
                change.rows,
                "nulled" if change.after is None else "altered",
                shown,
                through,
                statement.number,
                statement.line,
                advice,
            )
        )

    def _through_loss(
        self, statement: Statement, verb: str, oid: int, *, gone: bool
    ) -> tuple[str, str | None]:
        if gone:
            return f"{_head(statement.text)} drops the table with it", None
        parents = {oid}
        said = _identifiers(statement.text)
        while True:
            links = [r for r in self.links if r.child in parents and r.parent not in parents]
            direct = [r for r in links if self._name_of(r.parent) in said]
            if direct:
                link = next((r for r in direct if r.child == oid), direct[0])
                if verb == "TRUNCATE":
                    return f"TRUNCATE … CASCADE empties {self._reference(link)}", (
                        "Name every table that may be emptied: TRUNCATE a, b without CASCADE fails when one "
                        "is missing. Then run: landed rehearse"
                    )
                action = _ACTIONS.get(link.on_delete, "")
                return f"ON DELETE {action} of {self._reference(link)}".replace("  ", " "), (
                    "If these rows may go, say so with a DELETE that names the table before this statement. "
                    "Then run: landed rehearse"
                )
            if not links:
                return "a trigger or function that the statement sets off", None
            parents |= {r.parent for r in links}

    def _acting(self, oid: int, column: str) -> Reference | None:
        """The foreign key whose action writes this column when rows of another table go or change."""
        columns = self.rows[oid].columns
        return next(
            (
                link
                for link in self.links
                if link.child == oid
                and any(columns.get(n, ("",))[0] == column for n in link.columns)
                and (link.on_delete in "nd" or link.on_update in "cnd")
            ),
            None,
        )

    def _reference(self, link: Reference) -> str:
        child = self.rows.get(link.child)
        columns = ", ".join(child.columns[n][0] for n in link.columns if n in child.columns) if child else "…"
        return f"{self.tables.get(link.child)}({columns}) to {self.tables.get(link.parent)}"

    def _name_of(self, oid: int) -> str:
        rows = self.rows.get(oid)
        table = self.tables.get(oid)
        return rows.name if rows is not None else table.name if table is not None else ""


def _retyped(before: Mapping[int, TableRows], now: Mapping[int, TableRows]) -> bool:
    return any(
        number in before[oid].columns and before[oid].columns[number][1] != kind
        for oid, rows in now.items()
        for number, (_, kind) in rows.columns.items()
    )


def _identifiers(sql: str, depth: int = 3) -> frozenset[str]:
    """The names and key words of a statement, folded; also those inside the bodies that it has."""
    found: set[str] = set()
    for kind, text, _ in scan(sql):
        if kind == "word":
            found.add(text.lower())
        elif kind == "quoted":
            found.add(text.strip('"').replace('""', '"'))
        elif kind in ("dollar", "string") and depth:
            body = string_value(text)
            if body != text:
                found |= _identifiers(body, depth - 1)
    return frozenset(found)


def _head(sql: str) -> str:
    text = " ".join(sql.split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def _message(why: Refusal) -> str:
    return f"{why.message} ({why.code})" if why.code else why.message


def _shown(value: Any) -> str:
    if value is None:
        return "NULL"
    text = str(value)
    return f"'{text}'" if len(text) <= 40 else f"'{text[:39]}…'"
