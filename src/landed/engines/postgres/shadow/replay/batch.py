"""One transaction of a replay: its statements sent in one stream, with looks at the catalogs among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from landed.core.facts import Effects
from landed.core.migration import Statement
from landed.engines.postgres.catalog.follower import Follower
from landed.engines.postgres.kinds.unmodelled import OUTSIDE
from landed.engines.postgres.shadow.platform.elevated import Powers
from landed.engines.postgres.shadow.platform.versions_asked import as_this_server_can
from landed.engines.postgres.shadow.reason import Reason, reason
from landed.engines.postgres.shadow.replay.data import ROWS_WRITTEN, target_query, targets_told
from landed.engines.postgres.shadow.replay.footprint import footprint
from landed.engines.postgres.shadow.replay.inserted import Target
from landed.engines.postgres.shadow.replay.session import unsendable
from landed.engines.postgres.shadow.replay.windows import Window, shares
from landed.engines.postgres.shadow.server.timed import send
from landed.engines.postgres.sql.head import head_of
from landed.engines.postgres.wire import Refused

if TYPE_CHECKING:
    import psycopg


@dataclass(slots=True)
class Outcome:
    """What became of a statement: why it failed, if it did, and its effects (of one that failed: its claims).

    ``undone`` says that its transaction was rolled back. ``targets`` are the tables whose rows it writes in
    so many words, ``blind`` the catalogs it wrote to that no kind of object is read from. ``rows`` counts
    what a block or a call has written, as measured.
    """

    effects: Effects = ()
    failure: Reason | None = None
    undone: bool = False
    targets: tuple[Target, ...] = ()
    blind: tuple[str, ...] = ()
    rows: int = 0


_ASKS_MORE = re.compile(
    r"\b(?:rename|schema|extension|detach|inherit|reset|discard|do|call|execute|owned|using\s+index|is\s+null|is\s+'')\b",
    re.IGNORECASE,
)
_NEVER_ASKS = frozenset(("GRANT", "REVOKE", "INSERT", "UPDATE", "DELETE"))
_QUIET = frozenset(("INSERT", "UPDATE", "DELETE", "SET"))
"""Statements that have no effects of their own; what a trigger does for them is nobody's, and so is found."""
_SAVEPOINT = b"SAVEPOINT landed_statement"
_RELEASE = b"RELEASE SAVEPOINT landed_statement"
_WHERE = b"SELECT pg_catalog.current_schema()"
_BACK = b"ROLLBACK TO SAVEPOINT landed_statement"


def may_ask_more(statement: Statement) -> bool:
    """Whether telling a statement's effects may take further questions while nothing else has run.

    A guess that saves time: a wrong one makes the transaction run a second time, step by step.
    """
    head = head_of(statement)
    if head.verb == "CREATE":
        return head.what == "EXTENSION"
    return head.verb not in _NEVER_ASKS and _ASKS_MORE.search(statement.text[:4000]) is not None


class Looks(IntEnum):
    """How often a transaction's statements are looked after."""

    SHARED = 0
    """Once for several whose texts keep their effects apart."""
    EACH = 1
    CAREFUL = 2
    """After each, and nothing more is sent before its effects are known."""


