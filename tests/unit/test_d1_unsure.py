"""What is not known is not said: errors that the database did not say about the SQL, and strange answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from landed.core.errors import Ambiguous, CannotKnow, Code, LandedError, NotProven
from landed.core.oneoff import Script
from landed.engines.d1.api_errors import Problem, SqlFailed, Unsure, error_for, problems_of
from landed.engines.d1.auth import Credentials
from landed.engines.d1.oneoff import execute
from landed.engines.d1.trouble import is_of_sql, trouble_of, without_result
from landed.engines.sqlite.sql.split import split
from support.servers.d1_wire import Asked, Reply, Wire, problem, result

TOKEN = Credentials("token", "environment CLOUDFLARE_API_TOKEN", "s3cr3t")
WORDINGS = [
    "D1 DB reset because its code was updated.",
    "Replica disconnected from primary.",
    "Cannot resolve D1 DB due to transient issue on remote node.",
    "D1 DB exceeded its CPU time limit and was reset.",
    "D1 DB exceeded its memory limit and was reset.",
    "Currently processing a long-running export.",
    "Currently processing a long-running import.",
    "Your account has exceeded D1's free tier daily write limit.",
    "Exceeded maximum DB size.",
    "Network connection lost.",
    "D1 DB is overloaded. Requests queued for too long.",
    "D1 DB is overloaded. Too many requests queued.",
    "D1 DB storage operation exceeded timeout which caused object to be reset.",
    "Internal error in D1 DB storage caused object to be reset.",
    "Internal error while starting up D1 DB storage caused object to be reset.",
    "internal error; reference = 0123abcd",
    "Can't read from request stream because client disconnected.",
]


@pytest.mark.parametrize("message", WORDINGS)
@pytest.mark.parametrize(("status", "code"), [(400, 7500), (500, 7500), (503, 0), (400, 7429)])
def test_the_platforms_own_trouble(message: str, status: int, code: int) -> None:
    error = error_for(status, [Problem(code, message)], TOKEN, "it")
    assert isinstance(error, Unsure)
    assert trouble_of(message) is not None
    assert "error of its own" not in error.message
    assert any(message in d for d in error.details)


@pytest.mark.parametrize(
    "message", ["something that nobody has seen", "", "D1_ERROR: odd", "no such table: x"]
)
def test_words_that_nobody_knows_are_unsure_too(message: str) -> None:
    assert isinstance(error_for(400, [Problem(7500, message)], TOKEN, "it"), Unsure)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("no such table: x: SQLITE_ERROR", "no such table: x"),
        ("UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT", "UNIQUE constraint failed: t.a"),
        (
            "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
            "UNIQUE constraint failed: t.a",
        ),
        ("not authorized: SQLITE_AUTH", "not authorized"),
        ("statement too long: SQLITE_TOOBIG", "statement too long"),
        # Words of a user's own trigger are no trouble of the platform's.
        (
            "network connection lost, please retry: SQLITE_CONSTRAINT_TRIGGER",
            "network connection lost, please retry",
        ),
    ],
)
def test_what_the_database_said_about_the_sql(message: str, said: str) -> None:
    assert is_of_sql(message)
    assert without_result(message) == said
    assert isinstance(error_for(400, [Problem(7500, message)], TOKEN, "it"), SqlFailed)


@pytest.mark.parametrize(
    "message",
    [
        "disk I/O error: SQLITE_IOERR",
        "disk I/O error: SQLITE_IOERR (extended: SQLITE_IOERR_WRITE)",
        "database disk image is malformed: SQLITE_CORRUPT",
        "unable to open database file: SQLITE_CANTOPEN",
        "SQLITE_ERROR happened, and the object was reset.",
    ],
)
def test_results_that_say_nothing_about_the_sql(message: str) -> None:
    assert not is_of_sql(message)


def test_a_message_that_is_cut_keeps_what_it_is_about() -> None:
    body = {"errors": [{"code": 7500, "message": f"bad JSON path: '{'x' * 30_000}': SQLITE_ERROR"}]}
    assert isinstance(error_for(400, problems_of(body), TOKEN, "it"), SqlFailed)


# -- one-off SQL -----------------------------------------------------------------------------------

INSERT = Script(split("INSERT INTO t VALUES (1)"))


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with Wire() as started:
        started.execute("CREATE TABLE t (a)")
        yield started


def written(wire: Wire, reply: Any, *, ran: bool, sql: Script = INSERT, later: Any = None) -> Any:
    """What ``execute`` came to when the request that writes is answered so; whether it ``ran`` before."""
    wire.execute("DELETE FROM t")
    wire.faults, wire.asked = {}, []
    target = wire.target()
    before = target.read()

    def fault(w: Wire, asked: Asked) -> Reply | None:
        healthy = w.answer(asked) if ran else (200, {}, b"")
        found = reply(healthy) if callable(reply) else reply
        assert found is None or isinstance(found, tuple)
        return found

    first = len(wire.asked) + 1
    wire.faults = {first: fault}
    if later is not None:
        wire.faults |= dict.fromkeys(range(first + 1, first + 12), later)
    try:
        return execute(target, sql, before)
    except LandedError as error:
        return error
    finally:
        wire.faults = {}
        target.close()


@pytest.mark.parametrize("ran", [True, False])
@pytest.mark.parametrize("message", WORDINGS)
def test_exec_does_not_say_that_nothing_was_changed(wire: Wire, message: str, ran: bool) -> None:
    error = written(wire, problem(400, 7500, message), ran=ran)
    assert isinstance(error, Ambiguous)
    text = "\n".join([error.message, *error.details, str(error.next)])
    assert "Nothing was changed" not in text
    assert "run it again." not in text
    assert message in text
    assert "What became of rows is not known." in text
    assert wire.execute("SELECT count(*) FROM t") == [(int(ran),)]


def test_exec_reads_again_what_became_of_the_schema(wire: Wire) -> None:
    made = Script(split("CREATE TABLE made (a)"))
    error = written(wire, problem(400, 7500, WORDINGS[0]), ran=True, sql=made)
    assert "The database was read again: its schema is no longer what it was before." in error.details
    error = written(
        wire, problem(400, 7500, WORDINGS[0]), ran=False, sql=Script(split("CREATE TABLE no (a)"))
    )
    assert any("its schema is what it was before" in d for d in error.details)


def test_exec_whose_second_reading_fails(wire: Wire) -> None:
    error = written(wire, None, ran=True, later=lambda w, a: problem(503, 0, "down"))
    assert isinstance(error, Ambiguous)
    assert any("could not" in d for d in error.details)


@pytest.mark.parametrize("status", [403, 503, 520, 200, 400])
def test_a_page_is_no_answer(wire: Wire, status: int) -> None:
    page = (status, {"content-type": "text/html"}, b"<html>Just a moment...</html>")
    error = written(wire, page, ran=True)
    assert isinstance(error, Ambiguous)
    assert "credentials" not in "\n".join(error.details)
    assert wire.execute("SELECT count(*) FROM t") == [(1,)]


def _inner(**change: Any) -> Any:
    def changed(healthy: Reply) -> Reply:
        body = json.loads(healthy[2])
        entry = body["result"][0]
        for key, value in change.items():
            if key == "success":
                entry["success"] = value
            elif value is None:
                entry["meta"].pop(key)
            else:
                entry["meta"][key] = value
        return result(body["result"])

    return changed


def test_a_failure_inside_of_a_success_is_not_known(wire: Wire) -> None:
    assert isinstance(written(wire, _inner(success=False), ran=True), Ambiguous)


@pytest.mark.parametrize(
    ("changes", "counted"),
    [(None, None), (1.5, None), (-1, None), ("1", None), (True, None), (1.0, 1), (7, 7)],
)
def test_how_many_rows_were_changed(wire: Wire, changes: Any, counted: int | None) -> None:
    (outcome,) = written(wire, _inner(changes=changes), ran=True)
    assert (outcome.changes if outcome.counted else None) == counted


def test_a_sql_error_is_one(wire: Wire) -> None:
    error = written(wire, problem(400, 7500, "no such table: x: SQLITE_ERROR"), ran=False)
    assert isinstance(error, NotProven)
    assert "Nothing was changed." in error.details


# -- replicas --------------------------------------------------------------------------------------


def _by(primary: bool | None) -> Any:
    def fault(wire: Wire, asked: Asked) -> Reply:
        return (
            _inner(served_by_primary=primary)(wire.answer(asked))
            if primary is not None
            else wire.answer(asked)
        )

    return fault


@pytest.mark.parametrize(
    ("answers", "known"),
    [([False, False], False), ([False, True], True), ([True], True), ([None], True), ([False, None], True)],
)
def test_a_replica_does_not_know_what_was_written(
    wire: Wire, answers: list[bool | None], known: bool, tmp_path: Path
) -> None:
    wire.execute(
        "DROP TABLE IF EXISTS d1_migrations; CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name)"
    )
    wire.asked = []
    wire.faults = {number: _by(primary) for number, primary in enumerate(answers, 1)}
    target = wire.target()
    try:
        if known:
            assert target.read(surely=True).ledger == ()
        else:
            with pytest.raises(CannotKnow, match="A replica of the database answered") as raised:
                target.read(surely=True)
            assert raised.value.code is Code.AMBIGUOUS
            wire.asked = []
            assert target.read().ledger == ()
    finally:
        wire.faults = {}
        target.close()
