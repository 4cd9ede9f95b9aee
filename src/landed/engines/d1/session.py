"""Writing to a remote D1 database: one request per file, sent once, and the truth about every outcome."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from landed.core import underway
from landed.core.applied import Applied, Consent, UndoPoint
from landed.core.errors import CannotKnow, Code, NotProven, Where
from landed.core.facts import FactKey, holds
from landed.core.migration import Migration
from landed.core.next import STATUS
from landed.core.oneoff import Outcome, Script
from landed.core.timeline import Step
from landed.engines.d1 import outcome
from landed.engines.d1.answers import live_state, rows_of
from landed.engines.d1.batch import (
    CALL_SECONDS,
    Batch,
    build_batch,
    is_large,
    ledger_batch,
    refuse_too_large,
)
from landed.engines.d1.forecast import NOT_SENT, foresee
from landed.engines.d1.ledger import check_writable
from landed.engines.d1.remote import RemoteD1
from landed.engines.live import LiveState
from landed.engines.sqlite.history import history_change, refusal

if TYPE_CHECKING:
    from landed.engines.sqlite.shadow.replay import Replayer


class RemoteD1Session:
    """A session that runs one file after another; ``undo`` is the way back to before its first write."""

    def __init__(self, target: RemoteD1, state: LiveState, undo: UndoPoint | None) -> None:
        self.undo = undo
        self.target = target
        self.state = state
        self._shadow: Replayer | None = None
        self._older: frozenset[FactKey] | None = None
        """What was there before the first file: what the session's own files made, they may take away."""
        self.whole = True
        self.together = True
        """Whether files may still share a request; not after one was refused."""

    def run(
        self,
        migration: Migration,
        step: Step,
        statements: Sequence[int],
        consent: Consent,
        *,
        record: bool = True,
    ) -> Applied:
        """Run statements (numbers) of a file, prove the effects and record the file, in one request.

        The file runs ahead on a copy of the schema first; what would fail there is not sent. After
        any failure the database is read again, and what is true is reported; nothing is sent twice.
        Raises NotProven, NeedsConfirmation, Ambiguous, CannotKnow, Interrupted.
        """
        started = time.perf_counter()
        if record and _is_recorded(self.state, migration.name):
            return Applied(migration.name, "already", 0, 0.0)
        changing = history_change(migration, statements, self.target.ledger_table)
        if changing is not None:
            raise refusal(migration, changing, self.target.ledger_table, NOT_SENT)
        if record:
            check_writable(self.state.rows, self.target.ledger_table)
        refuse_too_large(migration)
        underway.began(migration.file)
        shadow = self.open_shadow()
        try:
            forecast = foresee(
                shadow,
                migration,
                step,
                statements,
                consent,
                sure=self.whole,
                older=self._older or frozenset(),
            )
            batch = build_batch(
                shadow,
                migration,
                step,
                statements,
                consent,
                forecast,
                ledger_table=self.target.ledger_table,
                ledger_exists=self.state.ledger is not None,
                record=record,
            )
            refuse_too_large(migration, batch.size)
            if is_large(batch):
                self.target.notify(
                    f"{migration.name} has {batch.size:,} bytes: D1 stops a call after {CALL_SECONDS} s, and "
                    "then nothing of it is there."
                )
            attempt = outcome.Attempt(
                self.target, migration, step, consent, forecast, batch, self.state, record
            )
            state, note = self._send(attempt)
        except BaseException:
            self.forget_shadow()
            raise
        if state is None:
            self.forget_shadow()
            self.state = self.target.state or self.state
            return Applied(migration.name, "already", 0, time.perf_counter() - started)
        self.go_on_from(state)
        return Applied(
            migration.name, "applied", len(set(statements)), time.perf_counter() - started, note=note
        )

    def go_on_from(self, state: LiveState) -> None:
        """Take in what the database is now."""
        self.state = self.target.state = state
        if self._shadow is not None and not _same_schema(self._shadow, state, self.target.ledger_table):
            self.forget_shadow()

    def read_again(self) -> None:
        """Read the database, of which is not known what it is. Raises CannotKnow."""
        self.state = self.target.read(surely=True)

    def change_ledger(
        self, add: Sequence[str], remove: Sequence[str], rename: Sequence[tuple[str, str]]
    ) -> None:
        """Change ledger rows in one request; rows that others changed meanwhile are an error."""
        changing = bool(remove or rename)
        check_writable(self.state.rows, self.target.ledger_table, changing=changing)
        batch = ledger_batch(
            self.target.ledger_table, add, remove, rename, ledger_exists=self.state.ledger is not None
        )
        wanted = {row.name for row in self.state.ledger or ()} - set(remove) - {old for old, _ in rename}
        wanted |= set(add) | {new for _, new in rename}
        problem: BaseException
        try:
            self.state = self.target.state = self.answer(batch)
            return
        except (CannotKnow, KeyboardInterrupt) as error:
            problem = error
        outcome.after_ledger(self.target, batch, problem, self.state, wanted)

    def execute(self, script: Script) -> list[Outcome]:
        """Run one-off statements in one request. Raises NotProven, UsageError, Ambiguous, CannotKnow."""
        from landed.engines.d1.oneoff import execute

        self.target.state = None
        return execute(self.target, script, self.state)

    def close(self) -> None:
        """Give back the shadow."""
        self.forget_shadow()

    def _send(self, attempt: outcome.Attempt) -> tuple[LiveState | None, str]:
        """The state after the file ran and what to note; ``None`` when somebody else ran it."""
        problem: BaseException
        try:
            state = self.answer(attempt.batch)
        except (CannotKnow, KeyboardInterrupt) as error:
            problem = error
        else:
            _prove(attempt, state, self.undo)
            return state, ""
        return outcome.after_failure(attempt, problem)

    def answer(self, batch: Batch) -> LiveState:
        """Send a batch, once: the schema and ledger that it ends with. Raises CannotKnow."""
        api, place, _ = self.target.connected
        result: Any = api.write(f"{place.path}/query", batch.body, what=self.target.what)
        rows = rows_of(result, len(batch.parts))
        readings = [rows[i] for i, part in enumerate(batch.parts) if part.role == "read"]
        if len(readings) == 1:
            readings.append([])
        return live_state(readings, self.target.ledger_table)

    def open_shadow(self) -> Replayer:
        """A copy of the schema as it is, in which files run ahead; ``whole`` says that it is complete."""
        if self._shadow is None:
            from landed.engines.sqlite.shadow.replay import Replayer

            self._shadow = Replayer("d1", ledger_table=self.target.ledger_table, clock=self.target.clock)
            self.whole = not self._shadow.load(self.state.rows)
            if self._older is None:
                self._older = frozenset(self._shadow.facts)
        return self._shadow

    def forget_shadow(self) -> None:
        """Drop the copy: the schema may be another."""
        if self._shadow is not None:
            self._shadow.close()
            self._shadow = None


