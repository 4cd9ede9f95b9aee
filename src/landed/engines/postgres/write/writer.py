"""Writing to Postgres: one proven transaction per file, many in one round trip where they only add."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from landed.core.applied import Applied, Consent, UndoPoint
from landed.core.errors import NeedsConfirmation, NotProven
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.postgres.write.file import run_units
from landed.engines.postgres.write.history import change_ledger
from landed.engines.postgres.write.proof.remade import made_by
from landed.engines.postgres.write.say.refusals import refusal
from landed.engines.postgres.write.say.unfinished import resuming
from landed.engines.postgres.write.session import LOCK_TIMEOUT, Session, Writable
from landed.engines.postgres.write.transaction import provide_ledger
from landed.engines.postgres.write.unit import Unit, units_of

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.core.plan import PlanItem
    from landed.engines.postgres.write.together import Together

__all__ = ["PgWriter", "open_writer"]


@contextmanager
def open_writer(target: Writable, lock_timeout: str = LOCK_TIMEOUT) -> Iterator[PgWriter]:
    """A writing session, which keeps every other runner of landed out while it lasts.

    ``lock_timeout`` is how long a statement waits for a lock, unless the role, the database or ``PGOPTIONS``
    set that. Raises Busy when another runner is at work, UsageError where nothing can be written (behind a
    transaction pooler, on a replica), CannotKnow.
    """
    session = Session(target, lock_timeout)
    try:
        session.ready()
        yield PgWriter(session)
    finally:
        session.close()


class PgWriter:
    """A writing session. Every file is one transaction, or parts that are each proven before they commit."""

    undo: UndoPoint | None = None
    """A Postgres server has no way back that landed could name."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._together: Together | None = None

    @property
    def connection(self) -> Connection[Any]:
        """The session's connection, in autocommit mode and outside of a transaction."""
        self._session.ready()
        self._session.settled = False
        return self._session.connection

    def run(
        self,
        migration: Migration,
        step: Step,
        statements: Sequence[int],
        consent: Consent,
        *,
        record: bool = True,
    ) -> Applied:
        """Run statements (numbers) of a file, prove what they claim, record the file.

        Everything happens in one transaction, and what ``step`` shows is read back inside of it before the
        history row is written. Statements that PostgreSQL runs in no transaction cut the file in parts:
        each part is proven and committed by itself, and the row is written with the last one. So does the
        file's own COMMIT where what follows relies on it; others, and the BEGIN before them, are left out.
        Raises NotProven and NeedsConfirmation (with what is in the database then), Busy, Ambiguous,
        Interrupted, CannotKnow.
        """
        started = time.perf_counter()
        chosen = frozenset(statements)
        refused = refusal(migration)
        if refused is not None:
            raise refused
        session = self._session
        session.ready()
        if record:
            provide_ledger(session, migration)
        units = units_of(migration, step, chosen, consent, record)
        try:
            outcome, note = run_units(session, units)
        except (NotProven, NeedsConfirmation) as error:
            if len(chosen) == len(migration.statements):
                raise
            raise resuming(migration, error) from error
        self._session.made |= made_by(step)
        ran = 0 if outcome == "already" else sum(len(unit.statements) for unit in units)
        return Applied(migration.name, outcome, ran, time.perf_counter() - started, note=note)

    def apply_next(self, items: Sequence[PlanItem], consent: Consent) -> Iterator[Applied]:
        """Run the next file, or as many of the next as can be sent together. Raises as :meth:`run`."""
        none = True
        for applied in self.run_together(self._whole(items, consent)):
            none = False
            steps = [item.step for item in items if item.migration.name == applied.name]
            self._session.made |= {key for step in steps for key in made_by(step)}
            yield applied
        if none:
            item = items[0]
            yield self.run(item.migration, item.step, item.statements, consent, record=item.record)

    def run_together(self, units: Iterable[Unit]) -> Iterator[Applied]:
        """Run the first of these files (each all in one unit) in one round trip, as many as can be; gives
        those that are committed and recorded. What is not given has to be :meth:`run`, maybe all.

        Each file is a transaction of its own, in which the server compares its facts once the history row is
        written. Raises NotProven, Ambiguous, Interrupted, CannotKnow after giving what is committed.
        """
        from landed.engines.postgres.write.together import Together

        self._session.ready()
        if self._together is None:
            self._together = Together(self._session)
        fit = self._together.fit(units)
        if fit:
            provide_ledger(self._session, fit[0].migration)
            yield from self._together.run(fit)

    def change_ledger(
        self, add: Sequence[str], remove: Sequence[str], rename: Sequence[tuple[str, str]]
    ) -> None:
        """Change history rows as ``supabase migration repair`` does, all in one transaction.

        Names are those of files, or ``<version>_<name>`` for rows without a file. Rows that others changed
        meanwhile are an error (NotProven), and nothing is changed then.
        """
        self._session.ready()
        change_ledger(self._session, add, remove, rename)

    @staticmethod
    def _whole(items: Sequence[PlanItem], consent: Consent) -> Iterator[Unit]:
        """The first of these files that are run whole, in one unit, and recorded."""
        for item in items:
            units = units_of(item.migration, item.step, item.statements, consent, item.record)
            if not item.whole or not item.record or len(units) > 1:
                return
            yield units[0]
