"""What D1 answered, held to what a database can say: what contradicts itself is no evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeGuard

from landed.core.ledger import LedgerRow
from landed.engines.d1.api_errors import lost
from landed.engines.d1.api_text import one_line
from landed.engines.d1.ledger import no_table
from landed.engines.live import LiveState, SchemaRow
from landed.engines.sqlite.sql.tokens import fold

_INT64 = 1 << 63
_KINDS = frozenset({"table", "index", "view", "trigger"})
_BOOKMARK = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.:-]{0,199}\Z")


def entries_of(result: Any, statements: int, *, reading: bool = False) -> list[dict[str, Any]]:
    """What was answered to each statement. ``reading``: all of them only read.

    Raises Unsure for an answer to another number of statements, with one that failed, or to statements that
    read which says that they wrote.
    """
    if not isinstance(result, list) or len(result) != statements:
        raise lost(f"it does not hold the results of {statements} statements")
    for entry in result:
        if not isinstance(entry, dict):
            raise lost(f"it does not hold the results of {statements} statements")
        if entry.get("success", True) is not True:
            raise lost("it says of one statement that it failed, and of all that they did not")
        meta = entry.get("meta")
        if meta is not None and not isinstance(meta, dict):
            raise lost("what it says of a statement cannot be read")
        if reading and meta and meta.get("changed_db") is True and meta.get("rows_written"):
            raise lost("it says that reading has changed the database")
    return result


def rows_of(result: Any, statements: int, *, reading: bool = False) -> list[list[dict[str, Any]]]:
    """The rows of each statement in a ``/query`` answer. Raises Unsure for an answer of another shape."""
    rows = [entry.get("results") for entry in entries_of(result, statements, reading=reading)]
    if all(isinstance(r, list) and all(isinstance(row, dict) for row in r) for r in rows):
        return rows  # type: ignore[return-value]
    raise lost(f"it does not hold the results of {statements} statements")


def of_a_replica(result: Any) -> bool:
    """Whether a part of an answer says that not the primary gave it (``meta.served_by_primary``)."""
    entries = result if isinstance(result, list) else ()
    metas = [entry.get("meta") for entry in entries if isinstance(entry, dict)]
    return any(isinstance(meta, dict) and meta.get("served_by_primary") is False for meta in metas)


def size_of(result: Any) -> int:
    """How many bytes the database has, as an answer says (``meta.size_after``), or 0."""
    metas = [entry.get("meta") for entry in result if isinstance(entry, dict)]
    sizes = [meta.get("size_after") for meta in metas if isinstance(meta, dict)]
    return max((size for size in sizes if _is_integer(size)), default=0)


def bookmark_of(found: Any, key: str = "bookmark") -> str:
    """The bookmark in an answer: it is put into commands, so it is held to the form that bookmarks have.

    Raises Unsure.
    """
    bookmark = found.get(key) if isinstance(found, dict) else None
    if not isinstance(bookmark, str) or not _BOOKMARK.match(bookmark):
        raise lost("it holds no bookmark")
    return bookmark


def live_state(answers: Sequence[Sequence[dict[str, Any]]], ledger_table: str) -> LiveState:
    """Schema rows and ledger rows as a state; ``ledger`` is ``None`` where no such table is in the schema.

    Raises Unsure for a schema that no SQLite database has, and for a ledger's rows that are not in the order
    in which they were asked for.
    """
    schema, recorded = answers
    rows = _schema(schema)
    wanted = ledger_table.lower()
    if (problem := no_table(rows, ledger_table)) is not None:
        return LiveState(True, rows, None, problem)
    if not any(r.type == "table" and r.name.lower() == wanted for r in rows):
        return LiveState(True, rows)
    if recorded and "name" not in recorded[0]:
        columns = ", ".join(c for c in recorded[0] if c != "_rowid")
        return LiveState(True, rows, None, f"it has no column name (its columns: {one_line(columns)})")
    return LiveState(True, rows, tuple(_ledger(recorded)))


def _schema(answered: Sequence[dict[str, Any]]) -> tuple[SchemaRow, ...]:
    rows: list[SchemaRow] = []
    seen: set[tuple[str, str]] = set()
    for row in answered:
        kind, name, table, sql = (row.get(c) for c in ("type", "name", "tbl_name", "sql"))
        if not (isinstance(name, str) and isinstance(table, str) and isinstance(kind, str)):
            raise lost("it does not hold the schema")
        if kind not in _KINDS or not (sql is None or isinstance(sql, str)):
            raise lost("it does not hold the schema")
        key = ("trigger" if kind == "trigger" else "", fold(name))
        if key in seen:
            raise lost("it holds two objects of one name")
        seen.add(key)
        rows.append(SchemaRow(kind, name, table, sql))
    owners = {fold(r.name) for r in rows if r.type in ("table", "view")}
    if any(fold(r.tbl_name) not in owners for r in rows):
        raise lost("it holds an object of a table that it does not hold")
    return tuple(rows)


def _ledger(recorded: Sequence[dict[str, Any]]) -> list[LedgerRow]:
    ledger: list[LedgerRow] = []
    last: int | None = None
    for place, row in enumerate(recorded, 1):
        if "name" not in row:
            raise lost("it holds rows of the ledger that have no name")
        number, name, when = row.get("id"), row["name"], row.get("applied_at")
        rowid = row.get("_rowid", place)
        if not _is_integer(rowid) or (last is not None and rowid <= last):
            raise lost("the rows of the ledger are not in the order in which they were asked for")
        last = rowid
        if name is not None:
            ledger.append(LedgerRow(number if _is_integer(number) else rowid, _text(name), _moment(when)))
    return ledger


def _is_integer(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64


def _moment(value: Any) -> str | None:
    return None if value is None else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return str(blob(value))
    if isinstance(value, (str, int, float)):
        return str(value)
    raise lost("it holds a value that SQLite does not have")


def blob(value: list[Any]) -> bytes:
    """A blob, which comes as a list of its bytes (developers.cloudflare.com/d1/worker-api, type conversion).

    Raises Unsure for a list of anything else.
    """
    if all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        return bytes(value)
    raise lost("it holds a value that SQLite does not have")
