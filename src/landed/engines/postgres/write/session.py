"""One writing session on a Postgres database: its connection, its lock, what is known of the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

from landed.core.errors import CannotKnow, Code, NotProven
from landed.core.next import APPLY, BREAK, DOCTOR, STATUS, Next
from landed.core.next import Command as Shell
from landed.engines.postgres.connect.asking import GUARDED
from landed.engines.postgres.ledger import look, provision
from landed.engines.postgres.ledger_name import LedgerTable
from landed.engines.postgres.ledger_shape import Shape, refuse_writing, same_shape, shape_of, shape_query
from landed.engines.postgres.wire import Command, Refused, send

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.core.facts import FactKey
    from landed.core.migration import Migration
    from landed.engines.postgres.catalog.assertions import Assertions
    from landed.engines.postgres.catalog.readback import Readback
    from landed.engines.postgres.catalog.scope import Scope
    from landed.engines.postgres.catalog.tracker import Tracker
    from landed.engines.postgres.connect.blocking import Watcher
    from landed.engines.postgres.connect.capabilities import Capabilities
    from landed.engines.postgres.connect.connect import Connected
    from landed.project.pg_url import Dsn

ROLES = ("RESET SESSION AUTHORIZATION", "RESET ROLE")
"""What gives a session its own role again."""

RESET = (*ROLES, "RESET ALL")
"""What a session is brought back to before each file, as the Supabase CLI does; RESET ALL spares the role."""

NO_EVENT_TRIGGERS = """\
SELECT pg_catalog.set_config(s.name, 'off', true) FROM pg_catalog.pg_settings s, pg_catalog.pg_roles r
WHERE s.name OPERATOR(pg_catalog.=) 'event_triggers' AND r.rolname OPERATOR(pg_catalog.=) current_user
  AND r.rolsuper"""
"""While landed makes its own table: no event trigger fires, where the server and the role can do that."""

_EVENTS = """\
SELECT 1 OPERATOR(pg_catalog./) CASE WHEN
    coalesce(pg_catalog.current_setting('event_triggers', true), 'on') OPERATOR(pg_catalog.=) 'on'
    AND EXISTS (
    SELECT FROM pg_catalog.pg_event_trigger e
    JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) e.evtfoid
    JOIN pg_catalog.pg_roles o ON o.oid OPERATOR(pg_catalog.=) p.proowner
    WHERE e.evtenabled::pg_catalog.text OPERATOR(pg_catalog.<>) 'D'
      AND NOT (o.rolsuper OR o.rolname OPERATOR(pg_catalog.=) current_user))
THEN 0 ELSE 1 END"""
"""Fails with 22012 where an event trigger would fire of which somebody else can say what it does."""

LOCK_TIMEOUT = "4s"
"""How long a statement waits for a lock where neither the role, the database nor PGOPTIONS say otherwise."""


class Writable(Protocol):
    """What a writing session needs to know of its target."""

    @property
    def dsn(self) -> Dsn:
        """Where it is."""
        ...

    @property
    def scope(self) -> Scope:
        """What of it is read."""
        ...

    @property
    def ledger(self) -> LedgerTable:
        """Its history table."""
        ...

    @property
    def label(self) -> str:
        """What people call it."""
        ...

    @property
    def migrations(self) -> Callable[[], Sequence[Migration]]:
        """Gives the project's files."""
        ...

    @property
    def notify(self) -> Callable[[str], None]:
        """Is told what a person should see at once."""
        ...

    def connect(self, *, readonly: bool) -> Connected:
        """Opens a new connection. Raises CannotKnow."""
        ...


