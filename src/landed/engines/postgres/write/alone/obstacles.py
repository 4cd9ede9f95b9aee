"""What is in the way of an index that is built CONCURRENTLY: INVALID ones of its name, and other sessions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from landed.core.applied import Consent
from landed.core.errors import Busy, Code, NeedsConfirmation, Where
from landed.core.migration import Migration
from landed.core.next import APPLY, Command, Next
from landed.engines.postgres.connect.asking import ask, relation_named
from landed.engines.postgres.connect.sessions import Blocker, shown
from landed.engines.postgres.write.alone.subject import Subject
from landed.engines.postgres.write.alone.subjects import subject_of
from landed.engines.postgres.write.indexes import Index

if TYPE_CHECKING:
    from psycopg import Connection

# Whom CREATE INDEX CONCURRENTLY would wait for: writers of the table, and snapshots in this database.
_IN_THE_WAY = """\
SELECT a.pid, a.usename::text, coalesce(nullif(a.application_name, ''), a.backend_type, ''), a.state, a.query,
       extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::float8,
       CASE WHEN w.pid IS NOT NULL THEN %(shown)s::text END, w.mode, pg_catalog.host(a.client_addr)
FROM pg_catalog.pg_stat_activity a
LEFT JOIN LATERAL (
    SELECT l.pid, l.mode FROM pg_catalog.pg_locks l
    WHERE l.pid = a.pid AND l.granted AND l.relation = pg_catalog.to_regclass(%(table)s)
      AND l.mode NOT IN ('AccessShareLock', 'RowShareLock') LIMIT 1) w ON true
WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
  AND a.backend_type = 'client backend' AND (w.pid IS NOT NULL OR a.backend_xmin IS NOT NULL)
  AND a.xact_start < pg_catalog.clock_timestamp() - %(old)s * interval '1 second'
  AND a.pid NOT IN (SELECT pid FROM pg_catalog.pg_stat_progress_create_index)
ORDER BY w.pid IS NULL, a.xact_start"""


def refuse_obstacles(
    connection: Connection[Any],
    migration: Migration,
    numbers: Collection[int],
    consent: Consent,
    again: Command = APPLY,
) -> None:
    """Look for INVALID indexes in the way of a file's statements (numbers) before the first of them runs, so
    that a missing consent does not stop the file half-way. Changes nothing; one round trip for each statement
    that builds an index. Raises NeedsConfirmation and Busy as :func:`run_alone`."""
    for statement in migration.statements:
        if statement.number in numbers:
            subject = subject_of(statement)
            if subject.waits_on:
                subject.look(connection)
                _check(
                    subject,
                    migration,
                    Where(migration.file, statement.line, statement.number),
                    consent,
                    again,
                )


def clear(
    connection: Connection[Any],
    subject: Subject,
    migration: Migration,
    place: str,
    consent: Consent,
    notify: Callable[[str], None],
    again: Command,
) -> None:
    """Drop the INVALID indexes in the way, if the user allows it by name."""
    _check(subject, migration, place, consent, again)
    for index in subject.obstacles():
        notify(f"dropping the INVALID index {index.shown}")
        connection.execute(index.drop, prepare=False)
    if subject.obstacles():
        subject.look(connection)


def _check(subject: Subject, migration: Migration, place: str, consent: Consent, again: Command) -> None:
    for index in subject.obstacles():
        if index.builder is not None:
            raise Busy(
                f"another session is building the index {index.shown} at this moment",
                code=Code.LOCK,
                details=[f"pid {index.builder} is at it: the index is INVALID until it has finished"],
                where=place,
                next=Next("wait until it has finished, then: ", again),
            )
        if index.allow not in consent.allowed:
            raise _refused(index, migration, place, again)


def _refused(index: Index, migration: Migration, place: str, again: Command) -> NeedsConfirmation:
    return NeedsConfirmation(
        f"{migration.name} creates the index {index.shown}, of which an INVALID one is there already.",
        details=[
            f"a CREATE INDEX CONCURRENTLY that failed earlier left it on {index.table}: {index.harm}",
            "CREATE INDEX … IF NOT EXISTS passes over it without a word, and it stays INVALID",
            f"it is: {index.definition}",
        ],
        where=place,
        next=Next("To have it dropped and built anew: ", resume(migration, again, [index])),
    )


def resume(migration: Migration, again: Command, indexes: Sequence[Index]) -> Command:
    """What runs a file on, allowed to drop indexes: with an INVALID one of its own it is partial, and apply
    refuses it."""
    command = again
    if command.verb == "apply":
        command = command.but("resume", migration.name)
    return command.allowing(index.allow for index in indexes)


def in_the_way(connection: Connection[Any], table: str, old: float) -> tuple[Blocker, ...]:
    """The sessions that building an index on a table (a name in SQL) would wait for, with transactions older
    than so many seconds."""
    rows = ask(
        connection, _IN_THE_WAY, {"table": relation_named(connection, table), "shown": table, "old": old}
    )
    return tuple(
        Blocker(pid, user, application, state, shown(query), age, relation, mode, client)
        for pid, user, application, state, query, age, relation, mode, client in rows
    )
