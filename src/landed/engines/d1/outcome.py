"""After a write that failed: read the database again and say what is true. Nothing is sent twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from landed.core.applied import Consent
from landed.core.errors import Ambiguous, CannotKnow, Code, Interrupted, LandedError, NotProven, Where
from landed.core.facts import FactKey, holds
from landed.core.migration import Migration
from landed.core.next import APPLY, BREAK, STATUS, Next, as_next, landed
from landed.core.timeline import Step
from landed.engines.d1.api_errors import SqlFailed, Unsure
from landed.engines.d1.assertions import failed_proof
from landed.engines.d1.batch import Batch
from landed.engines.d1.forecast import Forecast
from landed.engines.d1.ledger import made_trigger
from landed.engines.d1.observed import of_triggers
from landed.engines.d1.reasons import explained
from landed.engines.d1.rights import lacks_edit, may_not_write
from landed.engines.live import LiveState
from landed.engines.say import ledger_changed

if TYPE_CHECKING:
    from landed.engines.d1.remote import RemoteD1

NOTHING = "The database was read again: nothing of it is there, and it is not recorded."
LATE = Next(
    "Should the request still be under way: ",
    APPLY.afterwards(),
    " will find the file recorded then. A file's name can be recorded only once, so it cannot run twice.",
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One file that was sent: what it was to do, and what was there before."""

    target: RemoteD1
    migration: Migration
    step: Step
    consent: Consent
    forecast: Forecast
    batch: Batch
    before: LiveState
    record: bool

    def facts_of(self, state: LiveState) -> Mapping[FactKey, str]:
        """The facts of a reading."""
        from landed.engines.sqlite.catalog.facts import snapshot

        return snapshot(state.rows, self.target.ledger_table)


def after_failure(attempt: Attempt, problem: BaseException) -> tuple[LiveState | None, str]:
    """What became of the file: the state and a note when it is applied after all, ``None`` for the
    state when somebody else applied it. Raises NotProven, Ambiguous, CannotKnow, Interrupted."""
    state = _read_again(attempt, problem)
    facts = attempt.facts_of(state)
    name = attempt.migration.name
    recorded = any(row.name == name for row in state.ledger or ())
    net = attempt.step.net
    there = {key for key, (_, after, _) in net.items() if holds(key, after, facts.get(key))}
    if attempt.record:
        done = recorded and len(there) == len(net)
    else:
        was = attempt.facts_of(attempt.before)
        fresh = [k for k, (_, after, _) in net.items() if not holds(k, after, was.get(k))]
        done = bool(fresh) and len(there) == len(net)
    if done:
        return _applied(attempt, problem, state)
    if recorded and attempt.record:
        raise NotProven(
            f"{name} is recorded, but what it should have done is not there.",
            code=Code.EFFECTS,
            details=[*_said(problem), f"{len(net) - len(there)} of {len(net)} facts are missing."],
            where=Where(attempt.migration.file),
            next=STATUS,
        )
    if _half_done(attempt, facts, there):
        raise NotProven(
            f"{name} is not recorded, but a part of it is there now.",
            code=Code.EFFECTS,
            details=[
                *_said(problem, attempt),
                f"{len(there)} of its {len(net)} facts are there, and they were not all there before: the "
                "server did not roll the file back, or somebody else changed the schema meanwhile.",
            ],
            where=Where(attempt.migration.file),
            next=Next(STATUS, BREAK, "Then: ", landed("resume", name)),
        )
    _not_applied(attempt, problem)


def after_ledger(
    target: RemoteD1, batch: Batch, problem: BaseException, before: LiveState, wanted: set[str]
) -> None:
    """What became of a change of the ledger; returns when it is made. Raises as :func:`after_failure`."""
    failed = failed_proof(problem.reason) if isinstance(problem, SqlFailed) else None
    if failed is not None and 0 < failed.number <= len(batch.proofs):
        proof = batch.proofs[failed.number - 1]
        if proof.kind == "ledger":
            raise made_trigger(proof.subject, "The change of the ledger", None)
        meanwhile = "no longer recorded" if proof.kind == "present" else "recorded meanwhile"
        raise NotProven(
            "The ledger has changed since it was judged; nothing was changed.",
            code=Code.CHANGED,
            details=[f"{meanwhile}: {proof.subject}"],
            next=STATUS,
        )
    if isinstance(problem, SqlFailed) and lacks_edit(problem.reason):
        raise may_not_write(target, "The ledger was not changed")
    try:
        state = target.read(surely=True)
    except CannotKnow as second:
        unread = second
    else:
        names = {row.name for row in state.ledger or ()}
        if names == wanted:
            if isinstance(problem, KeyboardInterrupt):
                raise ledger_changed(sorted(wanted))
            return
        raise NotProven(
            "The ledger was not changed.",
            code=Code.HISTORY,
            details=[*_said(problem), "It was read again, and it is as it was."]
            if state.ledger == before.ledger
            else [*_said(problem), "It was read again: it is neither as it was nor as planned."],
            next=STATUS,
        )
    raise Ambiguous(
        "It is not known whether the ledger was changed.",
        details=[*_said(problem), f"It cannot be read again: {unread.message}"],
        next=Next("When the database can be reached again: ", STATUS),
    )


