"""Waiting for locks on Postgres: who blocks, trying again with pauses, and what a time-out means."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from landed.core.errors import Busy, Code
from landed.core.next import APPLY, Next
from landed.core.patience import patiently
from landed.engines.postgres.connect.asking import ask
from landed.engines.postgres.connect.sessions import Blocker, duration, ending, shown

if TYPE_CHECKING:
    from psycopg import Connection

T = TypeVar("T")

LOCK_TIMEOUT = 4.0
"""Seconds that a statement waits for a lock. While it waits, everybody behind it waits, too."""

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds before the second, third, … try; up to a quarter more or less by chance, so that two runners do
not meet again."""

_LAST_LOOK = 2.0
"""Seconds that a failed try waits for the last look at who blocked it."""

_AT_ONCE = 0.05
"""Seconds after which a try is looked at whose predecessor was over too soon."""

_ONCE = {"40P01": "a deadlock with another session", "40001": "a concurrent change of the same rows"}

_BLOCKING = """\
SELECT DISTINCT ON (b.at) b.pid, a.usename::text,
       coalesce(nullif(a.application_name, ''), a.backend_type, ''), a.state, a.query,
       extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.backend_start))::float8,
       CASE WHEN c.oid IS NOT NULL THEN n.nspname || '.' || c.relname END,
       w.mode, pg_catalog.host(a.client_addr)
FROM unnest(pg_catalog.pg_blocking_pids(%(pid)s)) WITH ORDINALITY AS b(pid, at)
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
LEFT JOIN pg_catalog.pg_locks w ON w.pid = %(pid)s AND NOT w.granted
LEFT JOIN pg_catalog.pg_locks t ON w.relation IS NULL AND t.pid = %(pid)s AND t.locktype = 'tuple'
LEFT JOIN pg_catalog.pg_class c ON c.oid = coalesce(w.relation, t.relation)
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY b.at"""


def blockers_of(connection: Connection[Any], pid: int) -> tuple[Blocker, ...]:
    """Who keeps the server process ``pid`` waiting at this moment; empty when it does not wait.

    One round trip, to be sent on another connection than the waiting one. Reads only.
    """
    rows = ask(connection, _BLOCKING, {"pid": pid})
    found = [
        Blocker(p, user, application, state, shown(query), age, relation, mode, client)
        for p, user, application, state, query, age, relation, mode, client in rows
    ]
    return tuple(dict.fromkeys(found))


class Watcher:
    """Finds out who blocks a session, from a second connection, while the first one waits.

    Used as a context manager around one try. Nothing is opened and nothing is asked unless the try takes
    longer than ``after`` seconds (half of the lock time-out: in the normal case it costs no round trip); from
    then on it looks again and again, and keeps the last blockers seen in :attr:`blockers`. Once a try has
    ended at a lock before anybody was seen (a file may have a shorter time-out of its own), it looks at the
    next ones from their beginning. The second
    connection is kept for further tries; :meth:`close` closes it. When it cannot be opened nothing is known,
    which is no error (``problem`` says why). ``pid`` is the server process of the first connection
    (:func:`landed.engines.postgres.connect.advisory.session_lock` yields it). ``notify`` is told once in each
    try who is in the way: for sessions that wait without a time-out.
    """

    def __init__(
        self,
        pid: int,
        connect: Callable[[], Connection[Any]],
        after: float = LOCK_TIMEOUT / 2,
        notify: Callable[[str], None] | None = None,
    ) -> None:
        self.pid = pid
        self.blockers: tuple[Blocker, ...] = ()
        self.problem: str | None = None
        self._connect = connect
        # Who waits for ever (a time-out of 0) is looked at like everybody else.
        self._after = after if after > 0 else LOCK_TIMEOUT / 2
        self._notify = notify
        self._connection: Connection[Any] | None = None
        self._try = 0
        self._since: float | None = None
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()
        self._looking = threading.Lock()
        self._ended = threading.Event()

    def __enter__(self) -> Watcher:
        self.blockers = ()
        # One thread for all tries that follow each other: starting one costs more than a small file.
        with self._guard:
            self._try += 1
            self._since = time.monotonic()
            if self._thread is None:
                self._ended = threading.Event()
                self._thread = threading.Thread(
                    target=self._watch, args=(self._ended,), name="landed-locks", daemon=True
                )
                self._thread.start()
        return self

    def __exit__(
        self, failure: type[BaseException] | None, error: BaseException | None, *rest: object
    ) -> None:
        self._since = None
        if sqlstate(error) == "55P03" and not self.blockers:
            self._after = min(self._after, _AT_ONCE)
        # Work that is done does not wait for a look that is still under way; a failure wants to know.
        if failure and self._looking.acquire(timeout=_LAST_LOOK):
            self._looking.release()

    def close(self) -> None:
        """Close the second connection."""
        with self._guard:
            self._ended.set()
            self._thread = None
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _watch(self, ended: threading.Event) -> None:
        told = 0
        while not ended.wait(min(max(self._after / 4, 0.02), 1.0)):
            with self._guard:
                number, since = self._try, self._since
                if since is None:
                    # Nothing to watch: the next try starts a thread again.
                    if not ended.is_set():
                        self._thread = None
                    return
            if time.monotonic() - since < self._after:
                continue
            with self._looking:
                found = self._look(ended)
                if not found or number != self._try:
                    continue
                self.blockers = found
            if self._notify is not None and told != number:
                told = number
                self._notify(_waiting_for(found))

    def _look(self, ended: threading.Event) -> tuple[Blocker, ...]:
        try:
            if self._connection is None or self._connection.closed:
                opened = self._connect()
                with self._guard:
                    if ended.is_set():
                        opened.close()
                        return ()
                    self._connection = opened
            return blockers_of(self._connection, self.pid)
        except Exception as error:
            # Whatever goes wrong here must not harm the work that is being watched; nobody tries to log in
            # again and again.
            self.problem = type(error).__name__
            ended.set()
            return ()


