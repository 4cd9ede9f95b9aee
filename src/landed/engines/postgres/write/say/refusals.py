"""Why a file is not run as it is: found in its text, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from landed.core.errors import Code, NotProven, Where
from landed.core.flags import Flag
from landed.core.migration import Migration
from landed.core.next import APPLY, Next
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.segments import read_only, refused_trap
from landed.engines.postgres.sql.split import problems

if TYPE_CHECKING:
    pass

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


def records_itself(migration: Migration, line: int = 0) -> NotProven:
    """A file that writes the history row that landed writes; nothing of it is there."""
    return NotProven(
        f"{migration.name} was not run: it writes its own history row, and so does landed.",
        code=Code.HISTORY,
        where=Where(migration.file, line) if line else Where(migration.file),
        details=["Two rows of one version cannot be there.", "Nothing was changed."],
        next=Next("Remove that INSERT from the file. Then run: ", APPLY.afterwards()),
    )