class Batch:
    """Runs statements in one transaction; :attr:`outcomes` by their numbers."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        tracker: Follower,
        powers: Powers | None,
        claims: Callable[[Statement, str], Effects],
    ) -> None:
        self._connection = connection
        self._tracker = tracker
        self._powers = powers
        self._claims = claims
        self._sent: list[tuple[Statement | None, str]] = []
        self._windows: dict[int, Sequence[Statement]] = {}
        self._astray = False
        self._at_once = 1 << 20
        self.wanted = Looks.EACH
        """What looks it takes to tell the effects, where :meth:`run` could not."""
        self.outcomes: dict[int, Outcome] = {}

    def current(self, place: int) -> int:
        """The number of the statement that the command at a place belongs to."""
        for statement, _ in reversed(self._sent[: place + 1]):
            if statement is not None:
                return statement.number
        return next((s.number for s, _ in self._sent if s is not None), 0)

    def run(
        self,
        statements: Sequence[Statement],
        doomed: Mapping[int, Reason],
        looks: Looks,
        *,
        kept: bool = True,
    ) -> bool:
        """Run them, and commit if they are to be ``kept``.

        ``False`` when the effects of some could not be told: run again, with more ``looks``.
        ``doomed`` are statements that are known to end the session, with the reason: they are not sent.
        Raises :class:`Lost`.
        """
        todo = list(statements)
        opening: tuple[bytes, ...] = (b"BEGIN", self._tracker.note)
        while todo or opening:
            group, todo = self._next_group(todo, doomed, looks is Looks.CAREFUL)
            while group or opening:
                some = group[: self._at_once]
                refused = self._send(some, opening, looks)
                statement = self._sent[refused.at][0] if refused is not None else None
                if refused is not None and not self._astray:
                    if statement is None:
                        raise refused
                    self._failed(statement, refused)
                if self._astray:
                    self._connection.execute("ROLLBACK")
                    self._tracker.reread()
                    return False
                opening = ()
                # Where one statement fails the next ones often do: what is sent behind it is sent in vain.
                self._at_once = self._at_once * 4 if statement is None else 2
                group = group[len(some) if statement is None else group.index(statement) + 1 :]
        if kept:
            self._commit(statements)
        else:
            self._connection.execute("ROLLBACK")
            self._tracker.reread()
            for outcome in self.outcomes.values():
                outcome.effects, outcome.blind, outcome.rows = (), (), 0
        return True

    def _next_group(
        self, todo: list[Statement], doomed: Mapping[int, Reason], careful: bool
    ) -> tuple[list[Statement], list[Statement]]:
        """The statements to send in one go, and the rest; those that are never sent are done with."""
        group: list[Statement] = []
        for at, statement in enumerate(todo):
            if _is_left_out(statement):
                continue
            failure = doomed.get(statement.number) or unsendable(statement)
            if failure is not None:
                self.outcomes[statement.number] = Outcome(self._claims(statement, "public"), failure)
                continue
            controls = head_of(statement).transaction
            if controls and group:
                return group, todo[at:]
            group.append(statement)
            if careful or controls or may_ask_more(statement):
                return group, todo[at + 1 :]
        return group, []

    def _send(self, group: Sequence[Statement], opening: Sequence[bytes], looks: Looks) -> Refused | None:
        """Send a group and take its effects; returns what was refused, after which nothing was run."""
        sent = self._sent = []
        windows = self._windows = {}
        last = group[-1].number if group else 0

        def commands() -> Iterator[bytes]:
            for command in opening:
                sent.append((None, ""))
                yield command
            for window in _in_windows(group) if looks is Looks.SHARED else ([each] for each in group):
                for statement in window:
                    for role, command in self._commands(statement, look=statement is window[-1]):
                        if role == "look":
                            windows[len(sent)] = window
                        sent.append((statement, role))
                        yield command

        def answered(place: int, result: Any) -> None:
            statement, role = sent[place]
            if statement is None or not role or self._astray:
                return
            if role == "target":
                self.outcomes.setdefault(statement.number, Outcome()).targets = targets_told(
                    result.get_value(0, 0)
                )
            elif role == "rows":
                counted = int(result.get_value(0, 0) or 0)
                outcome = self.outcomes.setdefault(statement.number, Outcome())
                outcome.rows = counted - outcome.rows
            elif statement.number != last:
                self._told(windows[place], self._tracker.take(result.get_value(0, 0), here=False))
            else:
                final.append((windows[place], result.get_value(0, 0)))

        final: list[tuple[Sequence[Statement], bytes | None]] = []
        try:
            send(self._connection, commands(), answered)
        except Refused as refused:
            return refused
        if group and _goes_back(group[-1]):
            send(self._connection, (self._tracker.note,), lambda place, result: None)
            self.outcomes[last] = Outcome(self._tracker.reread())
        for window, answer in final if not self._astray else ():
            self._told(window, self._tracker.take(answer, here=True) or ())
        return None

    def _told(self, window: Sequence[Statement], effects: Effects | None) -> None:
        """Take the effects of statements that shared a look."""
        shared: Mapping[int, Effects] | None = None
        blind, outside = self._tracker.blind, self._tracker.outside
        if effects is not None and len(window) == 1:
            shared = {window[0].number: effects}
        elif effects is not None and not blind and not outside:
            opened = Window()
            for statement in window:
                found = footprint(statement)
                if found is not None:
                    opened.add(found, statement.number)
            shared = shares(opened, effects, self._tracker.facts)
        if shared is None:
            self._astray = True
            if effects is None:
                self.wanted = Looks.CAREFUL  # the session has to be asked more
            return
        for statement in window:
            outcome = self.outcomes.setdefault(statement.number, Outcome())
            outcome.effects = shared.get(statement.number, ())
            outcome.blind = tuple(sorted(blind)) or ((OUTSIDE,) if outside and not effects else ())

    def _commands(self, statement: Statement, *, look: bool) -> Iterator[tuple[str, bytes]]:
        head = head_of(statement)
        if head.transaction:
            # The file's own savepoints: one of ours around them would take them along when it is released.
            if head.verb != "SAVEPOINT":
                yield "", _SAVEPOINT
            yield "", statement.text.encode()
            return
        yield "", _SAVEPOINT
        query = target_query(head)
        if query:
            yield "target", query
        if head.dynamic:
            yield "rows", ROWS_WRITTEN
        for command in as_this_server_can(head, self._powers):
            yield "", command
        if head.dynamic:
            yield "rows", ROWS_WRITTEN
        if look:
            yield "look", self._tracker.look
        yield "", _RELEASE

    def _failed(self, statement: Statement, refused: Refused) -> None:
        """Take a statement back, and its claims as they would be read where it stands."""
        schema: list[bytes] = []
        seen: list[bytes | None] = []
        waiting = self._not_looked_after(refused.at)

        def answered(place: int, result: Any) -> None:
            if place == 1:
                schema.append(result.get_value(0, 0) or b"")
            elif place == 3:
                seen.append(result.get_value(0, 0))

        look = self._tracker.look if waiting else self._tracker.note
        send(self._connection, (_BACK, _WHERE, _RELEASE, look), answered)
        if waiting:
            self._told(waiting, self._tracker.take(seen[0], here=True))
        self.outcomes[statement.number] = Outcome(
            self._claims(statement, schema[0].decode() or "public"), reason(refused)
        )

    def _not_looked_after(self, place: int) -> list[Statement]:
        """The statements before the one at a place that were to share its look."""
        refused = self._sent[place][0]
        found: list[Statement] = []
        for statement, role in reversed(self._sent[:place]):
            if statement is None:
                break
            if role == "look":
                return [s for s in reversed(found) if s is not statement]
            if statement is not refused and statement not in found[-1:]:
                found.append(statement)
        return list(reversed(found))

    def _commit(self, statements: Sequence[Statement]) -> None:
        try:
            send(self._connection, (b"COMMIT",), lambda place, result: None)
        except Refused as refused:
            # Deferred constraints speak at the end: nothing of the batch is there.
            self._connection.execute("ROLLBACK")
            self._tracker.reread()
            for outcome in self.outcomes.values():
                outcome.undone = True
            last = self.outcomes.setdefault(statements[-1].number, Outcome())
            last.failure = last.failure or reason(refused).at_commit()


_MOST = 60
"""Statements that share a look, at most."""


def _in_windows(group: Sequence[Statement]) -> Iterator[Sequence[Statement]]:
    """Statements cut into those that share a look."""
    opened, window = Window(), list[Statement]()
    for statement in group:
        found = footprint(statement)
        quiet = found is None and head_of(statement).verb in _QUIET
        if window and (len(window) >= _MOST or not (quiet or (found is not None and opened.admits(found)))):
            yield window
            opened, window = Window(), []
        window.append(statement)
        if found is not None:
            opened.add(found, statement.number)
        elif not quiet:
            yield window
            opened, window = Window(), []
    if window:
        yield window


def _is_left_out(statement: Statement) -> bool:
    """Statements that only say how the transaction runs, which is not the shadow's to follow."""
    head = head_of(statement)
    return head.transaction not in ("", "savepoint") or head.sets_transaction


def _goes_back(statement: Statement) -> bool:
    """Whether a statement takes back others of its transaction: ROLLBACK TO SAVEPOINT."""
    head = head_of(statement)
    return head.transaction == "savepoint" and head.verb == "ROLLBACK"
