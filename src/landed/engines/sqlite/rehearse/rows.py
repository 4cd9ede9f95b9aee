"""What became of the rows of a shadow: lost, nulled, altered, by what, and whether the file said so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import apsw

from landed.core.findings import RowsChanged, RowsLost
from landed.core.migration import Statement
from landed.core.next import REHEARSE, Next
from landed.engines.sqlite import messages
from landed.engines.sqlite.rehearse.copies import is_transformed
from landed.engines.sqlite.rehearse.scene import Scene, reopen
from landed.engines.sqlite.rowguard import Reference
from landed.engines.sqlite.shadow.row_digest import RowChange, RowsDigest, digest_rows, row_changes
from landed.engines.sqlite.shadow.sandbox import Seen, unrestricted
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import fold, quote

_COPY_ADVICE = Next(
    "The new table is not filled with all rows of the old one: copy them with INSERT INTO "
    "… SELECT before the DROP, or say with a DELETE that they may go. Then run: ",
    REHEARSE.afterwards(),
)
_SMALL = 200
"""Rows up to this number are kept whole, so that a change can be shown; more are only digested."""


class Place(NamedTuple):
    """A statement's number and line."""

    statement: int = 0
    line: int = 0


class Witness:
    """Watches a file's statements: what they name, what they drop, which table ends up under which name.

    ``before`` has the digests of the rows by folded table name.
    """

    def __init__(self, scene: Scene, before: Mapping[str, RowsDigest], without: frozenset[str]) -> None:
        self.scene = scene
        self.before = before
        self.without = without
        self.references = scene.references
        self.deleted: dict[str, Place] = {}
        self.updated: set[str] = set()
        self.dropped: dict[str, Place] = {}
        self.copies: list[Statement] = []
        self._origin = {name: name for name in before}

    def note(self, statement: Statement, seen: Seen) -> None:
        """Take in what a statement did."""
        place = Place(statement.number, statement.line)
        for name in map(fold, seen.dropped_tables):
            self.dropped.setdefault(name, place)
            self._origin.pop(name, None)
        if seen.altered:
            self._renamed(statement)
        if not seen.written:
            return
        # A cascade is reported as a write, too; only a table that the text names was meant.
        named = head_of(statement).written
        if named is None:
            return
        if named in _folded(seen.deleted_from):
            self.deleted.setdefault(named, place)
        if named in _folded(seen.updated) or "REPLACE" in statement.text.upper():
            self.updated.add(named)
        if named in _folded(seen.inserted_into):
            self.copies.append(statement)

    def was(self, child: str, parent: str) -> tuple[str, str]:
        """Two tables under the names that they had before the file."""
        return self._origin.get(child, child), self._origin.get(parent, parent)

    def now_called(self, table: str) -> str:
        """Where the rows of a table are afterwards: a renamed table, or the one of that name."""
        return next((now for now, was in self._origin.items() if was == table), table)

    def through(self, table: str, column: str = "") -> tuple[Reference | None, Place]:
        """The reference that took rows, one to a table that was dropped or deleted from preferred."""
        own = [r for r in self.references if r.child == table and (not column or column in r.columns)]
        for places in (self.dropped, self.deleted):
            for reference in own:
                if reference.parent in places and reference.parent != table:
                    return reference, places[reference.parent]
        gone = set(self.dropped) | set(self.deleted)
        while True:
            reached = {r.child for r in self.references if r.parent in gone} - gone
            if not reached:
                return None, Place()
            gone |= reached
            for reference in own:
                if reference.parent in gone and reference.parent != table:
                    return reference, Place()

    def _renamed(self, statement: Statement) -> None:
        names = head_of(statement).renamed
        if names is None:
            return
        old, new = names
        if old in self._origin:
            self._origin[new] = self._origin.pop(old)
        self._rename_references(old, new)

    def _rename_references(self, old: str, new: str) -> None:
        # A rename carries the references of other tables with it.
        self.references = tuple(
            Reference(
                new if r.child == old else r.child,
                r.columns,
                new if r.parent == old else r.parent,
                r.on_delete,
            )
            if old in (r.child, r.parent)
            else r
            for r in self.references
        )


