"""The parts of a file that PostgreSQL runs in no transaction: each by itself, each proven."""

from __future__ import annotations

from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.sql.postgres_segments import Segment
from landed.targets.base import Consent
from landed.targets.pg_writer_session import Session

_RESET = ("RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL")


def run_segment(
    session: Session, migration: Migration, step: Step, segment: Segment, consent: Consent
) -> str:
    """Run one statement alone; gives what is worth knowing besides. Raises NotProven, NeedsConfirmation (an
    INVALID index is in the way), Busy, Ambiguous."""
    from landed.targets.pg_alone import run_alone
    from landed.targets.pg_writer_pipeline import Command, send

    session.ready()
    send(session.connection, [Command(sql) for sql in _RESET])
    notes: list[str] = []
    for statement in migration.statements:
        if statement.number in segment.statements:
            proof = run_alone(
                session.connection,
                migration,
                statement,
                consent,
                watcher=session.watcher,
                notify=session.target.notify,
                reconnect=lambda: session.target.connect(readonly=True).connection,
                lock_timeout=session.patience,
            )
            notes += proof.notes
    return "; ".join(notes)