def _read_again(attempt: Attempt, problem: BaseException) -> LiveState:
    try:
        return attempt.target.read(surely=True)
    except KeyboardInterrupt:
        second = CannotKnow("interrupted", code=Code.INTERRUPTED)
    except CannotKnow as error:
        second = error
    name = attempt.migration.name
    if isinstance(problem, (Unsure, KeyboardInterrupt)):
        raise Ambiguous(
            f"It is not known whether {name} was applied: it was sent, and no answer says so.",
            details=[
                *_said(problem),
                f"The database cannot be read again: {second.message}",
                *second.details,
                "It is all there, or nothing of it: the request is one transaction. It was not sent again.",
            ],
            where=Where(attempt.migration.file),
            next=Next(
                "When the database can be reached again: ",
                STATUS,
                BREAK,
                "Then: ",
                APPLY.afterwards(),
                "   (a file that is recorded is never run twice)",
            ),
        )
    assert isinstance(problem, CannotKnow)
    if isinstance(problem, SqlFailed):
        told = _explained(attempt, problem)
        told.details = (
            *told.details,
            f"D1 rolls a failed request back; that could not be checked: {second.message}",
        )
        raise told
    # Refused at the door, or never sent: the database did not see it.
    raise CannotKnow(
        f"{name} was not run: {problem.message}",
        code=problem.code,
        details=[
            *problem.details,
            f"The request did not get to the database. It cannot be read again either: {second.message}",
        ],
        where=Where(attempt.migration.file),
        next=second.next or problem.next,
    )


def _applied(attempt: Attempt, problem: BaseException, state: LiveState) -> tuple[LiveState | None, str]:
    name = attempt.migration.name
    if isinstance(problem, KeyboardInterrupt):
        raise Interrupted(
            f"Interrupted while {name} was under way: it is applied, proven and recorded.",
            applied=[name],
            next=STATUS,
        )
    if isinstance(problem, Unsure):
        return state, found_there(problem)
    return None, ""


def found_there(problem: BaseException) -> str:
    """The note on what is applied although no answer said so."""
    why = "the reply was lost" if isinstance(problem, Unsure) and problem.lost else "the answer was an error"
    return f"{why}; the database was read again: it is there and recorded"


def _half_done(attempt: Attempt, facts: Mapping[FactKey, str], there: set[FactKey]) -> bool:
    before = attempt.facts_of(attempt.before)
    if before == facts:
        return False
    net = attempt.step.net
    return any(not holds(key, net[key][1], before.get(key)) for key in there)


def _not_applied(attempt: Attempt, problem: BaseException) -> NoReturn:
    name = attempt.migration.name
    if isinstance(problem, SqlFailed):
        raise _explained(attempt, problem)
    if isinstance(problem, KeyboardInterrupt):
        raise Interrupted(
            f"Interrupted while {name} was under way: it is not applied.",
            details=[NOTHING, LATE],
            next=STATUS,
        )
    assert isinstance(problem, CannotKnow)
    details = [*problem.details, NOTHING]
    if isinstance(problem, Unsure):
        details.append(LATE)
    raise NotProven(
        f"{name} was not applied: {problem.message}",
        code=problem.code,
        details=details,
        where=Where(attempt.migration.file),
        next=Next(APPLY)
        if isinstance(problem, Unsure)
        else Next(as_next(problem.next), BREAK, "Then: ", APPLY),
    )


def _explained(attempt: Attempt, problem: SqlFailed) -> LandedError:
    if lacks_edit(problem.reason):
        name, file = attempt.migration.name, attempt.migration.file
        return may_not_write(attempt.target, f"{name} was not run", Where(file))
    return explained(
        attempt.migration,
        attempt.step,
        attempt.consent,
        attempt.forecast,
        attempt.batch,
        problem.reason,
        lambda: of_triggers(attempt.target),
    )


def _said(problem: BaseException, attempt: Attempt | None = None) -> list[str]:
    if attempt is not None and isinstance(problem, SqlFailed):
        return [_explained(attempt, problem).message]
    if isinstance(problem, KeyboardInterrupt):
        return ["Interrupted while the request was under way."]
    return [problem.message, *problem.details] if isinstance(problem, LandedError) else []
