"""Many statements in one round trip, and which of them failed.

libpq's pipeline mode, driven directly: everything is handed over at once, so that client and server do not
wake each other for every statement, and each answer belongs to its command.
"""

from __future__ import annotations

import re
import selectors
from collections.abc import Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn, PGresult

    from landed.core.migration import Statement

_PLACE = re.compile("%s")


class Command(NamedTuple):
    """One statement to send: its SQL, values for its ``%s`` places (``None``: no places, sent as it is).

    ``statement`` is the migration's own statement that it is; ``purpose`` says what landed's own are for:
    ``guard`` (fails when the file is recorded already), ``shape`` (when the history table is not what it
    was), ``moved`` (when its name means another), ``constraints``, ``check``, ``read``, ``prove``,
    ``record``, ``kept``, ``commit``, ``ledger``, or ``""``."""

    sql: str
    values: tuple[Any, ...] | None = None
    statement: Statement | None = None
    purpose: str = ""
    line: int = 0
    prepared: str = ""
    """The name of a statement that SQL has prepared, to be run with the values (texts) instead of ``sql``."""


class Answer(NamedTuple):
    """What the server gave for one command: the names of its columns, and its rows."""

    titles: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


class Failed(Exception):
    """The server refused one command of a pipeline; those after it were not run."""

    def __init__(self, command: Command, error: psycopg.Error, at: int = 0) -> None:
        super().__init__(str(error))
        self.command = command
        self.error = error
        self.at = at
        """Which of the commands it was, from 0."""


class Lost(Exception):
    """The connection ended before all answers were there."""

    def __init__(self, error: psycopg.Error) -> None:
        super().__init__(str(error))
        self.error = error


def send(connection: psycopg.Connection[Any], commands: Iterable[Command]) -> list[Answer]:
    """Run commands in order in one round trip; gives their answers. The server begins with the first ones
    while others are still being made.

    Nothing is prepared. Raises Failed with the first command that the server refused (the transaction, if one
    is open, is then in error), and Lost.
    """
    import psycopg
    from psycopg.adapt import Transformer

    if commands == []:
        return []
    pgconn = connection.pgconn
    results: list[PGresult] = []
    sent: list[Command] = []
    with connection.lock:
        try:
            pgconn.enter_pipeline_mode()
            for command in commands:
                sent.append(command)
                _queue(connection, pgconn, command)
                if command.purpose == "commit":
                    pgconn.flush()
            pgconn.pipeline_sync()
            _collect(pgconn, results)
            pgconn.exit_pipeline_mode()
        except psycopg.Error as error:
            connection.close()
            said = _refused(results)
            raise Lost(said[1] if said else error) from error
        except BaseException:
            # In the middle of a pipeline nothing can be said to the server any more.
            connection.close()
            raise
    refused = _refused(results)
    if refused is not None:
        at, failure = refused
        raise Failed(sent[at], failure, at) from failure
    rows = Transformer.from_context(connection)
    return [_answer(rows, result) for result in results]


def _queue(connection: psycopg.Connection[Any], pgconn: PGconn, command: Command) -> None:
    from psycopg.adapt import PyFormat, Transformer

    if command.values is None and not command.prepared:
        pgconn.send_query_params(command.sql.encode(), None)
        return
    given = command.values or ()
    if command.prepared:
        pgconn.send_query_prepared(command.prepared.encode(), [str(value).encode() for value in given])
        return
    values = Transformer.from_context(connection)
    dumped = values.dump_sequence(given, [PyFormat.TEXT] * len(given))
    number = count(1)
    sql = _PLACE.sub(lambda _: f"${next(number)}", command.sql)
    pgconn.send_query_params(sql.encode(), dumped, values.types, values.formats)


def _collect(pgconn: PGconn, results: list[PGresult]) -> None:
    """Send what is left and read until the pipeline is done; one result for each command."""
    import psycopg
    from psycopg.pq import ExecStatus

    with selectors.DefaultSelector() as ready:
        left = pgconn.flush()
        key = ready.register(pgconn.socket, _events(left))
        while True:
            for _, event in ready.select():
                if event & selectors.EVENT_READ:
                    pgconn.consume_input()
            if left:
                left = pgconn.flush()
                if not left:
                    ready.modify(key.fileobj, _events(left))
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    continue  # the end of one command's results
                if result.status == ExecStatus.PIPELINE_SYNC:
                    return
                if result.status in (ExecStatus.COPY_IN, ExecStatus.COPY_OUT):
                    raise psycopg.OperationalError("COPY from or to the client")
                results.append(result)


def _events(left: int) -> int:
    return selectors.EVENT_READ | (selectors.EVENT_WRITE if left else 0)


def _refused(results: Sequence[PGresult]) -> tuple[int, psycopg.Error] | None:
    from psycopg.errors import error_from_result
    from psycopg.pq import ExecStatus

    for at, result in enumerate(results):
        if result.status == ExecStatus.FATAL_ERROR:
            return at, error_from_result(result)
    return None


def _answer(rows: Any, result: PGresult) -> Answer:
    if not result.nfields:
        return Answer()
    rows.set_pgresult(result)
    titles = tuple((result.fname(at) or b"").decode() for at in range(result.nfields))
    return Answer(titles, tuple(rows.load_rows(0, result.ntuples, tuple)))
