"""Several files in one round trip: each in its own transaction, proven on the server before it commits.

Everything is handed over at once. A statement that fails, or a proof, keeps the server from running what
comes after it; the files before it are committed and recorded. The one that failed is run again by itself,
where its facts are read back and judged, and people are told what is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.errors import Ambiguous, Code, Interrupted, LandedError, NotProven, Where
from landed.core.facts import holds, is_older
from landed.core.migration import Migration
from landed.core.next import APPLY, BREAK, STATUS, Next
from landed.core.timeline import Step
from landed.engines.base import Applied
from landed.engines.postgres.catalog.readback import SETTINGS, Readback
from landed.engines.postgres.catalog.row_patterns import CannotTell
from landed.engines.postgres.ledger import row_for
from landed.engines.postgres.wire import Command, Lost, Refused, send
from landed.engines.postgres.write.commands import body, keeping, opening, parts_of, recording, settles
from landed.engines.postgres.write.light import is_light
from landed.engines.postgres.write.outcome import LATER, Unknown, afterwards
from landed.engines.postgres.write.proof_objects import takes_along
from landed.engines.postgres.write.proof_rows import RowGuard
from landed.engines.postgres.write.session import Session
from landed.engines.say import ROLLED_BACK

if TYPE_CHECKING:
    from psycopg import Connection

FILES = 50
"""So many files are sent at once, at most: then people see how far it is."""

BYTES = 400_000

SHOWN = 6
"""So many names in a sentence."""

UNLIKE = 2
"""After so many files whose facts held, but not in the server's comparison, nothing is sent together."""


class Member(NamedTuple):
    """One file of a group; all its statements are run, and it is recorded."""

    migration: Migration
    step: Step


