"""One file on a shadow with rows: what fails only then, which rows go, which values change."""

from __future__ import annotations

from dataclasses import dataclass, field

import apsw

from landed.core.facts import EXISTS, FactKey
from landed.core.findings import FailureFound, RowsChanged, RowsLost, names
from landed.core.migration import Statement
from landed.core.next import REHEARSE, Next
from landed.core.timeline import Step
from landed.engines.sqlite import messages
from landed.engines.sqlite.references import broken_references, is_mismatch
from landed.engines.sqlite.rehearse.copies import inserted_columns
from landed.engines.sqlite.rehearse.rows import Witness, losses
from landed.engines.sqlite.rehearse.scene import Scene, rows_of, with_rows
from landed.engines.sqlite.rowguard import Reference
from landed.engines.sqlite.shadow.bounded import execute, place_of, stretch
from landed.engines.sqlite.shadow.reason import code_of, is_of_rows
from landed.engines.sqlite.shadow.row_digest import digest_rows
from landed.engines.sqlite.shadow.sandbox import Sandbox, explain_refusal, unrestricted
from landed.engines.sqlite.shadow.seed import SeedReport
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import fold
from landed.engines.sqlite.sql.transactions import left_out

_TRIES = 3
_ERRORS = (apsw.Error, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class SeededResult:
    """What rows bring to light."""

    failures: tuple[FailureFound, ...] = ()
    rows_lost: tuple[RowsLost, ...] = ()
    rows_changed: tuple[RowsChanged, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Run:
    """One attempt: the open shadow, and what is collected on the way."""

    scene: Scene
    box: Sandbox
    seeded: SeedReport
    witness: Witness
    violations: set[tuple[object, ...]] = field(default_factory=set)
    failure: FailureFound | None = None


def run_seeded(scene: Scene) -> SeededResult:
    """Run the file on seeded rows, in one transaction.

    Where a made-up row makes it fail in a way that real rows need not, that is reported as weak and
    the file runs again without rows in the tables that the statement names.
    """
    without: set[str] = set()
    failures: list[FailureFound] = []
    for _ in range(_TRIES):
        run = _attempt(scene, without)
        try:
            failure = run.failure
            if failure is None:
                with stretch(run.box.connection, scene.clock, rows_of(scene)):
                    lost, changed, notes = losses(run.box.connection, run.witness)
                return SeededResult(
                    tuple(failures), tuple(lost), tuple(changed), tuple(notes + _unseeded(run))
                )
            failures.append(failure)
            if not failure.weak:
                break
        finally:
            run.box.connection.close()
        statement = next((s for s in scene.migration.statements if s.number == failure.statement), None)
        more = (head_of(statement).mentions(scene.tables) if statement else set()) - without
        if not more:
            break
        without |= more
    return SeededResult(tuple(failures))


def _attempt(scene: Scene, without: set[str]) -> _Run:
    box, seeded = with_rows(scene, frozenset(without))
    connection = box.connection
    with stretch(connection, scene.clock, rows_of(scene)), unrestricted(connection):
        before = digest_rows(connection, scene.watched)
        witness = Witness(scene, {fold(name): digest for name, digest in before.items()}, frozenset(without))
        run = _Run(scene, box, seeded, witness)
        run.violations = set(broken_references(connection))
        connection.execute("BEGIN")
    box.observer.take()
    expected = {f.statement for f in scene.step.failures}
    skipped = left_out(scene.mode, scene.migration)
    for statement in scene.migration.statements:
        if statement.number in skipped:
            continue
        run.failure = _statement(run, statement, expected)
        if run.failure is not None:
            return run
    run.failure = None if expected else _end(run)
    return run


def _statement(run: _Run, statement: Statement, expected: set[int]) -> FailureFound | None:
    connection, observer = run.box
    try:
        place = place_of(run.scene.migration, statement, "The rehearsal")
        execute(connection, statement.text, run.scene.clock, place)
    except _ERRORS as error:
        observer.take()
        if not connection.in_transaction:
            with unrestricted(connection):
                connection.execute("BEGIN")
        if statement.number in expected:
            return None
        return _failure(run, statement, error)
    run.witness.note(statement, observer.take())
    return None


def _failure(run: _Run, statement: Statement, error: Exception) -> FailureFound:
    text = str(error)
    reason = explain_refusal(error, statement.text) or text
    details: list[str] = []
    advice: Next | None = None
    weak = True
    dropped = head_of(statement).dropped
    # A DROP that sets NULL in a NOT NULL column fails on that constraint, for the reference's sake.
    if "FOREIGN KEY" in text or dropped is not None:
        weak = dropped is None and statement.head.verb != "DELETE"
        known = run.witness.references
        details += messages.blocked_by_reference(known, statement)
        if dropped is not None:
            advice = _drop_advice(run.scene.step, dropped, known)
    elif is_mismatch(error):
        weak, advice = False, messages.KEY_ADVICE.instead("apply", "rehearse")
    elif not is_of_rows(code_of(error)) and not isinstance(error, (apsw.MismatchError, apsw.TooBigError)):
        # "Cannot add a NOT NULL column with default value NULL": any row at all makes it fail.
        weak = not text.startswith("Cannot add")
    elif text.startswith("NOT NULL constraint failed: "):
        column = fold(text.rpartition(".")[2])
        listed = inserted_columns(statement)
        weak = listed is None or column in listed
        if not weak:
            details.append(f"the INSERT gives {column} no value, and it has no default")
    if weak:
        details.append("the made-up row has caused this; whether real rows do depends on their values")
    return FailureFound(statement.number, statement.line, reason, True, weak, tuple(details), advice)


def _end(run: _Run) -> FailureFound | None:
    """The check before the commit, as ``apply`` makes it: no reference may be broken that was whole."""
    connection = run.box.connection
    with stretch(connection, run.scene.clock, rows_of(run.scene)), unrestricted(connection):
        broken = [v for v in broken_references(connection) if v not in run.violations]
    if not broken or run.scene.mode != "d1":
        return None
    pairs = sorted({(fold(str(child)), fold(str(parent))) for child, _, parent, *_ in broken})
    old = {(r.child, r.parent) for r in run.scene.references}
    weak = not any(run.witness.was(child, parent) in old for child, parent in pairs)
    last = run.scene.migration.statements[-1]
    return FailureFound(
        last.number,
        last.line,
        "at the end of the file rows refer to nothing: "
        + names([f"{child} to missing rows of {parent}" for child, parent in pairs]),
        True,
        weak,
        ("the made-up row has caused this; whether real rows do depends on their values",) if weak else (),
    )


def _drop_advice(step: Step, table: str, known: tuple[Reference, ...]) -> Next:
    children = [r for r in known if r.parent == table]
    key = FactKey("table", "", table, EXISTS)
    if key in step.net and step.net[key][1] is None:
        who = names(sorted({r.child for r in children})) or "another table"
        return Next(
            f"{who} still refers to {table} when it is dropped: take that reference away first (move the "
            "DROP TABLE behind the rebuild that removes it), or put PRAGMA defer_foreign_keys = on at the "
            "beginning of the file. Then run: ",
            REHEARSE.afterwards(),
        )
    plain = all(r.on_delete.upper() in ("", "NO ACTION", "RESTRICT") for r in children)
    advice = messages.DEFER_ADVICE if plain else messages.REBUILD_ADVICE
    return advice.instead("apply", "rehearse")


def _unseeded(run: _Run) -> list[str]:
    return [
        f"no row could be made for table {name}: {why}"
        for name, why in run.seeded.skipped.items()
        if why != "a virtual table"
    ]
