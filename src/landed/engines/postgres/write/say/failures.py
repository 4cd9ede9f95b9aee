"""A file that the server, or the file's own check, stopped: what was refused, where, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from landed.core.codes import code_of, trouble_of
from landed.core.errors import Code, Interrupted, LandedError, NotProven, Where
from landed.core.migration import Migration, Statement
from landed.core.next import APPLY, BREAK, DOCTOR, STATUS, Next
from landed.engines.postgres.sql.head import read_head
from landed.engines.say import ROLLED_BACK, excerpt

if TYPE_CHECKING:
    import psycopg

    from landed.engines.postgres.ledger_name import LedgerTable
    from landed.engines.postgres.wire import Command
    from landed.engines.postgres.write.session import Session


def primary(error: BaseException) -> str:
    """The server's message with its SQLSTATE, on one line."""
    diag = getattr(error, "diag", None)
    said = (diag.message_primary if diag is not None else None) or str(error).strip() or type(error).__name__
    code = getattr(error, "sqlstate", None)
    return f"{' '.join(said.split())}{f' ({code})' if code else ''}"


def place_in(statement: Statement, error: BaseException) -> tuple[int, str]:
    """The line in the file where the server saw the error, and what stands there (``""``: not said)."""
    position = getattr(getattr(error, "diag", None), "statement_position", None)
    if not position or not str(position).isdigit() or not 0 < int(position) <= len(statement.text):
        return statement.line, ""
    at = int(position) - 1
    line = statement.line + statement.text.count("\n", 0, at)
    rest = statement.text[at : at + 60].split("\n", 1)[0].strip()
    column = at - (statement.text.rfind("\n", 0, at) + 1) + 1
    return line, f"at: {rest}" if line == statement.line else f"line {line}, column {column}: {rest}"


def failed(
    migration: Migration, command: Command, error: psycopg.Error, explained: tuple[Sequence[str], str | None]
) -> LandedError:
    """The error for a statement that the server refused; ``explained`` are further details and advice."""
    diag = error.diag
    details: list[str] = []
    where = Where(migration.file)
    about = ""
    if command.statement is not None:
        statement = command.statement
        line, seen = place_in(statement, error)
        where = Where(migration.file, line, statement.number)
        details.append(
            f"statement {statement.number} of {len(migration.statements)}: {excerpt(statement.text)}"
        )
        if seen:
            details.append(seen)
    elif command.purpose == "constraints":
        about = "a deferred constraint does not hold after the last statement: "
    elif command.purpose == "record":
        about = "its history row could not be written: "
    elif command.purpose == "commit":
        about = "it could not be committed: "
    if diag.message_detail:
        details.append(f"detail: {' '.join(diag.message_detail.split())}")
    if diag.message_hint:
        details.append(f"hint: {' '.join(diag.message_hint.split())}")
    if diag.context and command.statement is not None:
        details.append(f"in: {' '.join(diag.context.split())[:200]}")
    more, advice = explained
    details += more
    details.append(ROLLED_BACK)
    return NotProven(
        f"{migration.name} failed: {about}{primary(error)}",
        code=code_of(error.sqlstate),
        sqlstate=error.sqlstate,
        where=where,
        details=details,
        next=advice
        or Next(
            _ADVICE_BY_CODE.get(error.sqlstate or "", "Correct the file"), ", then run: ", APPLY.afterwards()
        ),
    )


_ADVICE_BY_CODE = {
    "42501": Next(
        "Connect as a role that may do this (",
        DOCTOR.afterwards(),
        " shows what it may), or correct the file",
    ),
}


def refused(session: Session, migration: Migration, command: Command, error: psycopg.Error) -> LandedError:
    """:func:`failed` with what explains it; for the history table, what is wrong with that table."""
    found = explained(session, command, error)
    about_ledger = command.purpose in ("record", "kept", "guard", "moved", "shape") and not found[1]
    if about_ledger and (error.sqlstate or "").startswith(
        ("0A", "22", "23", "42", "44", "55000", "P0", "XX")
    ):
        return _not_recorded(migration, session.target.ledger, command, error)
    return failed(migration, command, error, found)


def _not_recorded(
    migration: Migration, ledger: LedgerTable, command: Command, error: psycopg.Error
) -> NotProven:
    """The error for a file whose history row the table did not take, keep, or show."""
    from landed.engines.postgres.ledger_advice import advice, moved, not_kept

    code = error.sqlstate
    asked = "the history table could not be asked: "
    about = asked if command.purpose in ("guard", "shape") else "its history row could not be written: "
    detail = error.diag.message_detail
    said = primary(error)
    if code == "22012" and command.purpose in ("kept", "moved", "shape"):
        said = not_kept(ledger) if command.purpose == "kept" else moved(ledger)
    return NotProven(
        f"{migration.name} failed: {about}{said}",
        code=Code.HISTORY,
        where=Where(migration.file),
        details=[*([f"detail: {' '.join(detail.split())}"] if detail else []), ROLLED_BACK],
        next=Next(advice(code, ledger), ". Then run: ", APPLY.afterwards()),
    )


def not_answered(migration: Migration, error: psycopg.Error) -> NotProven:
    """The error for a file that stopped because the server refused a question of landed's own: a time-out of
    the role, or a name of the catalog that the search_path leads elsewhere."""
    return NotProven(
        f"{migration.name} was stopped: what landed has to know could not be read: {primary(error)}",
        code=trouble_of(error.sqlstate, Code.UNREADABLE),
        sqlstate=error.sqlstate,
        where=Where(migration.file),
        details=[
            "It is not recorded. A statement that runs outside of a transaction may have been under way."
        ],
        next=Next(STATUS, BREAK, "If that fails, too: ", DOCTOR),
    )


def check_failed(migration: Migration, text: str, line: int, why: str, error: bool = False) -> NotProven:
    """The error for a file whose own check (``-- landed:verify``) is not true, or could not be run."""
    said = "could not be run" if error else "is not true"
    return NotProven(
        f"{migration.name} ran, but its own check {said}: {text}",
        code=Code.OWN_CHECK,
        where=Where(migration.file, line),
        details=[*([why] if why else []), ROLLED_BACK],
        next=Next("Correct the file or the check, then run: ", APPLY.afterwards()),
    )


def interrupted(migration: Migration) -> Interrupted:
    """Stopped by the user before a COMMIT was sent."""
    return Interrupted(
        f"Interrupted while {migration.name} was under way: it is not applied.",
        details=["No COMMIT was sent: the server rolls back whatever had run."],
        where=Where(migration.file),
        next=STATUS,
    )


def explained(session: Session, command: Command, error: psycopg.Error) -> tuple[list[str], str | None]:
    """Further details and advice for an error of the server: what blocks, which rows, which timeout.

    Reads on the session's connection, whose transaction has been rolled back.
    """
    code = error.sqlstate or ""
    if code == "57014":
        from landed.engines.postgres.connect.blocking import explain_cancel

        said, way = explain_cancel(error)
        return list(said), way
    if session.connection.closed or not code or command.purpose == "read":
        return [], None
    from landed.engines.postgres.write.say.references import explain

    details, advice = explain(session.connection, error, read_head(command.sql))
    return list(details), Next(advice, BREAK, "Then run: ", APPLY.afterwards()) if advice else None
