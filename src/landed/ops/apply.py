"""apply: run what is pending; nothing is recorded that is not proven."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from landed.core.advice import is_overwritten
from landed.core.applied import Applied, Consent, UndoPoint
from landed.core.errors import Code, Interrupted, LandedError, UsageError
from landed.core.facts import schema_digest
from landed.core.flags import Flag
from landed.core.judge import judge
from landed.core.migration import Migration
from landed.core.next import STATUS
from landed.core.opening import unnamed
from landed.core.plan import Plan, PlanItem
from landed.core.standing import Judgement, Standing, Verdict
from landed.core.stopping import held
from landed.core.timeline import Step
from landed.core.turns import lacking
from landed.engines.base import NoCopy
from landed.ops.apply_words import (
    base_missing,
    behind,
    blocked,
    cannot_run,
    interrupted,
    nobody_knows,
    notices,
    opening,
    so_far,
    unrehearsed,
    written_out,
)
from landed.ops.examine import Examination

RUNS = frozenset({Standing.PENDING, Standing.UNKNOWN, Standing.OUT_OF_ORDER})
_ROWS = frozenset({Code.CASCADE, Code.ROWS, Code.REFERENCES, Code.FOREIGN_KEY})
BLOCKS = frozenset({Standing.PARTIAL, Standing.PHANTOM, Standing.UNRECORDED, Standing.DUPLICATE})


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What was done: the outcome per file, in order; ``undo`` is the way back, where there is one."""

    examination: Examination
    plan: Plan
    applied: tuple[Applied, ...]
    undo: UndoPoint | None = None


def plan_apply(exam: Examination, *, to: str | None = None, allowed: Collection[str] = ()) -> Plan:
    """Everything that is pending, in order, up to ``to``; rehearsed on the target's own schema.

    Raises NotProven when an earlier migration has to be set right first or a pending file cannot
    run, NeedsConfirmation for one of which nothing shows whether it ran unless it is ``allowed`` by name,
    UsageError when ``to`` names no file. Nothing is written.
    """
    last, engine = _last_index(exam, to), exam.workspace.engine
    if rows := lacking(exam.judgements):
        raise behind(exam, rows)
    if exam.base is not None and exam.base.verdict is not Verdict.LANDED:
        raise base_missing(exam, exam.base)
    known = {m.name: i for i, m in enumerate(exam.migrations)}
    chosen = [j for j in exam.judgements if j.name in known and known[j.name] <= last]
    blocking = [j for j in exam.judgements if j.standing in BLOCKS and known.get(j.name, -1) <= last]
    blocking += [j for j in chosen if not j.recorded and Flag.UNSEEN in j.flags]
    waiting = [j for j in chosen if j.standing in RUNS]
    healing = _healing(exam, blocking, waiting)
    if blocking and not healing:
        raise blocked(blocking)
    for judgement in waiting:
        if is_overwritten(judgement) and not (engine.keeps_order and f"run:{judgement.name}" in allowed):
            raise nobody_knows(judgement)
    steps = healing or _rehearsed(exam, [j.name for j in waiting])
    items = tuple(_item(exam, j, steps[j.name]) for j in waiting)
    engine.refuse(items)
    for item in items:
        if not _runs(exam, item.step) and not all(engine.unsure(f, exam.facts) for f in item.step.failures):
            raise cannot_run(exam, item, items)
    engine.refuse_sending(items)
    told = notices(exam, waiting) + unrehearsed(engine, items) + engine.before_sending(items)
    told += [f"{j.name} is partial; the pending files set it right" for j in blocking]
    if items and (where := engine.rehearsed_on):
        told.append(where)
    return Plan(items, schema_digest(exam.facts), tuple(told))


def run_apply(
    exam: Examination,
    plan: Plan,
    consent: Consent,
    *,
    on_undo: Callable[[UndoPoint], None] | None = None,
    on_start: Callable[[int, PlanItem], None] | None = None,
    on_done: Callable[[int, Applied], None] | None = None,
) -> ApplyReport:
    """Execute a plan; ``on_undo`` is told the way back before the first write.

    Raises NotProven, NeedsConfirmation, Busy with what had already happened.
    """
    for item in plan.items:
        if refused := unnamed(item.opens, consent.allowed):
            raise opening(item.migration, refused)
    exam.workspace.check_lock()
    done: list[Applied] = []
    undo: UndoPoint | None = None
    try:
        with exam.workspace.target.writer() as writer:
            undo = writer.undo
            if undo is not None:
                files = [item.migration.name for item in plan.items]
                exam.workspace.engine.remember(undo, "apply", files)
                if on_undo is not None:
                    on_undo(undo)
            while len(done) < len(plan.items):
                index = len(done)
                if on_start is not None:
                    on_start(index, plan.items[index])
                for applied in writer.apply_next(plan.items[index:], consent):
                    done.append(applied)
                    if on_done is not None:
                        on_done(len(done) - 1, applied)
    except KeyboardInterrupt as stop:
        # What an engine could not tell by itself: what is not counted was rolled back.
        with held(last=True):
            stopped = interrupted(done, plan)
            if undo is not None and any(a.outcome == "applied" for a in done):
                stopped.details = (*stopped.details, f"To go back to before all of it: {undo.command}")
            raise stopped from stop
    except LandedError as error:
        if isinstance(error, Interrupted):
            done += [Applied(name, "applied", 0, 0.0) for name in error.applied]
        error.details = (*error.details, *_written_out(exam, plan, len(done), error), so_far(done, plan))
        if undo is not None and any(a.outcome == "applied" for a in done):
            error.details = (*error.details, f"To go back to before all of it: {undo.command}")
        raise
    finally:
        if done:
            digests = {i.migration.name: i.step.digest for i in plan.items[: len(done)]}
            with held(last=True):
                exam.workspace.write_lock(unlocked(exam) | digests)
    return ApplyReport(exam, plan, tuple(done), undo)


