"""Sending statements to a shadow in one stream, timed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from landed.engines.postgres.wire import Lost, Refused, stream

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGresult


def send(
    connection: psycopg.Connection[Any],
    commands: Iterable[bytes],
    answered: Callable[[int, PGresult], None],
) -> None:
    """Run commands as :func:`landed.engines.postgres.wire.stream` does, with its errors; the time is taken
    where the connection is a :class:`~landed.engines.postgres.shadow.server.watched.Session`.

    Raises :class:`landed.engines.postgres.shadow.server.stopped.Stopped` when a limit was reached.
    """
    from landed.engines.postgres.shadow.server.watched import Session

    if not isinstance(connection, Session):
        stream(connection, commands, answered)
        return
    place: int | None = None
    connection.begin(stream=True)
    try:
        try:
            place = max(stream(connection, commands, answered, connection.progress) - 1, 0)
        except (Refused, Lost) as failed:
            place = failed.at
            raise
        finally:
            connection.end(place)
    except Refused as refused:
        connection.refused(refused.sqlstate, refused.message, refused.at)
        raise
