"""The common first half of every command: read files, ledger and schema, replay, and judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from landed.core.errors import CannotKnow
from landed.core.facts import FactKey
from landed.core.judge import CheckResult, Ruling
from landed.core.ledger import replay_order
from landed.core.migration import Migration, Note
from landed.core.next import DOCTOR
from landed.core.standing import Judgement, Standing
from landed.core.timeline import BASE, Progress, Step
from landed.engines.cache import Cache
from landed.engines.live import LiveState
from landed.ops.alternatives import never_ran, without_hidden
from landed.ops.edits import disproved, find_edits
from landed.ops.judged import Judged, finish
from landed.ops.needed import needed_by
from landed.ops.orders import troubles
from landed.ops.ruling import rule
from landed.ops.workspace import Workspace
from landed.project.inside import look_at_lock

if TYPE_CHECKING:
    from landed.engines.base import Reading


@dataclass(frozen=True)
class Examination:
    """Everything that is known about one target at one moment.

    ``migrations`` are in file order; ``order`` are their indexes in the order of the replay, and
    ``steps`` the replayed steps in that order. ``judgements`` are in file order, rows without a file
    last. ``made_by`` says, on Postgres, which objects are not of the role that files are replayed as, if any.
    """

    workspace: Workspace
    migrations: tuple[Migration, ...]
    order: tuple[int, ...]
    steps: tuple[Step, ...]
    state: LiveState
    facts: Mapping[FactKey, str]
    ruling: Ruling
    judgements: tuple[Judgement, ...]
    reading: Reading

    @cached_property
    def _migrations_by_name(self) -> dict[str, Migration]:
        return {m.name: m for m in self.migrations}

    @cached_property
    def _steps_by_name(self) -> dict[str, Step]:
        return {s.name: s for s in self.steps}

    def migration(self, name: str) -> Migration | None:
        """The file with this ledger name."""
        return self._migrations_by_name.get(name)

    def step(self, name: str) -> Step:
        """The replayed step of a file. Raises KeyError."""
        return self._steps_by_name[name]

    def judgement(self, name: str) -> Judgement | None:
        """The judgement on a file or a ledger row."""
        return next((j for j in self.judgements if j.name == name), None)

    @property
    def position(self) -> str | None:
        """Where in the files the live schema stands, if it is exactly at one point of them.

        ``None`` when files out of order, drift or damage make that question meaningless.
        """
        if self.unexplained or not self.state.present:
            return None
        last: Judgement | None = None
        for index, judgement in enumerate(self.judgements):
            if judgement.standing in (Standing.OK, Standing.UNPROVABLE, Standing.UNRECORDED):
                last = judgement
                continue
            rest = self.judgements[index:]
            if judgement.standing is Standing.PARTIAL and judgement.location and judgement.location.exact:
                reach = judgement.location.low
                place = f"after statement {reach} of {judgement.statements} of {judgement.name}"
                rest = rest[1:]
            elif last is not None:
                place = f"after {last.name}"
            else:
                place = "before the first file"
            waiting = (Standing.PENDING, Standing.UNKNOWN)
            return place if all(j.standing in waiting for j in rest) else None
        return f"after {last.name}" if last is not None else None

    @property
    def base(self) -> Judgement | None:
        """The judgement on the starting schema, if the settings name one."""
        return next((j for j in self.ruling.judgements if j.name == BASE), None)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is worth knowing of the database and of the folder."""
        return (*self.state.notes, *self.workspace.migrations().notes)

    @property
    def unexplained(self) -> tuple[FactKey, ...]:
        """Facts of the live schema that no migration owns."""
        return self.ruling.unexplained


