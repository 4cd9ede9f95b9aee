"""The ledger in a SQLite file: an ordinary table, or it is not touched. The file is not trusted."""

from __future__ import annotations

from typing import Any

import apsw

from landed.core.errors import Code, NotProven
from landed.core.ledger import LedgerRow
from landed.engines.sqlite.sql.tokens import fold, quote

LEDGER = (
    "CREATE TABLE IF NOT EXISTS {table}(\n"
    "\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n"
    "\t\tname       TEXT UNIQUE,\n"
    "\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n)"
)
"""The ledger table with the shape that wrangler gives it (packages/wrangler/src/d1/migrations)."""

_VIRTUAL = "CREATE VIRTUAL"
_OTHER_NAME = "set migrations_table to another name, or remove what bears it"
_COMPUTED = (2, 3)
"""``hidden`` in PRAGMA table_xinfo for generated columns, virtual and stored."""


class NoLedger(Exception):
    """What bears the ledger's name is no table that can be read as one; says what it is."""


def find_ledger(connection: apsw.Connection, name: str) -> str | None:
    """The ledger's name as the schema spells it, ``None`` where there is none.

    Raises NoLedger for what runs something when it is read: a view, a virtual table, computed columns.
    """
    return _table(connection, connection.execute(_OBJECTS, (name, name)).fetchall())


_OBJECTS = (
    "SELECT type, name, sql FROM main.sqlite_master "
    "WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE "
    "OR type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
)


def _table(connection: apsw.Connection, found: list[tuple[Any, ...]]) -> str | None:
    for kind, spelt, sql in found:
        if kind == "view":
            raise NoLedger("it is a view, and reading it would run what it says")
        if kind == "table":
            words = " ".join(str(sql or "").split()).upper()
            if words.startswith(_VIRTUAL):
                raise NoLedger("it is a virtual table, and reading it would run its module")
            if " AS" in words or ")AS" in words:
                _refuse_computed(connection, str(spelt))
            return str(spelt)
    return None


def _refuse_computed(connection: apsw.Connection, table: str) -> None:
    for column in connection.execute(f"PRAGMA main.table_xinfo({quote(table)})").fetchall():
        if column[6] in _COMPUTED:
            raise NoLedger(f"its column {column[1]} is computed, and reading it would run an expression")


def read_ledger(connection: apsw.Connection, table: str) -> tuple[LedgerRow, ...]:
    """The ledger's rows in the order they were written, whatever columns the table has."""
    columns = [row[1] for row in connection.execute(f"PRAGMA main.table_xinfo({quote(table)})")]
    if "name" not in columns:
        raise NoLedger(f"it has no column name (its columns: {', '.join(map(str, columns))})")
    dated = "applied_at" if "applied_at" in columns else "NULL"
    numbered = "id" if "id" in columns else "NULL"
    rows = []
    for rowid, name, applied_at, number in connection.execute(
        f"SELECT rowid, name, {dated}, {numbered} FROM main.{quote(table)} ORDER BY rowid"
    ):
        if name is not None:
            place = number if isinstance(number, int) else int(str(rowid))
            rows.append(LedgerRow(place, str(name), None if applied_at is None else str(applied_at)))
    return tuple(rows)


def check_writable(connection: apsw.Connection, name: str) -> bool:
    """Look, inside the transaction that will write, at what would happen besides; whether the table is there.

    Raises NotProven for a ledger that is no table, or has triggers.
    """
    found = connection.execute(_OBJECTS, (name, name)).fetchall()
    try:
        table = _table(connection, found)
    except NoLedger as why:
        raise refused(name, str(why), _OTHER_NAME) from None
    for kind, trigger, _ in found:
        if kind == "trigger":
            raise has_trigger(name, str(trigger))
    return table is not None


def trigger_now(connection: apsw.Connection, name: str) -> str | None:
    """A trigger on the ledger that a file has just made, also a temporary one."""
    found = connection.execute(
        "SELECT min(name) FROM (SELECT * FROM main.sqlite_master UNION ALL SELECT * FROM sqlite_temp_master) "
        "WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE",
        (name,),
    ).get
    return None if found is None else str(found)


def has_trigger(name: str, trigger: str) -> NotProven:
    """The error for a trigger on the ledger: what it does, nobody could prove."""
    return refused(
        name,
        f"it has the trigger {trigger}, which would run whenever landed records a file",
        "look at the trigger, and drop it if nobody needs it; then run the same command again",
    )


def check_independent(connection: apsw.Connection, name: str) -> None:
    """Before rows are taken out or renamed: raises NotProven where others' rows would change, too."""
    dependent = _dependent(connection, name)
    if dependent is not None:
        raise refused(
            name,
            f"rows of {dependent} refer to its rows, and would be changed with them",
            "remove that foreign key; then run the same command again",
        )


def _dependent(connection: apsw.Connection, table: str) -> str | None:
    """A table with a foreign key to the ledger that deletes or changes rows."""
    mentions = connection.execute(
        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND instr(lower(sql), 'references') "
        "AND instr(lower(sql), lower(?))",
        (table,),
    ).fetchall()
    for (child,) in mentions:
        for row in connection.execute(f"PRAGMA main.foreign_key_list({quote(str(child))})").fetchall():
            if fold(str(row[2])) == fold(table) and {str(row[5]), str(row[6])} != {"NO ACTION"}:
                return str(child)
    return None


def refused(name: str, why: str, then: str) -> NotProven:
    """The error for a ledger that landed does not write to."""
    return NotProven(
        f"The ledger {name} is not written to: {why}.",
        code=Code.HISTORY,
        details=["Nothing was changed."],
        next=then,
    )
