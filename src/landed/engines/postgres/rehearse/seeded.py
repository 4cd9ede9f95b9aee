"""One file on a Postgres shadow with rows: what fails only then, which rows go, which values change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from landed.core.findings import FailureFound, RowsChanged, RowsLost
from landed.core.migration import Migration, Statement
from landed.engines.postgres.rehearse.changes import RowVerdicts
from landed.engines.postgres.rehearse.failures import explained
from landed.engines.postgres.rehearse.rows import TableRows, read_rows
from landed.engines.postgres.shadow.replay.observe import Observer, Table, Touch
from landed.engines.postgres.shadow.replay.observe_run import Refusal, Trial
from landed.engines.postgres.shadow.seed.seed import seed
from landed.engines.postgres.shadow.seed.tables import Reference
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.tokens import quote


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
    with trial.lent():
        report = seed(trial.connection, [(oid, t.schema, t.name) for oid, t in tables.items()], links)
        rows = read_rows(trial.connection, tables)
    observer.touched()
    verdicts = RowVerdicts(tables, tuple(links), rows)
    witness = _Witness(trial, verdicts, expected)
    trial.run(migration, observer, witness)
    notes = [
        f"no row could be made for table {tables[oid]}: {why}"
        for oid, why in report.skipped.items()
        if oid in watched
    ]
    return SeededFile(
        tuple(witness.failures), tuple(verdicts.lost), tuple(verdicts.changed), (*notes, *verdicts.notes)
    )


@dataclass(slots=True)
class _Witness:
    """Watches a file's statements run on rows."""

    trial: Trial
    verdicts: RowVerdicts
    expected: frozenset[int]
    failures: list[FailureFound] = field(default_factory=list)
    _columns: dict[int, frozenset[str]] = field(default_factory=dict)
    _emptied: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._columns = {
            oid: frozenset(name for name, _ in rows.columns.values()) for oid, rows in self._rows.items()
        }

    @property
    def _rows(self) -> dict[int, TableRows]:
        return self.verdicts.rows

    def before(self, statement: Statement) -> None:
        """Nothing to do."""

    def ran(self, statement: Statement, touches: Sequence[Touch]) -> None:
        """See what became of the rows of the tables that a statement touched."""
        touched = {
            t.table: t.gone
            for t in touches
            if t.table in self._rows
            and (t.rows or t.rewritten or t.gone or t.taken == "AccessExclusiveLock" or t.scanned)
        }
        if not touched:
            return
        with self.trial.lent():
            now = read_rows(self.trial.connection, touched, self._rows)
            # Without the casts that comparing takes: what the next statement is compared with.
            plain = read_rows(self.trial.connection, touched) if _retyped(self._rows, now) else now
        for oid in sorted(touched):
            if oid in now or touched[oid]:
                self.verdicts.judge(statement, oid, now.get(oid))
            if oid in plain:
                self._rows[oid] = plain[oid]
            else:
                del self._rows[oid]

    def refused(self, statement: Statement, why: Refusal, *, at_end: bool) -> bool:
        """Report a failure, and take the rows away that caused it."""
        if statement.number in self.expected:
            return False
        if self._emptied and why.code[:2] == "P0":
            # A guard of the file's own, which misses the rows that were taken away here.
            return False
        oid = self._oid(why)
        if not any(f.statement == statement.number for f in self.failures):
            new = oid is not None and why.column not in self._columns.get(oid, frozenset())
            unfilled = new and oid not in self.verdicts.written
            self.failures.append(explained(statement, why, at_end=at_end, unfilled=unfilled))
        about = {oid} if oid is not None and oid not in self._emptied else self._named(statement)
        if not about - self._emptied:
            about = set(self._rows)
        return bool(about - self._emptied) and self._empty(about)

    def _oid(self, why: Refusal) -> int | None:
        return next(
            (oid for oid, rows in self._rows.items() if (rows.schema, rows.name) == (why.schema, why.table)),
            None,
        )

    def _named(self, statement: Statement) -> set[int]:
        said = head_of(statement).names_anywhere
        return {oid for oid, rows in self._rows.items() if rows.name in said}

    def _empty(self, about: set[int]) -> bool:
        """Take all rows of these tables, and what refers to them, away; ``False``: it is not allowed."""
        import psycopg

        while more := {r.child for r in self.verdicts.links if r.parent in about} - about:
            about = about | more
        self._emptied |= about
        connection = self.trial.connection
        with self.trial.lent():
            # Named by now: an earlier statement may have renamed or dropped one.
            names = connection.execute(
                "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
                " ON n.oid = c.relnamespace WHERE c.oid = ANY (%s::pg_catalog.oid[])",
                ("{" + ",".join(map(str, about)) + "}",),
                prepare=False,
            ).fetchall()
            try:
                with connection.transaction():
                    connection.execute("SET LOCAL session_replication_role = replica", prepare=False)
                    for schema, name in names:
                        connection.execute(
                            f"DELETE FROM {quote(schema)}.{quote(name)}".encode(), prepare=False
                        )
                    connection.execute("SET LOCAL session_replication_role = origin", prepare=False)
            except psycopg.Error:
                return False
            self._rows.update(read_rows(connection, self._rows))
        return True


def _retyped(before: Mapping[int, TableRows], now: Mapping[int, TableRows]) -> bool:
    return any(
        number in before[oid].columns and before[oid].columns[number][1] != kind
        for oid, rows in now.items()
        for number, (_, kind) in rows.columns.items()
    )
