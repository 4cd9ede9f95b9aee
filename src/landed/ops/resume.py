"""resume: finish a partial migration by running exactly the statements whose effects are missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from landed.core.advice import can_resume, resume_plan
from landed.core.codes import code_of_failure, sqlstate_of
from landed.core.describe import describe
from landed.core.errors import Code, NeedsConfirmation, NotProven, UsageError, Where
from landed.core.facts import EXISTS, Change, FactKey, holds, schema_digest
from landed.core.makers import with_makers
from landed.core.migration import Migration
from landed.core.next import BREAK, STATUS, Next, landed
from landed.core.plan import Plan, PlanItem
from landed.core.standing import Judgement, Remedy, Standing
from landed.core.timeline import StatementTrace, net_effects
from landed.engines.say import excerpt
from landed.ops.apply import find_migration
from landed.ops.examine import Examination


def plan_resume(
    exam: Examination,
    name: str | None,
    *,
    ran: frozenset[int] = frozenset(),
    run: frozenset[int] = frozenset(),
) -> Plan:
    """The statements that finish the (first) partial migration, rehearsed on the target's schema.

    ``ran`` and ``run`` are the user's word on statements (numbers) that leave no trace. Raises UsageError,
    NotProven when running statements cannot finish it, NeedsConfirmation when nothing
    shows whether a statement ran and the user has not said so.
    """
    judgement = _chosen(exam, name)
    if judgement is None:
        return Plan((), schema_digest(exam.facts))
    migration = exam.migration(judgement.name)
    assert migration is not None
    plan = resume_plan(judgement, ran, run)
    remedy = judgement.remedy
    if remedy is not None and remedy.whole and (plan.problem or remedy.better):
        item = _opening(exam, judgement, _restoring(exam, migration, judgement, remedy))
        return Plan((item,), schema_digest(exam.facts), (*remedy.cautions, *_told(item)))
    if plan.problem:
        raise _cannot(migration, judgement, plan.problem)
    if plan.undecided:
        raise _undecided(migration, plan.undecided)
    step = exam.step(judgement.name)
    numbers = with_makers(plan.run, step.traces, exam.facts)
    engine = exam.workspace.engine
    numbers = engine.with_corrections(step, numbers)
    if engine.tries_present:
        _rehearse(exam, migration, judgement, numbers)
    missing = tuple(t for t in step.traces if t.number in numbers)
    changes = tuple(describe(replace(step, traces=missing, net=net_effects(missing))))
    # The proof is read on the target itself, where later files have had their say.
    later = _overwritten(exam, migration.name)
    step = replace(step, net={key: change for key, change in step.net.items() if key not in later})
    item = PlanItem(migration, step, numbers, judgement.standing, changes, record=not judgement.recorded)
    item = _opening(exam, judgement, item)
    left = [n for n in judgement.unproven if n not in numbers and n not in ran] if judgement.recorded else []
    notices = (*(_not_again(migration.name, n) for n in left), *_told(item))
    return Plan((item,), schema_digest(exam.facts), notices)


def _opening(exam: Examination, judgement: Judgement, item: PlanItem) -> PlanItem:
    """The item with what it lets in that is shut now. What an unrecorded file makes itself was never shut."""
    own = () if judgement.recorded else exam.step(judgement.name).net.items()
    made = {k.name for k, (old, new, _) in own if k.prop == EXISTS and not k.parent and not old and new}
    before = {k: v for k, v in exam.facts.items() if not _is_of(k, made)}
    after = dict(before)
    for key, (_, value, _) in item.step.net.items():
        if value is None:
            after.pop(key, None)
        else:
            after[key] = value
    return replace(item, opens=tuple(exam.workspace.engine.opens(before, after)))


def _is_of(key: FactKey, made: Collection[str]) -> bool:
    """Whether a fact is of one of these objects, or of a part of it."""
    return key.name in made or key.parent in made or key.parent.rpartition(".")[0] in made


def _told(item: PlanItem) -> tuple[str, ...]:
    return tuple(f"opens access: {opening}" for opening in item.opens)


def _not_again(name: str, number: int) -> str:
    return (
        f"statement {number} of {name} writes rows and is not run: the file is recorded, and they may have "
        f"changed since (if it never ran: --run {number})"
    )


def _chosen(exam: Examination, name: str | None) -> Judgement | None:
    partial = [j for j in exam.judgements if _is_resumed(j)]
    if name is None:
        able = [j for j in partial if can_resume(j)]
        return next(iter(able or partial), None)
    migration = find_migration(exam, name)
    judgement = exam.judgement(migration.name)
    if judgement is None or not _is_resumed(judgement):
        standing = judgement.standing if judgement else "unknown"
        raise UsageError(
            f"{migration.name} is not partial, it is {standing}: there is nothing to resume.",
            next=(judgement.next if judgement else None) or STATUS,
        )
    return judgement


def _is_resumed(judgement: Judgement) -> bool:
    """Whether it is partial, or not there at all and cannot simply run again."""
    remedy = judgement.remedy
    gone = judgement.standing is Standing.PHANTOM and remedy is not None and remedy.whole
    return gone or judgement.standing is Standing.PARTIAL


def _restoring(exam: Examination, migration: Migration, judgement: Judgement, remedy: Remedy) -> PlanItem:
    """The remedy as a plan: statements that are in no file, proven like a file's own.

    It never records: of a file that is not recorded the rest has still to be run.
    """
    text = "".join(f"{statement};\n" for statement in remedy.sql)
    told = replace(migration, file=f"statements that restore {migration.name}", text=text, notes=())
    expected = exam.ruling.expected
    effects = tuple(Change(key, exam.facts.get(key), expected.get(key)) for key in remedy.restores)
    numbers = tuple(s.number for s in told.statements)
    traces = tuple(StatementTrace(s.number, s.line, ()) for s in told.statements[:-1])
    last = told.statements[-1]
    traces += (StatementTrace(last.number, last.line, effects),)
    step = replace(exam.step(migration.name), traces=traces, net=net_effects(traces), failures=(), checks=())
    step = replace(step, dropped=(), deleted=(), guarded=False)
    if exam.workspace.engine.tries_present:
        # What they do there, so that rows are guarded as a file's would be.
        with exam.reading.present() as present:
            tried = present.replay(told)
        step = replace(tried, name=step.name, digest=step.digest, net=tried.net | step.net, checks=())
    lines = tuple(text.splitlines())
    return PlanItem(told, step, numbers, judgement.standing, lines, record=False, verbatim=True)


def _rehearse(exam: Examination, migration: Migration, judgement: Judgement, run: tuple[int, ...]) -> None:
    """Run the statements in a shadow that has the target's schema; all effects must be there then."""
    with exam.reading.present() as present:
        step = present.replay(migration.only(run))
        if step.failed:
            failure = step.failures[0]
            raise NotProven(
                f"{migration.name} cannot be finished as it is: statement {failure.statement} fails on the "
                f"present schema: {failure.message}",
                code=code_of_failure(failure),
                sqlstate=sqlstate_of(failure),
                where=Where(migration.file, failure.line, failure.statement or None),
                details=["Nothing was changed."],
                next=Next(
                    "Compare what is there with what is expected: ", landed("drift", "files", "target")
                ),
            )
        facts, later = present.facts(exam.steps), _overwritten(exam, migration.name)
        missing = [
            key
            for key, (_, after, _) in exam.step(migration.name).net.items()
            if not holds(key, after, facts.get(key)) and key not in later
        ]
    if missing:
        raise _cannot(migration, judgement, f"{missing[0]} would still not be as expected")


