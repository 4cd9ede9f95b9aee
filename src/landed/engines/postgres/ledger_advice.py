"""What to do about a history table that takes no row, or does not keep it."""

from __future__ import annotations

from landed.core.next import DOCTOR, Next
from landed.engines.postgres.ledger_name import LedgerTable

_TYPES = ("22P02", "22003", "22001", "42883", "42804")
_NO_TABLE = ("55000", "42809", "0A000")


def advice(sqlstate: str | None, table: LedgerTable) -> Next:
    """The way out, by the server's error code for a read or a change of the table."""
    if sqlstate == "42501":
        return Next(f"Connect as the owner of {table.sql}, or grant this role its rights: ", DOCTOR)
    if sqlstate in _TYPES:
        return Next(f"ALTER TABLE {table.sql} ALTER COLUMN version TYPE text (versions of files are texts)")
    if sqlstate == "42P10":
        return Next(f"ALTER TABLE {table.sql} ADD PRIMARY KEY (version), as in the Supabase CLI's own table")
    if sqlstate in _NO_TABLE:
        return Next(
            f"{table.sql} has to be a table that can be written to; or name the right one: the setting ledger"
        )
    if sqlstate == "42703":
        return Next("Name the right table: the setting ledger")
    return Next(f"Correct what the triggers, rules or constraints of {table.sql} do to new rows")


def not_kept(table: LedgerTable) -> str:
    """What happened when a row was written and is not there."""
    return f"{table.sql} took the change and did not keep it: a trigger or a rule of that table is in the way"


def moved(table: LedgerTable) -> str:
    """What happened when the table that was looked at is not the one that has its name by then."""
    return f"another table has the name {table.sql} than the one that was looked at, or it was changed since"
