"""A failure that only rows bring about on Postgres: whether any row does, and what works instead."""

from __future__ import annotations

from landed.core.findings import FailureFound
from landed.core.migration import Statement
from landed.core.next import REHEARSE, Next
from landed.engines.postgres.shadow.replay.observe_run import Refusal

_MADE_UP = "the made-up row has caused this; whether real rows do depends on their values"

_PENDING = Next(
    "Put SET CONSTRAINTS ALL IMMEDIATE before the statement, or the data change and the "
    "DDL into files of their own. Then run: ",
    REHEARSE.afterwards(),
)


def explained(statement: Statement, why: Refusal, *, at_end: bool, unfilled: bool) -> FailureFound:
    """A failure as a finding.

    ``at_end``: it came with the checks that were put off to the commit. ``unfilled``: the column that it
    names is new in this file and nothing has filled it, so that it is NULL in every row.
    """
    details: list[str] = []
    advice: Next | None = None
    weak = True
    ddl = not statement.head.writes_rows
    if why.code == "23502" and ddl:
        weak = not unfilled
        if weak:
            details.append(f"it fails when a row has NULL in {why.column}")
        else:
            details.append(f"every row that is there has NULL in the new column {why.column}")
            advice = Next(
                f"Give {why.column} a DEFAULT, or add it without NOT NULL, fill it, and then SET NOT NULL. "
                "Then run: ",
                REHEARSE.afterwards(),
            )
    elif why.code == "55006":
        weak = False
        details.append("rows that this transaction has changed still have checks to come at its commit")
        advice = _PENDING
    elif why.detail and why.code[:2] == "23":
        details.append(why.detail)
    if at_end:
        details.append("the check that was put off to the commit fails")
    if weak:
        details.append(_MADE_UP)
    return FailureFound(statement.number, statement.line, message(why), True, weak, tuple(details), advice)


def message(why: Refusal) -> str:
    """The server's words and its SQLSTATE."""
    return f"{why.message} ({why.code})" if why.code else why.message
