"""Data checks on a remote D1 database: compiled here first, so that a broken one cannot fail the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from landed.core.errors import LandedError
from landed.core.migration import Statement
from landed.core.oneoff import Script
from landed.core.timeline import DataCheck
from landed.engines.d1.api_errors import SqlFailed
from landed.engines.sqlite.oneoff import preview
from landed.engines.sqlite.shadow.replay import Replayer
from landed.engines.sqlite.sql.head import read_head
from landed.engines.sqlite.sql.split import split

if TYPE_CHECKING:
    from landed.engines.d1.remote import RemoteD1

Result = tuple[bool | None, str]
_ONE = "the check must give one row with one value"


def run_checks(target: RemoteD1, checks: Sequence[DataCheck]) -> list[Result]:
    """Run the checks in one request: (passed, or ``None`` when it could not be run; why).

    Each is compiled against a copy of the schema first; what cannot be compiled, or writes, is not
    sent. Should one fail over there all the same, each is asked alone. Raises CannotKnow.
    """
    state = target.state or target.read()
    results: list[Result] = [(None, "")] * len(checks)
    sent: list[int] = []
    replayer = Replayer("d1", ledger_table=target.ledger_table, clock=target.clock)
    try:
        whole = not replayer.load(state.rows)
        for place, check in enumerate(checks):
            problem = _problem(replayer, check.sql, sure=whole)
            if problem is None:
                sent.append(place)
            else:
                results[place] = (None, problem)
    finally:
        replayer.close()
    if not sent:
        return results
    wrapped = [_at_most_two(checks[place].sql) for place in sent]
    try:
        answers = target.ask(wrapped)
    except SqlFailed:
        for place, sql in zip(sent, wrapped, strict=True):
            try:
                results[place] = _judged(checks[place], target.ask([sql])[0])
            except SqlFailed as error:
                results[place] = (None, error.reason)
        return results
    for place, rows in zip(sent, answers, strict=True):
        results[place] = _judged(checks[place], rows)
    return results


def _problem(replayer: Replayer, sql: str, *, sure: bool) -> str | None:
    """Why a check is not sent; one that cannot be compiled on an incomplete copy (not ``sure``) is."""
    statements = split(sql)
    if len(statements) != 1:
        return "the check must be one statement"
    try:
        touched = preview(replayer.connection, replayer.observer, Script((_numbered(sql),)), "d1")
    except LandedError as error:
        return (error.message.partition("failed: ")[2] or error.message) if sure else None
    return "the check writes" if touched.writes else None


def _numbered(sql: str) -> Statement:
    return Statement(1, 1, 0, len(sql), sql, read_head)


def _at_most_two(sql: str) -> str:
    """The check so that a second row is seen and a thousandth is not sent over the network."""
    statement = split(sql)[0]
    reads = statement.head.verb in ("SELECT", "WITH", "VALUES")
    return f"SELECT * FROM (\n{statement.text}\n) LIMIT 2" if reads else statement.text


def _judged(check: DataCheck, rows: Sequence[dict[str, Any]]) -> Result:
    if len(rows) != 1 or len(rows[0]) != 1:
        return None, _ONE
    return check.told(next(iter(rows[0].values())))