def _overwritten(exam: Examination, name: str) -> set[object]:
    """Facts that a later applied migration has written since: not expected of this one any more."""
    index = next(i for i, s in enumerate(exam.steps) if s.name == name)
    return {
        key for i, step in enumerate(exam.steps) if i > index and i in exam.ruling.applied for key in step.net
    }


def _cannot(migration: Migration, judgement: Judgement, problem: str) -> NotProven:
    shown = [
        f"{e.fact}: expected {e.expected or 'not there'}, is {e.observed or 'not there'}"
        for e in judgement.evidence[:8]
        if not e.holds
    ]
    return NotProven(
        f"{migration.name} cannot be finished by running its statements: {problem}.",
        code=Code.NOT_PROVEN,
        where=Where(migration.file),
        details=[*shown, "Nothing was changed."],
        next=Next(
            "See the difference (",
            landed("drift", "files", "target"),
            ") and make it good in a new migration, or undo by hand what was done by hand; then run: ",
            STATUS.afterwards(),
        ),
    )


def _undecided(migration: Migration, numbers: tuple[int, ...]) -> NeedsConfirmation:
    shown = [
        f"statement {s.number} (line {s.line}): {excerpt(s.text)}"
        for s in migration.statements
        if s.number in numbers
    ]
    ran = landed("resume", migration.name, ran=numbers)
    run = landed("resume", migration.name, run=numbers)
    return NeedsConfirmation(
        f"Nothing in the database shows whether {migration.name} ran "
        + ("this statement." if len(numbers) == 1 else "these statements."),
        details=[*shown, "Nothing was changed."],
        next=Next(
            "If it has run: ", ran, BREAK, "If it has not: ", run, choice=f"statements of {migration.name}"
        ),
    )
