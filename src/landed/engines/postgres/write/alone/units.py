"""The units of a file that PostgreSQL runs in no transaction: each by itself, each proven."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from landed.core.errors import NotProven
from landed.core.migration import Migration
from landed.engines.postgres.sql.settings import with_settings
from landed.engines.postgres.write.outcome import before_commit
from landed.engines.postgres.write.proof.facts import missing, read_back
from landed.engines.postgres.write.say.failures import failed
from landed.engines.postgres.write.session import RESET, Session
from landed.engines.postgres.write.unit import Unit
from landed.engines.say import facts_missing

if TYPE_CHECKING:
    from psycopg import Connection


def refuse_obstacles(session: Session, units: Sequence[Unit]) -> None:
    """Look for what would stop a unit that runs alone, before any unit of the file has run.

    Raises NeedsConfirmation (an INVALID index is in the way), Busy (somebody is building it).
    """
    import psycopg

    from landed.engines.postgres.write.alone import obstacles

    numbers = frozenset().union(*(unit.statements for unit in units if unit.alone))
    if not numbers:
        return
    migration, consent = units[0].migration, units[0].consent
    try:
        _settle(session, migration, numbers)
    except NotProven:
        # A setting of the file needs what the file has yet to make.
        return
    try:
        obstacles.refuse_obstacles(session.connection, migration, numbers, consent)
    except psycopg.Error as error:
        if session.connection.closed:
            raise before_commit(session, migration, error) from error


def run_alone_unit(session: Session, unit: Unit) -> str:
    """Run one statement alone; gives what is worth knowing besides. Raises NotProven, NeedsConfirmation (an
    INVALID index is in the way), Busy, Ambiguous."""
    from landed.engines.postgres.write.alone.run import run_alone

    session.ready()
    session.settled = False
    migration = unit.migration
    _settle(session, migration, unit.statements)
    notes: list[str] = []
    for statement in migration.statements:
        if statement.number in unit.statements:
            notes += run_alone(
                session.connection,
                migration,
                statement,
                unit.consent,
                lambda connection: _not_there(session, unit, connection),
                watcher=session.watcher,
                notify=session.target.notify,
                reconnect=lambda: session.target.connect(readonly=True).connection,
                lock_timeout=session.patience,
            )
    return "; ".join(notes)


def _not_there(session: Session, unit: Unit, connection: Connection[Any]) -> list[str] | None:
    """A line for each fact of the unit that is not there; ``None`` where it has none."""
    if not unit.facts:
        return None
    found = read_back(session, connection, unit.facts)
    return facts_missing(missing(unit, found), found)


def _settle(session: Session, migration: Migration, numbers: Collection[int]) -> None:
    """The session as the file has set it by then. Raises NotProven, CannotKnow."""
    from landed.engines.postgres.wire import Command, Lost, Refused, send

    settings = [s for s in with_settings(migration.statements, numbers) if s.number not in numbers]
    commands = [*(Command(sql) for sql in RESET), *(Command(s.text, statement=s) for s in settings)]
    try:
        send(session.connection, commands)
    except Refused as refused:
        raise failed(migration, refused.command, refused.error, ((), None)) from refused.error
    except Lost as lost:
        raise before_commit(session, migration, lost.error) from lost.error
