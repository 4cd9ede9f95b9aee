"""History rows on Postgres: changed as ``supabase migration repair`` changes them, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.codes import trouble_of
from landed.core.errors import Ambiguous, Code, Interrupted, LandedError, NotProven
from landed.core.migration import Migration
from landed.core.next import BREAK, STATUS, Next, landed
from landed.engines.postgres.connect.asking import PATH
from landed.engines.postgres.ledger import copied, delete, match, read_ledger, row_for, upsert
from landed.engines.postgres.ledger_advice import advice, not_kept
from landed.engines.postgres.ledger_name import LedgerTable
from landed.engines.postgres.ledger_shape import refuse_reading, refuse_writing, shape_of, shape_query
from landed.engines.postgres.wire import Command, Lost, Refused, send
from landed.engines.postgres.write.outcome import LATER, before_commit, fate
from landed.engines.postgres.write.say.failures import primary
from landed.engines.postgres.write.session import RESET, Session
from landed.engines.say import ledger_changed

_OPENING = (*RESET, "BEGIN", f"SET LOCAL search_path = {PATH}")
_NOT_CHANGED = "The ledger was not changed"


def is_recorded(session: Session, migration: Migration) -> bool:
    """Whether the file's version has a history row now; the table is there.

    Raises NotProven when the connection is lost: nothing of the file has been sent.
    """
    import psycopg

    try:
        rows = read_ledger(session.connection, session.target.ledger) or ()
    except psycopg.Error as error:
        if not session.connection.closed:
            raise
        raise before_commit(session, migration, error) from error
    version = row_for(migration).version
    return any(row.version == version for row in rows)


def change_ledger(
    session: Session, add: Sequence[str], remove: Sequence[str], rename: Sequence[tuple[str, str]]
) -> None:
    """Change history rows; all of it or nothing. Raises NotProven, Busy, Ambiguous.

    The table is locked against other writers while it is compared with what was judged and changed. A row
    that is renamed becomes that of the file: its version, its name and its statements.
    """
    import psycopg

    from landed.engines.postgres.connect.blocking import retrying

    def attempt() -> None:
        try:
            _provide(session)
            xid = _change(session, add, remove, rename)
        except Refused as failed:
            session.connection.rollback()
            raise _refused(failed, session.target.ledger) from failed.error
        except Lost as lost:
            session.abandon()
            raise NotProven(
                "The ledger was not changed: the connection was lost.",
                code=Code.CONNECTION,
                details=[*str(lost.error).strip().splitlines()[:1], "No COMMIT had been sent."],
                next=STATUS,
            ) from lost.error
        except LandedError:
            session.connection.rollback()
            raise
        except psycopg.Error as error:
            if session.connection.closed:
                raise
            session.connection.rollback()
            raise _refused(Refused(error), session.target.ledger) from error
        except BaseException:
            session.abandon()
            raise
        _commit(session, xid, [*add, *(new for _, new in rename)])

    retrying(attempt, notify=session.target.notify, watcher=session.watcher, what=session.target.ledger.sql)


def _provide(session: Session) -> None:
    session.ready()
    session.provide_ledger(_NOT_CHANGED, landed("repair"))


def _change(
    session: Session, add: Sequence[str], remove: Sequence[str], rename: Sequence[tuple[str, str]]
) -> str:
    ledger = session.target.ledger
    opening = [Command(sql) for sql in _OPENING]
    if session.lock_timeout:
        opening.append(
            Command("SELECT pg_catalog.set_config('lock_timeout', %s, true)", (session.lock_timeout,))
        )
    opening.append(Command(f"LOCK TABLE ONLY {ledger.sql} IN SHARE ROW EXCLUSIVE MODE"))
    opening.append(Command(shape_query(ledger)))
    shape = shape_of(send(session.connection, opening)[-1].rows)
    if shape is None:
        raise NotProven(
            f"{_NOT_CHANGED}: {ledger.sql} is gone.",
            code=Code.HISTORY,
            details=["Nothing was changed."],
            next=STATUS,
        )
    refuse_reading(shape, ledger)
    refuse_writing(shape, ledger, _NOT_CHANGED, landed("repair"))
    rows = copied(session.connection, ledger, shape)
    migrations = session.target.migrations()
    matched = match(migrations, rows)
    present = {seen.name: row.version for seen, row in zip(matched.rows, rows, strict=True)}
    files = {migration.name: migration for migration in migrations}
    leaving = [*remove, *(old for old, _ in rename)]
    coming = [*add, *(new for _, new in rename)]
    missing = [name for name in leaving if name not in present]
    unknown = [name for name in coming if name not in files]
    gone = {present[name] for name in leaving if name in present}
    taken = {row.version for row in rows} - gone
    doubled = [n for n in coming if n in files and row_for(files[n]).version in taken]
    if missing or doubled or unknown:
        raise NotProven(
            "The ledger has changed since it was judged; nothing was changed.",
            code=Code.CHANGED,
            details=[f"no longer recorded: {name}" for name in missing]
            + [f"recorded meanwhile: {name}" for name in doubled]
            + [f"there is no file {name}" for name in unknown],
            next=STATUS,
        )
    changes = [Command(*upsert(ledger, row_for(files[name]))) for name in coming]
    if gone:
        changes.insert(0, Command(*delete(ledger, sorted(gone))))
    changes.append(Command(f"SELECT version::pg_catalog.text FROM {ledger.sql}"))
    changes.append(Command("SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text"))
    *_, left, xid = send(session.connection, changes)
    there, wanted = {row[0] for row in left.rows}, {row_for(files[name]).version for name in coming}
    if wanted - there or (gone - wanted) & there:
        raise NotProven(
            f"The ledger was not changed: {not_kept(ledger)}.",
            code=Code.HISTORY,
            details=["Nothing was changed."],
            next=advice(None, ledger),
        )
    return str(xid.rows[0][0])


def _commit(session: Session, xid: str, names: Sequence[str]) -> None:
    try:
        send(session.connection, [Command("COMMIT", purpose="commit")])
    except Refused as failed:
        session.connection.rollback()
        raise _refused(failed, session.target.ledger) from failed.error
    except (Lost, KeyboardInterrupt) as problem:
        session.abandon()
        found = fate(session, xid, "")
        if isinstance(problem, KeyboardInterrupt) and found.status in ("aborted", "committed"):
            if found.status == "committed":
                raise ledger_changed(names) from None
            raise Interrupted("Interrupted; the ledger was not changed.", next=STATUS) from None
        if found.status == "aborted":
            raise NotProven(
                "The ledger was not changed: the connection was lost.",
                code=Code.CONNECTION,
                details=["The database was read again: the server has rolled the change back."],
                next=STATUS,
            ) from None
        if found.status != "committed":
            raise Ambiguous(
                "It is not known whether the ledger was changed: COMMIT was sent, and the reply was lost.",
                details=[*found.why, "All of the change is there, or nothing of it."],
                next=LATER,
            ) from None


def _refused(failed: Refused, ledger: LedgerTable) -> NotProven:
    diag = failed.error.diag
    return NotProven(
        f"The ledger was not changed: {primary(failed.error)}",
        code=trouble_of(failed.error.sqlstate, Code.HISTORY),
        sqlstate=failed.error.sqlstate,
        details=[*([diag.message_detail] if diag.message_detail else []), "Nothing was changed."],
        next=Next(advice(failed.error.sqlstate, ledger), BREAK, "Then run: ", STATUS),
    )
