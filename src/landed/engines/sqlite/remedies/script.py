"""The statements that lead from one schema to another where facts are wrong, and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from landed.core.facts import FactKey, ObjectKey
from landed.engines.sqlite.remedies.forms import altered, demands, merged, renamed
from landed.engines.sqlite.remedies.rebuild import rebuild
from landed.engines.sqlite.remedies.schema import Schema, Unit, unit_of
from landed.engines.sqlite.sql.table_text import TableText
from landed.engines.sqlite.sql.tokens import quote


class Way(NamedTuple):
    """How a script goes about it: ``anew`` rebuilds every table, ``apart`` takes all views and triggers out
    of the way of a rebuild, also those of other tables (a broken one stops a rename)."""

    anew: bool = False
    apart: bool = False


class Script(NamedTuple):
    """Statements (without ``;``) and what they do besides.

    ``renamed`` are objects that only get another name, ``rebuilt`` tables that are made anew, ``empty``
    tables that come back without rows, ``demanded`` the columns (table, column) that rows need a value for.
    """

    sql: tuple[str, ...]
    renamed: frozenset[ObjectKey] = frozenset()
    rebuilt: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    demanded: tuple[tuple[str, str], ...] = ()


class Impossible(Exception):
    """No such script is known."""


def script(source: Schema, goal: Schema, wrong: Collection[FactKey], way: Way) -> Script:
    """The statements that make the ``wrong`` facts of ``source`` those of ``goal``. Raises Impossible."""
    return _Writer(source, goal, wrong, way).written()


class _Writer:
    """One script while it is written."""

    def __init__(self, source: Schema, goal: Schema, wrong: Collection[FactKey], way: Way) -> None:
        self.source, self.goal, self.wrong, self.way = source, goal, wrong, way
        self.first: list[str] = []
        self.forms: dict[str, TableText] = {}
        self.names: dict[tuple[str, str], str] = {}
        self.renamed: set[ObjectKey] = set()
        self.empty: list[str] = []
        self.demanded: list[tuple[str, str]] = []
        self.dropped: dict[Unit, None] = {}
        self.made: dict[Unit, str] = {}

    def written(self) -> Script:
        units = sorted({unit_of(key) for key in self.wrong})
        for unit in units:
            if unit[0] != "table":
                self._drop(unit)
                if unit in self.goal:
                    self.made[unit] = self.goal.sql(unit)
        for kind, name in units:
            if kind == "table":
                self._table(name)
        again: list[str] = []
        rebuilt: list[str] = []
        if self.forms:
            again, rebuilt = rebuild(self.source, self.forms, self.goal, renamed=self.names)
            self._set_aside(rebuilt)
        drops = [f"DROP {kind.upper()} {quote(self.source.rows[kind, n].name)}" for kind, n in self.dropped]
        sql = [*drops, *self.first, *again, *self._makes()]
        if rebuilt:
            # SQLite counts the references that DROP TABLE opens, also where the rename closes them again.
            sql = ["PRAGMA defer_foreign_keys = on", *sql, "PRAGMA defer_foreign_keys = off"]
        return Script(
            tuple(sql), frozenset(self.renamed), tuple(rebuilt), tuple(self.empty), tuple(self.demanded)
        )

    def _drop(self, unit: Unit) -> None:
        if unit in self.source:
            self.dropped[unit] = None

    def _table(self, name: str) -> None:
        unit = ("table", name)
        if unit not in self.goal:
            self._without_table(name)
        elif unit not in self.source:
            self._lost_table(name)
        else:
            now, wanted = self.source.text(name), self.goal.text(name)
            if now is None or wanted is None:
                raise Impossible(f"{name} is a virtual table")
            written = self.source.name(name)
            light = None if self.way.anew else altered(name, now, wanted, self.wrong, written)
            if (pair := renamed(now, wanted)) is not None:
                self.renamed.add(ObjectKey("column", name, pair[0]))
                self.names[name, pair[1]] = pair[0]
            if light is not None:
                self.first += light
            else:
                form = wanted if pair is not None else merged(name, now, wanted, self.wrong)
                self.demanded += [(name, c) for c in demands(name, now, form) if (name, c) not in self.names]
                self.forms[name] = form

    def _without_table(self, name: str) -> None:
        if ("table", name) not in self.source:
            return
        other = self._same(name, self.source, self.goal)
        if other is not None:
            old, new = quote(self.source.name(name)), quote(self.goal.name(other))
            self.first.append(f"ALTER TABLE {old} RENAME TO {new}")
            self.renamed.add(ObjectKey("table", "", name))
            return
        for unit in self.source.parts_of(name):
            self.dropped.pop(unit, None)
        self.first.append(f"DROP TABLE {quote(self.source.name(name))}")

    def _lost_table(self, name: str) -> None:
        other = self._same(name, self.goal, self.source)
        if other is not None:
            old, new = quote(self.source.name(other)), quote(self.goal.name(name))
            self.first.append(f"ALTER TABLE {old} RENAME TO {new}")
            self.renamed.add(ObjectKey("table", "", other))
            return
        self.first.append(self.goal.sql(("table", name)))
        self.empty.append(name)
        for unit in self.goal.parts_of(name):
            if unit not in self.source:
                self.made.setdefault(unit, self.goal.sql(unit))

    def _same(self, name: str, has: Schema, lacks: Schema) -> str | None:
        """The table of ``lacks`` that is the table of ``has`` under another name, and no table there."""
        text = has.text(name)
        if text is None:
            return None
        words = [item.words for item in text.items]
        found = []
        for other in lacks.tables:
            theirs = lacks.text(other)
            if ("table", other) in has or theirs is None or theirs.tail.upper() != text.tail.upper():
                continue
            if [item.words for item in theirs.items] == words:
                found.append(other)
        return found[0] if len(found) == 1 else None

    def _set_aside(self, rebuilt: list[str]) -> None:
        """What goes with a table that is dropped comes back; what stops its rename goes first."""
        for table in rebuilt:
            for unit in self.source.parts_of(table):
                self._again(unit)
        aside = self.source.looking() if self.way.apart else self.source.leaning_on(rebuilt)
        for unit in aside:
            self._drop(unit)
            self._again(unit)

    def _again(self, unit: Unit) -> None:
        going = unit in self.dropped and unit not in self.made and unit in {unit_of(k) for k in self.wrong}
        if unit in self.source and not going:
            self.made.setdefault(unit, self.source.sql(unit))

    def _makes(self) -> list[str]:
        order = {"index": 0, "view": 1, "trigger": 2}
        places = {unit: n for n, unit in enumerate([*self.source.rows, *self.goal.rows])}
        return [self.made[unit] for unit in sorted(self.made, key=lambda u: (order[u[0]], places[u]))]
