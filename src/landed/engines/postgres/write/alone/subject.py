"""A statement that runs outside of transactions, by what it works on: look, run, tell what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from landed.engines.postgres.connect.asking import ask_one
from landed.engines.postgres.sql.head import Head
from landed.engines.postgres.write.indexes import Index

if TYPE_CHECKING:
    from psycopg import Connection


class Subject:
    """A statement that leaves nothing behind when it fails, and shows what it did in facts alone.

    Every other kind is a subclass; each looks at the database before, and again afterwards.
    """

    def __init__(self, head: Head, node: Any = None) -> None:
        self.sql = head.text
        self.heard: list[str] = []
        """The warnings of the server while it ran."""

    @property
    def waits_on(self) -> str | None:
        """The table whose writers, with all old snapshots, it waits for in the middle of its work, when there
        is something half done already."""
        return None

    def look(self, connection: Connection[Any]) -> None:
        """Remember how things are before the first try."""

    def obstacles(self) -> list[Index]:
        """INVALID indexes that an earlier failure left and that have to go before the statement can do what
        it says."""
        return []

    def notes(self, connection: Connection[Any]) -> list[str]:
        """What is worth knowing though nothing depends on it; asked after the proof."""
        return []

    def tidy(self, connection: Connection[Any]) -> None:
        """Take away what a failed try of this very run has left."""

    def command(self) -> str:
        """The statement to send now."""
        return self.sql

    def amiss(self, connection: Connection[Any]) -> list[str] | None:
        """What is not as the statement says, of what no fact tells: nothing when all of it is; ``None`` where
        there is nothing to look at."""
        return None

    def broken(self, connection: Connection[Any]) -> list[Index]:
        """The INVALID indexes that the tries of this run have left."""
        return []

    def left(self, connection: Connection[Any]) -> tuple[list[str], list[str]]:
        """What a failure left: sentences, and what the user can do about it."""
        broken = self.broken(connection)
        left = [f"the INVALID index {index.shown} was left behind: {index.harm}" for index in broken]
        return left, [f"to remove it by hand: {index.drop}" for index in broken]


def one_value(connection: Connection[Any], query: str, value: str | None) -> Any:
    """What a query of one row and one column gives; ``None`` without a row."""
    row = ask_one(connection, query, (value,))
    return row[0] if row else None