class Session:
    """The writing connection. A connection that died is opened again by the next :meth:`ready`."""

    connection: Connection[Any]
    capabilities: Capabilities
    readback: Readback
    assertions: Assertions
    watcher: Watcher
    pid: int
    """The server process of the connection."""
    lock_timeout: str
    """The setting to make for each file, or ``""`` where the session has one of its own."""
    patience: float
    """Seconds that a statement waits for a lock; 0 is for ever."""
    shape: Shape | None
    """What the history table was at the last look."""
    settled: bool
    """Whether role and settings of the session are those that it was opened with."""
    began: str
    """When the server process began, by which it is told from a later one with the same number."""

    def __init__(self, target: Writable, lock_timeout: str = LOCK_TIMEOUT) -> None:
        self.target = target
        self.scope = target.scope
        self._wish = lock_timeout
        self._open = ExitStack()
        self._tracker: Tracker | None = None
        self._opened = False
        self._prepared = ""
        self._generation = 0
        self.made: set[FactKey] = set()
        """What files that this session ran have made: it may go without a word."""

    def ready(self) -> None:
        """Open the session and take its lock, unless that is done.

        Raises Busy when another runner has the lock, UsageError where sessions are not one's own, CannotKnow.
        """
        if self._opened and not self.connection.closed:
            return
        import psycopg

        from landed.engines.postgres.catalog.assertions import Assertions
        from landed.engines.postgres.catalog.queries import text
        from landed.engines.postgres.catalog.readback import Readback
        from landed.engines.postgres.connect.advisory import session_lock
        from landed.engines.postgres.connect.blocking import Watcher

        self.close()
        connected = self.target.connect(readonly=False)
        connection = connected.connection
        try:
            self._open.callback(connection.close)
            lock = session_lock(connection, connected.capabilities, connected.dsn, self.target.ledger)
            pid = self._open.enter_context(lock)
            setting = "pg_catalog.current_setting('lock_timeout')"
            own = "(SELECT backend_start FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()))"
            query = f"SELECT {setting}, ({text('main_role')}), {own}::pg_catalog.text"
            with connection.pipeline():
                connection.execute("BEGIN READ ONLY", prepare=False)
                connection.execute(GUARDED.encode(), prepare=False)
                asked = connection.execute(query.encode(), prepare=False)
                seen = connection.execute(shape_query(self.target.ledger).encode(), prepare=False)
                connection.execute("ROLLBACK", prepare=False)
            row = asked.fetchone()
            assert row is not None
        except psycopg.OperationalError as error:
            lost = connection.closed
            self.close()
            if not lost:
                raise
            raise CannotKnow(
                f"{self.target.label} could not be written to: the connection was lost while it was opened.",
                code=Code.CONNECTION,
                details=[*str(error).strip().splitlines()[:1], "Nothing that it was opened for was sent."],
                next=Next(STATUS, BREAK, "Then run it again"),
            ) from error
        except BaseException:
            self.close()
            raise
        self.connection, self.capabilities = connection, connected.capabilities
        given, main_role, self.began = row
        self.shape = shape_of(seen.fetchall())
        self.settled = True
        self.lock_timeout = self._wish if given == "0" else ""
        self.readback = Readback(connection, self.scope, main_role)
        self.assertions = Assertions(self.readback)
        self.pid = pid
        self.patience = _seconds(given if given != "0" else self._wish)
        waits_for_ever = self.patience == 0
        self.watcher = Watcher(
            pid, self._another, self.patience / 2, self.target.notify if waits_for_ever else None
        )
        self._open.callback(self.watcher.close)
        self._tracker = None
        self._prepared = ""
        self._opened = True

    def close(self) -> None:
        """Give the lock back and close the connection; one that died is no error."""
        self._opened = False
        self._open.close()

    def abandon(self) -> None:
        """End the connection at once: whatever transaction is open is rolled back by the server."""
        if self._opened:
            self.connection.close()

    @property
    def provisioned(self) -> bool:
        """Whether the history table has all columns that are written to."""
        return self.shape is not None and self.shape.provisioned

    def provide_ledger(self, what: str = "Nothing was written", again: Shell = APPLY) -> None:
        """Make the ledger table, or bring it up to date, in a transaction of its own. Raises Refused, Lost,
        and NotProven (``what`` was not done; the command ``again`` goes on) where writing to it would run
        more."""
        ledger = self.target.ledger
        if self.shape is not None:
            refuse_writing(self.shape, ledger, what, again)
        if self.provisioned:
            return
        opening = [*RESET, "BEGIN", NO_EVENT_TRIGGERS, _EVENTS]
        made = [Command(sql, purpose="ledger") for sql in provision(ledger)]
        end = [Command("COMMIT", purpose="commit"), Command(shape_query(ledger))]
        try:
            answers = send(self.connection, [*(Command(sql) for sql in opening), *made, *end])
        except Refused as failed:
            if failed.command.sql != _EVENTS:
                raise
            self.connection.rollback()
            raise NotProven(
                f"{what}: an event trigger would run code of another role when {ledger.sql} is made.",
                code=Code.HISTORY,
                details=["Nothing was changed."],
                next=Next(DOCTOR, "   (it names the trigger)", BREAK, "Then run: ", again.afterwards()),
            ) from failed.error
        self._judge(shape_of(answers[-1].rows), what, again)

    def look_again(self, what: str, again: Shell) -> None:
        """Look at the history table anew. Raises NotProven as :meth:`provide_ledger`, psycopg.Error."""
        try:
            seen = look(self.connection, self.target.ledger, begin=True)
        finally:
            if not self.connection.closed:
                self.connection.rollback()
        self._judge(seen, what, again)

    def _judge(self, seen: Shape | None, what: str, again: Shell) -> None:
        self.shape = seen
        if seen is not None:
            refuse_writing(seen, self.target.ledger, what, again)

    def same_shape(self) -> list[Command]:
        """Commands of which one fails with 22012 (purpose ``shape``) unless the history table is what was
        judged. Prepared once: it looks at a dozen catalogs, and making its plan takes longer than running
        it."""
        if self.shape is None:
            return [Command("SELECT 1 OPERATOR(pg_catalog./) 0", purpose="shape")]
        made = []
        if self.shape.digest != self._prepared:
            self._prepared = self.shape.digest
            self._generation += 1
            text = same_shape(self.target.ledger, self.shape.digest)
            made.append(Command(f"PREPARE landed_shape_{self._generation} AS {text}"))
        return [*made, Command("", purpose="shape", prepared=f"landed_shape_{self._generation}")]

    def forget_prepared(self) -> None:
        """Whatever was prepared may be gone: prepare it again."""
        self.readback.forget()
        self._prepared = ""

    def tracked(self) -> Tracker:
        """Facts of the whole database as they are now, to see what a file changes; in an open transaction."""
        from landed.engines.postgres.catalog.tracker import Tracker

        if self._tracker is None:
            self._tracker = Tracker(self.connection, self.scope)
            self._tracker.begin()
        else:
            self._tracker.changes(everything=True)
        return self._tracker

    def forget(self) -> None:
        """After a rollback: nothing that was read in it, or prepared, counts."""
        self.forget_prepared()
        self.assertions.forget()
        self._tracker = None

    def _another(self) -> Connection[Any]:
        return self.target.connect(readonly=True).connection


def _seconds(setting: str) -> float:
    """A time as PostgreSQL shows it (``4s``, ``500ms``, ``2min``) in seconds."""
    number = float("".join(c for c in setting if c.isdigit() or c == ".") or 4)
    unit = setting.lstrip("0123456789. ")
    return number * {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}.get(unit, 0.001)
