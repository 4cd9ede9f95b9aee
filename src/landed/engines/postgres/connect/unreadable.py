"""Why a Postgres database could not be read, when it could be reached: a lock, a time-out, a right."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from landed.core.codes import trouble_of
from landed.core.errors import CannotKnow, Code, LandedError
from landed.core.next import DOCTOR
from landed.engines.base import Restless
from landed.engines.postgres.connect.asking import GUARDED
from landed.engines.postgres.connect.sessions import Blocker, ending, shown

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

Given = TypeVar("Given")

_HOLDERS = """\
SELECT l.pid, a.usename::text, coalesce(nullif(a.application_name, ''), a.backend_type, '') AS application,
       a.state, a.query, extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
       l.relation::regclass::text
FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY a.xact_start, l.relation LIMIT 1"""


TRIES = 6
"""So often is read what somebody else changes all the time."""

ALIKE = 3
"""So often the same error is said before it is believed, whatever else goes on in the database."""

_CONCURRENT = re.compile("(?!42501)(?:XX|42|40|3F|22|2B)|55000")
"""SQLSTATEs of a query of landed's own whose objects were changed while it ran: nothing else gives it those,
unless the catalogs themselves are damaged."""


def read_in_peace(
    read: Callable[[], Given],
    changed: Callable[[], bool],
    explain: Callable[[psycopg.Error], CannotKnow],
    tries: int = TRIES,
) -> Given:
    """What ``read`` gives. What it failed for is no matter if the schema has ``changed`` since it began.

    Raises Restless, what it raises else, and for the driver's errors what ``explain`` says of them.
    """
    import psycopg

    said: list[str] = []
    for _ in range(tries):
        try:
            return read()
        except psycopg.Error as error:
            if not _CONCURRENT.match(error.sqlstate or ""):
                raise explain(error) from None
            failed: Exception = error
        except Restless as error:
            failed = error
        said.append(str(failed))
        # A damaged catalog says the same again; what somebody makes and drops has other numbers each time.
        if not changed() or said.count(said[-1]) >= ALIKE:
            raise explain(failed) if isinstance(failed, psycopg.Error) else failed
    raise Restless


def unreadable(label: str, error: Exception, again: Callable[[], Connection[Any]]) -> CannotKnow:
    """The error for a reading that the server broke off; ``again`` opens another connection to ask who is in
    the way of a lock."""
    diag = getattr(error, "diag", None)
    message = (diag.message_primary if diag is not None else None) or str(error).strip().splitlines()[0]
    code = getattr(error, "sqlstate", None)
    details = ["Nothing was judged and nothing was changed."]
    advice: str = DOCTOR
    if code == "55P03":
        found = _holder(again)
        if found is not None:
            details.insert(0, f"{found[1]} is locked by {found[0]}")
            advice = f"when that session has ended, run it again   (to end it: {ending((found[0],))})"
    elif code == "57014":
        details.insert(
            0, "the statement_timeout of this role or database is too short for reading the catalog"
        )
        advice = (
            "for this run: PGOPTIONS='-c statement_timeout=5min', or ?options=-c%20statement_timeout%3D5min"
        )
    return CannotKnow(
        f"{label} could not be read: {message}{f' ({code})' if code else ''}",
        code=trouble_of(code, Code.UNREADABLE),
        sqlstate=code,
        details=details,
        next=advice,
    )


def _holder(again: Callable[[], Connection[Any]]) -> tuple[Blocker, str] | None:
    import psycopg

    with suppress(psycopg.Error, LandedError), again() as other, other.transaction():
        other.execute(GUARDED.encode(), prepare=False)
        row = other.execute(_HOLDERS, prepare=False).fetchone()
        if row is not None:
            pid, user, application, state, query, age, relation = row
            return Blocker(pid, user, application or "", state, shown(query), age), relation
    return None
