"""Proofs in SQL: statements that fail, and with them the whole batch, unless something holds.

A D1 batch is one transaction; a statement that fails rolls all of it back. ``json_extract('{}', x)``
fails for a text that is no JSON path and puts that text into the error's message, so that a failed
proof says which one it was and what it measured (measured on local D1, SQLite 3.54).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from landed.core.facts import FactKey
from landed.engines.sqlite.sql.tokens import literal

if TYPE_CHECKING:
    import apsw

    from landed.engines.live import SchemaRow

_MARK = "landed-proof"
_FAILED = re.compile(rf"{_MARK} ([0-9]{{1,9}})(?: ([^']*))?")
_STORED = re.compile(r"CREATE (?:UNIQUE |VIRTUAL )*(?:TABLE|INDEX|VIEW|TRIGGER) ")
_ANYTHING = "(SELECT count(*) FROM sqlite_master)"
_LONG = 40_000
"""Texts above this many characters are proven by their length and their parts."""
_STATEMENT = 60_000
"""Proofs are put together into statements of about this many characters (D1 takes 100 KB)."""


class Proof(NamedTuple):
    """One thing that must hold: a SQL condition, and what to say about it if it does not.

    ``kind``: ``recorded`` (nobody else recorded the file), ``schema`` (it is still as it was read),
    ``effect``, ``rows``, ``references``, ``check``. ``subject`` is the object or check that it is
    about, ``keys`` the facts. ``measured`` is an SQL expression whose text is in the error's message.
    """

    number: int
    kind: str
    subject: str
    holds: str
    measured: str = ""
    keys: tuple[FactKey, ...] = ()


class Failed(NamedTuple):
    """Which proof failed, and what it measured."""

    number: int
    measured: str


def failed_proof(message: str) -> Failed | None:
    """Which proof an error's message names, or ``None`` when the error is another."""
    found = _FAILED.search(message)
    return Failed(int(found[1]), found[2] or "") if found else None


def statements(proofs: Iterable[Proof]) -> list[str]:
    """SQL that runs through if all hold, and else fails naming the first that does not.

    A condition that is NULL does not hold. Should a platform ever answer the inner call with a value,
    the outer one fails.
    """
    packed: list[list[str]] = []
    size = _STATEMENT
    for proof in proofs:
        # Never a constant: those, SQLite may work out before it is known whether they are needed.
        said = f"'{_MARK} {proof.number} ' || {proof.measured or _ANYTHING}"
        fails = f"json(coalesce(json_extract('{{}}', {said}), '') || '{_MARK}')"
        piece = f"WHEN ({proof.holds}) IS NOT TRUE THEN {fails}"
        if size + len(piece) > _STATEMENT:
            packed.append([])
            size = 0
        packed[-1].append(piece)
        size += len(piece)
    return [f"SELECT CASE {' '.join(pieces)} ELSE 1 END AS {_MARK.replace('-', '_')}" for pieces in packed]


# -- conditions --------------------------------------------------------------------------------------


def absent(kind: str, name: str) -> str:
    """That no such object is in the schema; ``name`` in SQLite's folded form."""
    return (
        f"NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = {literal(kind)} "
        f"AND lower(name) = {literal(name)})"
    )


def present(kind: str, name: str) -> str:
    """That such an object is in the schema; ``name`` in SQLite's folded form."""
    return absent(kind, name).removeprefix("NOT ")


def as_in(connection: apsw.Connection, row: SchemaRow, texts: Sequence[str]) -> str:
    """That an object is in the schema just as it is in ``connection``, where the file ran already.

    By its text where a statement among ``texts`` is stored verbatim; what ALTER rewrites, and every
    table of a length beyond proof, by what the pragmas say about it.
    """
    conditions = [f"type = {literal(row.type)}", f"name = {literal(row.name)}"]
    conditions.append(f"tbl_name = {literal(row.tbl_name)}")
    verbatim = row.sql is not None and is_verbatim(row.sql, texts)
    if row.sql is not None and verbatim:
        if len(row.sql) <= _LONG:
            conditions.append(f"sql = {literal(row.sql)}")
        else:
            conditions.append(f"length(sql) = {len(row.sql)}")
    elif row.sql is not None and (body := _body(row.sql, texts)):
        conditions.append(f"substr(sql, instr(sql, '(')) = {literal(body)}")
    held = [f"EXISTS (SELECT 1 FROM sqlite_master WHERE {' AND '.join(conditions)})"]
    if not verbatim or len(row.sql or "") > _LONG:
        held += [_equal(connection, probe) for probe in _probes(row)]
    return " AND ".join(held)


