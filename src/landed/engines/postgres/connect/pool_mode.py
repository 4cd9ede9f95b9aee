"""Which mode a pooler in front of the server is in, told from what two connections through it see."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from psycopg import Connection

_PATIENCE = 3.0
"""Seconds after which a second connection that gets no answer is taken to wait for a server process."""

_ORDER = "BAABABBAAB"
"""Who looks when, after the first connection (A) has looked once; B is the second one. Taking turns shows a
pool that gives out the process that was used last, a repetition one that gives them out in turns."""

_ALONE = 3
"""How often the first connection has to be served while the second one waits."""

# Every name is qualified: a search_path may have others before pg_catalog.
_LOOK = """\
SELECT ours.pid::pg_catalog.text, EXTRACT(epoch FROM ours.backend_start)::pg_catalog.text,
       EXTRACT(epoch FROM ours.query_start)::pg_catalog.text,
       theirs.pid::pg_catalog.text, EXTRACT(epoch FROM theirs.backend_start)::pg_catalog.text,
       EXTRACT(epoch FROM theirs.query_start)::pg_catalog.text
FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) ours
LEFT JOIN pg_catalog.pg_stat_get_activity(%s::pg_catalog.int4) theirs ON true"""
_NOBODY = "-1"

_Process = tuple[str | None, str | None]
_Verdict = tuple[Literal["session", "transaction"], str]

_CHANGES: _Verdict = ("transaction", "it changes from one transaction to the next")
_REFUSED: _Verdict = ("transaction", "a second connection to find out its mode was refused")


class _Refused(Exception):
    """The second connection was cut off."""


class _Look(NamedTuple):
    """The server process that answered and when this query began in it; the same of the other connection's.

    A process is its number and its start: numbers are given again, and two servers may use the same one.
    When a query began is None where the server does not tell (``track_activities``).
    """

    process: _Process
    began: str | None
    other: _Process
    other_began: str | None


def pool_mode(connection: Connection[Any], backend: int, again: Callable[[], Connection[Any]]) -> _Verdict:
    """The mode of the pooler behind ``connection``, whose server process was ``backend``, and what shows it.

    ``again`` opens a second connection through the same pooler. In session mode a process stays with its
    connection and runs that connection's statements only. ``transaction`` is proven by anything else: one
    process that serves both connections, another one from one statement to the next, or one whose last
    statement was somebody else's. At most eleven round trips and a login, fewer when something is proven.
    A pooler that refuses the second connection counts as ``transaction``. Raises psycopg.Error.
    """
    first = _ask(connection, None)
    if first.process[0] != str(backend):
        return _CHANGES
    try:
        second = again()
    except Exception:
        # Room for one connection only, or none: what cannot be told apart is treated as the worse one.
        return _REFUSED
    try:
        return _compare(connection, second, first)
    except _Refused:
        return _REFUSED
    finally:
        second.close()


def _compare(connection: Connection[Any], second: Connection[Any], first: _Look) -> _Verdict:
    last: dict[str, _Look] = {"A": first}
    # Without the second kind of evidence there has to be more of the first.
    for who in _ORDER if first.began is not None else 2 * _ORDER:
        other = last.get("B" if who == "A" else "A")
        now = _ask(connection, other) if who == "A" else _ask_in_time(second, other)
        if now is None:
            for _ in range(_ALONE):
                again = _ask(connection, None)
                if again.process != first.process:
                    return _CHANGES
                now = _answer(second, 0)
                if now is not None:
                    break
            else:
                # Who asks later is served first only when it has a process of its own.
                return "session", "it keeps a second connection waiting for the first one's end"
            # Which of the two was answered first is unknown.
            other = last["A"] = again._replace(began=None)
        proof = _proof(now, last.get(who), other)
        if proof is not None:
            return proof
        last[who] = now
    return "session", "each connection has a server process of its own"


def _proof(now: _Look, before: _Look | None, other: _Look | None) -> _Verdict | None:
    """What a session pool does not do: ``before`` is this connection's last look, ``other`` the other's."""
    if other is not None and now.process == other.process:
        return "transaction", "one server process served two connections"
    if before is not None and now.process != before.process:
        return _CHANGES
    if other is not None and now.other == other.process:
        began = now.other_began, other.began
        if None not in began and began[0] != began[1]:
            return "transaction", "somebody else's statements run in the server process of an open connection"
    return None


def _watching(other: _Look | None) -> tuple[str]:
    return ((other.process[0] if other is not None else None) or _NOBODY,)


def _ask(connection: Connection[Any], other: _Look | None) -> _Look:
    row = connection.execute(_LOOK, _watching(other), prepare=False).fetchone()
    assert row is not None
    return _Look(row[0:2], row[2], row[3:5], row[5])


def _ask_in_time(connection: Connection[Any], other: _Look | None) -> _Look | None:
    """The same, or None when nothing answers for some seconds: then the answer is still to come."""
    return _answer(connection, _PATIENCE, [_watching(other)[0].encode()])


def _answer(connection: Connection[Any], patience: float, ask: list[bytes] | None = None) -> _Look | None:
    """The answer to what is asked, or has been, if it comes in ``patience`` seconds. Raises _Refused."""
    import psycopg

    pgconn = connection.pgconn
    end = time.monotonic() + patience
    try:
        if ask is not None:
            pgconn.send_query_params(_LOOK.replace("%s", "$1").encode(), ask)
            while pgconn.flush():
                select.select([], [pgconn.socket], [], patience)
        while True:
            pgconn.consume_input()
            if not pgconn.is_busy():
                break
            left = end - time.monotonic()
            if left <= 0 or not select.select([pgconn.socket], [], [], left)[0]:
                return None
        result = pgconn.get_result()
        if result is None or not result.ntuples:
            raise _Refused
        pgconn.get_result()
    except psycopg.Error:
        raise _Refused from None
    values = [None if v is None else v.decode() for v in (result.get_value(0, i) for i in range(6))]
    return _Look((values[0], values[1]), values[2], (values[3], values[4]), values[5])
