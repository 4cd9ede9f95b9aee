"""What is said of a plan: why it cannot be made, what is worth knowing, and how far it came."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.applied import Applied
from landed.core.codes import code_of_failure, sqlstate_of
from landed.core.errors import Code, Interrupted, NeedsConfirmation, NotProven, Where
from landed.core.migration import Migration
from landed.core.next import APPLY, BREAK, STATUS, Hand, Next, Quoted, landed
from landed.core.opening import Opening, consents
from landed.core.plan import Plan, PlanItem
from landed.core.standing import Judgement, Standing
from landed.core.timeline import Failure
from landed.engines.contract import CanPull, Engine
from landed.ops.examine import Examination


def base_missing(exam: Examination, base: Judgement) -> NotProven:
    """The error for a database without the schema that the history starts from."""
    shown = [
        f"{e.fact}: expected {e.expected or 'none'}, is {e.observed or 'missing'}" for e in base.evidence[:8]
    ]
    file = (exam.workspace.engine.base() or base).file
    return NotProven(
        f"The starting schema {file} is not what this database has; the history cannot be judged from it.",
        code=Code.BLOCKED,
        details=[*shown, "Nothing was changed."],
        next=Next(
            "Load it first (", landed("exec", file=file), "), or name the schema that the history starts from"
        ),
    )


def nobody_knows(judgement: Judgement) -> NeedsConfirmation:
    """The error for a file whose effects were all overwritten: somebody has to say whether it is to run."""
    later = ", ".join(judgement.superseded_by)
    return NeedsConfirmation(
        f"Nothing shows whether {judgement.name} ran: {later} has overwritten all that it does.",
        details=["Run now, it would come after that, and may undo it.", "Nothing was changed."],
        next=judgement.next,
    )


def opening(migration: Migration, found: Sequence[Opening]) -> NeedsConfirmation:
    """The error for what would let in more than before, and was not allowed by name."""
    allow = landed("apply", allow=[Quoted(name) for name in consents(found)])
    return NeedsConfirmation(
        f"{migration.name} would open access to {found[0].name}.",
        details=[*map(str, found), "Nothing was changed."],
        where=Where(migration.file),
        next=Next(
            Hand("Keep it shut: put what shuts it into a new migration"),
            ", or open it: ",
            allow,
            choice=f"access of {migration.name}",
        ),
    )


def blocked(blocking: Sequence[Judgement]) -> NotProven:
    """The error for files that have to be set right before anything else runs."""
    first = blocking[0]
    return NotProven(
        f"{first.name} is {first.standing}: it has to be set right before anything else is applied.",
        code=Code.BLOCKED,
        details=[f"{j.name}: {j.standing}" for j in blocking[:10]] + ["Nothing was changed."],
        next=first.next or STATUS,
    )


def behind(exam: Examination, lacking: Sequence[Judgement]) -> NotProven:
    """The error for a checkout that lacks what its database has recorded last, or all of it."""
    many = len(lacking)
    if many < sum(j.recorded for j in exam.judgements):
        rows = f"{lacking[0].name}, which has" if many == 1 else f"{many} migrations that have"
        said = f"The database has recorded {rows} no file here: this checkout is older."
    else:
        said = "No migration that the database has recorded has a file here: these may be another project's."
    return NotProven(
        said,
        code=Code.BLOCKED,
        details=[*(f"{j.name}: {'; '.join(j.notes)}" for j in lacking[:8]), "Nothing was changed."],
        next=lacking[0].next or STATUS,
    )


def cannot_run(exam: Examination, broken: PlanItem, items: Sequence[PlanItem]) -> NotProven:
    """The error for a file that a rehearsal failed on, found before anything was run."""
    engine = exam.workspace.engine
    failure = next(f for f in broken.step.failures if not (f.withheld or engine.wants_rows(f)))
    total = len(broken.migration.statements)
    before_it = [i.migration for i in items[: items.index(broken)]]
    before = [migration.name for migration in before_it]
    advice = Next(Hand("Correct the file"), ", then run: ", APPLY.afterwards())
    choice = f"replay {broken.migration.name}"
    details = [f"statement {failure.statement} of {total}, found by a rehearsal in a throw-away database"]
    if not failure.statement:
        details = ["found in its text, before anything was run"]
    if failure.code == "2D000":
        details.append("A procedure that commits cannot run inside of the transaction that each file is.")
        advice = Next("Call it by hand, outside of the migrations (psql). ", advice)
    if engine.needs_platform(failure):
        details.append("Only this project's own auth, storage, … have it.")
        pull = landed("shadow", "pull")
        advice = Next(advice, BREAK, "To replay the files with what they have: ", pull, choice=choice)
    elif exam.base is None and engine.needs_base(failure, exam.steps):
        details.append("No file makes it: this history does not start from an empty database.")
        if isinstance(engine, CanPull):
            pull = landed("shadow", "pull", base=True)
            advice = Next(advice, BREAK, "Where a database has it already: ", pull, choice=choice)
    if before:
        advice = Next(advice, BREAK, "To apply what comes before it: ", landed("apply", to=before[-1]))
    return NotProven(
        f"{broken.migration.name} cannot run: {failure.message}",
        code=code_of_failure(failure),
        sqlstate=sqlstate_of(failure),
        where=Where(broken.migration.file, failure.line, failure.statement or None),
        details=[*details, *written_out(exam, broken.migration, before_it), "Nothing was changed."],
        next=advice,
    )


def written_out(exam: Examination, migration: Migration, before: Sequence[Migration]) -> list[str]:
    """Statements to take in place of a file's own, a line each, with what they are."""
    found = exam.workspace.engine.rewritten(migration, before, exam.state)
    if not found:
        return []
    told = [f"Put this in place of the statements of {migration.name}: it does the same and keeps every row."]
    return told + [f"  {line}" for sql in found for line in f"{sql};".split("\n")]


