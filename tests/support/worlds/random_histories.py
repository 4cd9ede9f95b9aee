"""Hypothesis strategies for small valid SQLite histories: files of CREATE, ALTER, DROP, RENAME, INDEX."""

from __future__ import annotations

from hypothesis import strategies as st

TYPES = ("TEXT", "INTEGER", "REAL DEFAULT 1.5", "TEXT NOT NULL DEFAULT 'x'", "BLOB")
NAMES = ("a", "b", "c", "d", "e")


class _Schema:
    """What the statements so far have made: enough to write a next one that is valid."""

    def __init__(self) -> None:
        self.tables: dict[str, list[str]] = {}
        self.indexes: dict[str, tuple[str, str]] = {}
        self.made = 0

    def fresh(self, kind: str) -> str:
        self.made += 1
        return f"{kind}{self.made}"


@st.composite
def histories(draw: st.DrawFn, max_files: int = 4, max_statements: int = 4) -> dict[str, list[str]]:
    """File name → statements; run in order, every statement succeeds on an empty database."""
    schema = _Schema()
    files = {}
    for number in range(1, draw(st.integers(2, max_files)) + 1):
        count = draw(st.integers(1, max_statements))
        files[f"{number:04}_file.sql"] = [s for _ in range(count) for s in draw(_change(schema)).split(";\n")]
    return files


@st.composite
def _change(draw: st.DrawFn, schema: _Schema) -> str:
    tables = sorted(schema.tables)
    kinds = ["create table"]
    if tables:
        kinds += ["add column", "add column", "rename column", "rename table", "drop table", "create index"]
        kinds += ["drop column"] if any(_droppable(schema, t) for t in tables) else []
        kinds += ["drop index"] if schema.indexes else []
        kinds += ["create again", "rebuild"]
    kind = draw(st.sampled_from(kinds))
    if kind == "create table":
        return _create(draw, schema, schema.fresh("t"))
    if kind == "drop index":
        index = draw(st.sampled_from(sorted(schema.indexes)))
        del schema.indexes[index]
        return f"DROP INDEX {index}"
    if kind == "drop column":
        table = draw(st.sampled_from([t for t in tables if _droppable(schema, t)]))
        column = draw(st.sampled_from(_droppable(schema, table)))
        schema.tables[table].remove(column)
        return f"ALTER TABLE {table} DROP COLUMN {column}"
    table = draw(st.sampled_from(tables))
    columns = schema.tables[table]
    if kind == "add column":
        column = schema.fresh(draw(st.sampled_from(NAMES)))
        columns.append(column)
        return f"ALTER TABLE {table} ADD COLUMN {column} {draw(st.sampled_from(TYPES))}"
    if kind == "rename column":
        old, new = draw(st.sampled_from(columns)), schema.fresh(draw(st.sampled_from(NAMES)))
        columns[columns.index(old)] = new
        schema.indexes = {
            i: (t, new if (t, c) == (table, old) else c) for i, (t, c) in schema.indexes.items()
        }
        return f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}"
    if kind == "rename table":
        new = schema.fresh("t")
        schema.tables[new] = schema.tables.pop(table)
        schema.indexes = {i: (new if t == table else t, c) for i, (t, c) in schema.indexes.items()}
        return f"ALTER TABLE {table} RENAME TO {new}"
    if kind == "create index":
        index, column = schema.fresh("i"), draw(st.sampled_from(columns))
        schema.indexes[index] = (table, column)
        return f"CREATE {draw(st.sampled_from(['', 'UNIQUE ']))}INDEX {index} ON {table} ({column})"
    if kind == "rebuild":
        new, names = schema.fresh("new"), ", ".join(columns)
        body = ", ".join([f"{columns[0]} INTEGER PRIMARY KEY", *(f"{c} TEXT" for c in columns[1:])])
        steps = [f"CREATE TABLE {new} ({body})", f"INSERT INTO {new} ({names}) SELECT {names} FROM {table}"]
        schema.indexes = {i: v for i, v in schema.indexes.items() if v[0] != table}
        return ";\n".join([*steps, f"DROP TABLE {table}", f"ALTER TABLE {new} RENAME TO {table}"])
    _forget(schema, table)
    if kind == "drop table":
        return f"DROP TABLE {table}"
    return f"DROP TABLE {table};\n{_create(draw, schema, table)}"


def _create(draw: st.DrawFn, schema: _Schema, table: str) -> str:
    columns = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    schema.tables[table] = ["id", *columns]
    body = ", ".join(f"{c} {draw(st.sampled_from(TYPES))}" for c in columns)
    return f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {body})"


def _forget(schema: _Schema, table: str) -> None:
    del schema.tables[table]
    schema.indexes = {i: v for i, v in schema.indexes.items() if v[0] != table}


def _droppable(schema: _Schema, table: str) -> list[str]:
    indexed = {column for owner, column in schema.indexes.values() if owner == table}
    first = schema.tables[table][:1]  # the primary key stays; so does the last other column
    rest = [c for c in schema.tables[table] if c not in indexed and c not in first]
    return rest if len(schema.tables[table]) > 2 else []
