"""One-off SQL as values: the statements, what they would touch, what came of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

from landed.core.errors import Where
from landed.core.migration import Statement

SqlValue = None | int | float | str | bytes


@dataclass(frozen=True, slots=True)
class Script:
    """One-off statements with the values for their ``?``; ``source`` is the file they came from."""

    statements: tuple[Statement, ...]
    parameters: tuple[SqlValue, ...] = ()
    source: str | None = None

    def place(self, statement: Statement) -> Where | None:
        """Where a statement stands, for an error: ``fix.sql:3``; ``None`` for the command line."""
        return Where(self.source, statement.line, statement.number) if self.source else None


@dataclass(frozen=True, slots=True)
class Touched:
    """What statements do besides reading, as SQLite reported it while it compiled them.

    ``writes`` are their numbers, ``tables`` the tables whose rows or definitions they touch (lower
    case), ``schema`` says whether the schema may change.
    """

    writes: tuple[int, ...] = ()
    tables: frozenset[str] = frozenset()
    schema: bool = False

    def __or__(self, other: Touched) -> Touched:
        return Touched(self.writes + other.writes, self.tables | other.tables, self.schema or other.schema)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one statement came to.

    ``changes`` are the rows that it inserted, updated or deleted itself, ``indirect`` those that
    triggers and foreign key actions changed because of it. Postgres adds ``types`` (of the columns, as
    ``format_type`` names them; the values of ``rows`` are then the server's own texts), ``status`` (its
    command tag) and ``notices`` (severity and message), and counts nothing as indirect; elsewhere ``types``
    is ``None``. ``counted`` is false where the server did not say how many rows were changed.
    """

    statement: Statement
    columns: tuple[str, ...]
    rows: list[tuple[SqlValue, ...]]
    changes: int
    indirect: int
    touched: Touched
    types: tuple[str, ...] | None = None
    status: str = ""
    notices: tuple[tuple[str, str], ...] = ()
    counted: bool = True

    def with_types(self, types: tuple[str, ...]) -> Outcome:
        """The same with the types of its columns."""
        return replace(self, types=types)


@dataclass(frozen=True, slots=True)
class Planned:
    """One-off SQL that an engine has looked at, before it runs.

    ``read`` is what came of it where it only reads and finding that out meant running it in a read-only
    transaction. ``alone`` says why it cannot run in a transaction, or is ``""``. ``counted`` says that every
    statement that writes is known, and not only the first.
    """

    script: Script
    touched: Touched
    read: tuple[Outcome, ...] | None = None
    alone: str = ""
    counted: bool = True

    @property
    def writes(self) -> bool:
        """Whether any statement may write, so that consent is needed."""
        return bool(self.touched.writes)