def examine(
    workspace: Workspace, *, progress: Progress | None = None, cache: Cache | None = None
) -> Examination:
    """Read, replay and judge. Reads only. Raises ConfigError, CannotKnow."""
    engine = workspace.engine
    migrations = engine.migrations().migrations
    look_at_lock(workspace.project)
    state = workspace.target.read()
    if state.ledger_problem is not None:
        raise CannotKnow(
            f"The ledger table {workspace.ledger_table} cannot be read: {state.ledger_problem}",
            details=["Without it nobody can say what is recorded; nothing was judged."],
            next=DOCTOR,
        )
    engine.learn(state)
    ledger = state.ledger or ()
    names = [m.name for m in migrations]
    order = replay_order(names, ledger)
    recorded = frozenset(row.name for row in ledger)
    if engine.base() is not None:
        recorded |= {BASE}
    own_cache = cache or Cache()
    reading = engine.reading(state, own_cache)
    like: list[Step] = []

    def replay(
        files: Sequence[Migration],
        *,
        keep: bool = False,
        hopeless: Callable[[Step], bool] = lambda step: False,
    ) -> list[Step]:
        found = engine.replay(
            files, cache=own_cache, keep=keep, progress=progress, hopeless=hopeless, like=like
        )
        like.extend(found if not like else ())
        return reading.expected(found)

    try:
        steps = replay(engine.history([migrations[i] for i in order]), keep=True)
        if order != list(range(len(names))) and any(s.failed for s in steps):
            in_file_order = replay(engine.history(migrations))
            if sum(s.failed for s in in_file_order) < sum(s.failed for s in steps):
                order, steps = list(range(len(names))), in_file_order
        state = reading.seen(steps)
        facts = engine.facts_of(state)
        results = _check_results(workspace, state, steps)
        in_order = engine.history([migrations[i] for i in order])
        history = engine.history_key(in_order) + reading.mark
        ruling = rule(own_cache, history, steps, state, facts, results, recorded)
        if order != list(range(len(names))) and troubles(ruling, recorded):
            in_file_order = replay(engine.history(migrations))
            again = _check_results(workspace, state, in_file_order)
            history = engine.history_key(engine.history(migrations)) + reading.mark
            other = rule(own_cache, history, in_file_order, state, facts, again, recorded)
            if troubles(other, recorded) < troubles(ruling, recorded):
                order, steps, results, ruling = list(range(len(names))), in_file_order, again, other
                in_order = engine.history(migrations)
        as_it_is, unimportant = engine.unimportant(ruling)
        if as_it_is:
            state = state._replace(facts={**facts, **as_it_is})
            facts = engine.facts_of(state)
            ruling = rule(own_cache, history, steps, state, facts, results, recorded)
        hidden = never_ran(
            steps,
            recorded,
            facts,
            ruling,
            lambda name, hopeless: replay([m for m in in_order if m.name != name], hopeless=hopeless),
            engine.may_hide(in_order, steps),
        )
        if hidden:
            others = replay([m for m in in_order if m.name not in hidden])
            steps, ruling = without_hidden(steps, ruling, hidden, others, recorded, facts, results)
        needed = needed_by(
            steps, recorded, ruling, lambda names: replay([m for m in in_order if m.name not in names])
        )
        if ruling.unexplained:
            start = engine.start_facts(own_cache)
            left = tuple(k for k in ruling.unexplained if start.get(k) != facts[k])
            ruling = ruling._replace(unexplained=left)
        edits = find_edits(workspace, migrations, {s.name: s.digest for s in steps}, ledger, state.content)
        for name in disproved(edits, in_order, steps, ruling, replay) if edits else ():
            del edits[name]
    finally:
        if cache is None:
            own_cache.close()
    judged = finish(
        Judged(workspace, migrations, steps, state, facts, ruling, edits, reading.notes(steps), needed)
    )
    judgements = tuple(
        j._replace(notes=(*j.notes, unimportant[j.name])) if j.name in unimportant else j for j in judged
    )
    return Examination(
        workspace, migrations, tuple(order), tuple(steps), state, facts, ruling, judgements, reading
    )


def _check_results(
    workspace: Workspace, state: LiveState, steps: Sequence[Step]
) -> dict[str, list[CheckResult]]:
    """Run all data checks of all files in one reading of the target."""
    wanted = [(step.name, check) for step in steps for check in step.checks]
    if not wanted or not state.present:
        return {}
    answers = workspace.target.check([check for _, check in wanted])
    results: dict[str, list[CheckResult]] = {}
    for (name, check), (passed, why) in zip(wanted, answers, strict=True):
        results.setdefault(name, []).append(CheckResult(check, passed, why))
    return results
