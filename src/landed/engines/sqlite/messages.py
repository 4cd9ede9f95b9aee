"""What landed says when a file may not be committed: the loss, its cause, the way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from landed.core.counting import plural
from landed.core.errors import Code, NeedsConfirmation, NotProven, Where
from landed.core.migration import Migration, Statement
from landed.core.next import APPLY, BREAK, Hand, Next, Quoted, landed
from landed.core.timeline import Step
from landed.engines.say import KEEP, ROLLED_BACK
from landed.engines.sqlite.sql.head import head_of

if TYPE_CHECKING:
    from landed.engines.sqlite.lacking import Lack
    from landed.engines.sqlite.rowguard import Loss, Reference

REBUILD_ADVICE = Next(
    Hand(
        "Rewrite the file: rebuild the table together with every table that refers to it "
        "(create and fill new_parent and new_child, the child referring to new_parent; drop "
        "the old child, then the old parent; rename both), in one file."
    ),
    " Then run: ",
    APPLY.afterwards(),
)
"""The rebuild that keeps all rows with foreign keys on, for any ON DELETE action (measured on D1)."""

COPY_ADVICE = Next(
    Hand("Rewrite the file so that it copies every row, or says with a DELETE which rows go."),
    " Then run: ",
    APPLY.afterwards(),
)

NAME_ADVICE = Next(
    Hand("Rewrite the copy: name the same columns on both sides of INSERT INTO … SELECT."),
    " Then run: ",
    APPLY.afterwards(),
)

SAY_ADVICE = Next(
    Hand("Rewrite the file so that a statement of its own moves these rows, or says that they go."),
    " Then run: ",
    APPLY.afterwards(),
)
"""For rows that go with those that a DELETE, a REPLACE or a trigger takes."""

DEFER_ADVICE = Next(
    Hand(
        "Rewrite the file: put PRAGMA defer_foreign_keys = on before the rebuild. landed "
        "checks every reference before it commits."
    ),
    " Then run: ",
    APPLY.afterwards(),
)

KEY_ADVICE = Next(
    Hand(
        "Give the parent a UNIQUE index on exactly the columns that are referred to (CREATE "
        "UNIQUE INDEX … ON …), or let the reference name its primary key."
    ),
    " Then run: ",
    APPLY.afterwards(),
)
"""The way out of a foreign key to columns that are no key (https://sqlite.org/foreignkeys.html#fk_indexes)."""


def rows_lost(
    migration: Migration, step: Step, losses: Sequence[Loss], known: Sequence[Reference]
) -> NotProven | NeedsConfirmation:
    """The error for rows that a file would lose: which table, how many, why, and what works."""
    named = all(loss.kind in ("drop-table", "drop-column") for loss in losses)
    first = losses[0]
    details = [_loss(loss, step.dropped) for loss in losses]
    details.append(ROLLED_BACK)
    where = _drop_place(migration, step, losses)
    allow = landed("apply", allow=[Quoted(loss.allow) for loss in losses])
    if named:
        verb = "column" if first.kind == "drop-column" else "table"
        target = f"{first.table}.{first.column}" if first.column else first.table
        return NeedsConfirmation(
            f"{migration.name} drops the {verb} {target}, which holds data.",
            details=details,
            where=where,
            next=Next("If that data may go, name it: ", allow, KEEP, choice=f"rows of {migration.name}"),
        )
    worst = next(loss for loss in losses if loss.kind not in ("drop-table", "drop-column"))
    what = "lose" if worst.kind == "lose-rows" else "change"
    advice = SAY_ADVICE
    if any(loss.through and loss.through.parent in step.dropped for loss in losses):
        advice = REBUILD_ADVICE
    elif worst.table in step.dropped:
        advice = COPY_ADVICE if worst.kind == "lose-rows" else NAME_ADVICE
    return NotProven(
        f"{migration.name} would {what} {plural(worst.rows, 'row')} of the table {worst.table}.",
        code=Code.CASCADE if any(loss.through for loss in losses) else Code.ROWS,
        details=details,
        where=where,
        next=Next(advice, BREAK, "If the rows may go: ", allow, choice=f"rows of {migration.name}"),
    )


def lacks(migration: Migration, found: Sequence[Lack]) -> NeedsConfirmation:
    """The error for a table that a file makes anew without what it had."""
    first = found[0]
    statement = next(
        (s for s in migration.statements if head_of(s).dropped in {lack.table for lack in found}), None
    )
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


def _loss(loss: Loss, dropped: Sequence[str]) -> str:
    through = loss.through
    if loss.kind == "drop-table":
        return f"table {loss.table}: dropped with {plural(loss.rows, 'row')}"
    if loss.kind == "drop-column":
        return f"column {loss.table}.{loss.column}: dropped with {plural(loss.rows, 'value')}"
    cause = ""
    if through is not None:
        columns = ", ".join(through.columns)
        event = f"DROP TABLE {through.parent} fires"
        if through.parent not in dropped:
            event = f"the rows that {through.parent} loses fire"
        cause = f": {event} ON DELETE {through.on_delete.upper()} on {through.child}({columns})"
    if loss.kind == "lose-rows":
        return f"table {loss.table}: {plural(loss.rows, 'row')} deleted{cause}"
    return f"table {loss.table}: {loss.column} changed in {plural(loss.rows, 'row')}{cause}"


def _drop_place(migration: Migration, step: Step, losses: Sequence[Loss]) -> str:
    wanted = {loss.through.parent for loss in losses if loss.through} | {loss.table for loss in losses}
    for statement in migration.statements:
        head = head_of(statement)
        if head.dropped in wanted or (head.altered in wanted and "DROP" in head.words):
            return Where(migration.file, statement.line, statement.number)
    return Where(migration.file)


def references_broken(migration: Migration, broken: Sequence[tuple[object, ...]]) -> NotProven:
    """The error for references that were whole before the file and are broken after it."""
    by_table: dict[tuple[object, object], int] = {}
    for child, _, parent, *_ in broken:
        by_table[child, parent] = by_table.get((child, parent), 0) + 1
    return NotProven(
        f"{migration.name} would leave {plural(len(broken), 'row')} that refer to nothing.",
        code=Code.REFERENCES,
        details=[f"{c}: {plural(n, 'row')} refer to missing rows of {p}" for (c, p), n in by_table.items()]
        + [ROLLED_BACK],
        where=Where(migration.file),
        next=Next("Correct the file so that every reference has its row, then run: ", APPLY.afterwards()),
    )


def blocked_by_reference(
    known: Sequence[Reference], statement: Statement, rows: Mapping[str, int] | None = None
) -> list[str]:
    """Which tables refer to the one that a failed statement drops or changes, and how many rows they had."""
    told = []
    for r in _referring(known, statement):
        text = f"{r.child}({', '.join(r.columns)}) refers to {r.parent}, ON DELETE {r.on_delete.upper()}"
        told.append(text + (f" ({plural(rows[r.child], 'row')})" if rows and r.child in rows else ""))
    return told


def reference_advice(known: Sequence[Reference], statement: Statement) -> Next:
    """What to do about a statement that failed at a foreign key."""
    if not head_of(statement).begins("DROP", "TABLE"):
        return Next("Correct the file so that every reference has its row, then run: ", APPLY.afterwards())
    plain = all(r.on_delete.upper() in ("", "NO ACTION", "RESTRICT") for r in _referring(known, statement))
    return DEFER_ADVICE if plain else REBUILD_ADVICE


def _referring(known: Sequence[Reference], statement: Statement) -> list[Reference]:
    named = set(head_of(statement).names)
    return [r for r in known if r.parent in named]
