"""Where scripts are tried: the schema that they start from, in a shadow, as often as it takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from landed.core.facts import EXISTS, FactKey, Facts, ObjectKey, holds
from landed.core.migration import Migration, Parsed
from landed.engines.sqlite.remedies.schema import Schema, unit_of
from landed.engines.sqlite.remedies.script import Impossible, Script, Way, script
from landed.engines.sqlite.shadow.replay import Replayer
from landed.engines.sqlite.sql.tokens import fold

Shadow = Callable[[bytes | None], Replayer]
"""Opens a shadow that goes on from an image."""

_WAYS = (Way(), Way(anew=True), Way(anew=True, apart=True))
_RULES = frozenset({"check", "unique", "foreign key"})


class Proven(NamedTuple):
    """A script that was run and led exactly to what is claimed: to these facts.

    ``tables`` are those that it is about, ``removes`` constraints that nobody asked to remove and that cannot
    stay.
    """

    script: Script
    facts: Facts
    tables: frozenset[str]
    removes: tuple[ObjectKey, ...] = ()


class Bench:
    """One schema: what is there, and what statements make of it."""

    def __init__(self, shadow: Shadow, replayer: Replayer, parse: Callable[[str], Parsed]) -> None:
        """Takes the replayer's schema, and closes it."""
        self._shadow, self._parse = shadow, parse
        self.facts: Facts = dict(replayer.facts)
        self.schema = Schema(replayer.tracker.rows.values(), self.facts)
        self.image = replayer.image()
        replayer.close()

    def after(self, *files: Migration) -> Facts | None:
        """The facts once these files have run here; ``None`` where one of their statements fails."""
        replayer = self._shadow(self.image)
        try:
            failed = any(replayer.replay(file).failed for file in files)
            return None if failed else dict(replayer.facts)
        finally:
            replayer.close()

    def ran(self, sql: Collection[str]) -> Facts | None:
        """The same of statements."""
        text = "".join(f"{statement};\n" for statement in sql)
        return self.after(Migration("", "", "", text, self._parse))

    def towards(
        self, goal: Schema, choices: Collection[Collection[FactKey]], ways: Sequence[Way] = _WAYS
    ) -> Proven | None:
        """The first script that makes the facts of the first choice those of ``goal`` and changes nothing
        else. Each choice is a set of facts, the later ones with what the first may need besides."""
        wanted = next(iter(choices), ())
        loose: Proven | None = None
        for wrong, way in _each(choices, ways):
            try:
                found = script(self.schema, goal, wrong, way)
            except Impossible:
                continue
            after = self.ran(found.sql) if found.sql else None
            if after is None:
                continue
            removed = self.beside(after, goal.facts, wanted, wrong, found.renamed)
            if removed is None:
                continue
            proven = Proven(found, after, self._tables(goal, wrong), removed)
            if not removed:
                return proven
            loose = loose or proven
        return loose

    def _tables(self, goal: Schema, wrong: Collection[FactKey]) -> frozenset[str]:
        units = {unit_of(key) for key in wrong}
        rows = [schema.rows[unit] for schema in (self.schema, goal) for unit in units if unit in schema]
        names = {fold(row.tbl_name) for row in rows}
        return frozenset(name for name in names if ("table", name) in self.schema)

    def beside(
        self,
        after: Facts,
        goal: Facts,
        wanted: Collection[FactKey],
        wrong: Collection[FactKey],
        renamed: Collection[ObjectKey] = (),
    ) -> tuple[ObjectKey, ...] | None:
        """The constraints that are gone though nobody asked.

        ``None`` where what is there ``after`` has not the ``wanted`` facts of the goal, or where something
        else is otherwise than before and than there.

        ``wrong`` are the facts that were to change, ``renamed`` the objects that have another name now.
        """
        if not all(holds(key, goal.get(key), after.get(key)) for key in wanted):
            return None
        gone = []
        checks = {key.parent for key in wrong if key.kind == "check"}
        asked = {unit_of(key) for key in wrong if unit_of(key)[0] != "table" or key.kind == "table"}
        for key in self.facts.keys() | after.keys():
            was, now = self.facts.get(key), after.get(key)
            if was == now or _goes(key, renamed):
                continue
            if not holds(key, goal.get(key), now):
                return None
            if now is None and key.prop == EXISTS and key not in wrong and unit_of(key) not in asked:
                if key.kind not in _RULES:
                    return None
                if not (key.kind == "check" and key.parent in checks):
                    gone.append(key.object)
        return tuple(sorted(gone))


def _goes(key: FactKey, renamed: Collection[ObjectKey]) -> bool:
    """Whether a fact is of what only gets another name."""
    return any(key.object == old or (old.kind == "table" and key.parent == old.name) for old in renamed)


def _each(
    choices: Collection[Collection[FactKey]], ways: Sequence[Way]
) -> Iterator[tuple[Collection[FactKey], Way]]:
    tried: list[Collection[FactKey]] = []
    for wrong in choices:
        if wrong and wrong not in tried:
            tried.append(wrong)
            yield from ((wrong, way) for way in ways)


def related(
    schemas: Collection[Schema], wrong: Collection[FactKey], others: Collection[FactKey]
) -> set[FactKey]:
    """The wrong facts with those of ``others`` that are about the same tables, and their indexes and
    triggers: what stands on a table that is not right cannot be right before it is."""
    units = {unit_of(key) for key in wrong}
    tables = {name for kind, name in units if kind == "table"}
    for schema in schemas:
        tables |= {fold(schema.rows[unit].tbl_name) for unit in units if unit in schema}
    near = {("table", name) for name in tables}
    near |= {unit for schema in schemas for name in tables for unit in schema.parts_of(name)}
    return {*wrong, *(key for key in others if unit_of(key) in near)}
