"""Who made what of a schema, without landed: a plain file-by-file replay and the differences between PRAGMAs.

The oracle for "exactly the migrations that own a fact of this object are named".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import apsw

Property = tuple[str, str, str]
"""(object, part, property): ``("table users", "column id", "type")``; the names as SQLite has them."""

_HIDDEN = ("sqlite_", "_cf_")


def natural(name: str) -> list[tuple[int, str]]:
    """wrangler's order: the leading integer of each path segment, then the text."""
    key = []
    for segment in name.split("/"):
        digits = re.match(r"\d+", segment)
        key.append((int(digits[0]) if digits else -1, segment))
    return key


def owners(files: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """object of the final schema → the files that last wrote one of its properties.

    Objects are ``table x``, ``index x``, ``trigger x`` and ``view x``; a table's columns, references, indexes
    and triggers go with it, so that their writers belong to it, too.
    """
    connection = apsw.Connection(":memory:")
    connection.execute("PRAGMA foreign_keys=on")
    writer: dict[Property, str] = {}
    before: dict[Property, Any] = {}
    for name, text in files:
        connection.execute("BEGIN")
        connection.execute(text).fetchall()
        connection.execute("PRAGMA defer_foreign_keys=off")
        connection.execute("COMMIT")
        after = properties(connection)
        for key, value in after.items():
            if key not in before or not same(key, before[key], value):
                writer[key] = name
        before = after
    found: dict[str, set[str]] = {}
    for key in before:
        found.setdefault(key[0], set()).add(writer[key])
    for kind, name, table in connection.execute(
        "SELECT type, name, tbl_name FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql <> ''"
    ):
        whole = f"table {table}"
        if whole in found and not name.startswith(_HIDDEN):
            found[whole] = found[whole] | found[f"{kind} {name}"]
    return found


def same(key: Property, before: Any, after: Any) -> bool:
    """Equal; of a sequence of columns only the order of those that are in both."""
    if key[2] != "order":
        return bool(before == after)
    common = set(before) & set(after)
    return [c for c in before if c in common] == [c for c in after if c in common]


def properties(connection: apsw.Connection) -> dict[Property, Any]:
    """Every property of every object of a schema that somebody's SQL made."""
    found: dict[Property, Any] = {}
    virtual = [
        name.lower()
        for name, sql in _rows(connection, "SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        if sql.upper().startswith("CREATE VIRTUAL")
    ]
    for kind, name, table, sql in _rows(
        connection, "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ):
        shadow = any(table.lower().startswith(v + "_") for v in virtual)
        if name.startswith(_HIDDEN) or shadow:
            continue
        label = f"{kind} {name}"
        if kind == "table" and name.lower() not in virtual:
            found |= {(label, part, prop): v for (part, prop), v in _table(connection, name, sql).items()}
        elif kind == "index":
            found[label, "", "columns"] = _rows(
                connection, "SELECT name, desc, coll, key FROM pragma_index_xinfo(?)", (name,)
            )
            found[label, "", "where"] = _plain(sql).partition(" where ")[2]
            found[label, "", "unique"] = _plain(sql).startswith("create unique")
            found[label, "", "text"] = _expressions(sql)
        else:
            found[label, "", "text"] = _plain(sql)
    return found


def _table(connection: apsw.Connection, name: str, sql: str) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    columns = _rows(
        connection, 'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)', (name,)
    )
    found["", "order"] = [column[0].lower() for column in columns]
    for column, kind, required, default, key, hidden in columns:
        part = f"column {column.lower()}"
        values = {
            "type": kind.lower(),
            "not null": required,
            "default": default,
            "key": key,
            "hidden": hidden,
        }
        found |= {(part, prop): value for prop, value in values.items()}
    (flags,) = _rows(connection, "SELECT wr, strict FROM pragma_table_list(?)", (name,))
    found["", "flags"] = (*flags, "autoincrement" in sql.lower())
    for _, _, parent, child, to, on_update, on_delete, _ in _rows(
        connection, "SELECT * FROM pragma_foreign_key_list(?)", (name,)
    ):
        found[f"reference {child.lower()}", "to"] = (parent.lower(), (to or "").lower(), on_update, on_delete)
    for index, origin in _rows(
        connection, "SELECT name, origin FROM pragma_index_list(?) WHERE origin <> 'c'", (name,)
    ):
        parts = _rows(connection, "SELECT name, coll FROM pragma_index_xinfo(?) WHERE key", (index,))
        found[f"{origin} {parts}", "exists"] = True
    for check in _checks(sql):
        found[f"check {check}", "exists"] = True
    return found


def _rows(connection: apsw.Connection, sql: str, bound: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
    return connection.execute(sql, bound).fetchall()


def _checks(sql: str) -> list[str]:
    text, found = _plain(sql), []
    for match in re.finditer(r"\bcheck ?\(", text):
        depth, at = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        found.append(text[match.end() : at - 1].replace(" ", ""))
    return found


def _expressions(sql: str) -> str:
    text = _plain(sql)
    return text[text.index("(") :].replace(" ", "")


def _plain(sql: str) -> str:
    """SQL in lower case without comments, quotes and double space. Enough for real projects' files."""
    sql = re.sub(r"--[^\n]*|/\*.*?\*/", " ", sql, flags=re.S)
    return " ".join(re.sub(r'["`\[\]]', "", sql).lower().split())


def dropped_by_hand(connection: apsw.Connection, label: str) -> None:
    """Drop one object as somebody would in a console."""
    kind, _, name = label.partition(" ")
    connection.execute("PRAGMA foreign_keys=off").fetchall()
    connection.execute(f"DROP {kind.upper()} " + '"' + name.replace('"', '""') + '"').fetchall()


def schema_of(connection: apsw.Connection, but: Mapping[str, str] | None = None) -> list[tuple[Any, ...]]:
    """sqlite_master without the platform's own objects, in a fixed order."""
    return [
        row
        for row in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2")
        if not row[1].startswith(_HIDDEN) and row[2] != "d1_migrations"
    ]
