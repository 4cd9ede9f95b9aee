"""Other sessions of a Postgres server, as landed names them to people: who, since when, with which query."""

from __future__ import annotations

from typing import NamedTuple

from landed.engines.postgres.sql.tokens import scan

QUERY_WIDTH = 80
"""Characters of another session's query that are shown."""


class Blocker(NamedTuple):
    """A session that holds what another one waits for.

    ``pid`` is its server process; 0 stands for a prepared transaction, which has none. ``state`` is that of
    ``pg_stat_activity`` (``active``, ``idle in transaction``, …), ``query`` what it runs or ran last: one
    line, shortened, literals left out. ``age`` is for how many seconds its transaction has been open, or it
    has been connected when it is in none. ``relation`` (``schema.name``) and ``mode`` say which lock is
    waited for. What the role may not see is ``None`` or ``""``.
    """

    pid: int
    user: str | None = None
    application: str = ""
    state: str | None = None
    query: str = ""
    age: float | None = None
    relation: str | None = None
    mode: str | None = None
    client: str | None = None

    def __str__(self) -> str:
        if not self.pid:
            return "a prepared transaction (see pg_prepared_xacts)"
        client = f"from {self.client}" if self.client else ""
        parts = [part for part in (self.application, self.user, client) if part]
        return f"pid {self.pid} ({', '.join([*parts, self._doing()])})"

    def _doing(self) -> str:
        if self.state is None:
            return "this role may not see what it does"
        since = f" for {duration(self.age)}" if self.age is not None else ""
        if self.state == "active":
            return f"running{since}: {self.query}"
        if self.state == "idle":
            since = f", connected{since}"
        return f"{self.state}{since}" + (f", last ran: {self.query}" if self.query else "")


def shown(query: str | None, width: int = QUERY_WIDTH) -> str:
    """A query of somebody else on one line: without comments, every literal as ``'…'`` (it may be a password
    or a person's data), at most ``width`` characters."""
    pieces: list[str] = []
    for kind, text, _ in scan(query or ""):
        if kind in ("space", "comment"):
            text = " "
        elif kind in ("string", "dollar"):
            text = "'…'"
        pieces.append(text)
    line = " ".join("".join(pieces).split())
    return line if len(line) <= width else line[: width - 1] + "…"


def duration(seconds: float | None) -> str:
    """``8 s``, ``3 min``, ``2 h``, ``4 days``."""
    seconds = max(0.0, seconds or 0.0)
    for size, word in ((172800, "days"), (7200, "h"), (120, "min")):
        if seconds >= size:
            unit = {"days": 86400, "h": 3600, "min": 60}[word]
            return f"{seconds / unit:.0f} {word}"
    return f"{seconds:.0f} s"


def ending(blockers: tuple[Blocker, ...]) -> str:
    """How the sessions could be ended, for a person to decide."""
    pids = sorted({b.pid for b in blockers if b.pid})
    ended = "; ".join(f"SELECT pg_terminate_backend({pid})" for pid in pids)
    if not pids and blockers:
        return "COMMIT PREPARED or ROLLBACK PREPARED it (SELECT gid FROM pg_prepared_xacts)"
    return ended
