"""A Postgres database as a target: read in one transaction, checked without writing, opened for writing."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from landed.core.errors import Busy
from landed.core.migration import Migration
from landed.core.timeline import DataCheck
from landed.engines.live import LiveState
from landed.engines.postgres.connect.reading_runs import own_terms
from landed.engines.postgres.ledger import look, match, read_ledger
from landed.engines.postgres.ledger_name import LedgerTable
from landed.engines.postgres.ledger_shape import noted

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

    from landed.core.errors import CannotKnow
    from landed.engines.live import Roles
    from landed.engines.postgres.catalog.moment import Moment
    from landed.engines.postgres.catalog.scope import Scope
    from landed.engines.postgres.connect.capabilities import Capabilities
    from landed.engines.postgres.connect.connect import Connected
    from landed.engines.postgres.write.writer import PgWriter
    from landed.project.pg_url import Dsn

_TOGETHER = 40
"""So many checks are sent as one query; one by one only when that fails."""


_LEAVING = 2.0
_PAUSES = (0.02, 0.05, 0.1, 0.2)
"""How long, and how often, a connection is asked for where there is none free."""


class PgTarget:
    """One database, with one reading connection for all its uses.

    ``scope_of`` gives what is read of the schema for the server's major version; ``migrations`` the project's
    files, by which ledger rows are told apart; ``notify`` is told what a person should see at once.
    """

    def __init__(
        self,
        dsn: Dsn,
        *,
        scope_of: Callable[[int], Scope],
        ledger: LedgerTable,
        migrations: Callable[[], Sequence[Migration]],
        label: str,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.dsn = dsn
        self.ledger = ledger
        self.migrations = migrations
        self.label = label
        self.notify = notify
        self._scope_of = scope_of
        self._connected: Connected | None = None
        self._capabilities: Capabilities | None = None
        self._roles: Roles | None = None
        self._moment: Moment | None = None
        self._marked = False

    @property
    def scope(self) -> Scope:
        """What of the database is read. Raises CannotKnow when it cannot be reached."""
        scope = self._scope_of(self.capabilities.major)
        return (
            replace(scope, runners=self._roles.runners(scope.main_role)) if self._roles is not None else scope
        )

    @property
    def capabilities(self) -> Capabilities:
        """What is on the other side, once it was asked. Raises CannotKnow when it cannot be reached."""
        if self._capabilities is None:
            self._capabilities = self._reading().capabilities
        return self._capabilities

    def connect(self, *, readonly: bool) -> Connected:
        """A new connection of the caller's own, which the caller closes. Raises CannotKnow.

        One that was closed a moment ago may count a little longer: where a role has one only, its next one is
        waited for.
        """
        from landed.core.patience import patiently, until
        from landed.engines.postgres.connect.connect import open_connection

        pause = until(monotonic() + _LEAVING, _PAUSES, Busy)
        return patiently(lambda: open_connection(self.dsn, readonly), pause)

    def close(self) -> None:
        """Close the reading connection."""
        if self._connected is not None:
            self._connected.connection.close()
            self._connected = None

    def read(self) -> LiveState:
        """Schema and ledger in one read-only transaction. Raises CannotKnow.

        What prints the catalogs sees the present: that nothing has changed meanwhile, :meth:`unchanged` says.
        What it failed for because something was gone by then is read again; raises Restless where that is no
        use.
        """
        from landed.engines.postgres.connect.unreadable import read_in_peace

        return read_in_peace(self._read, lambda: not self.unchanged(), self._unreadable)

    def unchanged(self) -> bool:
        """Whether nothing has changed since the last reading began. Raises CannotKnow.

        The answer after a first reading is yes only where no transaction has written anything at all; where
        it is no, later readings note more, and know better.
        """
        import psycopg

        from landed.engines.postgres.catalog.moment import unchanged

        if self._moment is None:
            return False
        try:
            same = unchanged(self._reading().connection, self._moment)
        except psycopg.Error as error:
            raise self._unreadable(error) from None
        self._marked = self._marked or not same
        return same

    def _unreadable(self, error: psycopg.Error) -> CannotKnow:
        from landed.engines.postgres.connect.unreadable import unreadable

        self.close()
        return unreadable(self.label, error, lambda: self.connect(readonly=True).connection)

    def _read(self) -> LiveState:
        from landed.engines.postgres.catalog.moment import one_moment
        from landed.engines.postgres.catalog.snapshot import snapshot_and_roles

        connection = self._reading().connection
        scope = self._scope_of(self.capabilities.major)
        self._moment = None
        with one_moment(connection, marked=self._marked) as self._moment:
            facts, self._roles = snapshot_and_roles(connection, scope)
            shape = look(connection, self.ledger)
            stored = read_ledger(connection, self.ledger, shape) if shape is not None else None
        if stored is None:
            return LiveState(True, facts=facts, roles=self._roles)
        matched = match(self.migrations(), stored)
        return LiveState(
            True,
            ledger=matched.rows,
            facts=facts,
            stored=stored,
            content=matched.content,
            roles=self._roles,
            notes=noted(shape, self.ledger) if shape is not None else (),
        )

    def check(self, checks: Sequence[DataCheck]) -> list[tuple[bool | None, str]]:
        """Run read-only checks: (passed, or ``None`` when it could not be run; why)."""
        connection = self._reading().connection
        answers: list[tuple[bool | None, str]] = []
        for start in range(0, len(checks), _TOGETHER):
            chunk = checks[start : start + _TOGETHER]
            together = len({check.derived for check in chunk}) == 1 and _all_at_once(connection, chunk)
            answers += together or [_one(connection, check) for check in chunk]
        return answers

    @contextmanager
    def writer(self) -> Iterator[PgWriter]:
        """Open for writing. Raises Busy, UsageError behind a transaction pooler, CannotKnow."""
        from landed.engines.postgres.write.writer import open_writer

        # A role may have one connection only; whoever reads later opens another.
        assert self.capabilities
        self.close()
        with open_writer(self) as writer:
            yield writer

    def _reading(self) -> Connected:
        if self._connected is None or self._connected.connection.closed:
            self._connected = self.connect(readonly=True)
            # However its user ends, the session does: also in a long-lived process.
            weakref.finalize(self, self._connected.connection.close)
        return self._connected


def _read_once(connection: Connection[Any], sql: str, checks: Sequence[DataCheck]) -> list[tuple[Any, ...]]:
    """The first rows of a query in a read-only transaction of its own, in one round trip.

    Checks that a file carries are its author's SQL, and run as the session is set. Those that landed has
    derived run on tables only, and where nothing of a stranger's lies on them.
    """
    from psycopg.pq import TransactionStatus

    try:
        with connection.pipeline():
            connection.execute("BEGIN READ ONLY", prepare=False)
            for first in own_terms(checks):
                connection.execute(first.encode(), prepare=False)
            cursor = connection.execute(sql.encode(), prepare=False)
            connection.execute("ROLLBACK", prepare=False)
        return cursor.fetchmany(2)
    finally:
        if connection.info.transaction_status != TransactionStatus.IDLE:
            connection.rollback()


def _all_at_once(
    connection: Connection[Any], checks: Sequence[DataCheck]
) -> list[tuple[bool | None, str]] | None:
    """All of them, of one kind, as one query, or ``None`` when any of them fails."""
    import psycopg

    if len(checks) < 2 or any("--" in check.sql or "/*" in check.sql for check in checks):
        return None
    each = ", ".join(f"(SELECT v::boolean FROM ({check.sql.rstrip(' ;')}) AS c (v))" for check in checks)
    try:
        rows = _read_once(connection, f"SELECT {each}", checks)
    except psycopg.Error:
        return None
    # No row and NULL look alike here; the single run tells them apart.
    return None if not rows or None in rows[0] else [(bool(value), "") for value in rows[0]]


def _one(connection: Connection[Any], check: DataCheck) -> tuple[bool | None, str]:
    import psycopg

    try:
        rows = _read_once(connection, check.sql, [check])
    except psycopg.errors.DivisionByZero as error:
        if check.derived:
            return None, "reading that table may run code of others: it was not looked at"
        return None, (error.diag.message_primary or str(error)).strip()
    except psycopg.Error as error:
        return None, (error.diag.message_primary or str(error)).strip()
    if len(rows) != 1 or len(rows[0]) != 1:
        return None, "the check must give one row with one value"
    return check.told(rows[0][0])