def _is_recorded(state: LiveState, name: str) -> bool:
    return any(row.name == name for row in state.ledger or ())


def _same_schema(shadow: Replayer, state: LiveState, ledger_table: str) -> bool:
    from landed.engines.sqlite.catalog.facts import owned
    from landed.engines.sqlite.catalog.tracker import virtual_tables

    virtual = virtual_tables(state.rows)
    live = {(r.type, r.name): r.sql for r in state.rows if owned(r, virtual, ledger_table)}
    return live == {key: row.sql for key, row in shadow.tracker.rows.items()}


def _prove(attempt: outcome.Attempt, state: LiveState, undo: UndoPoint | None) -> None:
    """The whole structural comparison, from the answer to the request that committed."""
    facts = attempt.facts_of(state)
    missing: list[FactKey] = [
        key for key, (_, value, _) in attempt.step.net.items() if not holds(key, value, facts.get(key))
    ]
    recorded = not attempt.record or _is_recorded(state, attempt.migration.name)
    if not missing and recorded:
        return
    name = attempt.migration.name
    shown = [f"{key}: is {facts.get(key, 'not there')}" for key in missing[:8]]
    if not recorded:
        shown.append("it is not recorded in the ledger")
    raise NotProven(
        f"{name} was committed, but the schema that came with the answer does not hold what it should do.",
        code=Code.EFFECTS,
        details=[*shown, *([f"To go back to before: {undo.command}"] if undo else [])],
        where=Where(attempt.migration.file),
        next=STATUS,
    )
