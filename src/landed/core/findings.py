"""What a rehearsal can find, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from landed.core.migration import Migration


@dataclass(frozen=True, slots=True)
class FailureFound:
    """A statement that fails.

    ``only_with_data``: it runs on empty tables and fails as soon as they have rows. ``weak``: other
    rows than the made-up ones might not make it fail. ``advice`` says what works instead; ``missing`` names
    the relation, schema, type or function that was not there.
    """

    statement: int
    line: int
    message: str
    only_with_data: bool = False
    weak: bool = False
    details: tuple[str, ...] = ()
    advice: str | None = None
    missing: str = ""


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

    ``kind`` is ``nulled``, ``altered``, or ``dropped`` when the column went with something else;
    ``example`` shows one value, before → after.
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
class LockHeld:
    """What a statement means for those who use a table meanwhile, as measured in the shadow (Postgres).

    ``mode`` is the strongest lock that the transaction holds on the table while the statement runs
    (``ACCESS EXCLUSIVE``); ``since`` the statement that took it, from which on it is held until the end
    of the transaction. ``blocks`` says who waits for it: ``reads and writes``, ``writes``, ``other schema
    changes`` or ``nothing``. ``rewrite``: the table is written anew; ``scan``: it is read from one end to
    the other. The table was there before the file. ``through`` is a later statement (number, line) during
    which it is held, and which takes as long as some table is big.
    """

    statement: int
    line: int
    table: str
    mode: str
    rewrite: bool
    scan: bool
    blocks: str
    since: int
    through: tuple[int, int] | None = None

    @property
    def heavy(self) -> bool:
        """Whether others wait for as long as the table is big."""
        return (self.rewrite or self.scan) and "writes" in self.blocks


@dataclass(frozen=True, slots=True)
class FileRehearsal:
    """One migration, rehearsed: what it does, what fails, what happens to rows, whom its locks keep waiting.

    ``locks`` is empty for SQLite, where a writer locks the whole database. ``instead`` are statements
    (without ``;``) that do the same where the file's own would lose rows or are refused, if they are known.
    """

    migration: Migration
    changes: tuple[str, ...] = ()
    failures: tuple[FailureFound, ...] = ()
    rows_lost: tuple[RowsLost, ...] = ()
    rows_changed: tuple[RowsChanged, ...] = ()
    notes: tuple[str, ...] = ()
    locks: tuple[LockHeld, ...] = ()
    instead: tuple[str, ...] = ()

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
    """All files, in order; ``notes`` concern the folder as a whole, ``rules`` whose rules held."""

    files: tuple[FileRehearsal, ...]
    notes: tuple[str, ...] = ()
    rules: str = ""

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
