"""The pipeline driver against a real server: whose answer is whose, what was refused, what ends a session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.wire import Command, Lost, Refused, send, stream

SAYS_THAT_IT_ENDS = "DO $$ BEGIN RAISE EXCEPTION 'not the end' USING ERRCODE = '57P01'; END $$"
ENDS = "SELECT pg_terminate_backend(pg_backend_pid())"


@pytest.fixture(scope="module")
def server(pg_server: Callable[..., ShadowServer]) -> ShadowServer:
    return pg_server(18)


@pytest.fixture
def connection(server: ShadowServer) -> Iterator[psycopg.Connection[Any]]:
    with server.connect("postgres") as opened:
        yield opened


def commands(*texts: str) -> list[Command]:
    return [Command(text) for text in texts]


def test_each_answer_belongs_to_its_command(connection: psycopg.Connection[Any]) -> None:
    one, nothing, two = send(
        connection, [Command("SELECT %s::int4 AS n", (7,)), Command("-- no statement"), Command("SELECT 'b'")]
    )
    assert (one.titles, one.rows, nothing.rows, two.rows) == (("n",), ((7,),), (), (("b",),))


def test_a_stream_is_longer_than_what_is_ahead(connection: psycopg.Connection[Any]) -> None:
    told: list[tuple[int, int]] = []
    done: list[int] = []
    number = stream(
        connection,
        (f"SELECT {n}, repeat('x', 3000)".encode() for n in range(700)),
        lambda place, result: told.append((place, int(result.get_value(0, 0) or b""))),
        lambda: done.append(1),
    )
    assert number == len(done) == 700
    assert told == [(n, n) for n in range(700)]


def test_nothing_more_is_sent_after_what_was_refused(connection: psycopg.Connection[Any]) -> None:
    made: list[int] = []

    def each() -> Iterator[bytes]:
        for n in range(5000):
            made.append(n)
            yield b"SELECT 1/0" if n == 3 else b"SELECT 1"

    told: list[int] = []
    with pytest.raises(Refused, match="division by zero") as refused:
        stream(connection, each(), lambda place, result: told.append(place))
    assert (refused.value.at, refused.value.sqlstate, told) == (3, "22012", [0, 1, 2])
    assert len(made) < 5000
    assert send(connection, commands("SELECT 1"))[0].rows == ((1,),)


def test_which_command_was_refused(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(Refused) as refused:
        send(connection, commands("CREATE TEMP TABLE t (a int4)", "SELECT 1/0", "DROP TABLE t"))
    assert (refused.value.command.sql, refused.value.at) == ("SELECT 1/0", 1)
    assert refused.value.error.diag.severity == "ERROR"


def test_only_the_server_ends_a_session(connection: psycopg.Connection[Any]) -> None:
    """Whatever code a file's own RAISE has: the session goes on."""
    with pytest.raises(Refused, match="not the end"):
        send(connection, commands(SAYS_THAT_IT_ENDS))
    with pytest.raises(Refused, match="not the end"):
        stream(connection, [SAYS_THAT_IT_ENDS.encode()], lambda place, result: None)
    assert send(connection, commands("SELECT 1"))[0].rows == ((1,),)


def streamed(connection: psycopg.Connection[Any], given: list[Command]) -> None:
    stream(connection, [command.sql.encode() for command in given], lambda place, result: None)


@pytest.mark.parametrize("how", [send, streamed])
def test_a_session_that_ends(connection: psycopg.Connection[Any], how: Callable[..., Any]) -> None:
    with pytest.raises(Lost, match="terminating connection due to administrator command") as lost:
        how(connection, commands("SELECT 1", ENDS, "SELECT 2"))
    assert (lost.value.at, lost.value.sqlstate) == (1, "57P01")
    assert connection.closed


def test_rows_for_the_client_are_no_answer(connection: psycopg.Connection[Any]) -> None:
    """Nobody would read them, and nobody could write them."""
    with pytest.raises(Lost, match="COPY"):
        send(connection, commands("COPY (SELECT 1) TO STDOUT", "SELECT 1"))
    assert connection.closed


def test_a_connection_that_is_closed(connection: psycopg.Connection[Any]) -> None:
    connection.close()
    with pytest.raises(Lost):
        send(connection, commands("SELECT 1"))
    assert send(connection, []) == []


def test_stopped_in_the_middle(connection: psycopg.Connection[Any]) -> None:
    """Ctrl-C, or a defect: a connection in the middle of a pipeline is of no use to anybody."""

    def each() -> Iterator[Command]:
        yield Command("SELECT 1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(connection, each())
    assert connection.closed
