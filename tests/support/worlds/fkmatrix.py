"""The foreign key matrix: rebuilding a table that others refer to, 4 ON DELETE kinds × 6 ways to do it.

Each :class:`Rebuild` carries the schema with its rows, the migration, and what the real local D1 makes of
it (facts: measured with wrangler's Miniflare, held by ``tests/integration/test_fk_matrix_d1.py``).
The tables: ``p`` ← ``c`` ← ``g`` (parent, child, grandchild); ``p`` is rebuilt to change a column default.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

ON_DELETE = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL")

PLAIN = "plain"
OFF_ON = "foreign_keys=OFF … ON"
DEFER_ON_OFF = "defer_foreign_keys on … off"
DEFER_ON = "defer_foreign_keys on, never off"
WHOLE_TREE = "whole child tree rebuilt first"
STASH = "child rows stashed and put back"
VARIANTS = (PLAIN, OFF_ON, DEFER_ON_OFF, DEFER_ON, WHOLE_TREE, STASH)

Rows = dict[str, list[tuple[Any, ...]]]

READ = {
    "p": "SELECT id, name FROM p ORDER BY id",
    "c": "SELECT id, p, note FROM c ORDER BY id",
    "g": "SELECT id, c FROM g ORDER BY id",
}
"""What reads the rows of each table as :attr:`Rebuild.rows` has them."""

ALL_ROWS: Rows = {
    "p": [(1, "one"), (2, "two")],
    "c": [(10, 1, "a"), (11, 2, "b"), (12, None, "c")],
    "g": [(100, 10), (101, 11), (102, 12)],
}


class Rebuild(NamedTuple):
    """One cell of the matrix."""

    on_delete: str
    variant: str
    schema: tuple[str, ...]
    """Statements that build the tables and fill them; each without its final ``;``."""
    migration: tuple[str, ...]
    outcome: str
    """What real D1 does with the migration as one batch: ``ok`` or ``error`` (all rolled back)."""
    message: str
    """A part of D1's error, or ``""``."""
    rows: Rows
    """The rows that are there afterwards."""

    @property
    def safe(self) -> bool:
        """Whether D1 runs it and every row is as it was."""
        return self.outcome == "ok" and self.rows == ALL_ROWS

    @property
    def schema_sql(self) -> str:
        """The schema and its rows as a file."""
        return script(self.schema)

    @property
    def migration_sql(self) -> str:
        """The migration as a file."""
        return script(self.migration)

    @property
    def label(self) -> str:
        return f"{self.on_delete}: {self.variant}"


def script(statements: tuple[str, ...]) -> str:
    """Statements as the text of a migration file."""
    return "".join(f"{statement};\n" for statement in statements)


def matrix() -> Iterator[Rebuild]:
    """All 24 cells."""
    for on_delete in ON_DELETE:
        for variant in VARIANTS:
            outcome, message, rows = _on_d1(on_delete, variant)
            migration = _migration(on_delete, variant)
            yield Rebuild(on_delete, variant, _schema(on_delete), migration, outcome, message, rows)


def _p(name: str, default: str) -> str:
    return f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '{default}')"


def _c(name: str, parent: str, on_delete: str) -> str:
    reference = f"REFERENCES {parent}(id) ON DELETE {on_delete}"
    return f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, p INTEGER {reference}, note TEXT)"


def _g(name: str, parent: str, on_delete: str) -> str:
    reference = f"REFERENCES {parent}(id) ON DELETE {on_delete}"
    return f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, c INTEGER {reference})"


def _schema(on_delete: str) -> tuple[str, ...]:
    return (
        _p("p", "old"),
        _c("c", "p", on_delete),
        _g("g", "c", on_delete),
        "INSERT INTO p VALUES (1, 'one'), (2, 'two')",
        "INSERT INTO c VALUES (10, 1, 'a'), (11, 2, 'b'), (12, NULL, 'c')",
        "INSERT INTO g VALUES (100, 10), (101, 11), (102, 12)",
    )


_COPY = (_p("p_new", "new"), "INSERT INTO p_new (id, name) SELECT id, name FROM p")
_SWAP = ("DROP TABLE p", "ALTER TABLE p_new RENAME TO p")


def _migration(on_delete: str, variant: str) -> tuple[str, ...]:
    if variant == OFF_ON:
        return ("PRAGMA foreign_keys=OFF", *_COPY, *_SWAP, "PRAGMA foreign_keys=ON")
    if variant == DEFER_ON_OFF:
        return ("PRAGMA defer_foreign_keys=on", *_COPY, *_SWAP, "PRAGMA defer_foreign_keys=off")
    if variant == DEFER_ON:
        return ("PRAGMA defer_foreign_keys=on", *_COPY, *_SWAP)
    if variant == WHOLE_TREE:
        return (
            *_COPY,
            _c("c_new", "p_new", on_delete),
            "INSERT INTO c_new (id, p, note) SELECT id, p, note FROM c",
            _g("g_new", "c_new", on_delete),
            "INSERT INTO g_new (id, c) SELECT id, c FROM g",
            "DROP TABLE g",
            "DROP TABLE c",
            "DROP TABLE p",
            "ALTER TABLE p_new RENAME TO p",
            "ALTER TABLE c_new RENAME TO c",
            "ALTER TABLE g_new RENAME TO g",
        )
    if variant == STASH:
        return (
            "CREATE TABLE c_stash AS SELECT * FROM c WHERE p IS NOT NULL",
            "CREATE TABLE g_stash AS SELECT * FROM g WHERE c IN (SELECT id FROM c_stash)",
            *_COPY,
            *_SWAP,
            "INSERT INTO c SELECT * FROM c_stash",
            "INSERT INTO g SELECT * FROM g_stash",
            "DROP TABLE g_stash",
            "DROP TABLE c_stash",
        )
    return (*_COPY, *_SWAP)


def _on_d1(on_delete: str, variant: str) -> tuple[str, str, Rows]:
    """What was measured on the real local D1."""
    refused = "FOREIGN KEY constraint failed"
    if variant == WHOLE_TREE:
        return "ok", "", ALL_ROWS
    if on_delete == "CASCADE":
        if variant == STASH:
            return "ok", "", ALL_ROWS
        # Nothing but what hung on no parent is left, and D1 reports success.
        return "ok", "", {"p": ALL_ROWS["p"], "c": [(12, None, "c")], "g": [(102, 12)]}
    if on_delete == "SET NULL":
        if variant == STASH:
            return "error", "UNIQUE constraint failed: c.id", ALL_ROWS
        orphaned: Rows = {**ALL_ROWS, "c": [(10, None, "a"), (11, None, "b"), (12, None, "c")]}
        return "ok", "", orphaned
    if variant == DEFER_ON_OFF:
        return "ok", "", ALL_ROWS
    if variant == DEFER_ON:
        # The final state is valid, but SQLite's counter of violations is not back at zero at COMMIT.
        return "error", "internal error", ALL_ROWS
    return "error", refused, ALL_ROWS
