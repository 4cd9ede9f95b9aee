"""The common first half of every command: read files, ledger and schema, replay, and judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from landed.core.errors import CannotKnow
from landed.core.facts import FactKey
from landed.core.judge import CheckResult, Ruling
from landed.core.ledger import LedgerRow, replay_order
from landed.core.migration import Migration, Note
from landed.core.next import DOCTOR
from landed.core.standing import Judgement, Standing
from landed.core.timeline import BASE, DataCheck, Progress, Step
from landed.engines.cache import Cache
from landed.engines.live import LiveState
from landed.ops.behind import WRONG, Missing, missing_rows, replaced_rows, with_stand_ins
from landed.ops.edits import disproved, find_edits
from landed.ops.history import History, Replays
from landed.ops.judged import Judged, finish, known_of
from landed.ops.orders import other_orders
from landed.ops.settled import settled
from landed.ops.workspace import Workspace
from landed.project.inside import look_at_lock

if TYPE_CHECKING:
    from landed.engines.base import Known, Reading
    from landed.engines.contract import Engine


@dataclass(frozen=True)
class Examination:
    """Everything that is known about one target at one moment.

    ``migrations`` are in file order; ``steps`` are the replayed steps, among them those of recorded rows
    whose files are missing here and whose SQL is known. ``judgements`` are in file order, rows without a file
    last. ``made_by`` says, on Postgres, which objects are not of the role that files are replayed as, if any.
    ``known`` is what sets things right is made from.
    """

    workspace: Workspace
    migrations: tuple[Migration, ...]
    steps: tuple[Step, ...]
    state: LiveState
    facts: Mapping[FactKey, str]
    ruling: Ruling
    judgements: tuple[Judgement, ...]
    reading: Reading
    known: Known

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
    """Read, replay and judge. Reads only. Raises ConfigError, CannotKnow, also where somebody deploys."""
    workspace.migrations()
    look_at_lock(workspace.project)

    def judge_with(cache: Cache) -> Examination:
        return settled(
            workspace, lambda: _read(workspace), lambda state: _examined(workspace, state, cache, progress)
        )

    if cache is not None:
        return judge_with(cache)
    own_cache = Cache()
    try:
        return judge_with(own_cache)
    finally:
        own_cache.close()


def _read(workspace: Workspace) -> LiveState:
    state = workspace.target.read()
    if state.ledger_problem is not None:
        raise CannotKnow(
            f"The ledger table {workspace.ledger_table} cannot be read: {state.ledger_problem}",
            details=["Without it nobody can say what is recorded; nothing was judged."],
            next=DOCTOR,
        )
    return state


def _examined(workspace: Workspace, state: LiveState, cache: Cache, progress: Progress | None) -> Examination:
    engine = workspace.engine
    engine.learn(state)
    files = engine.migrations().migrations
    reading = engine.reading(state, cache)
    replays = Replays(engine, reading, cache, progress)
    exam = _judged(workspace, state, reading, replays, files)
    missing = missing_rows(workspace, exam.state, exam.judgements)
    if missing is None:
        return exam
    # The files here may not be the whole history: what is known of the rest takes part.
    more = with_stand_ins(files, state.ledger or (), missing.known)
    whole = _judged(workspace, state, reading, replays, more, missing)
    if not (replaced := replaced_rows(exam.steps, whole.steps, missing.known)):
        return whole
    if not exam.unexplained and not any(j.standing in WRONG for j in exam.judgements):
        return exam  # the files here were made to take their place, and explain everything
    missing = missing.without(replaced)
    more = with_stand_ins(files, state.ledger or (), missing.known)
    return _judged(workspace, state, reading, replays, more, missing)


def _judged(
    workspace: Workspace,
    state: LiveState,
    reading: Reading,
    replays: Replays,
    migrations: Sequence[Migration],
    missing: Missing | None = None,
) -> Examination:
    """One pass over files, among them those that stand in for ``missing`` ones."""
    engine = workspace.engine
    files = engine.migrations().migrations
    order, steps = _replayed(engine, replays, migrations, state.ledger or ())
    state = reading.seen(steps)

    answers: dict[DataCheck, tuple[bool | None, str]] = {}

    def judged_in(order: list[int], steps: list[Step]) -> History:
        results = _check_results(workspace, state, steps, answers)
        return History(engine, replays, [migrations[i] for i in order], steps, state, results).judged()

    history = judged_in(order, steps)
    for other_order in other_orders([m.name for m in migrations], state.ledger or (), order):
        if not history.troubles:
            break
        others = replays.again(engine.history([migrations[i] for i in other_order]))
        if sum(s.failed for s in others) > sum(s.failed for s in history.steps):
            continue  # it cannot have run so
        other = judged_in(other_order, others)
        if other.troubles < history.troubles:
            history = other
    unimportant = history.leave_the_unimportant()
    history.look_behind_files()
    needed = history.needed()
    history.leave_the_start()
    steps, state, ruling = history.steps, history.state, history.ruling
    edits = find_edits(workspace, files, {s.name: s.digest for s in steps}, state.ledger or (), state.content)
    for name in disproved(edits, history.files, steps, ruling, replays.again) if edits else ():
        del edits[name]
    notes = reading.notes(steps)
    found = Judged(workspace, files, steps, state, history.facts, ruling, edits, notes, needed, missing)
    known = known_of(found)
    judged = finish(found, known)
    judgements = tuple(
        j._replace(notes=(*j.notes, unimportant[j.name])) if j.name in unimportant else j for j in judged
    )
    return Examination(
        workspace, files, tuple(steps), state, history.facts, ruling, judgements, reading, known
    )


def _replayed(
    engine: Engine, replays: Replays, migrations: Sequence[Migration], ledger: Sequence[LedgerRow]
) -> tuple[list[int], list[Step]]:
    """In which order the files (by index) are replayed, and their steps: as the ledger says they were
    applied or, where fewer fail so, in file order."""
    order = replay_order([m.name for m in migrations], ledger)
    steps = replays.again(engine.history([migrations[i] for i in order]), keep=True)
    in_file_order = list(range(len(migrations)))
    if order != in_file_order and any(s.failed for s in steps):
        others = replays.again(engine.history(migrations))
        if sum(s.failed for s in others) < sum(s.failed for s in steps):
            return in_file_order, others
    return order, steps


def _check_results(
    workspace: Workspace,
    state: LiveState,
    steps: Sequence[Step],
    answers: dict[DataCheck, tuple[bool | None, str]],
) -> dict[str, list[CheckResult]]:
    """All data checks of all files, those without an answer yet in one reading of the target."""
    if not state.present:
        return {}
    wanted = dict.fromkeys(check for step in steps for check in step.checks if check not in answers)
    if wanted:
        answers.update(zip(wanted, workspace.target.check(list(wanted)), strict=True))
    return {
        step.name: [CheckResult(check, *answers[check]) for check in step.checks]
        for step in steps
        if step.checks
    }
