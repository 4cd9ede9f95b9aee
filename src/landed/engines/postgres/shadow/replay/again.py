"""Running a file whose step is known from another replay: one look at its end shows that it did the same.

A history without one of its files is replayed to see whether the schema is explained better so; most of the
other files do there what they always do, and a replay of what is known costs little more than running it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from landed.core.facts import Change, Effects, compose
from landed.core.migration import Migration, Statement
from landed.core.timeline import Failure, Step
from landed.engines.postgres.catalog.follower import Follower
from landed.engines.postgres.shadow.platform.elevated import Powers
from landed.engines.postgres.shadow.platform.formerly import dropped_by
from landed.engines.postgres.shadow.platform.versions_asked import as_this_server_can
from landed.engines.postgres.shadow.reason import UNDEFINED, reason
from landed.engines.postgres.shadow.replay.roles import touches_roles
from landed.engines.postgres.shadow.replay.session import unsendable
from landed.engines.postgres.shadow.server.timed import send
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.segments import refused_trap, segments
from landed.engines.postgres.wire import Refused

if TYPE_CHECKING:
    import psycopg

_MISSING: Final = UNDEFINED | {"42703", "42601"}
"""SQLSTATEs for want of something (or in the syntax): without what another file makes they stay."""
_SAVEPOINT: Final = b"SAVEPOINT landed_statement"
_BACK: Final = (b"ROLLBACK TO SAVEPOINT landed_statement", b"RELEASE SAVEPOINT landed_statement")
_END: Final = (b"COMMIT", b"RESET SESSION AUTHORIZATION", b"RESET ROLE", b"RESET ALL")


class _Otherwise(Exception):
    """A statement that failed elsewhere works here."""


class Told(NamedTuple):
    """What another replay says of a file: its ``step``, and whether its history began as this one (``same``).

    ``lacks`` says that this one is the same but for files that only made things: what was missing there is
    missing here, too.
    """

    step: Step
    same: bool
    lacks: bool = False

    def fails_for_certain(self, failure: Failure) -> bool:
        """Whether a statement that failed so need not be tried again."""
        return self.same or (self.lacks and failure.code in _MISSING)


def told(files: Sequence[Migration], known: Sequence[Step], like: Sequence[Step]) -> Iterator[Told | None]:
    """What is told of each file: by the steps ``known`` of this very history, or ``like`` ones of another."""
    names = {file.name for file in files}
    lacks = [(file.name, file.digest) for file in files] == [
        (step.name, step.digest) for step in like if step.name in names
    ] and not any(
        after is None for step in like if step.name not in names for _, after, _ in step.net.values()
    )
    others = {step.name: step for step in like}
    for place, file in enumerate(files):
        same = place < len(known)
        step = known[place] if same else others.get(file.name)
        fits = step is not None and step.name == file.name and step.digest == file.digest
        yield Told(step, same, lacks) if step is not None and fits else None


def runs_again(
    connection: psycopg.Connection[Any],
    tracker: Follower,
    powers: Powers | None,
    file: Migration,
    told: Told,
) -> bool:
    """Run a file; ``False``, and nothing of it is there, where its effects are not what is told of it.

    Raises :class:`landed.engines.postgres.wire.Lost`.
    """
    statements = _in_one_transaction(file, told.step)
    if statements is None or (powers is not None and powers.platform and dropped_by(file)):
        return False
    failing = {f.statement: f for f in told.step.failures}
    noted = tracker.noted()
    try:
        answer = _run(connection, tracker, powers, statements, told, failing)
        taken = tracker.take(answer, here=True) or ()
        expected = compose(t.effects for t in told.step.traces if t.number not in failing)
        if _comparable(taken) == _comparable(expected):
            send(connection, _END, _nothing)
            return True
    except (Refused, _Otherwise):
        pass
    connection.execute("ROLLBACK")
    tracker.back(noted)
    return False


def _run(
    connection: psycopg.Connection[Any],
    tracker: Follower,
    powers: Powers | None,
    statements: Sequence[Statement],
    told: Told,
    failing: dict[int, Failure],
) -> bytes | None:
    """Send the statements; the answer of the look. Raises Refused and _Otherwise for what is not expected."""
    waiting: list[bytes] = [b"BEGIN", tracker.note]
    for statement in statements:
        failure = failing.get(statement.number)
        if failure is not None and (unsendable(statement) or told.fails_for_certain(failure)):
            continue
        if failure is not None:
            waiting.append(_SAVEPOINT)
        commands = as_this_server_can(head_of(statement), powers)
        waiting.extend(commands)
        if failure is None:
            continue
        try:
            send(connection, waiting, _nothing)
        except Refused as refused:
            if refused.at < len(waiting) - len(commands) or reason(refused).text != failure.message:
                raise
            waiting = [*_BACK]
            continue
        raise _Otherwise
    answers: list[bytes | None] = []
    last = len(waiting)
    send(
        connection,
        (*waiting, tracker.look),
        lambda place, result: answers.append(result.get_value(0, 0)) if place == last else None,
    )
    return answers[0]


def _nothing(place: int, result: Any) -> None:
    """Nobody asks for the answer."""


def _in_one_transaction(file: Migration, step: Step) -> list[Statement] | None:
    """A file's statements without its own BEGIN and COMMIT; ``None`` where that is not all there is to it."""
    statements = file.statements
    failing = {f.statement for f in step.failures}
    if (
        touches_roles([file])
        or refused_trap(statements) is not None
        or any(f.at for f in step.failures)
        or any(trace.weak and trace.number not in failing for trace in step.traces)
    ):
        return None
    parts = segments(statements)
    if len(parts) > 1 or any(part.alone for part in parts):
        return None
    found: list[Statement] = []
    ended = False
    for statement in statements:
        kind = head_of(statement)
        if kind.transaction == "commit":
            ended = True
        elif kind.transaction == "begin" and not found:
            continue
        elif kind.transaction or ended or kind.sets_transaction:
            return None
        else:
            found.append(statement)
    return found


def _comparable(effects: Iterable[Change] | Effects) -> set[Change]:
    """Without what steps leave out: the version of an extension is the server's choice."""
    return {c for c in effects if not (c.key.kind == "extension" and c.key.prop == "version")}
