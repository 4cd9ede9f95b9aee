"""Local D1 databases and plain SQLite files as targets: writing, one proven transaction per file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import apsw

from landed.core import underway
from landed.core.applied import Applied, Consent, UndoPoint
from landed.core.codes import code_of
from landed.core.errors import Busy, CannotKnow, Code, LandedError, NotProven, Where
from landed.core.facts import FactKey
from landed.core.migration import Migration, Statement
from landed.core.next import APPLY, DOCTOR, STATUS, Next
from landed.core.oneoff import Outcome, Script
from landed.core.stopping import heard, held
from landed.core.timeline import Step
from landed.engines import say
from landed.engines.clock import Clock
from landed.engines.sqlite import messages, rowguard
from landed.engines.sqlite.catalog.tracker import SchemaTracker
from landed.engines.sqlite.holders import holders
from landed.engines.sqlite.ledger import LEDGER, check_independent, check_writable, has_trigger, trigger_now
from landed.engines.sqlite.oneoff import run
from landed.engines.sqlite.proof import Proof, Watched
from landed.engines.sqlite.references import is_mismatch, mismatches
from landed.engines.sqlite.shadow.bounded import execute, place_of
from landed.engines.sqlite.shadow.reason import code_of as code_of_error
from landed.engines.sqlite.shadow.sandbox import explain_refusal, restrict, unrestricted
from landed.engines.sqlite.sql.tokens import quote
from landed.engines.sqlite.sql.transactions import left_out
from landed.engines.usual import OneByOne


class SqliteWriter(OneByOne):
    """A writing session. Every method is one transaction: all of it happened, or nothing."""

    undo: UndoPoint | None = None
    """A file has no Time Travel."""

    def __init__(
        self,
        connection: apsw.Connection,
        path: Path,
        mode: str,
        ledger_table: str,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock
        self._connection = connection
        self._path = path
        self._mode = mode
        self._ledger = ledger_table
        # With its schema: a temporary table of a file's would go before it.
        self._table = f"main.{quote(ledger_table)}"
        self._observer = restrict(connection, mode)
        self._tracker = SchemaTracker(connection, ledger_table, lambda: unrestricted(connection))
        self._version: int | None = None
        self._older: frozenset[FactKey] | None = None
        """What was there before this session's first file: what its own files made, they may take away."""

    def run(
        self,
        migration: Migration,
        step: Step,
        statements: Sequence[int],
        consent: Consent,
        *,
        record: bool = True,
        on_statement: Callable[[Statement], None] | None = None,
    ) -> Applied:
        """Run statements (numbers) of a file in one transaction, prove the effects, record the file.

        The proof is read back inside the transaction: every net effect of the file that ``step``
        shows must be there, no reference may be broken that was whole, no row lost that the file
        does not name, and the file's own checks must be true. Only then the ledger row is written
        and everything committed. Raises NotProven, NeedsConfirmation, Busy; then nothing of the
        file is left behind.
        """
        started = time.perf_counter()
        with self._transaction():
            with unrestricted(self._connection):
                if record and self._is_recorded(migration.name):
                    return Applied(migration.name, "already", 0, 0.0)
                self._refresh()
                watched = Watched(self._connection, self._tracker, self._observer, self._ledger)
                if self._older is None:
                    self._older = frozenset(self._tracker.facts)
                proof = Proof(watched, migration, step, consent, frozenset(statements), self._older)
                proof.before()
            self._observer.take()
            chosen = set(statements) - left_out(self._mode, migration)
            for statement in migration.statements:
                if statement.number in chosen:
                    if on_statement is not None:
                        on_statement(statement)
                    self._execute(migration, statement, proof)
            underway.began(migration.file)
            with unrestricted(self._connection):
                proof.after()
                if record:
                    trigger = trigger_now(self._connection, self._ledger) if proof.may_trigger else None
                    if trigger is not None:
                        raise has_trigger(self._ledger, trigger)
                    self._insert([migration.name])
                version = self._schema_version()
            self._version = None
        self._version = version
        return Applied(migration.name, "applied", len(chosen), time.perf_counter() - started)

    def change_ledger(
        self, add: Sequence[str], remove: Sequence[str], rename: Sequence[tuple[str, str]]
    ) -> None:
        """Change ledger rows, all in one transaction; rows that others changed meanwhile are an error.

        Raises NotProven, Busy, and Interrupted when a signal came too late to roll it back.
        """
        committed = False
        try:
            with held():
                self._change_ledger(add, remove, rename)
                committed = True
        except KeyboardInterrupt:
            if not committed:
                raise
            raise say.ledger_changed([*add, *(new for _, new in rename)]) from None

    def _change_ledger(
        self, add: Sequence[str], remove: Sequence[str], rename: Sequence[tuple[str, str]]
    ) -> None:
        with self._transaction(), unrestricted(self._connection):
            present = self._recorded()
            moved = {old for old, _ in rename}
            missing = [n for n in [*remove, *moved] if n not in present]
            doubled = [n for n in [*add, *(new for _, new in rename)] if n in present and n not in remove]
            if missing or doubled:
                raise NotProven(
                    "The ledger has changed since it was judged; nothing was changed.",
                    code=Code.CHANGED,
                    details=[f"no longer recorded: {n}" for n in missing]
                    + [f"recorded meanwhile: {n}" for n in doubled],
                    next=STATUS,
                )
            if remove or rename:
                check_independent(self._connection, self._ledger)
            table = self._table
            for name in remove:
                self._connection.execute(f"DELETE FROM {table} WHERE name = ?", (name,))
            for old, new in rename:
                self._connection.execute(f"UPDATE {table} SET name = ? WHERE name = ?", (new, old))
            self._insert(add)

    def execute(self, script: Script) -> list[Outcome]:
        """Run one-off statements in one transaction. Raises NotProven, UsageError, Busy."""
        try:
            with self._transaction():
                return run(self._connection, self._observer, script, self._mode)
        except (apsw.BusyError, apsw.LockedError) as error:
            raise self._busy(error) from error
        except apsw.ConstraintError as error:
            raise NotProven(
                f"the statements ran, but they cannot be committed: {error}",
                code=code_of(code_of_error(error)),
                details=["Rows would refer to rows that do not exist. Nothing was changed."],
                next="Correct the statements and run them again.",
            ) from error

    # -- inside a transaction -------------------------------------------------------------------

    def _execute(self, migration: Migration, statement: Statement, proof: Proof) -> None:
        underway.began(migration.file, statement)
        try:
            if self._clock is not None:
                place = place_of(migration, statement, "The rehearsal")
                execute(self._connection, statement.text, self._clock, place)
            else:
                for _ in self._connection.execute(statement.text):
                    pass
        except (apsw.Error, TypeError, ValueError) as error:
            raise self._failed(migration, statement, error, proof) from error
        proof.note(statement)

    def _failed(
        self, migration: Migration, statement: Statement, error: Exception, proof: Proof
    ) -> LandedError:
        if isinstance(error, (apsw.BusyError, apsw.LockedError)):
            return self._busy(error)
        reason = explain_refusal(error, statement.text, self._mode) or str(error)
        details = [
            f"statement {statement.number} of {len(migration.statements)}: {say.excerpt(statement.text)}",
            "The file was rolled back: nothing of it is in the database, and it is not recorded.",
        ]
        advice = Next("Correct the file, then run: ", APPLY.afterwards())
        if isinstance(error, apsw.ConstraintError) and "FOREIGN KEY" in str(error):
            known = rowguard.references(self._tracker.facts)
            rows = {table: count.rows for table, count in proof.counts.items()}
            details += messages.blocked_by_reference(known, statement, rows)
            advice = messages.reference_advice(known, statement)
        if is_mismatch(error):
            with unrestricted(self._connection):
                details += map(str, mismatches(self._connection))
            advice = messages.KEY_ADVICE
        return NotProven(
            f"{migration.name} failed: {reason}",
            code=code_of(code_of_error(error)),
            where=Where(migration.file, statement.line, statement.number),
            details=details,
            next=advice,
        )

    def _refresh(self) -> None:
        if self._version is None or self._schema_version() != self._version:
            self._tracker.reread()

    def _schema_version(self) -> int:
        return int(self._connection.execute("PRAGMA schema_version").get)

    def _recorded(self) -> set[str]:
        with unrestricted(self._connection):
            self._make_ledger()
            return {str(n) for (n,) in self._connection.execute(f"SELECT name FROM {self._table}")}

    def _is_recorded(self, name: str) -> bool:
        self._make_ledger()
        found = self._connection.execute(f"SELECT 1 FROM {self._table} WHERE name = ?", (name,))
        return found.fetchone() is not None

    def _make_ledger(self) -> None:
        if not check_writable(self._connection, self._ledger):
            self._connection.execute(LEDGER.format(table=self._table)).fetchall()

    def _insert(self, names: Sequence[str]) -> None:
        for name in names:
            self._connection.execute(f"INSERT INTO {self._table} (name) VALUES (?)", (name,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """BEGIN IMMEDIATE … COMMIT; any exception, Ctrl-C included, rolls everything back."""
        try:
            with heard(), unrestricted(self._connection):
                self._connection.execute("BEGIN IMMEDIATE")
        except apsw.BusyError as error:
            raise self._busy(error) from error
        except apsw.Error as error:
            raise CannotKnow(
                f"{self._path} cannot be written to: {error}",
                next=Next("Check your rights on the file and its folder: ", DOCTOR),
            ) from error
        try:
            with heard():
                yield
            with unrestricted(self._connection):
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")
        except BaseException:
            self._version = None
            with unrestricted(self._connection):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
            raise

    def _busy(self, error: Exception) -> Busy:
        held = holders(self._path)
        by = ", ".join(held) if held else "another process"
        return Busy(
            f"The database is locked by {by}.",
            code=Code.LOCK,
            details=[f"{self._path}: waited, nothing was changed."],
            next="Stop it or let it finish, then run the same command again.",
        )
