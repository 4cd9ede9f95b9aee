"""The ledger of a remote D1 database: an ordinary table without triggers, or it is not touched."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.errors import NotProven
from landed.core.next import APPLY, Next
from landed.engines.live import SchemaRow
from landed.engines.sqlite.ledger import has_trigger, refused
from landed.engines.sqlite.sql.tokens import fold, literal


def no_table(rows: Sequence[SchemaRow], ledger: str) -> str | None:
    """Why what bears the ledger's name cannot be read as one; ``None`` where it can, or is not there."""
    for row in rows:
        if fold(row.name) != fold(ledger):
            continue
        if row.type == "view":
            return "it is a view, and reading it would run what it says"
        if row.type == "table" and (column := _computed(row)) is not None:
            return f"its column {column} is computed, and reading it would run an expression"
        if row.type == "table" and _virtual(row):
            return "it is a virtual table, and reading it would run its module"
    return None


def check_writable(rows: Sequence[SchemaRow], ledger: str, *, changing: bool = False) -> None:
    """Look at what would happen besides a row being written, or, ``changing``, taken out or renamed.

    Raises NotProven for a ledger with triggers or, then, with rows of other tables that follow its own.
    """
    for row in rows:
        if row.type == "trigger" and fold(row.tbl_name) == fold(ledger):
            raise has_trigger(ledger, row.name)
    if changing and (dependent := _dependent(rows, ledger)) is not None:
        raise refused(
            ledger,
            f"rows of {dependent} refer to its rows, and would be changed with them",
            "remove that foreign key; then run the same command again",
        )


def no_trigger(ledger: str) -> str:
    """The condition, in SQL, that no trigger is on the ledger."""
    return (
        "NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' "
        f"AND lower(tbl_name) = lower({literal(ledger)}))"
    )


def made_trigger(ledger: str, file: str, where: str | None) -> NotProven:
    """The error for a trigger on the ledger that came after the schema was read, or with the file."""
    error = refused(
        ledger,
        "it has a trigger, which would run whenever landed records a file",
        Next("look at the trigger, and drop it if nobody needs it; then run: ", APPLY.afterwards()),
    )
    error.details = (f"{file} was rolled back.", *error.details)
    error.where = where
    return error


def _virtual(row: SchemaRow) -> bool:
    from landed.engines.sqlite.catalog.facts import virtual_module

    return virtual_module(row) is not None


def _computed(row: SchemaRow) -> str | None:
    # The words of every computed column; most ledgers do without a reader.
    if row.sql is None or "AS" not in row.sql.upper().replace(")", " ").replace("(", " ").split():
        return None
    from landed.engines.sqlite.catalog.table import read_table
    from landed.engines.sqlite.sql.reader import Unreadable

    try:
        columns = read_table(row.sql, fold(row.name)).columns
    except (Unreadable, RecursionError, IndexError):
        return None
    return next((column.name for column in columns if column.generated), None)


def _dependent(rows: Sequence[SchemaRow], ledger: str) -> str | None:
    from landed.core.facts import FactKey
    from landed.engines.sqlite.catalog.facts import object_facts

    for row in rows:
        if row.type != "table" or "REFERENCES" not in (row.sql or "").upper():
            continue
        facts: dict[FactKey, str] = dict(object_facts(row))
        for key, value in facts.items():
            if key.kind != "foreign key" or key.prop != "references":
                continue
            parent = value.partition("(")[0].strip('"')
            actions = {facts.get(key.object.fact(f"on {what}"), "no action") for what in ("delete", "update")}
            if fold(parent) == fold(ledger) and actions != {"no action"}:
                return row.name
    return None
