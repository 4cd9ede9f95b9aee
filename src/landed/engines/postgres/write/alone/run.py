"""Statements that PostgreSQL runs in no transaction: run one by itself, and prove what it did."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from landed.core import underway
from landed.core.applied import Consent
from landed.core.codes import code_of
from landed.core.errors import Ambiguous, Busy, Code, LandedError, NotProven, Where
from landed.core.migration import Migration, Statement
from landed.core.next import APPLY, BREAK, STATUS, Command, Next
from landed.engines.postgres.connect.asking import ask
from landed.engines.postgres.connect.blocking import (
    LOCK_TIMEOUT,
    PAUSES,
    Watcher,
    blocked,
    explain_cancel,
    retrying,
)
from landed.engines.postgres.connect.sessions import shown
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.write.alone.obstacles import clear, in_the_way, resume
from landed.engines.postgres.write.alone.subject import Subject
from landed.engines.postgres.write.alone.subjects import subject_of
from landed.engines.postgres.write.say.references import explain

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection


Compare = Callable[["Connection[Any]"], "list[str] | None"]
"""Compares the facts that a statement should leave behind with those of the database: a line for each that is
not so, or ``None`` for a statement that has no facts. Raises psycopg.Error."""


class _InTheWay(Exception):
    """Counts as a lock that was not free: waiting would only begin after something had been made."""

    sqlstate = "55P03"


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
            watcher.blockers = in_the_way(connection, subject.waits_on, lock_timeout)
            if watcher.blockers:
                raise _InTheWay
        tried = True
        underway.began(migration.file, statement)
        connection.execute(subject.command(), prepare=False)

    try:
        with _session(connection, lock_timeout, subject):
            subject.look(connection)
            clear(connection, subject, migration, place, consent, notify, again)
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
    then = resume(migration, again, named) if left else again.allowing(index.allow for index in named)
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
