"""Replaying migrations in a shadow and taking the effects of every statement from its catalog."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from landed.core.facts import Effects, FactKey
from landed.core.migration import Migration, Statement
from landed.core.timeline import DataCheck, Failure, StatementTrace, Step, net_effects
from landed.engines.clock import Clock
from landed.engines.sqlite.catalog.facts import SchemaRow, owned
from landed.engines.sqlite.catalog.tracker import SchemaTracker, virtual_tables
from landed.engines.sqlite.shadow.bounded import execute, place_of, stretch
from landed.engines.sqlite.shadow.checks import derived_checks
from landed.engines.sqlite.shadow.claims import claimed_effects
from landed.engines.sqlite.shadow.faults import is_fault, told
from landed.engines.sqlite.shadow.reason import REFUSED, code_of, missing_of
from landed.engines.sqlite.shadow.run_check import run_check
from landed.engines.sqlite.shadow.sandbox import Seen, explain_refusal, open_sandbox
from landed.engines.sqlite.shadow.walls import building
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import fold
from landed.engines.sqlite.sql.transactions import left_out

_COPY = ("A copy of the target's schema", "", None)
_CHECKS = ("A look at the rows that a file wrote", "", None)
_BUILD_ORDER = {"table": 0, "index": 1, "view": 2, "trigger": 3}
_HEADER = ("user_version", "application_id")
"""Numbers in a database's header that are the application's own: no fact tells them."""


class Replayer:
    """A shadow database and what it holds; replays one migration at a time.

    ``mode`` is ``"d1"`` (what D1 refuses is refused, foreign keys are enforced, one transaction per
    file) or ``"sqlite"``. ``image`` is the serialised shadow to go on from. ``clock`` bounds what the files
    may take; replays of one command share one.
    """

    def __init__(
        self,
        mode: str,
        *,
        ledger_table: str | None = None,
        image: bytes | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.mode = mode
        self.ledger_table = ledger_table
        self.clock = Clock() if clock is None else clock
        self.connection, self.observer = open_sandbox(mode, image, limits=self.clock.limits)
        self.tracker = SchemaTracker(self.connection, ledger_table, self.observer.lifted)
        self._header: list[object] = [0] * len(_HEADER)
        if image is not None:
            self.tracker.reread()
            self._header = self._numbers()

    @property
    def facts(self) -> dict[FactKey, str]:
        """The facts of the shadow as it stands."""
        return self.tracker.facts

    def load(self, rows: Iterable[SchemaRow]) -> list[str]:
        """Build a given schema instead of replaying; returns what could not be built, and why."""
        problems: list[str] = []
        rows = tuple(rows)
        virtual = virtual_tables(rows)
        with self.observer.lifted(), stretch(self.connection, self.clock, lambda: _COPY):
            self.connection.authorizer = building()
            for row in sorted((r for r in rows if r.sql), key=lambda r: _BUILD_ORDER.get(r.type, 9)):
                if not owned(row, virtual, None):
                    continue
                try:
                    self.connection.execute(row.sql or "").fetchall()
                except _sql_errors() as error:
                    if is_fault(error):
                        raise
                    problems.append(f"{row.type} {row.name}: {error}")
        self.tracker.reread()
        self.observer.take()
        return problems

    def replay(self, migration: Migration) -> Step:
        """Run one file statement by statement; a statement that fails does not stop the rest.

        Raises LimitReached, and Broken where the shadow itself is at fault.
        """
        with told(f"The replay of {migration.name}"):
            return self._replay(migration)

    def _replay(self, migration: Migration) -> Step:
        parsed = migration.parsed
        traces: list[StatementTrace] = []
        failures: list[Failure] = []
        checks = [DataCheck(0, v.line, v.sql, _short(v.sql), derived=False) for v in parsed.verifies]
        derived: list[list[DataCheck]] = []
        dropped: dict[str, None] = {}
        deleted: dict[str, None] = {}
        guarded = False
        skipped = left_out(self.mode, migration)
        self._begin()
        for statement in parsed.statements:
            if statement.number in skipped:
                traces.append(StatementTrace(statement.number, statement.line, ()))
                continue
            trace, failure, seen = self._statement(migration, statement)
            traces.append(trace)
            if failure is not None:
                failures.append(failure)
                continue
            if trace.writes:
                derived.append(derived_checks(statement, self.facts))
            if seen is not None:
                dropped.update(dict.fromkeys(map(fold, seen.dropped_tables)))
                deleted.update(dict.fromkeys(map(fold, seen.deleted_from)))
                guarded = guarded or bool(seen.dropped_tables or seen.pragmas)
        checks += self._true_ones(derived)
        failure = self._commit(parsed.statements)
        if failure is not None:
            failures.append(failure)
        done = tuple(traces)
        return Step(
            name=migration.name,
            digest=migration.digest,
            traces=done,
            failures=tuple(failures),
            checks=tuple(checks),
            dropped=tuple(sorted(dropped)),
            deleted=tuple(sorted(deleted)),
            guarded=guarded,
            net=net_effects(done),
        )

    def _true_ones(self, derived: Iterable[Sequence[DataCheck]]) -> list[DataCheck]:
        """Of the reads for each statement the first that is true once the whole file has run."""
        with stretch(self.connection, self.clock, lambda: _CHECKS):
            found = (
                next((check for check in checks if run_check(self.connection, check)[0]), None)
                for checks in derived
            )
            return [check for check in found if check is not None]

    def image(self) -> bytes:
        """The shadow as bytes, to go on from later."""
        # SQLite asks for the page count on the way, which the mode's rules would refuse.
        with self.observer.lifted():
            return self.connection.serialize("main")

    def close(self) -> None:
        """Close the shadow; it lived in memory only."""
        self.connection.close()

    def _begin(self) -> None:
        with self.observer.lifted():
            self.connection.execute("BEGIN")

    def _commit(self, statements: Sequence[Statement]) -> Failure | None:
        """End the file's transaction; a reference that is still broken is the file's failure."""
        with self.observer.lifted():
            if not self.connection.in_transaction:
                return None
            if self._pending_references():
                from landed.engines.sqlite.references import broken_references

                if self.mode != "d1" or not broken_references(self.connection):
                    self.connection.execute("PRAGMA defer_foreign_keys=off").fetchall()
            try:
                self.connection.execute("COMMIT")
                return None
            except _sql_errors() as error:
                if is_fault(error):
                    raise
                self.connection.execute("PRAGMA defer_foreign_keys=off").fetchall()
                self.connection.execute("COMMIT")
                last = statements[-1]
                return Failure(
                    last.number,
                    last.line,
                    f"at the end of the file: {error}",
                    code=code_of(error),
                    missing=missing_of(error),
                )

    def _pending_references(self) -> bool:
        """Whether SQLite counts references that would make the COMMIT fail; saves a look at all tables."""
        import apsw

        return self.connection.status(apsw.SQLITE_DBSTATUS_DEFERRED_FKS)[0] != 0

    def _statement(
        self, migration: Migration, statement: Statement
    ) -> tuple[StatementTrace, Failure | None, Seen | None]:
        self.observer.take()
        try:
            execute(self.connection, statement.text, self.clock, place_of(migration, statement, "The replay"))
        except _sql_errors() as error:
            self.observer.take()
            if is_fault(error):
                raise
            return self._failed(statement, error)
        seen = self.observer.take()
        effects: Effects = ()
        if seen.ddl:
            effects = self.tracker.new_objects() if seen.created_only else self.tracker.reread()
        writes = bool(seen.inserted_into or seen.updated or seen.deleted_from)
        trace = StatementTrace(
            statement.number, statement.line, effects, writes, blind=self._unread_changes(seen)
        )
        return trace, None, seen

    def _unread_changes(self, seen: Seen) -> tuple[str, ...]:
        """What a statement changed of the database that no fact tells."""
        if seen.pragmas.isdisjoint(_HEADER):
            return ()
        before, self._header = self._header, self._numbers()
        return tuple(name for name, old, new in zip(_HEADER, before, self._header, strict=True) if old != new)

    def _numbers(self) -> list[object]:
        with self.observer.lifted():
            return [self.connection.execute(f"PRAGMA {name}").fetchall()[0][0] for name in _HEADER]

    def _failed(self, statement: Statement, error: Exception) -> tuple[StatementTrace, Failure, None]:
        if not self.connection.in_transaction:
            self._begin()
            self.tracker.reread()
        refused = explain_refusal(error, statement.text, self.mode)
        claims = claimed_effects(head_of(statement), self.facts)
        trace = StatementTrace(statement.number, statement.line, claims, weak=True)
        if refused is not None:
            return trace, Failure(statement.number, statement.line, refused, code=REFUSED), None
        reason = self._with_mismatches(str(error))
        why = Failure(
            statement.number, statement.line, reason, code=code_of(error), missing=missing_of(error)
        )
        return trace, why, None

    def _with_mismatches(self, reason: str) -> str:
        """The engine's words, and which foreign key refers to what is no key, where they are about that."""
        if "foreign key mismatch" not in reason:
            return reason
        from landed.engines.sqlite.references import mismatches

        with self.observer.lifted():
            found = [str(m) for m in mismatches(self.connection) if f'"{m.child}"' in reason]
        return ": ".join([reason, "; ".join(found)]) if found else reason


def _sql_errors() -> tuple[type[Exception], ...]:
    import apsw

    return (apsw.Error, ValueError, TypeError)


def _short(sql: str) -> str:
    folded = " ".join(sql.split())
    return folded if len(folded) <= 100 else folded[:97] + "…"
