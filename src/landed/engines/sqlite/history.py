"""Files that change the history itself: landed runs none of them.

The ledger says what ran. A file that writes to it could make it say anything, its own row included, and no
proof would tell; what is wrong in it is for ``landed repair``, which shows what it changes.
"""

from __future__ import annotations

from collections.abc import Collection

from landed.core.errors import Code, NotProven, Where
from landed.core.migration import Migration, Statement
from landed.core.next import Next, landed
from landed.engines import say
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import fold


def history_change(migration: Migration, statements: Collection[int], ledger: str) -> Statement | None:
    """The first of these statements (numbers) that names the ledger as what it writes, alters or drops."""
    if ledger.lower() not in migration.text.lower():
        return None
    wanted = fold(ledger)
    return next(
        (s for s in migration.statements if s.number in statements and head_of(s).changed == wanted), None
    )


def reason(ledger: str) -> str:
    """Why such a statement is not run, in one sentence."""
    return f"it changes the history ({ledger}) itself, which no migration may: take the statement out"


def refusal(migration: Migration, statement: Statement, ledger: str, *after: str) -> NotProven:
    """The error for a file that changes the ledger; ``after`` says what became of it."""
    return NotProven(
        f"{migration.name} changes the history itself: it writes to {ledger}.",
        code=Code.HISTORY,
        where=Where(migration.file, statement.line, statement.number),
        details=[
            f"statement {statement.number} of {len(migration.statements)}: {say.excerpt(statement.text)}",
            "The history says what ran and is proven; a file that changes it could make it say anything.",
            *after,
        ],
        next=Next("Take the statement out of the file. To set the history right: ", landed("repair")),
    )
