"""A remote D1 database behind Cloudflare's API: reading it, and Time Travel, the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.applied import UndoPoint
from landed.core.errors import CannotKnow, Code
from landed.core.next import landed, program
from landed.engines.d1.answers import bookmark_of, live_state, of_a_replica, rows_of, size_of
from landed.engines.d1.api_errors import SqlFailed
from landed.engines.d1.api_text import one_line
from landed.engines.live import LiveState
from landed.engines.sqlite.sql.tokens import quote

if TYPE_CHECKING:
    from landed.engines.clock import Clock
    from landed.engines.d1.api import Api
    from landed.engines.d1.lookup import Place

SCHEMA = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master "
    "WHERE lower(substr(name, 1, 4)) <> '_cf_' AND lower(substr(tbl_name, 1, 4)) <> '_cf_'"
)
"""The schema without the runtime's own tables, which SQL may not touch."""


class Connected(NamedTuple):
    """The transport and the database that it is to ask; ``who`` says with what credentials."""

    api: Api
    place: Place
    who: str = ""


class Restored(NamedTuple):
    """What Time Travel answered: where the database is now, and the bookmark of what was before."""

    bookmark: str
    previous: str
    message: str


class RemoteD1:
    """A D1 database behind Cloudflare's REST API. The first use connects; nothing here writes but
    :meth:`restore`."""

    path = None
    mode = "d1"

    def __init__(
        self,
        connect: Callable[[], Connected],
        ledger_table: str,
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._connect = connect
        self.notify = notify
        self.ledger_table = ledger_table
        self.clock: Clock | None = None
        """Bounds what copies of the schema may take, where somebody set it."""
        self.state: LiveState | None = None
        """What was read last; a writing session goes on from it."""
        self.size = 0
        """Bytes of the database, as its last answer said; 0: not known."""
        self._surely = False

    @cached_property
    def connected(self) -> Connected:
        """Transport and database. Raises ConfigError, UsageError, CannotKnow."""
        return self._connect()

    @property
    def asked_as(self) -> str:
        """The account, and with what it is asked; empty before the first use."""
        if "connected" not in self.__dict__:
            return ""
        _, place, who = self.connected
        name = f" ({place.account_name})" if place.account_name else ""
        return " · ".join([f"account {place.account}{name}", *([who] if who else [])])

    @property
    def what(self) -> str:
        """The database in words, for errors."""
        return f"the database {self.connected.place.name}"

    def read(self, *, surely: bool = False) -> LiveState:
        """Schema and ledger in one request, in one transaction (without a ledger: in a second).

        Only SELECTs are sent, so a token that may only read is enough. ``surely`` asks for what is true after
        a write of unknown outcome: a replica, which may be behind, does not know it. Raises CannotKnow.
        """
        self._surely = surely
        ledger = f"SELECT rowid AS _rowid, * FROM {quote(self.ledger_table)} ORDER BY rowid"
        try:
            self.state = live_state(self.ask([SCHEMA, ledger]), self.ledger_table)
        except SqlFailed as error:
            self.state = self._without_ledger(error)
        return self.state

    def _without_ledger(self, error: SqlFailed) -> LiveState:
        state = live_state([*self.ask([SCHEMA]), []], self.ledger_table)
        if state.ledger is None:
            return state
        try:
            return live_state(
                self.ask([SCHEMA, f"SELECT * FROM {quote(self.ledger_table)}"]), self.ledger_table
            )
        except SqlFailed as worse:
            return state._replace(ledger=None, ledger_problem=one_line(worse.reason))

    def ask(self, statements: Sequence[str]) -> list[list[dict[str, Any]]]:
        """Run statements that only read, in one request: their rows as objects."""
        api, place, _ = self.connected
        body = {"batch": [{"sql": sql} for sql in statements]}
        answer = api.read(f"{place.path}/query", body, what=self.what)
        rows = rows_of(answer, len(statements), reading=True)
        if self._surely and of_a_replica(answer):
            # Asked again, another server may answer.
            answer = api.read(f"{place.path}/query", body, what=self.what)
            rows = rows_of(answer, len(statements), reading=True)
            if of_a_replica(answer):
                raise CannotKnow(
                    "A replica of the database answered, which may be behind what was written.",
                    code=Code.AMBIGUOUS,
                    next="Try again in a minute.",
                )
        self.size = size_of(answer) or self.size
        return rows

    def undo_point(self) -> UndoPoint:
        """The way back to this moment."""
        bookmark = self.bookmark()
        name = self.connected.place.name
        return UndoPoint(
            bookmark,
            landed("undo", bookmark=bookmark),
            program("wrangler", "d1", "time-travel", "restore", name, f"--bookmark={bookmark}"),
        )

    def bookmark(self, timestamp: str | None = None) -> str:
        """The Time Travel bookmark of now, or of a time (ISO 8601). Raises CannotKnow."""
        api, place, _ = self.connected
        parameters = {"timestamp": timestamp} if timestamp else None
        found = api.get(f"{place.path}/time_travel/bookmark", parameters, what=f"a bookmark of {self.what}")
        return bookmark_of(found)

    def restore(self, bookmark: str) -> Restored:
        """Set the whole database back to a bookmark; everything written since is lost.

        Sent once. Raises Unsure where the outcome is not known, CannotKnow.
        """
        api, place, _ = self.connected
        self.state = None
        found = api.write(
            f"{place.path}/time_travel/restore", parameters={"bookmark": bookmark}, what=self.what
        )
        previous = bookmark_of(found, "previous_bookmark")
        message = found.get("message")
        return Restored(bookmark, previous, api.said(message) if isinstance(message, str) else "")

    def close(self) -> None:
        """Close the connection, if there is one."""
        if "connected" in self.__dict__:
            self.connected.api.close()
