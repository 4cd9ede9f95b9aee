"""Rows that a file would take away without saying so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from landed.core.errors import Code, NeedsConfirmation, NotProven, Where
from landed.core.migration import Migration
from landed.core.next import APPLY, BREAK, Hand, Next, Quoted, landed
from landed.core.next import Command as Shell
from landed.engines.postgres.sql.head import head_of
from landed.engines.say import KEEP, ROLLED_BACK

if TYPE_CHECKING:
    from landed.engines.postgres.write.proof.remade import Lack
    from landed.engines.postgres.write.rows.guard import Loss


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


def lacks(migration: Migration, found: Sequence[Lack]) -> NeedsConfirmation:
    """The error for a table that a file makes anew without what it had."""
    first = found[0]
    name = re.escape(first.table.rpartition(".")[2].strip('"'))
    drop = re.compile(rf"\bdrop\s+table\b.*\b{name}\b", re.IGNORECASE | re.DOTALL)
    statement = next((s for s in migration.statements if drop.search(s.text)), None)
    return NeedsConfirmation(
        f"{migration.name} makes the table {first.table} anew without its {first.what}.",
        details=[*(f"table {lack.table}: {lack.what} is gone afterwards" for lack in found), ROLLED_BACK],
        where=Where(migration.file, statement.line, statement.number) if statement else Where(migration.file),
        next=Next(
            Hand("Carry it over in the file"),
            ", or name it: ",
            landed("apply", allow=[Quoted(lack.allow) for lack in found]),
            choice=f"objects of {migration.name}",
        ),
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
