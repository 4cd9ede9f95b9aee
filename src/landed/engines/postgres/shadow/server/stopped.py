"""The error of a replay that took more than it may, and which errors of a server's say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from landed.core.errors import LimitReached, Where
from landed.core.limits import Limits, how_to_raise
from landed.core.migration import Migration, Statement

ANSWER_SHARE = 4
"""What one answer may take in landed's own memory: this part of a server process's."""


class Stopped(LimitReached):
    """A limit (a field of :class:`Limits`) was reached; ``place`` is that of the command in its stream."""

    def __init__(self, field: str, why: str, place: int | None = None) -> None:
        super().__init__(
            f"The replay was stopped: {why}.",
            details=("A limit was reached; nothing is known of the rest.",),
            next=how_to_raise(field),
        )
        self.why = why
        self.place = place
        self.statement: Statement | None = None
        """At which statement, where that is known."""

    def at(self, migration: Migration, statement: Statement | None) -> None:
        """Say where, unless that is said already."""
        if self.where is not None:
            return
        self.message = f"The replay of {migration.name} was stopped: {self.why}."
        self.args = (self.message,)
        self.where = Where(migration.file)
        if statement is not None:
            self.where = Where(migration.file, statement.line, statement.number)
            text = " ".join(statement.text[:200].split())
            shown = text if len(text) <= 100 else f"{text[:97]}…"
            told = f"statement {statement.number} of {len(migration.statements)}: {shown}"
            self.details = (told, *self.details)


def reason(field: str, limits: Limits, *, answer: bool = False) -> str:
    """For the user: what was too much."""
    if field == "statement_seconds":
        return f"it took longer than {limits.statement_seconds:g} seconds"
    if field == "total_seconds":
        return f"{limits.total_seconds:g} seconds are over, which all replays of a command may take"
    megabytes = limits.memory_bytes >> 20
    if field == "disk_bytes":
        return f"it wanted more than the {limits.disk_bytes >> 20} MB on disk that it may take"
    if answer:
        return f"its answer is larger than a quarter of the {megabytes} MB of memory that it may take"
    return f"it wanted more than the {megabytes} MB of memory that it may take"


def by_error(sqlstate: str | None, message: str, limits: Limits, place: int | None = None) -> Stopped | None:
    """What a server of landed's own means by an error, where it is that one of its limits was reached."""
    field = ""
    if sqlstate == "53200" and message.startswith("out of memory"):
        field = "memory_bytes"
    elif sqlstate == "53400" or (message.endswith(": File too large") and sqlstate is not None):
        field = "disk_bytes"
    return Stopped(field, reason(field, limits), place) if field else None


@contextmanager
def placed(migration: Migration, statement: Statement | None = None) -> Iterator[None]:
    """Where a replay is, for the error that may stop it."""
    try:
        yield
    except Stopped as stopped:
        stopped.at(migration, stopped.statement or statement)
        raise
