"""After a lost connection: the database is asked what became of the transaction. Nothing is sent twice.

The transaction's own identifier was read before its COMMIT was sent, and PostgreSQL keeps the fate of every
recent one (``pg_xact_status``). So the answer does not depend on what the ledger looks like at that moment.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from landed.core.errors import Ambiguous, CannotKnow, Code, Interrupted, LandedError, NotProven, Where
from landed.core.migration import Migration
from landed.core.next import APPLY, BREAK, STATUS, Next
from landed.core.patience import patiently, until
from landed.engines.postgres.connect.asking import ask
from landed.engines.postgres.ledger import read_ledger
from landed.engines.say import ROLLED_BACK

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from landed.engines.postgres.write.session import Session

Found = TypeVar("Found")

PATIENCE = 12.0
"""Seconds for which the server is tried to be reached again, and its answer to be final."""

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.5)

_LEFT_ALONE = 3
"""So many times a transaction that is still in progress is only asked for."""

LATER = Next("When the database can be reached again: ", STATUS)

_FATE = "SELECT pg_catalog.pg_xact_status(%s::xid8), pg_catalog.pg_postmaster_start_time() > %s::timestamptz"

# Only our own session, and only while it is in this very transaction: its client is gone, so that nothing
# but the end can come of it. In the middle of a COMMIT the server finishes that first.
_END = """\
SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a
WHERE a.pid = %s AND a.backend_xid::text = (%s::numeric %% 4294967296)::text"""

_END_OURS = """\
SELECT pg_catalog.pg_terminate_backend(pid, 3000) FROM pg_catalog.pg_stat_activity
WHERE pid = %s AND backend_start = %s::timestamptz"""

_ANEW = (
    "the server was started anew meanwhile: it may have given the transaction's number to another one since"
)


class Fate(NamedTuple):
    """What became of a transaction: ``committed``, ``aborted``, or ``""`` with ``why`` it could not be found
    out. ``recorded`` is whether the version asked for is in the ledger."""

    status: str
    recorded: bool = False
    why: tuple[str, ...] = ()


class Unknown(Exception):
    """The database could not be asked; ``why`` in lines. A ``final`` one stays so."""

    def __init__(self, *why: str, final: bool = False) -> None:
        super().__init__(*why)
        self.why = why
        self.final = final


def fate(session: Session, xid: str, version: str) -> Fate:
    """Ask the database, on a new connection, until the answer is final. Raises nothing of its own."""
    import psycopg

    def ask_for_it(other: Connection[Any], tried: int) -> Fate:
        try:
            ((status, restarted),) = ask(other, _FATE, (xid, session.began))
        except psycopg.errors.InvalidParameterValue:
            # A number that the server has not reached yet: it crashed before it wrote that down.
            return Fate("aborted")
        if status == "in progress":
            if tried > _LEFT_ALONE:
                ask(other, _END, (session.pid, xid))
            raise Unknown("the server still has the transaction in progress")
        if status is None:
            return Fate("", why=("the server does not keep the fate of transactions that old",))
        recorded = _recorded(session, other, version)
        if restarted and status == "committed" and not recorded:
            return Fate("", why=(_ANEW,))
        return Fate(str(status), recorded)

    try:
        return _reached(session, ask_for_it)
    except Unknown as unknown:
        return Fate("", why=unknown.why)


def afterwards(session: Session, look: Callable[[Connection[Any], frozenset[str]], Found]) -> Found:
    """What ``look`` finds on a new connection, once the session that was lost has ended: nothing of it can
    come any more. It is given the versions that the ledger has then. Raises Unknown."""

    def look_at_it(other: Connection[Any], tried: int) -> Found:
        if ask(other, _END_OURS, (session.pid, session.began)):
            raise Unknown("the server's session that was left behind does not end")
        rows = read_ledger(other, session.target.ledger) or ()
        return look(other, frozenset(row.version for row in rows))

    return _reached(session, look_at_it)


def _reached(session: Session, work: Callable[[Connection[Any], int], Found]) -> Found:
    """What ``work`` gives, on a new connection; both are tried again for a while. It is told how often it
    was tried. Raises Unknown."""
    import psycopg

    pauses = until(time.monotonic() + PATIENCE, PAUSES, Unknown)
    tried = 0

    def tries(other: Connection[Any]) -> Found:
        nonlocal tried
        tried += 1
        return work(other, tried)

    def attempt() -> Found:
        try:
            other = session.target.connect(readonly=True).connection
        except LandedError as error:
            raise Unknown(error.message, *error.details, final=not _may_come_back(error)) from error
        try:
            with other:
                return patiently(lambda: tries(other), pauses)
        except LandedError as error:
            raise Unknown(error.message, *error.details) from error
        except psycopg.Error as error:
            said = str(error).strip().splitlines()
            raise Unknown(said[0] if said else type(error).__name__) from error

    def pause(error: Exception, tried: int) -> float | None:
        return None if isinstance(error, Unknown) and error.final else pauses(error, tried)

    return patiently(attempt, pause)


def before_commit(session: Session, migration: Migration, error: BaseException) -> LandedError:
    """The error for a connection that was lost before any COMMIT was sent: nothing of the part can stay."""
    session.abandon()
    said = str(error).strip().splitlines()
    details = [
        *(said[:1]),
        "No COMMIT had been sent: whatever had run is rolled back by the server, and is not recorded.",
    ]
    return NotProven(
        f"{migration.name} was not applied: the connection was lost while it ran.",
        code=Code.CONNECTION,
        where=Where(migration.file),
        details=[*details, _seen(session)],
        next=Next(STATUS, BREAK, "Then: ", APPLY.afterwards()),
    )


def after_commit(
    session: Session, migration: Migration, record: bool, xid: str, problem: BaseException
) -> tuple[str, str]:
    """What came of a COMMIT whose reply was lost: ``("applied", note)``, or raises NotProven, Ambiguous,
    Interrupted. Raises anything that is not about the connection as it is, if nothing is committed."""
    from landed.engines.postgres.ledger import row_for

    session.abandon()
    name = migration.name
    found = fate(session, xid, row_for(migration).version)
    interrupted = isinstance(problem, KeyboardInterrupt)
    done = "proven and recorded" if record else "proven"
    if found.status == "committed":
        if interrupted:
            raise Interrupted(
                f"Interrupted while {name} was being committed: it is applied, {done}.",
                applied=[name],
                next=STATUS,
            ) from None
        if record and not found.recorded:
            raise NotProven(
                f"{name} was committed, but its history row is gone again.",
                code=Code.HISTORY,
                where=Where(migration.file),
                details=["Another session removed it meanwhile."],
                next=STATUS,
            )
        return "applied", "the reply to COMMIT was lost; the database was read again: it is there" + (
            " and recorded" if record else ""
        )
    if found.status == "aborted":
        if interrupted:
            raise Interrupted(
                f"Interrupted while {name} was being committed: it is not applied.",
                details=[ROLLED_BACK],
                next=STATUS,
            ) from None
        raise NotProven(
            f"{name} was not committed: the connection was lost.",
            code=Code.CONNECTION,
            where=Where(migration.file),
            details=["The database was read again: the server has rolled the transaction back.", ROLLED_BACK],
            next=APPLY,
        ) from None
    raise Ambiguous(
        f"It is not known whether {name} was applied: COMMIT was sent, and the reply was lost.",
        where=Where(migration.file),
        details=[
            *found.why,
            f"It is there whole and recorded, or nothing of it: it is one transaction (number {xid}). It was "
            "not sent again.",
        ],
        next=Next(
            LATER, BREAK, "Then: ", APPLY.afterwards(), "   (a file that is recorded is never run twice)"
        ),
    ) from None


def _seen(session: Session) -> str:
    """Make the end certain: a server that does not see that its client is gone goes on, and keeps locks."""
    import psycopg

    try:
        with session.target.connect(readonly=True).connection as other:
            ended = ask(other, _END_OURS, (session.pid, session.began))
    except LandedError as error:
        return f"The database cannot be reached again at this moment: {error.message}"
    except psycopg.Error as error:
        return f"The database cannot be read again at this moment: {str(error).strip().splitlines()[0]}"
    if ended:
        return "The database was reached again, and the server's session that was left behind is ended."
    return "The database was reached again: the server's session has ended."


def _recorded(session: Session, connection: Connection[Any], version: str) -> bool:
    try:
        rows = read_ledger(connection, session.target.ledger)
    except CannotKnow:
        return False
    return any(row.version == version for row in rows or ())


_ON_ITS_WAY = (
    *("starting up", "shutting down", "recovery mode", "not yet accepting connections"),
    "closed the connection",
)
"""What a server says that is about to be there, or to go."""


def _may_come_back(error: LandedError) -> bool:
    """Whether trying again may help: no answer, or a server that starts or stops; never a refused login."""
    import psycopg

    from landed.engines.postgres.connect.failures import is_network_failure

    cause = error.__cause__ or error.__context__
    if not isinstance(cause, psycopg.Error):
        return False
    said = str(cause)
    return is_network_failure(cause) or any(words in said for words in _ON_ITS_WAY)