def _written_out(exam: Examination, plan: Plan, number: int, error: LandedError) -> list[str]:
    """What keeps the rows that a file of the plan would have lost, if that is known."""
    if error.code not in _ROWS or number >= len(plan.items):
        return []
    before = [item.migration for item in plan.items[:number]]
    return written_out(exam, plan.items[number].migration, before)


def unlocked(exam: Examination) -> dict[str, str]:
    """The applied files that the lock file lacks, name -> digest: a run that was killed leaves such."""
    return {
        j.name: exam.step(j.name).digest
        for j in exam.judgements
        if j.standing in (Standing.OK, Standing.UNPROVABLE)
        and exam.migration(j.name) is not None
        and exam.workspace.locked_digest(j.name) is None
    }


def _last_index(exam: Examination, to: str | None) -> int:
    if to is None:
        return len(exam.migrations) - 1
    migration = find_migration(exam, to)
    return next(i for i, m in enumerate(exam.migrations) if m is migration)


def find_migration(exam: Examination, name: str) -> Migration:
    """The file that a user means: its ledger name, its path, or its number if only one file has it.

    Raises UsageError.
    """
    exact = [m for m in exam.migrations if name in (m.name, m.file, m.name.removesuffix(".sql"))]
    if not exact:
        exact = [m for m in exam.migrations if m.version and m.version == name]
    if not exact:
        exact = [m for m in exam.migrations if m.version and m.version.lstrip("0") == name.lstrip("0") != ""]
    if len(exact) == 1:
        return exact[0]
    if exact:
        raise UsageError(
            f"{name} means {len(exact)} files.", details=[m.name for m in exact], next="Name one of them."
        )
    raise UsageError(f"There is no migration {name}.", next=STATUS)


def _rehearsed(exam: Examination, names: Sequence[str]) -> dict[str, Step]:
    """The steps to expect: as the files' own history shows them or, where a file fails there, as the
    target's present schema does."""
    steps = {name: exam.step(name) for name in names}
    if not exam.workspace.engine.tries_present or not any(step.failed for step in steps.values()):
        return steps
    with exam.reading.present() as present:
        for name in names:
            migration = exam.migration(name)
            if migration is None:
                continue
            again = present.replay(migration)
            if steps[name].failed and _runs(exam, again):
                steps[name] = again
    return steps


def _healing(
    exam: Examination, blocking: Sequence[Judgement], waiting: Sequence[Judgement]
) -> dict[str, Step]:
    """The steps of the pending files, if running them sets right everything that blocks; else nothing.

    The way out for a recorded migration whose statements cannot make good what is there: a new file
    that does. Found by running the pending files in a shadow with the target's own schema. What they
    make there has to be proven on the target, too, also where it is nothing new for the files' own
    history; what they remove there that no migration made still needs its own consent.
    """
    if not blocking or any(j.standing is not Standing.PARTIAL or not j.recorded for j in blocking):
        return {}
    steps: dict[str, Step] = {}
    try:
        with exam.reading.present() as present:
            for judgement in waiting:
                migration = exam.migration(judgement.name)
                healed = present.heals(migration, exam.step(judgement.name)) if migration else None
                if healed is None:
                    return {}
                steps[judgement.name] = healed
            recorded = frozenset({j.name for j in exam.judgements if j.recorded} | set(steps))
            after = {
                j.name: j.standing for j in judge(exam.steps, recorded, present.facts(exam.steps)).judgements
            }
    except NoCopy:
        # Then nobody knows, and the partial file is set right first.
        return {}
    return steps if all(after[j.name] is Standing.OK for j in blocking) else {}


def _runs(exam: Examination, step: Step) -> bool:
    """Whether a file runs, or failed only because the throw-away database has other rows than the target.

    A row that refers to one which the application wrote breaks a constraint there and nowhere else.
    Only the target can tell; the file's transaction is rolled back there if the constraint fails.
    """
    return all(map(exam.workspace.engine.wants_rows, step.failures))


def _item(exam: Examination, judgement: Judgement, step: Step) -> PlanItem:
    migration = exam.migration(judgement.name)
    assert migration is not None
    numbers = tuple(s.number for s in migration.statements)
    changes = tuple(exam.workspace.engine.describe(step))
    return PlanItem(migration, step, numbers, judgement.standing, changes)
