"""One transaction of a file on Postgres: statements, proof, history row, commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from landed.core.errors import LandedError
from landed.core.facts import Effects, FactKey
from landed.core.migration import Migration
from landed.core.next import APPLY
from landed.core.timeline import DataCheck
from landed.engines import say as shared
from landed.engines.postgres.connect.advisory import another_session
from landed.engines.postgres.wire import Answer, Command, Lost, Refused, send
from landed.engines.postgres.write.aside import ASIDE, back
from landed.engines.postgres.write.commands import body, keeping, opening, settles
from landed.engines.postgres.write.history import is_recorded
from landed.engines.postgres.write.outcome import after_commit, before_commit
from landed.engines.postgres.write.proof.facts import missing
from landed.engines.postgres.write.proof.objects import consent_for, lost_unnamed, takes_along
from landed.engines.postgres.write.proof.remade import lacking, remade
from landed.engines.postgres.write.rows.guard import RowGuard
from landed.engines.postgres.write.say.failures import check_failed, interrupted, primary, refused
from landed.engines.postgres.write.say.losses import lacks, rows_lost
from landed.engines.postgres.write.say.refusals import records_itself
from landed.engines.postgres.write.session import Session
from landed.engines.postgres.write.unit import Unit

if TYPE_CHECKING:
    import psycopg

    from landed.engines.postgres.catalog.readback import Read
    from landed.engines.postgres.catalog.tracker import Tracker

_XID = "pg_catalog.pg_current_xact_id()::pg_catalog.text"


def provide_ledger(session: Session, migration: Migration) -> None:
    """Make the history table where it is missing, before the first file. Raises NotProven (also where writing
    to it would run code of others), Busy."""
    from landed.engines.postgres.connect.blocking import retrying

    def attempt() -> None:
        try:
            session.provide_ledger(f"{migration.name} was not run", APPLY)
        except Refused as failed:
            session.connection.rollback()
            command = failed.command._replace(purpose="record")
            raise refused(session, migration, command, failed.error) from failed.error
        except Lost as lost:
            raise before_commit(session, migration, lost.error) from lost.error

    retrying(attempt, notify=session.target.notify, watcher=session.watcher, what=session.target.ledger.sql)


def run_unit(session: Session, unit: Unit) -> tuple[str, str]:
    """Run one unit, again where a lock did not come free; gives the outcome (``applied``, ``already``) and a
    note. Raises NotProven, NeedsConfirmation (then nothing of the unit is there), Busy, Ambiguous."""
    from landed.engines.postgres.connect.blocking import retrying

    return retrying(
        lambda: _Transaction(session, unit).run(),
        notify=session.target.notify,
        watcher=session.watcher,
        what=unit.migration.name,
    )


class _Transaction:
    """One try."""

    def __init__(self, session: Session, unit: Unit) -> None:
        session.ready()
        self._session = session
        self._connection: psycopg.Connection[Any] = session.connection
        self._unit = unit
        self._migration = unit.migration
        self._checks = unit.checks
        self._guard = RowGuard(self._connection, unit.migration, unit.step, unit.statements)
        self._remade = remade(unit.step, unit.statements)
        self._takes_along = bool(self._remade) or takes_along(unit.migration, unit.step, unit.statements)
        self._again = False

    def run(self) -> tuple[str, str]:
        try:
            xid = self._until_proven()
        except Refused as failed:
            self._roll_back()
            purpose, state = failed.command.purpose, failed.error.sqlstate
            # Another table, or whatever was prepared is gone.
            if purpose == "shape" and state in ("22012", "26000") and not self._again:
                return self._anew()
            if (purpose, state) in (("guard", "22012"), ("record", "23505")):
                if self._unit.record and is_recorded(self._session, self._migration):
                    return "already", ""
                if purpose == "record":
                    raise records_itself(self._migration) from failed.error
                raise another_session(self._session.capabilities, self._session.target.dsn) from failed.error
            raise self._refused(failed) from failed.error
        except Lost as lost:
            raise before_commit(self._session, self._migration, lost.error) from lost.error
        except LandedError:
            self._roll_back()
            raise
        except BaseException as error:
            # Ctrl-C, or a defect of ours: without a COMMIT nothing of it stays.
            self._session.abandon()
            if isinstance(error, KeyboardInterrupt):
                raise interrupted(self._migration) from None
            raise
        return self._commit(xid)

    def _anew(self) -> tuple[str, str]:
        """The history table is another than the one that was judged: judge what it is now, and try once more.
        Raises NotProven."""
        self._session.ready()
        self._watched(lambda: self._session.look_again(f"{self._migration.name} was not run", APPLY))
        again = _Transaction(self._session, self._unit)
        again._again = True
        return again.run()

    def _until_proven(self) -> str:
        """Statements and proof; gives the transaction's identifier."""
        session = self._session
        started = opening(session, self._unit, settled=session.settled)
        session.settled = False
        statements, reads = body(session, self._unit), self._reads()
        checks = self._check_commands()
        closing = [
            *checks,
            *(Command(r.sql, r.values or None, purpose="read", prepared=r.prepared) for r in reads),
        ]
        tracker: Tracker | None = None
        if self._guard.needed or self._takes_along:
            # Rows are counted, and objects noted, between two round trips.
            own = send(self._connection, [*started, *ASIDE])[-2].rows[0]
            if self._takes_along:
                tracker = self._watched(self._session.tracked)
            self._watched(self._guard.before)
            own = send(self._connection, [back(own), *statements, *ASIDE])[-2].rows[0]
            changed: Effects = ()
            if tracker is not None:
                changed = self._watched(tracker.changes)
                self._objects(changed)
            self._rows()
            if tracker is not None:
                self._lacking(changed, tracker.facts)
            answers = send(self._connection, [back(own), *closing])[1:]
        else:
            answers = send(self._connection, [*started, *statements, *closing])
            answers = answers[len(started) + len(statements) :]
        found = answers[len(checks) :]
        facts = self._session.readback.facts(zip(reads, found, strict=True))
        self._effects(facts)
        self._judge_checks(answers[: len(checks)], checks)
        return str(found[0].rows[0][-1])

    def _commit(self, xid: str) -> tuple[str, str]:
        commands = [*keeping(self._session, self._unit), Command("COMMIT", purpose="commit")]
        try:
            send(self._connection, commands)
        except Refused as failed:
            self._roll_back()
            raise self._refused(failed) from failed.error
        except Lost as lost:
            return after_commit(self._session, self._migration, self._unit.record, xid, lost.error)
        except BaseException as error:
            self._session.abandon()
            return after_commit(self._session, self._migration, self._unit.record, xid, error)
        self._session.settled = settles(self._unit)
        return "applied", ""

    # -- what is sent ---------------------------------------------------------------------------

    def _check_commands(self) -> list[Command]:
        """The file's own checks: read-only, under the settings that a reader has."""
        if not self._checks:
            return []
        return [
            Command("SAVEPOINT landed_checks"),
            Command("SET TRANSACTION READ ONLY"),
            Command("RESET search_path"),
            *(Command(c.sql, purpose="check", line=c.line) for c in self._checks),
            Command("ROLLBACK TO SAVEPOINT landed_checks"),
        ]

    def _reads(self) -> list[Read]:
        text = self._migration.parsed.normalised.lower()
        if "deallocate" in text or "discard" in text:
            self._session.forget_prepared()
        return self._session.readback.commands(self._unit.facts, also=_XID)

    # -- what is judged -------------------------------------------------------------------------

    def _effects(self, facts: Mapping[FactKey, str]) -> None:
        lacking = missing(self._unit, facts)
        if lacking:
            raise shared.effects_missing(self._migration, self._unit.step, lacking, facts)

    def _judge_checks(self, answers: Sequence[Answer], commands: Sequence[Command]) -> None:
        checks = iter(self._checks)
        for command, answer in zip(commands, answers, strict=True):
            if command.purpose != "check":
                continue
            check: DataCheck = next(checks)
            rows = answer.rows
            if len(rows) != 1 or len(rows[0]) != 1:
                raise check_failed(
                    self._migration, check.text, check.line, "the check must give one row with one value"
                )
            if not rows[0][0]:
                raise check_failed(self._migration, check.text, check.line, "")

    def _objects(self, changed: Any) -> None:
        lost = lost_unnamed(self._unit.step, changed)
        refused = [key for key in lost if consent_for(key.object) not in self._unit.consent.allowed]
        if refused:
            allow = [consent_for(key.object) for key in refused]
            raise shared.object_lost(self._migration, refused, allow)

    def _lacking(self, changed: Effects, after: Mapping[FactKey, str]) -> None:
        found = lacking(self._unit.step, self._remade, changed, after, self._session.made)
        refused = [lack for lack in found if lack.allow not in self._unit.consent.allowed]
        if refused:
            raise lacks(self._migration, refused)

    def _rows(self) -> None:
        if not self._guard.needed:
            return
        losses = self._watched(self._guard.after)
        refused = [loss for loss in losses if loss.allow not in self._unit.consent.allowed]
        if refused:
            raise rows_lost(self._migration, refused)

    # -- what went wrong ------------------------------------------------------------------------

    def _watched(self, work: Any) -> Any:
        """Run queries of landed's own; what the server says against them is told like all else."""
        import psycopg

        try:
            return work()
        except psycopg.Error as error:
            if self._connection.closed:
                raise Lost(error) from error
            raise Refused(error, command=Command("", purpose="read")) from error

    def _refused(self, failed: Refused) -> LandedError:
        command, error = failed.command, failed.error
        if command.purpose == "check":
            check = next(c for c in self._checks if c.line == command.line and c.sql == command.sql)
            return check_failed(self._migration, check.text, check.line, primary(error), error=True)
        return refused(self._session, self._migration, command, error)

    def _roll_back(self) -> None:
        """Take everything back; a connection that cannot is closed, which does it, too."""
        import psycopg

        try:
            self._connection.rollback()
        except psycopg.Error:
            self._session.abandon()
        self._session.forget()
