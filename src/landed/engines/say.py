"""What landed says of a file on any engine: what it would take away, what it did not do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from landed.core.errors import Code, Interrupted, NeedsConfirmation, NotProven, Where
from landed.core.facts import EXISTS, FactKey, Facts
from landed.core.migration import Migration
from landed.core.next import STATUS, Hand, Next, Quoted, landed
from landed.core.timeline import Step

KEEP = Hand("keep what is there: change the file so that it stays", said=False)
"""The other way where a file takes something away: it goes without saying."""

ROLLED_BACK = "The file was rolled back: nothing of it is in the database, and it is not recorded."


def ledger_changed(names: Iterable[str]) -> Interrupted:
    """The error for a signal that came while a change of the history table was already committed; ``names``
    are recorded by it."""
    return Interrupted("Interrupted; the ledger is changed as planned.", applied=names, next=STATUS)


def excerpt(sql: str, width: int = 90) -> str:
    """A statement on one line, shortened."""
    folded = " ".join(sql.split())
    return folded if len(folded) <= width else folded[: width - 1] + "…"


def object_lost(migration: Migration, keys: Sequence[FactKey], allow: Sequence[str]) -> NeedsConfirmation:
    """The error for objects that no migration made and that this file takes away without a word."""
    return NeedsConfirmation(
        f"{migration.name} would remove {keys[0].object}, which no migration made.",
        details=[f"{key.object}: gone afterwards" for key in keys] + [ROLLED_BACK],
        where=Where(migration.file),
        next=Next(
            Hand("Carry it over in the file"),
            ", or name it: ",
            landed("apply", allow=[Quoted(a) for a in allow]),
            choice=f"objects of {migration.name}",
        ),
    )


def effects_missing(
    migration: Migration,
    step: Step,
    missing: Sequence[tuple[FactKey, str | None, int]],
    observed: Facts,
) -> NotProven:
    """The error for a file that ran without an error and did not do what it says."""
    key, _, number = _first(missing)
    statement = next((s for s in migration.statements if s.number == number), None)
    place = Where(migration.file, statement.line, statement.number) if statement else Where(migration.file)
    hint = []
    if statement is not None and "IF NOT EXISTS" in " ".join(statement.text[:200].upper().split()):
        hint.append(
            f"Statement {number} says IF NOT EXISTS: {key.object.parent or key.name} was there already, in "
            "another shape, so the statement did nothing."
        )
    return NotProven(
        f"{migration.name} ran without an error, but what it should have done is not there.",
        code=Code.EFFECTS,
        details=[*facts_missing(missing, observed), *hint, ROLLED_BACK],
        where=place,
        next=Next("See what the database holds: ", landed("drift", "files", "target")),
    )


def facts_missing(missing: Sequence[tuple[FactKey, str | None, int]], observed: Facts) -> list[str]:
    """A line for each fact that is not as a statement (by number) should have made it."""
    lines = [
        f"{k}: expected {e or 'not there'}, is {observed.get(k, 'not there')} (statement {n})"
        for k, e, n in _collapse(missing)
    ]
    return lines if len(lines) <= 12 else [*lines[:12], f"… and {len(lines) - 12} more"]


def _first(missing: Sequence[tuple[FactKey, str | None, int]]) -> tuple[FactKey, str | None, int]:
    return min(missing, key=lambda m: (m[2], m[0]))


def _collapse(
    missing: Sequence[tuple[FactKey, str | None, int]],
) -> list[tuple[FactKey, str | None, int]]:
    """Only the fact that an object is missing, not all its properties as well."""
    gone = {key.object for key, expected, _ in missing if key.prop == EXISTS}
    tables = {o.name for o in gone if o.kind == "table"}
    return [
        m for m in missing if m[0].parent not in tables and (m[0].prop == EXISTS or m[0].object not in gone)
    ]