def is_verbatim(stored: str, texts: Sequence[str]) -> bool:
    """Whether SQLite keeps this text as the file has it: all but its head, which SQLite writes itself."""
    head = _STORED.match(stored)
    return head is not None and any(stored[head.end() :] in text for text in texts)


def _body(stored: str, texts: Sequence[str]) -> str:
    """What follows the name, where that is as the file has it: all that a mere renaming leaves alone."""
    body = stored[stored.find("(") :] if "(" in stored else ""
    return body if body and len(body) <= _LONG and any(body in text for text in texts) else ""


def same_dependents(connection: apsw.Connection, tables: Iterable[str]) -> str:
    """That the objects of these tables, and the tables that refer to them, are the ones that were read."""
    names = ", ".join(literal(t) for t in sorted(tables))
    own = (
        "SELECT group_concat(entry, char(10)) FROM (SELECT type || ' ' || name || ' ' || "
        f"coalesce(length(sql), 0) AS entry FROM sqlite_master WHERE lower(tbl_name) IN ({names}) "
        "ORDER BY entry)"
    )
    others = (
        "SELECT group_concat(entry, char(10)) FROM (SELECT DISTINCT lower(m.name) AS entry FROM "
        "sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' AND "
        f"lower(substr(m.name, 1, 4)) <> '_cf_' AND lower(f.\"table\") IN ({names}) ORDER BY entry)"
    )
    return f"{_equal(connection, own)} AND {_equal(connection, others)}"


def single_true(sql: str) -> str:
    """That a check gives one row with one true value."""
    return f"(SELECT count(*) FROM (\n{sql}\n)) = 1 AND (\n{sql}\n)"


def not_recorded(ledger: str, name: str) -> str:
    """That the ledger (quoted) has no row of this name."""
    return f"NOT EXISTS (SELECT 1 FROM {ledger} WHERE name = {literal(name)})"


def _equal(connection: apsw.Connection, probe: str) -> str:
    from landed.engines.sqlite.shadow.sandbox import unrestricted

    with unrestricted(connection):
        value = connection.execute(probe).get
    return f"({probe}) IS {literal(value)}"


def _probes(row: SchemaRow) -> list[str]:
    name = literal(row.name)
    if row.type == "index":
        return [
            f"SELECT group_concat(json_array(name, \"desc\", lower(coll), key), ' ') FROM (SELECT * FROM "
            f"pragma_index_xinfo({name}) ORDER BY seqno)",
            f'SELECT json_array("unique", partial) FROM pragma_index_list({literal(row.tbl_name)}) '
            f"WHERE name = {name}",
        ]
    if row.type != "table":
        return []
    return [
        "SELECT group_concat(json_array(name, lower(type), \"notnull\", dflt_value, pk, hidden), ' ') FROM "
        f"(SELECT * FROM pragma_table_xinfo({name}) ORDER BY cid)",
        "SELECT group_concat(entry, ' ') FROM (SELECT json_array(origin, \"unique\", partial, (SELECT "
        "group_concat(coalesce(name, '') || ' ' || \"desc\" || ' ' || lower(coll), ',') FROM (SELECT * "
        f"FROM pragma_index_xinfo(l.name) WHERE key ORDER BY seqno))) AS entry FROM "
        f"pragma_index_list({name}) AS l WHERE origin <> 'c' ORDER BY entry)",
        'SELECT group_concat(entry, \' \') FROM (SELECT json_array(lower("table"), seq, lower("from"), '
        f'lower("to"), on_update, on_delete) AS entry FROM pragma_foreign_key_list({name}) ORDER BY entry)',
    ]


def carrier(key: FactKey) -> tuple[str, str]:
    """The schema row (type, folded name) that carries a fact: a column's is its table's."""
    if key.parent:
        return "table", key.parent
    return ("table" if key.kind == "virtual table" else key.kind), key.name