def losses(
    connection: apsw.Connection, witness: Witness
) -> tuple[list[RowsLost], list[RowsChanged], list[str]]:
    """Compare the rows now with those before the file: findings, and what is only worth a note."""
    names = {table: witness.now_called(table) for table in witness.before}
    with unrestricted(connection):
        after = digest_rows(connection, list(names.values()))
    now = {table: after[called] for table, called in names.items() if called in after}
    lost: list[RowsLost] = []
    changed: list[RowsChanged] = []
    notes: list[str] = []
    for change in row_changes(witness.before, now):
        if change.table in witness.deleted:
            continue
        if change.kind == "lost":
            lost.append(_lost(witness, change, now[change.table].rows))
        elif change.kind in ("nulled", "altered") and change.table not in witness.updated:
            finding = _changed(connection, witness, change, names[change.table], notes)
            if finding is not None:
                changed.append(finding)
    return lost, changed, notes


def _lost(witness: Witness, change: RowChange, after: int) -> RowsLost:
    reference, place = witness.through(change.table)
    if reference is not None and reference.on_delete.upper() == "CASCADE":
        return RowsLost(
            change.table,
            witness.before[change.table].rows,
            after,
            _through(reference),
            place.statement,
            place.line,
            _advice(reference.parent in witness.deleted),
        )
    place = witness.dropped.get(change.table, Place())
    return RowsLost(
        change.table,
        witness.before[change.table].rows,
        after,
        None,
        place.statement,
        place.line,
        _COPY_ADVICE,
    )


def _changed(
    connection: apsw.Connection, witness: Witness, change: RowChange, called: str, notes: list[str]
) -> RowsChanged | None:
    old = _values(witness.scene, witness, change.table, change.column)
    new = _column(connection, called, change.column)
    gone, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
    if not gone or all(value is None for _, value in gone):
        return None
    if any(is_transformed(copy, change.column) for copy in witness.copies):
        notes.append(f"{change.table}.{change.column} is filled by an expression of the file's own")
        return None
    if Counter(_shown(v) for _, v in old) == Counter(_shown(v) for _, v in new):
        notes.append(f"{change.table}.{change.column} is stored as another type, its values mean the same")
        return None
    example = f"{_literal(_first(gone))} → {_literal(_first(come))}"
    rows = change.amount or sum(gone.values())
    reference, place = witness.through(change.table, change.column)
    action = {"nulled": "SET NULL", "altered": "SET DEFAULT"}[change.kind]
    if reference is not None and reference.on_delete.upper() in (action, "SET DEFAULT"):
        advice = _advice(reference.parent in witness.deleted)
        return RowsChanged(
            change.table, change.column, rows, change.kind, example, _through(reference), *place, advice
        )
    place = witness.dropped.get(change.table, Place())
    return RowsChanged(
        change.table, change.column, rows, change.kind, example, None, *place,
        Next(
            "Say what the copy is to do with such values: name the columns on both sides of INSERT INTO … "
            "SELECT and convert in the SELECT. Then run: ",
            REHEARSE.afterwards(),
        ),
    )  # fmt: skip


def _advice(named: bool) -> str:
    if named:
        return Next(
            "Delete or move those rows in the file first, if they may go. Then run: ", REHEARSE.afterwards()
        )
    return messages.REBUILD_ADVICE.instead("apply", "rehearse")


def _through(reference: Reference) -> str:
    columns = ", ".join(reference.columns)
    return f"ON DELETE {reference.on_delete.upper()} of {reference.child}({columns}) to {reference.parent}"


_Value = tuple[str, object]
"""A value with the name of its type, since 1 == 1.0 in Python and not in a database."""


def _column(connection: apsw.Connection, table: str, column: str) -> list[_Value]:
    with unrestricted(connection):
        found = connection.execute(f"SELECT {quote(column)} FROM {quote(table)} LIMIT {_SMALL}").fetchall()
    return [(type(value).__name__, value) for (value,) in found]


def _values(scene: Scene, witness: Witness, table: str, column: str) -> list[_Value]:
    """The values before the file, from a second, equal shadow."""
    connection = reopen(scene, witness.without)
    try:
        return _column(connection, table, column)
    finally:
        connection.close()


def _shown(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _first(values: Counter[_Value]) -> object:
    return min(values, key=repr)[1] if values else None


def _literal(value: object) -> str:
    if isinstance(value, str):
        short = value if len(value) <= 40 else value[:39] + "…"
        return "'" + short.replace("'", "''") + "'"
    if isinstance(value, bytes):
        return "a blob"
    return "NULL" if value is None else str(value)


def _folded(names: frozenset[str]) -> set[str]:
    return {fold(name) for name in names}
