"""Many statements in one round trip, and which of them failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import psycopg

    from landed.core.migration import Statement


class Command(NamedTuple):
    """One statement to send: its SQL, values for its ``%s`` places (``None``: no places, sent as it is).

    ``statement`` is the migration's own statement that it is; ``purpose`` says what landed's own are for:
    ``guard`` (fails when the file is recorded already), ``constraints``, ``check``, ``read``, ``record``,
    ``commit``, or ``""``.
    """

    sql: str
    values: tuple[Any, ...] | None = None
    statement: Statement | None = None
    purpose: str = ""
    line: int = 0


class Failed(Exception):
    """The server refused one command of a pipeline; those after it were not run."""

    def __init__(self, command: Command, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.command = command
        self.error = error


class Lost(Exception):
    """The connection ended before all answers were there."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.error = error


def send(connection: psycopg.Connection[Any], commands: Sequence[Command]) -> list[psycopg.Cursor[Any]]:
    """Run commands in order in one round trip; gives their cursors, whose results are all there.

    Nothing is prepared. Raises Failed with the first command that the server refused (the transaction, if one
    is open, is then in error), and Lost.
    """
    import psycopg

    cursors: list[psycopg.Cursor[Any]] = []
    first: psycopg.Error | None = None
    try:
        with connection.pipeline():
            try:
                for command in commands:
                    cursor = connection.cursor()
                    cursors.append(cursor)
                    cursor.execute(command.sql.encode(), command.values, prepare=False)
            except psycopg.Error as error:
                # Not out of the block: the pipeline would log what it meets while it ends.
                first = error
    except psycopg.Error as error:
        first = first or error
    if first is None:
        return cursors
    if connection.closed:
        raise Lost(first) from first
    at = next((n for n, cursor in enumerate(cursors) if cursor.pgresult is None), len(cursors) - 1)
    raise Failed(commands[at], first) from first
