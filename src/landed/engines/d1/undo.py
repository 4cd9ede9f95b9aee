"""undo: set a remote D1 database back to a Time Travel bookmark, and read back what it is then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from landed.core.errors import Ambiguous, CannotKnow, Code, NotProven, UsageError
from landed.core.facts import EXISTS, FactKey, holds
from landed.core.next import BREAK, STATUS, Blank, Next, landed
from landed.engines.common import BaseEngine
from landed.engines.d1.bookmarks import forget_from, remember, remembered
from landed.engines.live import LiveState
from landed.engines.undo import Losses, Remembered, Undone, UndoPlan, describe

if TYPE_CHECKING:
    from landed.engines.d1.target import RemoteD1Target


def plan_undo(
    engine: BaseEngine, target: RemoteD1Target, *, bookmark: str | None = None, timestamp: str | None = None
) -> UndoPlan:
    """What restoring would lose, as far as it can be known; reads only.

    Without a bookmark or a time it is the last bookmark that landed took before a write. Raises
    UsageError for a local target or where no bookmark is known, CannotKnow.
    """
    if bookmark and timestamp:
        raise UsageError("give --bookmark or --timestamp, not both")
    known = remembered(target)
    point: Remembered | None = None
    if timestamp:
        timestamp = _utc(timestamp)
        bookmark = target.bookmark(timestamp)
    elif not bookmark:
        point = next((e for e in reversed(known) if e.command != "undo"), None)
        if point is None:
            raise UsageError(
                f"landed remembers no bookmark of {target.connected.place.name} on this machine",
                details=["apply, resume, repair and exec take one before their first write, and print it"],
                next=Next(
                    landed("undo", bookmark=Blank("…")).afterwards(),
                    "   (or --timestamp 2026-01-31T12:00:00Z)",
                ),
            )
        bookmark = point.bookmark
    point = point or next((e for e in known if e.bookmark == bookmark), None)
    state = target.read()
    losses = _losses(engine, state, point, timestamp)
    name = target.connected.place.name
    who = target.asked_as
    return UndoPlan(engine.spec, name, bookmark, point, timestamp, losses, tuple(known), state, who)


def run_undo(engine: BaseEngine, target: RemoteD1Target, plan: UndoPlan) -> Undone:
    """Restore, once, and read the database again.

    A bookmark of the present is taken first, so that the restore can be undone itself. Raises
    NotProven when the database is not as it was at the bookmark, Ambiguous when the reply was lost
    and nothing shows whether it happened, CannotKnow.
    """
    present = target.bookmark()
    remember(target, present, "undo", state=plan.before)
    back = Next("To go forward again: ", landed("undo", bookmark=present))
    note = ""
    try:
        answered = target.restore(plan.bookmark)
        present = answered.previous or present
    except CannotKnow as problem:
        note = _after_failure(engine, target, plan, present, back, problem)
    after = target.read(surely=True)
    if plan.point is not None:
        wrong = _differences(engine, after, plan.point.state)
        if not wrong.none:
            raise NotProven(
                "Time Travel answered, but the database is not what landed had read at that moment.",
                code=Code.EFFECTS,
                details=[*describe(wrong), back],
                next=STATUS,
            )
        forget_from(target, plan.bookmark)
        remember(target, present, "undo", state=plan.before)
    return Undone(plan, present, after, note)


def _utc(text: str) -> str:
    """A time in UTC, as the API takes it; one without a zone is taken as UTC. Raises UsageError."""
    try:
        when = datetime.fromtimestamp(int(text), UTC) if text.isdigit() else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f'"{text}" is no time', next=landed("undo", timestamp=Blank("2026-01-31T12:00:00Z")).afterwards()
        ) from None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return when.isoformat().replace("+00:00", "Z")


def _losses(engine: BaseEngine, state: LiveState, point: Remembered | None, timestamp: str | None) -> Losses:
    if point is not None:
        return _differences(engine, state, point.state)
    if timestamp is None:
        return Losses(schema_known=False, ledger_known=False)
    moment = timestamp[:19].replace("T", " ")
    later = tuple(r.name for r in state.ledger or () if r.applied_at is not None and r.applied_at > moment)
    return Losses(unrecorded=later, schema_known=False)


def _differences(engine: BaseEngine, now: LiveState, then: LiveState) -> Losses:
    """What going from one state to the other changes in ledger and schema."""
    recorded, was = ([row.name for row in state.ledger or ()] for state in (now, then))
    have, had = engine.facts_of(now), engine.facts_of(then)
    objects = {key.object for key in {**have, **had} if not holds(key, have.get(key), had.get(key))}
    gone = [o for o in objects if o.fact(EXISTS) in have and o.fact(EXISTS) not in had]
    back = [o for o in objects if o.fact(EXISTS) in had and o.fact(EXISTS) not in have]
    whole = {(o.kind, o.name) for o in (*gone, *back) if o.kind in ("table", "virtual table")}
    tables = {name for _, name in whole}
    changed = objects - set(gone) - set(back)
    return Losses(
        tuple(n for n in recorded if n not in was),
        tuple(n for n in was if n not in recorded),
        _names([o.fact(EXISTS) for o in gone], tables),
        _names([o.fact(EXISTS) for o in back], tables),
        _names([o.fact(EXISTS) for o in changed], tables),
    )


def _names(keys: Sequence[FactKey], tables: set[str]) -> tuple[str, ...]:
    """The objects' names; parts of a table that goes or comes as a whole are not listed."""
    return tuple(sorted(str(key.object) for key in keys if key.parent not in tables))


def _after_failure(
    engine: BaseEngine, target: RemoteD1Target, plan: UndoPlan, present: str, back: str, problem: CannotKnow
) -> str:
    """Whether the restore happened although its request failed: a note if so. Raises NotProven, Ambiguous,
    or the problem itself where the request did nothing."""
    from landed.engines.d1.api_errors import Unsure

    if not isinstance(problem, Unsure):
        problem.details = (*problem.details, "Nothing was restored.")
        raise problem
    try:
        state = target.read(surely=True)
        mark = target.bookmark()
    except CannotKnow as second:
        raise Ambiguous(
            "It is not known whether the database was restored.",
            details=[problem.message, f"It cannot be read again: {second.message}", back],
            next=Next("When it can be reached again: ", STATUS),
        ) from None
    if mark == present:
        raise NotProven(
            "The database was not restored.",
            code=Code.NOT_PROVEN,
            details=[problem.message, "It was read again: nothing was changed."],
            next=Next(landed("undo", bookmark=plan.bookmark)),
        )
    if plan.point is not None and not plan.losses.none and _differences(engine, state, plan.point.state).none:
        why = "the reply was lost" if problem.lost else "the answer was an error"
        return f"{why}; the database was read again: it is as it was at the bookmark"
    raise Ambiguous(
        "The database has changed since, but nothing shows whether it was restored.",
        details=[problem.message, back],
        next=Next(
            landed("status"),
            BREAK,
            "Restoring once more does no harm unless rows were written meanwhile: ",
            landed("undo", bookmark=plan.bookmark),
        ),
    )
