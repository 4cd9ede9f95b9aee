"""Several files in one round trip: each in its own transaction, proven on the server before it commits.

Everything is handed over at once. A statement that fails, or a proof, keeps the server from running what
comes after it; the files before it are committed and recorded. The one that failed is run again by itself,
where its facts are read back and judged, and people are told what is wrong.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from landed.core.applied import Applied
from landed.core.errors import Ambiguous, Code, Interrupted, LandedError, NotProven, Where
from landed.core.facts import holds
from landed.core.next import APPLY, BREAK, STATUS, Next
from landed.engines.postgres.catalog.readback import SETTINGS
from landed.engines.postgres.catalog.row_patterns import CannotTell
from landed.engines.postgres.ledger import row_for
from landed.engines.postgres.wire import Command, Lost, Refused, send
from landed.engines.postgres.write.commands import body, keeping, opening, settles
from landed.engines.postgres.write.light import is_light
from landed.engines.postgres.write.outcome import LATER, Unknown, afterwards
from landed.engines.postgres.write.proof.facts import read_back
from landed.engines.postgres.write.proof.objects import takes_along
from landed.engines.postgres.write.rows.guard import RowGuard
from landed.engines.postgres.write.session import Session
from landed.engines.postgres.write.unit import Unit
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


class Together:
    """Decides what is sent together in one session, and does it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._by_itself: set[str] = set()
        self._unlike = 0

    def fit(self, units: Iterable[Unit]) -> list[Unit]:
        """The first of these files, each in one unit, that can be sent together; maybe none, maybe one."""
        if self._unlike >= UNLIKE:
            return []
        found: list[Unit] = []
        size = 0
        for unit in takewhile(self._fits, islice(units, FILES)):
            size += len(unit.migration.text)
            if size > BYTES and found:
                break
            found.append(unit)
        return found

    def run(self, units: Sequence[Unit]) -> Iterator[Applied]:
        """Run files that fit; gives those that are committed and recorded, in order.

        The first that is not given has to be run by itself. Raises NotProven, Ambiguous, Interrupted, after
        giving what is committed, when the connection is lost or the user stops it.
        """
        session = self._session
        started = time.perf_counter()
        session.ready()
        ends: list[int] = []
        """The number of commands up to the end of each file that was sent."""
        sent, done, note = units, 0, ""
        problem: LandedError | None = None
        try:
            send(session.connection, self._commands(units, ends))
            done = len(ends)
            if not done:
                return
            sent = units[:done]
            session.settled = settles(sent[-1])
        except Refused as failed:
            done = sum(end <= failed.at for end in ends)
            self._refused(units[done], failed)
        except (Lost, KeyboardInterrupt) as error:
            sent = units[: max(len(ends), 1)]
            done, problem = self._look(sent, error)
            note = "the reply was lost; the database was read again: it is there and recorded"
        except BaseException:
            session.abandon()
            raise
        seconds = (time.perf_counter() - started) / max(done, 1)
        for unit in sent[:done]:
            yield Applied(unit.migration.name, "applied", len(unit.statements), seconds, note=note)
        if problem is not None:
            raise problem

    # -- what is sent ---------------------------------------------------------------------------

    def _fits(self, unit: Unit) -> bool:
        migration, step = unit.migration, unit.step
        if migration.name in self._by_itself or not is_light(unit):
            return False
        guard = RowGuard(self._session.connection, migration, step, unit.statements)
        return not guard.needed and not takes_along(migration, step, unit.statements)

    def _commands(self, units: Sequence[Unit], ends: list[int]) -> Iterator[Command]:
        """What to send, for as many files as the server can prove; ``ends`` is filled meanwhile."""
        session = self._session
        count = 0
        settled = session.settled
        session.settled = False
        for unit in units:
            try:
                proofs = session.assertions.commands(unit.facts)
            except CannotTell:
                self._by_itself.add(unit.migration.name)
                return
            commands = [
                *opening(session, unit, settled=settled),
                *body(session, unit),
                Command(SETTINGS, purpose="read"),
                *(Command(p.sql, p.values or None, purpose="prove", prepared=p.prepared) for p in proofs),
                *keeping(session, unit),
                Command("COMMIT", purpose="commit"),
            ]
            count += len(commands)
            ends.append(count)
            yield from commands
            settled = settles(unit)

    # -- what went wrong ------------------------------------------------------------------------

    def _refused(self, unit: Unit, failed: Refused) -> None:
        import psycopg

        session = self._session
        self._by_itself.add(unit.migration.name)
        self._unlike += failed.command.purpose == "prove"
        try:
            session.connection.rollback()
        except psycopg.Error:
            session.abandon()
        session.forget()

    def _look(self, units: Sequence[Unit], problem: BaseException) -> tuple[int, LandedError | None]:
        """Ask the database which files are committed: how many, and what to say of the first that is not.

        Every file is one transaction with its history row, and the session is ended before the ledger is
        read; the facts of what is recorded are read again, too.
        """
        session = self._session
        session.abandon()
        self._by_itself.update(unit.migration.name for unit in units)
        interrupted = isinstance(problem, KeyboardInterrupt)

        def look(connection: Connection[Any], recorded: frozenset[str]) -> tuple[int, bool]:
            done = sum(1 for _ in takewhile(lambda m: row_for(m.migration).version in recorded, units))
            return done, _hold(session, connection, units[:done])

        try:
            done, held = afterwards(session, look)
        except Unknown as unknown:
            return 0, _unknown(units, unknown.why)
        if not held:
            return 0, NotProven(
                f"The connection was lost while {_named(units)} ran, and not all that they do is there.",
                code=Code.CONNECTION,
                where=Where(units[0].migration.file),
                details=[f"Recorded: {_named(units[:done])}; the schema was changed meanwhile."],
                next=STATUS,
            )
        if done == len(units):
            last = units[-1].migration.name
            said = f"Interrupted after {last} was applied, proven and recorded."
            return done, Interrupted(said, next=STATUS) if interrupted else None
        name = units[done].migration.name
        if interrupted:
            return done, Interrupted(
                f"Interrupted while {name} was under way: it is not applied.",
                where=Where(units[done].migration.file),
                details=["The database was read again: the server has rolled the transaction back."],
                next=STATUS,
            )
        return done, NotProven(
            f"{name} was not applied: the connection was lost while it ran.",
            code=Code.CONNECTION,
            where=Where(units[done].migration.file),
            details=["The database was read again: the server has rolled the transaction back.", ROLLED_BACK],
            next=Next(STATUS, BREAK, "Then: ", APPLY.afterwards()),
        )


def _named(units: Sequence[Unit]) -> str:
    names = [unit.migration.name for unit in units]
    return ", ".join(names) if len(names) <= SHOWN else f"{names[0]} … {names[-1]} ({len(names)} files)"


def _unknown(units: Sequence[Unit], why: Sequence[str]) -> Ambiguous:
    return Ambiguous(
        f"It is not known whether {_named(units)} {'was' if len(units) == 1 else 'were'} applied: "
        "the reply was lost.",
        where=Where(units[0].migration.file),
        details=[*why, "Each of them is there whole and recorded, or nothing of it. Nothing was sent again."],
        next=Next(
            LATER, BREAK, "Then: ", APPLY.afterwards(), "   (a file that is recorded is never run twice)"
        ),
    )


def _hold(session: Session, connection: Connection[Any], units: Sequence[Unit]) -> bool:
    """Whether all facts that these files leave behind are there; later ones may change what earlier made."""
    net = {key: after for unit in units for key, after in unit.facts.items()}
    facts = read_back(session, connection, net)
    return all(holds(key, after, facts.get(key)) for key, after in net.items())
