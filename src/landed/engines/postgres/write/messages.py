"""What landed says when a file may not, or could not, run on Postgres."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from landed.core.codes import code_of, trouble_of
from landed.core.errors import Code, Interrupted, LandedError, NeedsConfirmation, NotProven, Where
from landed.core.flags import Flag
from landed.core.migration import Migration, Statement
from landed.core.next import APPLY, BREAK, DOCTOR, STATUS, Hand, Next, Quoted, landed
from landed.core.next import Command as Shell
from landed.engines.postgres.sql.head import head_of, read_head
from landed.engines.postgres.sql.segments import read_only, refused_trap
from landed.engines.postgres.sql.split import problems
from landed.engines.say import KEEP, ROLLED_BACK, excerpt

if TYPE_CHECKING:
    import psycopg

    from landed.engines.postgres.ledger_name import LedgerTable
    from landed.engines.postgres.wire import Command
    from landed.engines.postgres.write.proof_rows import Loss
    from landed.engines.postgres.write.session import Session

_ADVICE = {
    "open-end": "Remove the file's own BEGIN and COMMIT (landed runs every file in one transaction)",
    "parts": "Remove the file's own BEGIN and COMMIT (landed runs every file in one transaction), or make a "
    "file of each part",
    "rollback": "Remove the ROLLBACK and what it takes back; landed takes a file back whole when it fails",
    "prepare": "Remove PREPARE TRANSACTION: landed commits the file itself, once its effects are proven",
}
_WHY = {
    "open-end": "the Supabase CLI reports such a file as finished, writes no history row for it, and loses "
    "what follows, the next file included (supabase/cli#5047)",
    "parts": "what the first parts commit cannot be taken back when a later statement fails",
}


def refusal(migration: Migration) -> NotProven | None:
    """Why a file cannot be run as it is, or ``None``; found in its text, before anything is run."""
    trap = refused_trap(migration.statements)
    if trap is not None:
        return NotProven(
            f"{migration.name} was not run: {trap.text}.",
            code=Code.NOT_RUNNABLE,
            where=Where(migration.file, trap.line),
            details=[*([_WHY[trap.code]] if trap.code in _WHY else []), "Nothing was changed."],
            next=Next(f"{_ADVICE.get(trap.code, _ADVICE['parts'])}. Then run: ", APPLY.afterwards()),
        )
    reads = read_only(migration.statements)
    if reads is not None:
        return NotProven(
            f"{migration.name} was not run: its transaction is READ ONLY, and landed writes the history row "
            "in the same one.",
            code=Code.NOT_RUNNABLE,
            where=Where(migration.file, reads.line),
            details=["Nothing was changed."],
            next=Next("Remove READ ONLY. Then run: ", APPLY.afterwards()),
        )
    found = problems(migration.text)
    if found:
        first = found[0]
        advice = (
            "Write the rows as INSERT"
            if first.code == Flag.COPY_STDIN
            else "Remove the commands of psql from the file"
        )
        return NotProven(
            f"{migration.name} was not run: {first.text}.",
            code=Code.NOT_RUNNABLE,
            where=Where(migration.file, first.line),
            details=[*(f"line {p.line}: {p.text}" for p in found[1:6]), "Nothing was changed."],
            next=Next(f"{advice}. Then run: ", APPLY.afterwards()),
        )
    for statement in migration.statements:
        head = head_of(statement)
        own = head.verb == "INSERT" and "SCHEMA_MIGRATIONS" in head.words[:8]
        if own and f"'{migration.version}'" in head.literals:
            return records_itself(migration, statement.line)
        if head.to_client:
            return NotProven(
                f"{migration.name} was not run: COPY … "
                f"{'TO stdout' if head.to_client == 'STDOUT' else 'FROM stdin'} "
                "exchanges rows with psql, and there is no psql here.",
                code=Code.NOT_RUNNABLE,
                where=Where(migration.file, statement.line, statement.number),
                details=["Nothing was changed."],
                next=Next(
                    "Remove it from the file, or write its rows as INSERT. Then run: ", APPLY.afterwards()
                ),
            )
    return None


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


def rows_lost(migration: Migration, losses: Sequence[Loss]) -> NotProven | NeedsConfirmation:
    """The error for rows that a file would take away without saying so."""
    allow = landed("apply", allow=[Quoted(loss.allow) for loss in losses])
    silent = [loss for loss in losses if loss.kind not in ("drop-table", "drop-column")]
    details = [_loss(loss) for loss in losses] + [ROLLED_BACK]
    where = _place(migration, silent[0] if silent else losses[0])
    if silent:
        worst = silent[0]
        if all(loss.kind == "break-references" for loss in silent):
            return _broken(migration, worst, details, allow)
        verb = "change" if worst.kind == "change-rows" else "lose"
        return NotProven(
            f"{migration.name} would {verb} {worst.counted} of the table {worst.table} without naming it.",
            code=Code.CASCADE if worst.through else Code.ROWS,
            details=details,
            where=where,
            next=Next(
                Hand(
                    "Rewrite the file so that it keeps these rows, or says with a statement of its own that "
                    "they go."
                ),
                " Then run: ",
                APPLY.afterwards(),
                BREAK,
                "If the rows may go: ",
                allow,
                choice=f"rows of {migration.name}",
            ),
        )
    first = losses[0]
    target = f"column {first.table}.{first.column}" if first.column else f"table {first.table}"
    return NeedsConfirmation(
        f"{migration.name} drops the {target}, which holds data.",
        details=details,
        where=where,
        next=Next("If that data may go, name it: ", allow, KEEP, choice=f"rows of {migration.name}"),
    )


def _broken(migration: Migration, worst: Loss, details: list[str], allow: Shell) -> NotProven:
    where = next(
        (
            Where(migration.file, statement.line, statement.number)
            for statement in migration.statements
            if re.search(r"session_replication_role|disable\s+trigger", statement.text, re.IGNORECASE)
        ),
        migration.file,
    )
    return NotProven(
        f"{migration.name} would leave {worst.counted} of the table {worst.table} that refer to nothing.",
        code=Code.REFERENCES,
        details=[*details[:-1], "the file switches the checks of foreign keys off", details[-1]],
        where=where,
        next=Next(
            Hand("Correct the rows, or take out what switches the checks off."),
            " Then run: ",
            APPLY.afterwards(),
            BREAK,
            "If these rows may stay as they are: ",
            allow,
            choice=f"rows of {migration.name}",
        ),
    )


def _loss(loss: Loss) -> str:
    through = f": {loss.through}" if loss.through else ""
    if loss.kind == "break-references":
        if not loss.rows:
            return f"table {loss.table}: rows may refer to nothing now, {loss.through}"
        return f"table {loss.table}: {loss.counted} would refer to nothing {loss.through}"
    if loss.kind == "drop-table":
        return f"table {loss.table}: dropped with {loss.counted}{through}"
    if loss.kind == "drop-column":
        return f"column {loss.table}.{loss.column}: dropped with {loss.counted}{through}"
    return (
        f"table {loss.table}: {loss.counted} {'deleted' if loss.kind == 'lose-rows' else 'changed'}{through}"
    )


def _place(migration: Migration, loss: Loss) -> Where:
    name = (loss.column or loss.table.rpartition(".")[2]).strip('"')
    for statement in migration.statements:
        if re.search(rf"\bdrop\b.*\b{re.escape(name)}\b", statement.text, re.IGNORECASE | re.DOTALL):
            return Where(migration.file, statement.line, statement.number)
    for statement in migration.statements:
        if re.search(
            rf"\balter\b.*\b{re.escape(name)}\b.*\btype\b", statement.text, re.IGNORECASE | re.DOTALL
        ):
            return Where(migration.file, statement.line, statement.number)
    for statement in migration.statements:
        if head_of(statement).verb in ("TRUNCATE", "DELETE", "MERGE", "WITH", "DO"):
            return Where(migration.file, statement.line, statement.number)
    return Where(migration.file)


def half_way(
    migration: Migration, error: LandedError, committed: Sequence[Statement], *, all_ran: bool
) -> LandedError:
    """The same error for a file of which parts were committed before: it says which statements are there."""
    lines = [
        f"in the database now, committed and proven: statement {s.number} (line {s.line}): {excerpt(s.text)}"
        for s in committed
    ]
    left = "It is NOT recorded."
    if not all_ran:
        left = "What comes after was not run or was rolled back, and the file is NOT recorded."
    return _to_be_resumed(migration, error, [*lines, left])


def resuming(migration: Migration, error: LandedError) -> LandedError:
    """The same error for a file that was being finished: what was there before this run is there still."""
    if ROLLED_BACK not in error.details:
        return _to_be_resumed(migration, error, [])
    back = "What this run did was rolled back; what was there of the file before it still is."
    return _to_be_resumed(migration, error, [back])


def _to_be_resumed(migration: Migration, error: LandedError, lines: Sequence[str]) -> LandedError:
    details = [detail for detail in error.details if detail != ROLLED_BACK]
    kind, way = type(error), error.way
    says_how = isinstance(error, NeedsConfirmation) or way.has_command
    advice = landed("resume", migration.name)
    return kind(
        error.message,
        details=[*details, *lines],
        where=error.where,
        code=error.code,
        sqlstate=error.sqlstate,
        next=(way.instead("apply", "resume", migration.name) or Next(advice))
        if says_how
        else Next("Correct what stopped it, then run: ", advice.afterwards()),
    )


def records_itself(migration: Migration, line: int = 0) -> NotProven:
    """A file that writes the history row that landed writes; nothing of it is there."""
    return NotProven(
        f"{migration.name} was not run: it writes its own history row, and so does landed.",
        code=Code.HISTORY,
        where=Where(migration.file, line) if line else Where(migration.file),
        details=["Two rows of one version cannot be there.", "Nothing was changed."],
        next=Next("Remove that INSERT from the file. Then run: ", APPLY.afterwards()),
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
    from landed.engines.postgres.write.references import explain

    details, advice = explain(session.connection, error, read_head(command.sql))
    return list(details), Next(advice, BREAK, "Then run: ", APPLY.afterwards()) if advice else None
