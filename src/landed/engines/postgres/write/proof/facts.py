"""The facts that a unit leaves behind, read back and compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from landed.core.facts import FactKey, holds
from landed.engines.postgres.catalog.readback import Readback
from landed.engines.postgres.wire import Command, Lost, Refused, send
from landed.engines.postgres.write.session import ROLES

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.engines.postgres.write.session import Session
    from landed.engines.postgres.write.unit import Unit


def missing(unit: Unit, found: Mapping[FactKey, str]) -> list[tuple[FactKey, str | None, int]]:
    """The facts that are not there: what is expected, and the statement that was to make it so."""
    return [
        (key, after, unit.net[key][2])
        for key, after in unit.facts.items()
        if not holds(key, after, found.get(key))
    ]


def read_back(session: Session, connection: Connection[Any], keys: Iterable[FactKey]) -> dict[FactKey, str]:
    """What these facts are now, on a connection that is in no transaction: the session's, or another one.

    One round trip; the session has its own role again then. Raises psycopg.Error.
    """
    own = connection is session.connection
    readback = session.readback
    if not own:
        readback = Readback(connection, session.scope, readback.main_role)
    reads = readback.commands(keys)
    looks = [Command(r.sql, r.values or None, purpose="read", prepared=r.prepared) for r in reads]
    try:
        begin = [*(Command(sql) for sql in (ROLES if own else ())), Command("BEGIN READ ONLY")]
        answers = send(connection, [*begin, *looks, Command("ROLLBACK")])
    except (Refused, Lost) as error:
        if not connection.closed:
            connection.rollback()
            readback.forget()
        raise error.error from error
    return readback.facts(zip(reads, answers[len(begin) : -1], strict=True))
