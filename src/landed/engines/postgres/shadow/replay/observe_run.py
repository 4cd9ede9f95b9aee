"""Running a file's statements in one transaction that is always taken back, and watching each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from landed.core.migration import Migration, Statement
from landed.engines.postgres.shadow.platform.versions_asked import as_this_server_can
from landed.engines.postgres.shadow.replay.observe import Observer, Touch
from landed.engines.postgres.shadow.replay.session import unsendable
from landed.engines.postgres.shadow.server.stopped import placed
from landed.engines.postgres.sql.head import Head, head_of, plain_form
from landed.engines.postgres.sql.segments import segments
from landed.engines.postgres.sql.tokens import quote

if TYPE_CHECKING:
    import psycopg

    from landed.engines.postgres.shadow.server.databases import Scratch

_TRIES = 4

_KEEP = "RELEASE SAVEPOINT landed_trial; SAVEPOINT landed_trial"

_SEQUENCES = (
    "SELECT pg_catalog.format('%I.%I', schemaname, sequencename), start_value, last_value"
    " FROM pg_catalog.pg_sequences WHERE schemaname !~ '^pg_' AND pg_catalog.has_sequence_privilege("
    "pg_catalog.format('%I.%I', schemaname, sequencename), 'UPDATE')"
)


class Refusal(NamedTuple):
    """Why a statement failed: the server's words, its SQLSTATE, and what it names (``""`` where nothing)."""

    message: str
    code: str
    schema: str = ""
    table: str = ""
    column: str = ""
    constraint: str = ""
    detail: str = ""


class Watcher(Protocol):
    """Is told what became of each statement."""

    def before(self, statement: Statement) -> None:
        """A statement is about to run for the first time."""

    def ran(self, statement: Statement, touches: Sequence[Touch]) -> None:
        """A statement succeeded; its transaction is still open."""

    def refused(self, statement: Statement, why: Refusal, *, at_end: bool) -> bool:
        """A statement failed and was taken back (``at_end``: what was put off to the commit). Whether to
        try it once more, because something has been changed for that."""


class Trial:
    """A connection on a shadow database, as the role that runs migrations; commits nothing, ever."""

    def __init__(self, scratch: Scratch) -> None:
        server = scratch.server
        self._scratch = scratch
        self.connection: psycopg.Connection[Any] = scratch.connect(server.role)
        self._powers = server.powers

    @property
    def lost(self) -> bool:
        """Whether a statement has ended the session (pg_terminate_backend, a crash)."""
        return self.connection.closed

    def reopen(self) -> None:
        """Connect again, after the session was lost."""
        self.connection.close()
        self.connection = self._scratch.connect(self._scratch.server.role)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Observer]:
        """A transaction that is rolled back at the end, sequences and session included."""
        connection = self.connection
        before = connection.execute(_SEQUENCES, prepare=False).fetchall()
        connection.execute("BEGIN")
        # A session lock that an earlier file left behind must not be waited for without an end.
        connection.execute("SET LOCAL lock_timeout = '30s'", prepare=False)
        try:
            yield Observer(connection)
        finally:
            if not connection.closed:
                connection.rollback()
                connection.execute("DISCARD ALL", prepare=False)
                self._put_back(before)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """With the right to read and write all rows, for landed's own seeding; also after a SET ROLE."""
        if self._powers is None:
            yield
            return
        lend = f"{self._powers.act(lend=True).decode()}, pg_catalog.current_setting('role')"
        row = self.connection.execute(lend.encode(), prepare=False).fetchone()
        role = str(row[1]) if row else "none"
        if role != "none":
            self.connection.execute("SET LOCAL ROLE NONE", prepare=False)
        yield
        self.connection.execute(self._powers.act(take=True), prepare=False)
        if role != "none":
            self.connection.execute(f"SET LOCAL ROLE {quote(role)}".encode(), prepare=False)

    def run(self, migration: Migration, observer: Observer, watcher: Watcher) -> None:
        """Run a file's statements in the open transaction; one that fails does not stop the rest.

        Its own BEGIN and COMMIT are left out; what PostgreSQL runs in no transaction is run in the form
        that it allows in one, or left out.
        """
        self.connection.execute("SAVEPOINT landed_trial")
        for segment in segments(migration.statements):
            chosen = [s for s in migration.statements if s.number in segment.statements]
            for statement in chosen:
                kind = head_of(statement)
                plain = plain_form(kind) if kind.alone else kind
                # What no session takes (COPY from the client) the replay tells of.
                if plain is None or kind.transaction or unsendable(statement):
                    continue
                watcher.before(statement)
                with placed(migration, statement):
                    self._statement(statement, plain, observer, watcher, alone=bool(kind.alone))
            if chosen and not segment.alone:
                with placed(migration, chosen[-1]):
                    self._end(chosen[-1], observer, watcher)

    def _statement(
        self, statement: Statement, head: Head, observer: Observer, watcher: Watcher, *, alone: bool
    ) -> None:
        import psycopg

        commands = as_this_server_can(head, self._powers)
        for _ in range(_TRIES):
            try:
                for command in commands:
                    self.connection.execute(command, prepare=False)
            except psycopg.Error as error:
                if self.connection.closed:
                    raise
                self._take_back(observer)
                again = watcher.refused(statement, refusal(error), at_end=False)
                # What the watcher has changed stays, whatever the next try comes to.
                self.connection.execute(_KEEP, prepare=False)
                if not again:
                    return
                continue
            touches = observer.touched()
            self.connection.execute(_KEEP, prepare=False)
            watcher.ran(statement, [_gentle(t) for t in touches] if alone else touches)
            return

    def _end(self, last: Statement, observer: Observer, watcher: Watcher) -> None:
        """What a COMMIT would check: constraints that were put off."""
        import psycopg

        for _ in range(_TRIES):
            try:
                self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE", prepare=False)
                self.connection.execute(_KEEP, prepare=False)
                return
            except psycopg.Error as error:
                self._take_back(observer)
                again = watcher.refused(last, refusal(error), at_end=True)
                self.connection.execute(_KEEP, prepare=False)
                if not again:
                    return

    def _take_back(self, observer: Observer) -> None:
        self.connection.execute("ROLLBACK TO SAVEPOINT landed_trial")
        observer.touched()

    def _put_back(self, before: Sequence[tuple[Any, ...]]) -> None:
        """No rollback takes back what nextval gave away, and later files count on their numbers."""
        if not before:
            return
        now = {name: last for name, _, last in self.connection.execute(_SEQUENCES, prepare=False)}
        for name, start, last in before:
            if name in now and now[name] != last:
                value = start if last is None else last
                self.connection.execute(
                    "SELECT pg_catalog.setval(%s::pg_catalog.regclass, %s, %s)",
                    (name, value, last is not None),
                    prepare=False,
                )


def refusal(error: Exception) -> Refusal:
    """What a driver's error says."""
    diag = getattr(error, "diag", None)
    if diag is None:
        return Refusal(str(error).strip(), "")
    return Refusal(
        diag.message_primary or str(error).strip(),
        getattr(error, "sqlstate", None) or "",
        diag.schema_name or "",
        diag.table_name or "",
        diag.column_name or "",
        diag.constraint_name or "",
        diag.message_detail or "",
    )


def _gentle(touch: Touch) -> Touch:
    """With CONCURRENTLY a statement takes this lock in place of the one that its plain form takes."""
    # PostgreSQL manual, 13.3.1: CREATE INDEX CONCURRENTLY, REINDEX CONCURRENTLY and the like.
    mode = "ShareUpdateExclusiveLock"
    return touch._replace(taken=mode if touch.taken else "", held=mode)