def unrehearsed(engine: Engine, items: Sequence[PlanItem]) -> list[str]:
    """What a rehearsal cannot show, because it depends on the target's rows or extensions."""
    return [
        f"{i.migration.name}, statement {f.statement}: "
        f"{_lacking(engine, f)} that a rehearsal does not have ({f.message})"
        for i in items
        for f in i.step.failures
    ]


def _lacking(engine: Engine, failure: Failure) -> str:
    if failure.withheld:
        return "needs rights"
    return "depends on rows" if engine.wants_rows(failure) else "depends on something"


_MANY = 50
"""So many rows without a file are said in one sentence."""


def notices(exam: Examination, waiting: Sequence[Judgement]) -> list[str]:
    """What is worth knowing before a plan is executed."""
    fileless = [j for j in exam.judgements if j.standing is Standing.NO_FILE]
    many = len(fileless) > _MANY
    standings = (Standing.EDITED, Standing.OUT_OF_ORDER, *(() if many else (Standing.NO_FILE,)))
    notices = [
        f"{j.name} is {j.standing}: {' '.join(j.notes)}" for j in exam.judgements if j.standing in standings
    ]
    if many:
        notices.append(
            f"{len(fileless)} rows of the ledger have no file: {fileless[0].name}, … (landed status)"
        )
    notices += [
        f"{j.name} is not the SQL that {exam.workspace.lock_name} has: it was applied elsewhere as another"
        for j in waiting
        if exam.workspace.locked_digest(j.name) not in (None, exam.step(j.name).digest)
    ]
    notices += [
        f"{j.name} leaves no trace in the schema: it is not recorded, so it is run"
        for j in waiting
        if j.standing is Standing.UNKNOWN
    ]
    return notices


_SHOWN = 6
"""So many names in a sentence; a first run of a long history has hundreds."""


def interrupted(done: Sequence[Applied], plan: Plan) -> Interrupted:
    """The error for a run that was stopped by a signal; ``done`` is committed, the rest was rolled back."""
    left = plan.items[len(done) :]
    said = f"{left[0].migration.name} is not applied" if left else "all files were applied before that"
    undone = ["Nothing is left of a file that was under way."] if left else []
    return Interrupted(f"Interrupted: {said}.", details=[*undone, so_far(done, plan)], next=STATUS)


def so_far(done: Sequence[Applied], plan: Plan) -> str:
    """What a run that failed had done before, in a sentence."""
    names = [a.name for a in done if a.outcome == "applied"]
    left = len(plan.items) - len(done)
    if not names:
        return f"Applied before: nothing. Not run: {left} of {len(plan.items)} files."
    rest = f"Not run: {left} of {len(plan.items)} files."
    shown = ", ".join(names) if len(names) <= _SHOWN else f"{names[0]} … {names[-1]} ({len(names)} files)"
    return f"Applied before, proven and recorded: {shown}. {rest}"
