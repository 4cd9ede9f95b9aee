"""Files that only make new things share a request: fewer ways to Cloudflare and back, the same proofs.

Each file keeps its own proofs and its own ledger row; the request is one transaction. D1 stops a
call after 30 seconds, so only files whose work does not grow with the rows that are there take part: new
tables, indexes on them, views and triggers. When D1 refuses the request, nothing of it is there, and
the files are sent one by one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from landed.core import underway
from landed.core.applied import Applied, Consent
from landed.core.errors import CannotKnow, Interrupted, LandedError
from landed.core.facts import EXISTS, FactKey, holds
from landed.core.next import STATUS
from landed.core.plan import PlanItem
from landed.core.timeline import Step
from landed.engines.d1 import outcome
from landed.engines.d1.api_errors import SqlFailed, Unsure
from landed.engines.d1.assertions import statements
from landed.engines.d1.batch import Batch, Part, build_batch
from landed.engines.d1.forecast import foresee
from landed.engines.d1.guard import Guard
from landed.engines.d1.session import RemoteD1Session
from landed.engines.live import LiveState
from landed.engines.sqlite.shadow.replay import Replayer
from landed.engines.sqlite.sql.tokens import fold, literal, quote, unquote

FILES = 25
BYTES = 200_000
"""A request stays far below what is known to be taken."""

_SELECT = re.compile(r"\bselect\b", re.IGNORECASE)


def how_many(items: Sequence[PlanItem]) -> int:
    """How many of these files, from the first, may share a request; fewer than two: none. All statements of a
    file that shares one are run, and it is recorded."""
    size = count = 0
    for item in items[:FILES]:
        size += len(item.migration.text.encode())
        if size > BYTES or not item.whole or not item.record or not makes_new_things(item):
            break
        count += 1
    return count if count > 1 else 0


def makes_new_things(item: PlanItem) -> bool:
    """Whether a file makes nothing but tables, indexes on them, views and triggers."""
    step = item.step
    if step.failed or step.guarded or step.dropped or step.deleted or any(not c.derived for c in step.checks):
        return False
    made = _tables(step)
    texts = {s.number: s.text for s in item.migration.statements}
    for trace in step.traces:
        if trace.writes or trace.weak or not trace.effects:
            return False
        kinds = {key.kind for key, _, _ in trace.effects}
        if not kinds & {"view", "trigger"} and _SELECT.search(texts[trace.number]):
            return False
        for key, before, after in trace.effects:
            if before is not None or after is None or not _is_new(key, step, made):
                return False
    return True


def run_group(writer: RemoteD1Session, items: Sequence[PlanItem], consent: Consent) -> list[Applied] | None:
    """Run files in one request; ``None`` when they have to be run one by one (nothing of them is there).

    Raises as ``RemoteD1Session.run`` where it is not so.
    """
    if not writer.together:
        return None
    started = time.perf_counter()
    underway.began(items[0].migration.file)
    writer.together = False
    attempts = _attempts(writer, items, consent)
    if attempts is None:
        writer.forget_shadow()
        return None
    problem: BaseException
    try:
        state = writer.answer(_joined(attempts, writer.target.ledger_table))
    except SqlFailed:
        writer.forget_shadow()
        writer.read_again()
        return None
    except (CannotKnow, KeyboardInterrupt) as error:
        problem = error
    else:
        # The files' own proofs held in the same transaction; this is the whole comparison.
        if _all_there(attempts, state):
            return _applied(writer, attempts, state, started, "")
        problem = Unsure("The schema that came with the answer does not hold all that the files do.")
    writer.forget_shadow()
    state_or_none = _read(attempts)
    if state_or_none is not None and _all_there(attempts, state_or_none):
        if isinstance(problem, KeyboardInterrupt):
            raise Interrupted(
                f"Interrupted: {_named(attempts)} are applied, proven and recorded.",
                applied=[a.migration.name for a in attempts],
                next=STATUS,
            )
        return _applied(writer, attempts, state_or_none, started, outcome.found_there(problem))
    _tell(attempts, state_or_none, problem)
    writer.read_again()
    return None


def _tell(attempts: Sequence[outcome.Attempt], state: LiveState | None, problem: BaseException) -> None:
    """Raise what is true of the first file that is not there; return if somebody else ran it."""
    recorded = {row.name for row in state.ledger or ()} if state is not None else set()
    first = next((a for a in attempts if a.migration.name not in recorded), attempts[0])
    try:
        outcome.after_failure(first, problem)
    except LandedError as error:
        others = [a for a in attempts if a is not first and a.migration.name not in recorded]
        error.details = (
            *error.details,
            f"In the same request, and so in the same transaction: {_named(others)}",
        )
        raise


def _attempts(
    writer: RemoteD1Session, items: Sequence[PlanItem], consent: Consent
) -> list[outcome.Attempt] | None:
    shadow = writer.open_shadow()
    if not writer.whole:
        return None
    state = writer.state
    names = {row.name for row in state.ledger or ()}
    ledger_exists = state.ledger is not None
    attempts = []
    try:
        for item in items:
            migration, step = item.migration, item.step
            if migration.name in names or _there_already(shadow, step):
                return None
            forecast = foresee(shadow, migration, step, item.statements, consent, sure=True)
            batch = build_batch(
                shadow, migration, step, item.statements, consent, forecast,
                ledger_table=writer.target.ledger_table, ledger_exists=ledger_exists,
            )  # fmt: skip
            if batch.guard:
                return None
            ledger_exists = True
            attempts.append(
                outcome.Attempt(writer.target, migration, step, consent, forecast, batch, state, True)
            )
    except LandedError:
        # One of them cannot run: alone, it says so, and those before it are applied.
        return None
    return attempts


def _joined(attempts: Sequence[outcome.Attempt], ledger_table: str) -> Batch:
    """One request of several: what must hold before, all statements in order, the proofs, the ledger rows.

    The files only add, so that what one of them made still holds at the end.
    """
    ledger = quote(ledger_table)
    batches = [a.batch for a in attempts]
    proofs = [p for batch in batches for p in batch.proofs]
    early = [p for p in proofs if p.kind == "recorded"]
    late = [p for p in proofs if p.kind != "recorded"]
    numbered = [p._replace(number=n) for n, p in enumerate([*early, *late], 1)]
    parts = [p for p in batches[0].parts if p.role == "ledger" and p.sql.startswith("CREATE")]
    parts += [Part(sql, "proof") for sql in statements(numbered[: len(early)])]
    parts += [p for batch in batches for p in batch.parts if p.role == "statement"]
    parts += [Part(sql, "proof") for sql in statements(numbered[len(early) :])]
    rows = ", ".join(f"({literal(a.migration.name)})" for a in attempts)
    parts.append(Part(f"INSERT INTO {ledger} (name) VALUES {rows}", "ledger"))
    parts += [p for p in batches[-1].parts if p.role == "read"]
    return Batch(tuple(parts), tuple(numbered), Guard())


def _applied(
    writer: RemoteD1Session,
    attempts: Sequence[outcome.Attempt],
    state: LiveState,
    started: float,
    note: str,
) -> list[Applied]:
    writer.go_on_from(state)
    writer.together = True
    seconds = (time.perf_counter() - started) / len(attempts)
    return [
        Applied(a.migration.name, "applied", len(a.migration.statements), seconds, note=note)
        for a in attempts
    ]


def _all_there(attempts: Sequence[outcome.Attempt], state: LiveState) -> bool:
    recorded = {row.name for row in state.ledger or ()}
    facts = attempts[0].facts_of(state)
    net = {key: after for a in attempts for key, (_, after, _) in a.step.net.items()}
    return all(a.migration.name in recorded for a in attempts) and all(
        holds(key, after, facts.get(key)) for key, after in net.items()
    )


def _read(attempts: Sequence[outcome.Attempt]) -> LiveState | None:
    try:
        return attempts[0].target.read(surely=True)
    except (CannotKnow, KeyboardInterrupt):
        return None


def _tables(step: Step) -> set[str]:
    return {key.name for key in step.net if key.kind == "table" and key.prop == EXISTS}


def _is_new(key: FactKey, step: Step, made: set[str]) -> bool:
    """Whether a fact belongs to something that this file makes, and whose making reads no rows."""
    if key.kind in ("view", "trigger"):
        return True
    if key.kind == "index":
        on = step.net.get(key.object.fact("table"))
        return on is not None and on[1] is not None and fold(unquote(on[1])) in made
    return (key.parent or key.name) in made


def _there_already(shadow: Replayer, step: Step) -> bool:
    return any(FactKey("table", "", name, EXISTS) in shadow.facts for name in _tables(step))


def _named(attempts: Sequence[outcome.Attempt]) -> str:
    return ", ".join(a.migration.name for a in attempts)
