"""Statements that PostgreSQL runs in no transaction: run one by itself, and prove what it did."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from landed.core.applied import Consent
from landed.core.codes import code_of
from landed.core.errors import Ambiguous, Busy, Code, LandedError, NeedsConfirmation, NotProven, Where
from landed.core.migration import Migration, Statement
from landed.core.next import APPLY, BREAK, STATUS, Command, Next
from landed.engines.postgres.connect.asking import ask, relation_named
from landed.engines.postgres.connect.blocking import (
    LOCK_TIMEOUT,
    PAUSES,
    Watcher,
    blocked,
    explain_cancel,
    retrying,
)
from landed.engines.postgres.connect.sessions import Blocker, shown
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.write.alone.subject import Subject
from landed.engines.postgres.write.alone.subjects import subject_of
from landed.engines.postgres.write.indexes import Index, InvalidIndex, invalid_indexes
from landed.engines.postgres.write.say.references import explain

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

__all__ = ["Compare", "InvalidIndex", "invalid_indexes", "refuse_obstacles", "run_alone"]

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


Compare = Callable[["Connection[Any]"], "list[str] | None"]
"""Compares the facts that a statement should leave behind with those of the database: a line for each that is
not so, or ``None`` for a statement that has no facts. Raises psycopg.Error."""


class _InTheWay(Exception):
    """Counts as a lock that was not free: waiting would only begin after something had been made."""

    sqlstate = "55P03"


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


def run_alone(
    connection: Connection[Any],
    migration: Migration,
    statement: Statement,
    consent: Consent,
    compare: Compare,
    *,
    watcher: Watcher,
    notify: Callable[[str], None],
    reconnect: Callable[[], Connection[Any]] | None = None,
    lock_timeout: float = LOCK_TIMEOUT,
    tries: int = 5,
    pauses: Sequence[float] = PAUSES,
    sleep: Callable[[float], None] = time.sleep,
    again: Command = APPLY,
) -> list[str]:
    """Run one statement outside of any transaction, and prove that it did what it says; gives what is worth
    knowing besides.

    ``connection`` is in autocommit mode and in no transaction; ``lock_timeout`` (seconds, 0 is for ever) is
    set on it while the statement runs, unless it has one of its own. Locks that are not free are waited for
    as :func:`retrying` does; what a failed try of this run has left is removed before the next one. CREATE
    INDEX CONCURRENTLY starts only when no old transaction is in the way that it would have to wait for.

    An INVALID index of the same name, left by an earlier failure, is dropped (concurrently) if ``consent``
    has ``drop-invalid-index:schema.name``; otherwise NeedsConfirmation, and nothing was run. ``IF NOT
    EXISTS`` would pass over it in silence. Raises NotProven when the statement failed or its proof did not
    hold, saying what it left and how to remove it; Busy naming who is in the way; Ambiguous when the
    connection was lost and it cannot be known what became of the statement. ``again`` is the command with
    which the user goes on. ``reconnect`` opens a new connection, to look after the first one was lost.
    """
    import psycopg

    place = Where(migration.file, statement.line, statement.number)
    what = f"{migration.name}, statement {statement.number} ({shown(statement.text, 60)})"
    subject = subject_of(statement)
    tried = False

    def attempt() -> None:
        nonlocal tried
        if tried:
            subject.tidy(connection)
        if subject.waits_on and lock_timeout:
            watcher.blockers = _in_the_way(connection, subject.waits_on, lock_timeout)
            if watcher.blockers:
                raise _InTheWay
        tried = True
        connection.execute(subject.command(), prepare=False)

    try:
        with _session(connection, lock_timeout, subject):
            subject.look(connection)
            _clear(connection, subject, migration, place, consent, notify, again)
            retrying(
                attempt,
                notify=notify,
                watcher=watcher,
                what=what,
                tries=tries,
                pauses=pauses,
                sleep=sleep,
                again=again,
                undone="it was given up",
            )
            amiss = _amiss(subject, compare, connection) or []
            notes = subject.notes(connection)
    except Busy as busy:
        if not isinstance(busy.__cause__, (_InTheWay, psycopg.Error)):
            raise
        left, ways = subject.left(connection) if tried else ([], [])
        details = left or ["this statement has changed nothing"]
        raise blocked(what, watcher.blockers, tries, again, [*details, *ways]) from busy.__cause__
    except psycopg.Error as error:
        if connection.closed:
            raise _lost(subject, compare, what, place, watcher.pid, reconnect, again) from error
        raise _failed(connection, subject, migration, statement, error, again) from error
    if amiss:
        left, ways = subject.left(connection)
        raise NotProven(
            f"{what} ran without an error, but what it should have done is not there",
            code=Code.EFFECTS,
            details=[*amiss, *left, *ways],
            where=place,
            next=Next("see what the database holds, correct it, then: ", again.afterwards()),
        )
    return notes


def _amiss(subject: Subject, compare: Compare, connection: Connection[Any]) -> list[str] | None:
    """What is not as the statement says; ``None`` where nothing can tell whether it is."""
    told = [lines for lines in (compare(connection), subject.amiss(connection)) if lines is not None]
    return [line for lines in told for line in lines] if told else None


@contextmanager
def _session(connection: Connection[Any], lock_timeout: float, subject: Subject) -> Iterator[None]:
    """The session's lock_timeout set, and its warnings heard, for the time of one statement."""
    import psycopg

    def hear(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING" and diagnostic.message_primary:
            subject.heard.append(diagnostic.message_primary)

    connection.add_notice_handler(hear)
    row = connection.execute(
        "SELECT pg_catalog.current_setting('lock_timeout'),"
        " CASE WHEN pg_catalog.current_setting('lock_timeout') OPERATOR(pg_catalog.=) '0'"
        " THEN pg_catalog.set_config('lock_timeout', %s, false) END",
        (f"{round(lock_timeout * 1000)}ms",),
        prepare=False,
    ).fetchone()
    assert row is not None
    try:
        yield
    finally:
        connection.remove_notice_handler(hear)
        with suppress(psycopg.Error):
            connection.execute(
                "SELECT pg_catalog.set_config('lock_timeout', %s, false)", (row[0],), prepare=False
            )


def _clear(
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
        next=Next("To have it dropped and built anew: ", _resume(migration, again, [index])),
    )


def _resume(migration: Migration, again: Command, indexes: Sequence[Index]) -> Command:
    """What runs a file on, allowed to drop indexes: with an INVALID one of its own it is partial, and apply
    refuses it."""
    command = again
    if command.verb == "apply":
        command = command.but("resume", migration.name)
    return command.allowing(index.allow for index in indexes)


def _in_the_way(connection: Connection[Any], table: str, old: float) -> tuple[Blocker, ...]:
    rows = ask(
        connection, _IN_THE_WAY, {"table": relation_named(connection, table), "shown": table, "old": old}
    )
    return tuple(
        Blocker(pid, user, application, state, shown(query), age, relation, mode, client)
        for pid, user, application, state, query, age, relation, mode, client in rows
    )


def _failed(
    connection: Connection[Any],
    subject: Subject,
    migration: Migration,
    statement: Statement,
    error: psycopg.Error,
    again: Command,
) -> NotProven:
    """The error for a statement that the server refused: its reason, what it left, what to do."""
    said = error.diag.message_primary or str(error)
    details = [line for line in (error.diag.message_detail, error.diag.message_hint) if line]
    more, advice = (
        explain_cancel(error) if error.sqlstate == "57014" else explain(connection, error, head_of(statement))
    )
    details += more
    left, ways = subject.left(connection)
    details += [*left, *ways]
    if not left:
        details.append("this statement has changed nothing")
    # A named index is in the way of the next run; one that the server named is not.
    named = [index for index in subject.broken(connection) if index.name in statement.text]
    then = _resume(migration, again, named) if left else again.allowing(index.allow for index in named)
    return NotProven(
        f"{migration.name}: statement {statement.number} of {len(migration.statements)} failed: {said}",
        code=code_of(error.sqlstate),
        sqlstate=error.sqlstate,
        details=details,
        where=Where(migration.file, statement.line, statement.number),
        next=Next(advice or "correct the cause", BREAK, "Then run: ", then.afterwards()),
    )


def _lost(
    subject: Subject,
    compare: Compare,
    what: str,
    place: str,
    pid: int,
    reconnect: Callable[[], Connection[Any]] | None,
    again: Command,
) -> LandedError:
    """The error for a connection that broke while the statement ran: the database is read again."""
    import psycopg

    message = f"the connection was lost while {what} ran"
    unknown = Ambiguous(
        message,
        details=["a statement outside of a transaction may go on at the server, or have left half of it"],
        where=place,
        next=STATUS,
    )
    if reconnect is None:
        return unknown
    try:
        with reconnect() as other:
            query = "SELECT query FROM pg_catalog.pg_stat_activity WHERE pid = %s AND state = 'active'"
            running = ask(other, query, (pid,))
            if running:
                return Ambiguous(
                    message,
                    details=[f"the server is still at it (pid {pid}): {shown(running[0][0])}"],
                    where=place,
                    next=Next("wait until it has finished, then: ", again),
                )
            amiss = _amiss(subject, compare, other)
            left, ways = subject.left(other)
    except (psycopg.Error, LandedError):
        return unknown
    if amiss is None:
        unknown.details = (*unknown.details, *left, *ways)
        return unknown
    seen = [f"read again: {line}" for line in amiss or ["what it does is there; it is not recorded yet"]]
    way = Next(STATUS, ", then: ", again.afterwards())
    return NotProven(message, code=Code.CONNECTION, details=[*seen, *left, *ways], where=place, next=way)