class Together:
    """Decides what is sent together in one session, and does it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._by_itself: set[str] = set()
        self._unlike = 0

    def fit(self, members: Sequence[Member]) -> list[Member]:
        """The first of these files that can be sent together; maybe none, maybe one."""
        if self._unlike >= UNLIKE:
            return []
        found: list[Member] = []
        size = 0
        for member in takewhile(self._fits, members[:FILES]):
            size += len(member.migration.text)
            if size > BYTES and found:
                break
            found.append(member)
        return found

    def run(self, members: Sequence[Member]) -> Iterator[Applied]:
        """Run files that fit; gives those that are committed and recorded, in order.

        The first that is not given has to be run by itself. Raises NotProven, Ambiguous, Interrupted, after
        giving what is committed, when the connection is lost or the user stops it.
        """
        session = self._session
        started = time.perf_counter()
        session.ready()
        ends: list[int] = []
        """The number of commands up to the end of each file that was sent."""
        sent, done, note = members, 0, ""
        problem: LandedError | None = None
        try:
            send(session.connection, self._commands(members, ends))
            done = len(ends)
            if not done:
                return
            sent = members[:done]
            session.settled = settles(sent[-1].migration, _numbers(sent[-1]))
        except Refused as failed:
            done = sum(end <= failed.at for end in ends)
            self._refused(members[done], failed)
        except (Lost, KeyboardInterrupt) as error:
            sent = members[: max(len(ends), 1)]
            done, problem = self._look(sent, error)
            note = "the reply was lost; the database was read again: it is there and recorded"
        except BaseException:
            session.abandon()
            raise
        seconds = (time.perf_counter() - started) / max(done, 1)
        for member in sent[:done]:
            count = len(_numbers(member))
            yield Applied(member.migration.name, "applied", count, seconds, note=note)
        if problem is not None:
            raise problem

    # -- what is sent ---------------------------------------------------------------------------

    def _fits(self, member: Member) -> bool:
        migration, step = member
        if migration.name in self._by_itself or not is_light(migration, step):
            return False
        numbers = _numbers(member)
        guard = RowGuard(self._session.connection, migration, step, numbers)
        return not guard.needed and not takes_along(migration, step, numbers)

    def _commands(self, members: Sequence[Member], ends: list[int]) -> Iterator[Command]:
        """What to send, for as many files as the server can prove; ``ends`` is filled meanwhile."""
        session, ledger = self._session, self._session.target.ledger
        count = 0
        settled = session.settled
        session.settled = False
        for member in members:
            migration, step = member
            net = {k: after for k, (before, after, _) in step.net.items() if not is_older(k, before)}
            try:
                proofs = session.assertions.commands(net)
            except CannotTell:
                self._by_itself.add(migration.name)
                return
            row = row_for(migration)
            commands = [
                *opening(
                    ledger,
                    row,
                    session.pid,
                    session.lock_timeout,
                    same=session.same_shape(),
                    superuser=session.capabilities.is_superuser,
                    settled=settled,
                ),
                *body(migration, _numbers(member)),
                *recording(ledger, row, session.shape, superuser=session.capabilities.is_superuser),
                Command(SETTINGS, purpose="read"),
                *(Command(p.sql, p.values or None, purpose="prove", prepared=p.prepared) for p in proofs),
                keeping(ledger, row, session.shape),
                Command("COMMIT", purpose="commit"),
            ]
            count += len(commands)
            ends.append(count)
            yield from commands
            settled = settles(migration, _numbers(member))

    # -- what went wrong ------------------------------------------------------------------------

    def _refused(self, member: Member, failed: Refused) -> None:
        import psycopg

        session = self._session
        self._by_itself.add(member.migration.name)
        self._unlike += failed.command.purpose == "prove"
        try:
            session.connection.rollback()
        except psycopg.Error:
            session.abandon()
        session.forget()

    def _look(self, members: Sequence[Member], problem: BaseException) -> tuple[int, LandedError | None]:
        """Ask the database which files are committed: how many, and what to say of the first that is not.

        Every file is one transaction with its history row, and the session is ended before the ledger is
        read; the facts of what is recorded are read again, too.
        """
        session = self._session
        session.abandon()
        self._by_itself.update(member.migration.name for member in members)
        interrupted = isinstance(problem, KeyboardInterrupt)

        def look(connection: Connection[Any], recorded: frozenset[str]) -> tuple[int, bool]:
            done = sum(1 for _ in takewhile(lambda m: row_for(m.migration).version in recorded, members))
            return done, _hold(session, connection, members[:done])

        try:
            done, held = afterwards(session, look)
        except Unknown as unknown:
            return 0, _unknown(members, unknown.why)
        if not held:
            return 0, NotProven(
                f"The connection was lost while {_named(members)} ran, and not all that they do is there.",
                code=Code.CONNECTION,
                where=Where(members[0].migration.file),
                details=[f"Recorded: {_named(members[:done])}; the schema was changed meanwhile."],
                next=STATUS,
            )
        if done == len(members):
            last = members[-1].migration.name
            said = f"Interrupted after {last} was applied, proven and recorded."
            return done, Interrupted(said, next=STATUS) if interrupted else None
        name = members[done].migration.name
        if interrupted:
            return done, Interrupted(
                f"Interrupted while {name} was under way: it is not applied.",
                where=Where(members[done].migration.file),
                details=["The database was read again: the server has rolled the transaction back."],
                next=STATUS,
            )
        return done, NotProven(
            f"{name} was not applied: the connection was lost while it ran.",
            code=Code.CONNECTION,
            where=Where(members[done].migration.file),
            details=["The database was read again: the server has rolled the transaction back.", ROLLED_BACK],
            next=Next(STATUS, BREAK, "Then: ", APPLY.afterwards()),
        )


def _numbers(member: Member) -> frozenset[int]:
    """The statements that are sent: all but the file's own BEGIN and COMMIT."""
    (part,) = parts_of(member.migration, [s.number for s in member.migration.statements])
    return frozenset(part.statements)


def _named(members: Sequence[Member]) -> str:
    names = [member.migration.name for member in members]
    return ", ".join(names) if len(names) <= SHOWN else f"{names[0]} … {names[-1]} ({len(names)} files)"


def _unknown(members: Sequence[Member], why: Sequence[str]) -> Ambiguous:
    return Ambiguous(
        f"It is not known whether {_named(members)} {'was' if len(members) == 1 else 'were'} applied: "
        "the reply was lost.",
        where=Where(members[0].migration.file),
        details=[*why, "Each of them is there whole and recorded, or nothing of it. Nothing was sent again."],
        next=Next(
            LATER, BREAK, "Then: ", APPLY.afterwards(), "   (a file that is recorded is never run twice)"
        ),
    )


def _hold(session: Session, connection: Connection[Any], members: Sequence[Member]) -> bool:
    """Whether all facts that these files leave behind are there; later ones may change what earlier made."""
    net = {
        key: after
        for m in members
        for key, (before, after, _) in m.step.net.items()
        if not is_older(key, before)
    }
    readback = Readback(connection, session.scope, session.readback.main_role)
    reads = readback.commands(net)
    try:
        answers = send(
            connection,
            [
                Command("BEGIN READ ONLY"),
                *(Command(r.sql, r.values or None, purpose="read", prepared=r.prepared) for r in reads),
                Command("COMMIT"),
            ],
        )
    except (Refused, Lost) as error:
        raise error.error from error
    facts = readback.facts(zip(reads, answers[1:-1], strict=True))
    return all(holds(key, after, facts.get(key)) for key, after in net.items())
