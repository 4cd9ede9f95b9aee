"""Where the tables and columns of before a file end up: renamed, dropped, or where they were.

In SQLite one statement that takes a column (or table) and brings another one in the same place is
ALTER TABLE … RENAME: nothing else changes two of them at once, and a rename keeps every value.
"""

from __future__ import annotations

from collections.abc import Iterable

from landed.core.facts import EXISTS, FactKey
from landed.core.timeline import StatementTrace, Step

Column = tuple[str, str]
"""A table and one of its columns, both folded."""


class Renames:
    """What one file renames. ``tables`` and ``columns``: the name before the file -> the one after it.

    ``lost`` are the columns that were there before the file and whose values are nowhere after it,
    though their table was not dropped by the name it had. ``anew`` are those that it takes and makes
    again, and may have filled from somewhere.
    """

    def __init__(self, step: Step) -> None:
        self._traces = [trace for trace in step.traces if not trace.weak and trace.effects]
        self._moves = {trace.number: _table_move(trace) for trace in self._traces}
        self._changes = {trace.number: _column_move(trace) for trace in self._traces}
        self._writes = [trace.number for trace in step.traces if trace.writes]
        first: dict[FactKey, bool] = {}
        for trace in self._traces:
            for key, before, _ in trace.effects:
                if key.kind in ("table", "column") and key.prop == EXISTS:
                    first.setdefault(key, before is not None)
        there = [key for key, was_there in first.items() if was_there]
        self.tables: dict[str, str] = {}
        for key in (k for k in there if k.kind == "table"):
            now = self.table(key.name)
            if now is not None and now != key.name:
                self.tables[key.name] = now
        found = {(key.parent, key.name): self.column(key.parent, key.name) for key in there if key.parent}
        self.columns: dict[Column, Column] = {
            was: now for was, now in found.items() if now is not None and now[1] != was[1]
        }
        carried = {now for now in found.values() if now is not None}
        self.anew = [
            was
            for was, now in found.items()
            if now is None and was[0] not in step.dropped and self._replaced(was, step, carried)
        ]
        self.lost = [
            was
            for was, now in found.items()
            if now is None and was[0] not in step.dropped and not self._replaced(was, step, carried)
        ]

    def now(self, table: str, columns: tuple[str, ...] = ()) -> tuple[str, tuple[str, ...]]:
        """A table of before the file and columns of it, as they are called after it."""
        return self.tables.get(table, table), tuple(
            self.columns.get((table, name), (table, name))[1] for name in columns
        )

    def table(self, name: str) -> str | None:
        """What a table of before the file is called after it; None when it was dropped."""
        for trace in self._traces:
            moved = self._moves[trace.number]
            if moved is not None and moved[0] == name:
                name = moved[1]
            elif _takes(trace, FactKey("table", "", name, EXISTS)):
                return None
        return name

    def column(self, table: str, name: str) -> Column | None:
        """Where the values of a column of before the file are after it; None when they are nowhere."""
        for trace in self._traces:
            moved, changed = self._moves[trace.number], self._changes[trace.number]
            if moved is not None and moved[0] == table:
                table = moved[1]
            elif changed is not None and changed[0] == (table, name):
                name = changed[1]
            elif _takes(trace, FactKey("column", table, name, EXISTS)):
                return None
        return table, name

    def tables_before(self, names: Iterable[str]) -> set[str]:
        """These names of tables, some of them given by the file, as they were before it."""
        found = set(names)
        for trace in reversed(self._traces):
            moved = self._moves[trace.number]
            if moved is not None and moved[1] in found:
                found.add(moved[0])
        return found

    def _replaced(self, was: Column, step: Step, carried: set[Column]) -> bool:
        """Whether the file makes the column anew, and writes rows once the new one is there.

        Its values may have been carried over: ADD COLUMN, UPDATE, DROP COLUMN, RENAME COLUMN. A table made
        anew is the row guard's to count.
        """
        if FactKey("column", was[0], was[1], EXISTS) in step.net or was in carried:
            return False
        table, name = was
        for trace in reversed(self._traces):
            moved, changed = self._moves[trace.number], self._changes[trace.number]
            if moved is not None and moved[1] == table:
                table = moved[0]
            elif changed is not None and (changed[0][0], changed[1]) == (table, name):
                name = changed[0][1]
            elif _makes(trace, FactKey("column", table, name, EXISTS)):
                whole = _makes(trace, FactKey("table", "", table, EXISTS))
                return whole or any(number > trace.number for number in self._writes)
        return True


NONE = Renames(Step(name="", digest="", traces=()))
"""Nothing is renamed."""


def _makes(trace: StatementTrace, key: FactKey) -> bool:
    return any(k == key and after is not None for k, _, after in trace.effects)


def _takes(trace: StatementTrace, key: FactKey) -> bool:
    return any(k == key and after is None for k, _, after in trace.effects)


def _table_move(trace: StatementTrace) -> tuple[str, str] | None:
    gone = [k.name for k, _, after in trace.effects if _is(k, "table") and after is None]
    made = [k.name for k, before, _ in trace.effects if _is(k, "table") and before is None]
    return (gone[0], made[0]) if len(gone) == len(made) == 1 else None


def _column_move(trace: StatementTrace) -> tuple[Column, str] | None:
    if any(_is(key, "table") for key, _, _ in trace.effects):
        return None
    gone = [(k.parent, k.name) for k, _, after in trace.effects if _is(k, "column") and after is None]
    made = [(k.parent, k.name) for k, before, _ in trace.effects if _is(k, "column") and before is None]
    if len(gone) == len(made) == 1 and gone[0][0] == made[0][0]:
        return gone[0], made[0][1]
    return None


def _is(key: FactKey, kind: str) -> bool:
    return key.kind == kind and key.prop == EXISTS
