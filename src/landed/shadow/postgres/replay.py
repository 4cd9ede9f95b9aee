"""Replaying migrations in a throw-away Postgres and taking the effects of every statement."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from landed.catalog.postgres.scope import Scope
from landed.catalog.postgres.tracker import Tracker
from landed.core.facts import EXISTS
from landed.core.migration import Migration, Statement
from landed.core.timeline import DataCheck, Failure, StatementTrace, Step, net_effects
from landed.sql.postgres_segments import Segment, segments, transaction_trap
from landed.sql.postgres_traits import traits

if TYPE_CHECKING:
    import psycopg

    from landed.shadow.postgres.databases import Scratch


class PostgresReplayer:
    """A shadow database and what it holds; replays one migration at a time.

    User SQL runs as the baseline's role, cut into transactions as ``apply`` cuts it. A statement that
    fails is taken back to a savepoint and does not stop the rest.
    """

    def __init__(self, scratch: Scratch, scope: Scope) -> None:
        self.connection: psycopg.Connection[Any] = scratch.connect(scratch.server.role)
        self.tracker = Tracker(self.connection, scope)
        self._ready = False

    def replay(self, migration: Migration) -> Step:
        """Run one file; returns its step. Raises nothing for SQL that fails."""
        parsed = migration.parsed
        if not self._ready:
            self.tracker.begin()
            self._ready = True
        traces: dict[int, StatementTrace] = {}
        failures: list[Failure] = []
        self._reset()
        for segment in segments(parsed.statements):
            chosen = [s for s in parsed.statements if s.number in segment.statements]
            (self._alone if segment.alone else self._batch)(segment, chosen, traces, failures)
        for statement in parsed.statements:
            traces.setdefault(statement.number, StatementTrace(statement.number, statement.line, ()))
        trap = transaction_trap(parsed.statements)
        if trap is not None:
            failures.append(Failure(trap.statement, trap.line, trap.text))
        self._reset()
        done = tuple(traces[s.number] for s in parsed.statements)
        net = net_effects(done)
        dropped = sorted(
            k.name for k, (_, after, _) in net.items() if k.kind == "table" and _gone(k.prop, after)
        )
        return Step(
            name=migration.name,
            digest=migration.digest,
            traces=done,
            failures=tuple(sorted(failures, key=lambda f: f.statement)),
            checks=tuple(
                DataCheck(0, v.line, v.sql, " ".join(v.sql.split())[:100], derived=False)
                for v in parsed.verifies
            ),
            dropped=tuple(dropped),
            guarded=bool(dropped),
            net=net,
        )

    def close(self) -> None:
        """Close the connection; the database is dropped by whoever made it."""
        self.connection.close()

    def _reset(self) -> None:
        with contextlib.suppress(self._errors()):
            self.connection.execute("RESET SESSION AUTHORIZATION")
            self.connection.execute("RESET ROLE")
            self.connection.execute("RESET ALL")

    def _batch(
        self,
        segment: Segment,
        statements: Sequence[Statement],
        traces: dict[int, StatementTrace],
        failures: list[Failure],
    ) -> None:
        """Statements that commit together: one transaction, a savepoint around each."""
        self.connection.execute("BEGIN")
        self.tracker.begin()
        for statement in statements:
            if traits(statement.text).transaction:
                continue
            self.connection.execute("SAVEPOINT landed_statement")
            try:
                self.connection.execute(statement.text.encode())
                traces[statement.number] = self._trace(statement, self.tracker.changes())
                self.connection.execute("RELEASE landed_statement")
            except self._errors() as error:
                failures.append(_failure(statement, error))
                self.connection.execute("ROLLBACK TO landed_statement")
                self.tracker.changes(everything=True)
                traces[statement.number] = StatementTrace(statement.number, statement.line, (), weak=True)
        try:
            self.connection.execute("COMMIT")
        except self._errors() as error:
            # Deferred constraints speak at the end: nothing of the batch is there.
            failures.append(_failure(statements[-1], error))
            self.connection.rollback()
            self.tracker.changes(everything=True)
            for statement in statements:
                traces[statement.number] = StatementTrace(statement.number, statement.line, ())

    def _alone(
        self,
        segment: Segment,
        statements: Sequence[Statement],
        traces: dict[int, StatementTrace],
        failures: list[Failure],
    ) -> None:
        """A statement that PostgreSQL runs outside of transaction blocks only."""
        for statement in statements:
            try:
                self.connection.execute(statement.text.encode())
            except self._errors() as error:
                failures.append(_failure(statement, error))
            effects = self.tracker.changes(everything=True)
            traces[statement.number] = self._trace(statement, effects)

    def _trace(self, statement: Statement, effects: Any) -> StatementTrace:
        if not _VERSION.search(statement.text):
            # Which version an extension comes in is the server's choice, another on every one of them.
            effects = tuple(c for c in effects if not (c.key.kind == "extension" and c.key.prop == "version"))
        return StatementTrace(statement.number, statement.line, effects, traits(statement.text).writes_rows)

    def _errors(self) -> type[Exception]:
        import psycopg

        return psycopg.Error


_VERSION = re.compile(r"\bversion\b|\bupdate\s+to\b", re.IGNORECASE)


def _gone(prop: str, after: str | None) -> bool:
    return prop == EXISTS and after is None


def _failure(statement: Statement, error: Exception) -> Failure:
    diag = getattr(error, "diag", None)
    message = (diag.message_primary if diag is not None else None) or str(error).strip()
    code = getattr(error, "sqlstate", None)
    return Failure(statement.number, statement.line, f"{message} ({code})" if code else message)


def replay_all(
    scratch: Scratch,
    scope: Scope,
    migrations: Sequence[Migration],
    progress: Callable[[int, str], None] | None = None,
) -> list[Step]:
    """Replay files in order in one shadow database."""
    replayer = PostgresReplayer(scratch, scope)
    try:
        steps = []
        for index, migration in enumerate(migrations):
            if progress is not None:
                progress(index, migration.name)
            steps.append(replayer.replay(migration))
        return steps
    finally:
        replayer.close()
