"""Several files in one transaction, and few looks, where no statement can get in another's way.

Only files all of whose statements have a footprint are run so, and only as long as nothing is amiss; the
caller runs them one by one otherwise, so that what a file's effects are does not depend on how it was run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from landed.core.migration import Migration, Statement
from landed.engines.postgres.catalog.follower import Follower
from landed.engines.postgres.shadow.platform.elevated import Powers
from landed.engines.postgres.shadow.platform.versions_asked import as_this_server_can
from landed.engines.postgres.shadow.replay.batch import Outcome
from landed.engines.postgres.shadow.replay.footprint import Footprint, footprint
from landed.engines.postgres.shadow.replay.session import unsendable
from landed.engines.postgres.shadow.replay.windows import Window, shares
from landed.engines.postgres.shadow.server.timed import send
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.sql.split import problems
from landed.engines.postgres.wire import Refused

if TYPE_CHECKING:
    import psycopg

_MOST: Final = 200
"""Statements in one transaction: each keeps its locks, and a server has room for some thousands."""
_LOOK_EVERY: Final = 100
"""Statements that share a look, at most: one answer is dealt out while the server works at the next."""


def takes_part(migration: Migration) -> bool:
    """Whether a file can be run together with others."""
    statements = migration.statements
    return (
        0 < len(statements) <= _MOST
        and all(footprint(s) is not None and not unsendable(s) for s in statements)
        and not problems(migration.text)
    )


def runs(migrations: Sequence[Migration]) -> Iterator[list[Migration]]:
    """Files cut into those that run together, in order; a file that takes no part is alone."""
    run: list[Migration] = []
    size = 0
    for migration in migrations:
        if not takes_part(migration):
            if run:
                yield run
            yield [migration]
            run, size = [], 0
            continue
        if run and size + len(migration.statements) > _MOST:
            yield run
            run, size = [], 0
        run.append(migration)
        size += len(migration.statements)
    if run:
        yield run


class Run:
    """Files that run together; :attr:`outcomes` of each file by the numbers of its statements."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        tracker: Follower,
        powers: Powers | None,
        migrations: Sequence[Migration],
    ) -> None:
        self._connection = connection
        self._tracker = tracker
        self._powers = powers
        self._statements = [
            (place, statement)
            for place, migration in enumerate(migrations)
            for statement in migration.statements
        ]
        self._astray = False
        self._sent: list[int] = []
        """The numbers (in all) of the statements that the commands in the stream belong to."""
        self.outcomes: list[dict[int, Outcome]] = [{} for _ in migrations]

    def current(self, place: int) -> tuple[int, Statement]:
        """The place of the file, and its statement, that the command at a place of the stream belongs to."""
        return self._statements[self._sent[place] if place < len(self._sent) else -1]

    def run(self) -> bool:
        """Run all and commit; or ``False``, and nothing of them is there. Raises :class:`Lost`."""
        looks: dict[int, Window] = {}
        noted = self._tracker.noted()
        try:
            send(
                self._connection, self._commands(looks), lambda at, result: self._told(looks.get(at), result)
            )
            if not self._astray:
                send(self._connection, (b"COMMIT",), lambda at, result: None)
        except Refused:
            self._astray = True
        if self._astray:
            self._connection.execute("ROLLBACK")
            self._tracker.back(noted)
        return not self._astray

    def _commands(self, looks: dict[int, Window]) -> Iterator[bytes]:
        sent = 2
        self._sent = [0, 0]
        yield b"BEGIN"
        yield self._tracker.note
        for window, numbers in self._windows():
            for number in numbers:
                if self._astray:
                    return
                for command in as_this_server_can(head_of(self._statements[number][1]), self._powers):
                    self._sent.append(number)
                    yield command
                    sent += 1
            looks[sent] = window
            self._sent.append(numbers[-1])
            yield self._tracker.look
            sent += 1

    def _windows(self) -> Iterator[tuple[Window, list[int]]]:
        window, numbers = Window(), list[int]()
        for number, (_, statement) in enumerate(self._statements):
            found = footprint(statement)
            assert isinstance(found, Footprint)
            if numbers and (len(numbers) >= _LOOK_EVERY or not window.admits(found)):
                yield window, numbers
                window, numbers = Window(), []
            window.add(found, number)
            numbers.append(number)
        if numbers:
            yield window, numbers

    def _told(self, window: Window | None, result: Any) -> None:
        if window is None or self._astray:
            return
        effects = self._tracker.take(result.get_value(0, 0), here=False)
        astray = effects is None or self._tracker.blind or self._tracker.outside
        dealt = None if astray else shares(window, effects or (), self._tracker.facts)
        if dealt is None:
            self._astray = True
            return
        for number, share in dealt.items():
            place, statement = self._statements[number]
            self.outcomes[place][statement.number] = Outcome(share)