def sqlstate(error: BaseException | None) -> str | None:
    """The SQLSTATE of an error, or of the one that it was raised from; ``None`` without any."""
    while error is not None:
        code = getattr(error, "sqlstate", None)
        if isinstance(code, str):
            return code
        error = error.__cause__
    return None


def retrying(
    attempt: Callable[[], T],
    *,
    notify: Callable[[str], None],
    watcher: Watcher,
    what: str = "the migration",
    tries: int = 5,
    pauses: Sequence[float] = PAUSES,
    sleep: Callable[[float], None] = time.sleep,
    again: str = APPLY,
    undone: str = "it was rolled back",
) -> T:
    """Run ``attempt`` until it gets its locks; returns what it returns.

    ``attempt`` does a whole transaction and has rolled it back when it raises. A lock time-out (55P03) is
    tried again up to ``tries`` times in all, a deadlock (40P01) and a serialization failure (40001) once;
    every other error goes through as it is, also those that were raised ``from`` one of these but whose
    attempt says otherwise. Each new try is announced through ``notify`` with the session that is in the way.
    Raises Busy after the last one. ``again`` is the command to run later, ``undone`` what became of a try.
    """
    repeated = False

    def watched() -> T:
        with watcher:
            return attempt()

    def pause(error: Exception, tried: int) -> float | None:
        nonlocal repeated
        code = sqlstate(error)
        if code in _ONCE:
            if repeated:
                raise _contended(what, _ONCE[code], error, again) from error
            cause, repeated = _ONCE[code], True
        elif code == "55P03":
            if tried >= tries:
                raise blocked(what, watcher.blockers, tried, again) from error
            cause = _waiting_for(watcher.blockers)
        else:
            return None
        seconds = pauses[min(tried, len(pauses)) - 1] if pauses else 0.0
        seconds *= random.uniform(0.75, 1.25)
        notify(f"{what}: {cause}; {undone} and is tried again in {seconds:.1f} s ({tried} of {tries})")
        return seconds

    return patiently(watched, pause, sleep=sleep)


def _waiting_for(blockers: tuple[Blocker, ...]) -> str:
    if not blockers:
        return "a lock was not free in time"
    first = blockers[0]
    more = f" and {len(blockers) - 1} more" if len(blockers) > 1 else ""
    held = f"a lock on {first.relation} held by" if first.relation else _END
    return f"waiting for {held} {first}{more}"


def _held(blocker: Blocker) -> str:
    if blocker.relation:
        return f"a lock on {blocker.relation} is held by {blocker}"
    return f"it waits for {_END} {blocker}"


# A row that somebody changed, or a snapshot that somebody still reads.
_END = "the end of the transaction of"


def blocked(
    what: str, blockers: tuple[Blocker, ...], tries: int, again: str, left: Sequence[str] = ()
) -> Busy:
    """The error for a lock that did not come free: who holds it, with which query, for how long.

    ``left`` says what is in the database after it; without, nothing is.
    """
    tried = f"in {tries} tries" if tries > 1 else "in time"
    details = [_held(b) for b in blockers]
    details = details or ["who held it could not be seen: it was gone, or hidden from this role"]
    details += left or ["every try was rolled back: nothing of it is in the database, and it is not recorded"]
    relation = next((b.relation for b in blockers if b.relation), None)
    end = ending(blockers)
    missed = f"did not get its lock on {relation} {tried}: another session holds it"
    return Busy(
        f"{what} {missed}" if relation else f"{what} could not go on {tried}: it waits for another session",
        code=Code.LOCK,
        details=details,
        next=Next("when that session has ended: ", again, f"   (to end it: {end})" if end else ""),
    )


def _contended(what: str, cause: str, error: BaseException, again: str) -> Busy:
    detail = getattr(getattr(error, "diag", None), "message_detail", None)
    lines = [shown(line, 200) for line in detail.splitlines()] if detail else []
    return Busy(
        f"{what} met {cause}, twice",
        code=Code.LOCK,
        details=[
            *lines,
            "both tries were rolled back: nothing of it is in the database, and it is not recorded",
        ],
        next=Next("run it when the other session is quiet: ", again),
    )


def explain_cancel(error: BaseException, timeout: str | None = None) -> tuple[list[str], str]:
    """Details and advice for a statement that was cancelled (57014): by ``statement_timeout`` or by somebody.

    ``timeout`` is the session's ``statement_timeout`` as the server shows it, when known.
    """
    if "statement timeout" not in str(error):
        return (
            ["the statement was cancelled by an administrator, by pg_cancel_backend or by the pooler"],
            "find out who cancelled it",
        )
    value = f" ({timeout})" if timeout and timeout != "0" else ""
    return (
        [
            f"the server's statement_timeout{value} struck: the statement ran longer than this role may",
            "the time includes waiting for locks; trying again takes as long again",
        ],
        "put SET statement_timeout = '30min' at the top of the file, or do the work in smaller steps",
    )


__all__ = [
    "LOCK_TIMEOUT",
    "PAUSES",
    "Blocker",
    "Watcher",
    "blocked",
    "blockers_of",
    "duration",
    "explain_cancel",
    "retrying",
    "sqlstate",
]
