"""What was changed by hand of what files made: what brings it back, and what takes the change over.

Both are statements that were run in a shadow: on the target's own schema, and on the one that the files make.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from landed.core.advice import resume_plan
from landed.core.facts import EXISTS, FactKey, holds
from landed.core.flags import Flag
from landed.core.makers import with_makers
from landed.core.standing import Judgement, Remedy, Standing
from landed.core.timeline import DataCheck
from landed.engines.sqlite.remedies.bench import Bench, Proven, related
from landed.engines.sqlite.remedies.benches import Benches
from landed.engines.sqlite.remedies.row_rules import Rule, rules
from landed.engines.sqlite.remedies.schema import unit_of
from landed.engines.sqlite.sql.tokens import quote

if TYPE_CHECKING:
    from landed.engines.base import Known
    from landed.engines.sqlite.base import SqliteBase

_WRONG = (Standing.PARTIAL, Standing.PHANTOM)
_ONE_BY_ONE = 2
"""So many files that are not there run again one after the other."""


def mended(engine: SqliteBase, judgements: Sequence[Judgement], known: Known) -> Sequence[Judgement]:
    """The judgements with a remedy where the file's own statements do not make it good, and with what takes
    the change over in a new migration. Raises CannotKnow."""
    wrong = {j.name: wrong_of(j) for j in judgements if _can_be_mended(j, known)}
    if not any(wrong.values()):
        return judgements
    expected = {e.key: e.expected for j in judgements if wrong.get(j.name) for e in j.evidence if e.key}
    mending = Mending(engine, known, wrong, expected)
    return [mending.mended(j) if wrong.get(j.name) else j for j in judgements]


def wrong_of(judgement: Judgement) -> frozenset[FactKey]:
    """The facts that speak against a file and are known from a replay."""
    return frozenset(e.key for e in judgement.evidence if not e.holds and not e.weak and e.key is not None)


def _can_be_mended(judgement: Judgement, known: Known) -> bool:
    return (
        judgement.standing in _WRONG
        and judgement.name in known.files
        and any(step.name == judgement.name for step in known.steps)
        and known.state.present
        and Flag.UNSEEN not in judgement.flags
        and not judgement.renamed
    )


class Mending:
    """One look at a target: the ``wrong`` facts of each file that is not as it should be, and what is
    ``expected`` of them."""

    def __init__(
        self,
        engine: SqliteBase,
        known: Known,
        wrong: dict[str, frozenset[FactKey]],
        expected: Mapping[FactKey, str | None],
    ) -> None:
        self.engine, self.known, self.wrong, self.expected = engine, known, wrong, expected
        self.benches = Benches(engine, known)
        self.everything = frozenset(key for keys in wrong.values() for key in keys)

    @cached_property
    def _absent(self) -> list[str]:
        """The recorded files of which nothing is there: what later files made of it is not there, either."""
        return [name for name in self.wrong if name not in self.known.applied]

    def mended(self, judgement: Judgement) -> Judgement:
        """The judgement with what helps; as it is where nothing is known to."""
        if judgement.standing is Standing.PHANTOM:
            return self._phantom(judgement)
        plan = resume_plan(judgement)
        wrong = self.wrong[judgement.name]
        if not judgement.recorded:
            if plan.problem is None or judgement.remedy is not None:
                return judgement
            mixed = set(judgement.location.mixed) if judgement.location else set()
            first = wrong.intersection(e.key for e in judgement.evidence if e.key and e.statement in mixed)
            return judgement._replace(remedy=self._remedy(judgement, first or wrong))
        if plan.problem is None and (plan.undecided or self._does(judgement, plan.run)):
            # Rows that its other statements write are a person's to decide on.
            keep = self._kept(wrong)
            back = self._back(wrong, judgement.name, *self._absent)
            if back is not None and back.script.renamed and not judgement.unproven:
                # It would make an empty second of what only has another name now.
                found = self._told(judgement, back, wrong, keep)
                return judgement._replace(remedy=found._replace(better=True))
            if against := self._against(back or self._back(wrong, judgement.name)):
                return judgement._replace(remedy=_stopped(wrong, against, keep))
            return judgement._replace(remedy=Remedy((), instead=keep)) if keep else judgement
        remedy = self._remedy(judgement, wrong)
        return judgement._replace(remedy=remedy._replace(better=plan.problem is None, alone=True))

    def _phantom(self, judgement: Judgement) -> Judgement:
        """One that is not there at all runs again, unless it cannot, or would make an empty second of what
        only has another name now, or is the first of many that would have to run one after the other."""
        wrong = self.wrong[judgement.name]
        chain = self._chain(judgement)
        back = self._back(wrong, *chain)
        if back is None:
            return judgement
        again = self._does(judgement, range(1, judgement.statements + 1)) or self._does_in_turn(judgement)
        many = len(chain) > _ONE_BY_ONE and not judgement.unproven
        if again and not back.script.renamed and not many:
            if not (against := self._against(back)):
                return judgement
            keep = self._kept(wrong, *chain)
            return judgement._replace(remedy=_stopped(wrong, against, keep))
        remedy = self._told(judgement, back, wrong, self._kept(wrong, *chain))
        return judgement._replace(remedy=remedy._replace(alone=not again))

    def _chain(self, judgement: Judgement) -> list[str]:
        """The files that are not there and are about the same tables, with this one."""
        tables = {unit_of(key) for key in self.wrong[judgement.name] if unit_of(key)[0] == "table"}
        return [
            name
            for name, wrong in self.wrong.items()
            if name == judgement.name
            or (name not in self.known.applied and not tables.isdisjoint(map(unit_of, wrong)))
        ]

    def _does(self, judgement: Judgement, run: Iterable[int]) -> bool:
        """Whether the file's own statements (numbers) run on what is there, make it good, and nothing else
        otherwise than it should be: a later file may have given the object another form."""
        step = next(s for s in self.known.steps if s.name == judgement.name)
        numbers = self.engine.with_corrections(step, with_makers(run, step.traces, self.known.live))
        after = self.benches.live.after(self.known.files[judgement.name].only(numbers))
        if after is None:
            return False
        wrong = self.wrong[judgement.name]
        goal = self.benches.made(judgement.name).facts
        return self.benches.live.beside(after, goal, wrong, wrong) == ()

    def _does_in_turn(self, judgement: Judgement) -> bool:
        """The same of a whole file behind those before it that are not there, either."""
        if judgement.name not in self._absent:
            return False
        before = self._absent[: self._absent.index(judgement.name) + 1]
        wrong = frozenset[FactKey]().union(*(self.wrong[name] for name in before))
        after = self.benches.live.after(*(self.known.files[name] for name in before))
        goal = self.benches.made(*before).facts
        return after is not None and self.benches.live.beside(after, goal, wrong, wrong) == ()

    def _remedy(self, judgement: Judgement, wrong: frozenset[FactKey]) -> Remedy:
        keep = self._kept(self.wrong[judgement.name]) if judgement.recorded else ()
        back = self._back(wrong, judgement.name) or self._back(wrong, judgement.name, *self._absent)
        if back is None:
            return Remedy((), left=tuple(sorted(wrong)), instead=keep)
        return self._told(judgement, back, wrong, keep)

    def _told(
        self, judgement: Judgement, back: Proven, wrong: frozenset[FactKey], keep: tuple[str, ...]
    ) -> Remedy:
        script = back.script
        cautions = [f"table {name} comes back without the rows that it had" for name in script.empty]
        empty = "is made anew and is empty: values that it had are gone"
        cautions += [f"{column} {empty}" for column in _lost(judgement, back)]
        cautions += [f"it takes {removed} away, which no migration made" for removed in back.removes]
        against = self._against(back)
        if against:
            return _stopped(wrong, against, keep)
        return Remedy(script.sql, tuple(sorted(wrong)), cautions=tuple(cautions), instead=keep)

    def _against(self, back: Proven | None) -> list[str]:
        """What the rows that are there have against it, in words."""
        if back is None:
            return []
        tables = {*back.script.rebuilt, *back.tables}
        found = rules(self.benches.live.facts, back.facts, tables)
        for table, column in back.script.demanded:
            rows = f"SELECT NOT EXISTS (SELECT 1 FROM {quote(table)})"
            said = (
                f"column {table}.{column} is NOT NULL and has no default: the rows of {table} need a value, "
                "which only you can choose"
            )
            found.append(Rule(DataCheck(0, 0, rows, "", derived=False), said))
        if not found:
            return []
        answers = self.engine.target.check([rule.check for rule in found])
        return [rule.said for rule, (kept, _) in zip(found, answers, strict=True) if kept is False]

    def _back(self, wrong: frozenset[FactKey], *names: str) -> Proven | None:
        live, made = self.benches.live, self.benches.made(*names)
        if not self._is_made(wrong, made):
            return None
        return live.towards(made.schema, self._choices(wrong, live, made))

    def _kept(self, wrong: frozenset[FactKey], *names: str) -> tuple[str, ...]:
        live, made = self.benches.live, self.benches.made(*names)
        if not self._is_made(wrong, made):
            return ()
        found = made.towards(live.schema, self._choices(wrong, live, made))
        return found.script.sql if found is not None else ()

    def _is_made(self, wrong: frozenset[FactKey], made: Bench) -> bool:
        """Whether these files make what is expected: another one may be needed that is not there."""
        return all(holds(key, self.expected[key], made.facts.get(key)) for key in wrong)

    def _choices(self, wrong: frozenset[FactKey], *benches: Bench) -> list[Collection[FactKey]]:
        near = related([bench.schema for bench in benches], wrong, self.everything)
        return [wrong, near, self.everything]


def _stopped(wrong: frozenset[FactKey], against: Sequence[str], keep: tuple[str, ...]) -> Remedy:
    """Nothing that could be run: the rows do not allow it."""
    said = (*against, "set these rows right first, or keep the change")
    return Remedy((), left=tuple(sorted(wrong)), cautions=said, instead=keep, alone=True)


def _lost(judgement: Judgement, back: Proven) -> list[str]:
    """The columns that are made anew in a table that was there all the time."""
    tables = {*back.script.empty, *(obj.parent for obj in back.script.renamed)}
    return [
        str(e.key.object)
        for e in judgement.evidence
        if e.key is not None
        and e.observed is None
        and e.key.kind == "column"
        and e.key.prop == EXISTS
        and e.key.parent not in tables
    ]
