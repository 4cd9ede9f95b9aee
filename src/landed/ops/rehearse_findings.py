"""What a rehearsal can find, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from landed.core.migration import Migration


@dataclass(frozen=True, slots=True)
class FailureFound:
    """A statement that fails.

    ``only_with_data``: it runs on empty tables and fails as soon as they have rows. ``weak``: other
    rows than the made-up ones might not make it fail. ``advice`` says what works instead.
    """

    statement: int
    line: int
    message: str
    only_with_data: bool = False
    weak: bool = False
    details: tuple[str, ...] = ()
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class RowsLost:
    """Rows of a table that are gone after the file without it having named them.

    ``before`` and ``after`` are numbers of rows. ``through`` says what took them (``ON DELETE
    CASCADE of posts(user_id)``), ``None`` when the file's own copy leaves them out; ``statement``
    and ``line`` are the DROP or DELETE that did it, 0 where unknown.
    """

    table: str
    before: int
    after: int
    through: str | None
    statement: int = 0
    line: int = 0
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class RowsChanged:
    """Values of a column that are others after the file without an UPDATE that names the table.

    ``kind`` is ``nulled`` or ``altered``; ``example`` shows one value, before → after.
    """

    table: str
    column: str
    rows: int
    kind: str
    example: str
    through: str | None = None
    statement: int = 0
    line: int = 0
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class FileRehearsal:
    """One migration, rehearsed: what it does, what fails, what happens to rows."""

    migration: Migration
    changes: tuple[str, ...] = ()
    failures: tuple[FailureFound, ...] = ()
    rows_lost: tuple[RowsLost, ...] = ()
    rows_changed: tuple[RowsChanged, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether anything speaks against the file (what only depends on the data does not)."""
        return bool(self.rows_lost or self.rows_changed or any(not f.weak for f in self.failures))

    @property
    def weak(self) -> bool:
        """Whether there is something that depends on the data."""
        return any(f.weak for f in self.failures)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All files, in order; ``notes`` concern the folder as a whole."""

    files: tuple[FileRehearsal, ...]
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> tuple[FileRehearsal, ...]:
        """The files that something speaks against."""
        return tuple(f for f in self.files if f.found)

    @property
    def weak(self) -> tuple[FileRehearsal, ...]:
        """The files whose success depends on the data."""
        return tuple(f for f in self.files if f.weak)


def names(items: Sequence[str], limit: int = 6) -> str:
    """A short list of names for a sentence."""
    shown = ", ".join(items[:limit])
    return f"{shown} and {len(items) - limit} more" if len(items) > limit else shown
