"""Writing to Postgres: one proven transaction per file, many in one round trip where they only add."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from landed.core.errors import LandedError, NeedsConfirmation, NotProven
from landed.core.migration import Migration
from landed.core.timeline import Step, net_effects
from landed.engines.base import Applied, Consent, UndoPoint
from landed.engines.postgres.sql.segments import Segment
from landed.engines.postgres.write import messages as say
from landed.engines.postgres.write.commands import parts_of
from landed.engines.postgres.write.history import change_ledger, is_recorded
from landed.engines.postgres.write.session import LOCK_TIMEOUT, Session, Writable
from landed.engines.postgres.write.transaction import Part, provide_ledger, run_part

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.core.plan import PlanItem
    from landed.engines.postgres.write.together import Member, Together

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
        refused = say.refusal(migration)
        if refused is not None:
            raise refused
        session = self._session
        session.ready()
        if record:
            provide_ledger(session, migration)
        parts = parts_of(migration, chosen)
        try:
            if len(parts) == 1 and not parts[0].alone:
                numbers = frozenset(parts[0].statements)
                part = Part(migration, step, numbers, step.net, consent, record, last=True)
                outcome, note = run_part(session, part)
            else:
                outcome, note = self._in_parts(migration, step, parts, consent, record)
        except (NotProven, NeedsConfirmation) as error:
            if len(chosen) == len(migration.statements):
                raise
            raise say.resuming(migration, error) from error
        ran = 0 if outcome == "already" else sum(len(part.statements) for part in parts)
        return Applied(migration.name, outcome, ran, time.perf_counter() - started, note=note)

    def apply_next(self, items: Sequence[PlanItem], consent: Consent) -> Iterator[Applied]:
        """Run the next file, or as many of the next as can be sent together. Raises as :meth:`run`."""
        from landed.engines.postgres.write.together import FILES, Member

        whole = takewhile(lambda item: item.record and item.whole, items[:FILES])
        none = True
        for applied in self.run_together([Member(item.migration, item.step) for item in whole]):
            none = False
            yield applied
        if none:
            item = items[0]
            yield self.run(item.migration, item.step, item.statements, consent, record=item.record)

    def run_together(self, members: Sequence[Member]) -> Iterator[Applied]:
        """Run the first of these files (all their statements) in one round trip, as many as can be; gives
        those that are committed and recorded. What is not given has to be :meth:`run`, maybe all.

        Each file is a transaction of its own, in which the server compares its facts before the history row
        is written. Raises NotProven, Ambiguous, Interrupted, CannotKnow after giving what is committed.
        """
        from landed.engines.postgres.write.together import Together

        self._session.ready()
        if self._together is None:
            self._together = Together(self._session)
        fit = self._together.fit(members)
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

    def _in_parts(
        self, migration: Migration, step: Step, parts: Sequence[Segment], consent: Consent, record: bool
    ) -> tuple[str, str]:
        session = self._session
        if record and is_recorded(session, migration):
            return "already", ""
        import psycopg

        from landed.engines.postgres.write.segment import refuse_obstacles

        done: list[int] = []
        notes: list[str] = []
        try:
            refuse_obstacles(session, migration, parts, consent)
            for at, segment in enumerate(parts):
                numbers = frozenset(segment.statements)
                if segment.alone:
                    notes.append(_alone(session, migration, step, segment, consent))
                else:
                    last = at == len(parts) - 1
                    net = step.net if last else _net_of(step, numbers)
                    part = Part(migration, step, numbers, net, consent, record and last, last)
                    outcome, note = run_part(session, part)
                    notes.append(note)
                    if outcome == "already":
                        return outcome, note
                done += segment.statements
            if not parts or parts[-1].alone:
                part = Part(migration, step, frozenset(), step.net, consent, record, last=True)
                outcome, note = run_part(session, part)
                notes.append(note)
        except (LandedError, psycopg.Error) as error:
            told = error if isinstance(error, LandedError) else say.not_answered(migration, error)
            committed = [s for s in migration.statements if s.number in done]
            if not committed:
                raise told from error.__cause__ if told is error else error
            all_ran = len(done) == sum(len(part.statements) for part in parts)
            raise say.half_way(migration, told, committed, all_ran=all_ran) from error
        return "applied", "; ".join(note for note in notes if note)


def _net_of(step: Step, numbers: Collection[int]) -> dict[Any, Any]:
    return net_effects(trace for trace in step.traces if trace.number in numbers)


def _alone(session: Session, migration: Migration, step: Step, segment: Segment, consent: Consent) -> str:
    from landed.engines.postgres.write.segment import run_segment

    return run_segment(session, migration, step, segment, consent)
