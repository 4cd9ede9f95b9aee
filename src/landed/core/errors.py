"""The error tree. Each error says what happened, where, and what to do next.

LandedError
├── UsageError            exit 2   wrong arguments
│   └── ConfigError       exit 2   the project's configuration or files are wrong
├── CannotKnow            exit 3   could not find out: unreachable, unreadable, no rights
│   ├── Busy              exit 3   somebody else holds the database
│   ├── LimitReached      exit 3   a replay took more time, memory or disk than it may
│   └── Ambiguous         exit 3   a write was sent, and whether it happened could not be found out
├── NeedsConfirmation     exit 4   nothing was changed; consent is missing
├── NotProven             exit 1   a migration failed or its effects did not hold
└── Interrupted           exit 130 stopped by the user while a write was under way elsewhere
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from landed.core.given import Given
    from landed.core.next import Next


class Code(StrEnum):
    """What kind of trouble an error is: stable words for programs."""

    # what was asked for, and what the project says
    USAGE = "usage"
    UNKNOWN_TARGET = "unknown-target"
    CONFIGURATION = "configuration"
    CONSENT = "consent"
    INTERRUPTED = "interrupted"
    # the database and the way to it
    CONNECTION = "connection"
    LOGIN = "login"
    RIGHTS = "rights"
    UNREADABLE = "unreadable"
    SHADOW = "shadow"
    BUSY = "busy"
    LOCK = "lock"
    TIMEOUT = "timeout"
    LIMIT = "limit"
    AMBIGUOUS = "ambiguous"
    # a statement that the database refused
    STATEMENT = "statement"
    SYNTAX = "syntax"
    MISSING_OBJECT = "missing-object"
    EXISTS = "exists"
    DEPENDENT = "dependent"
    NOT_NULL = "not-null"
    UNIQUE = "unique"
    FOREIGN_KEY = "foreign-key"
    CHECK = "check"
    CONSTRAINT = "constraint"
    # a file that may not be committed, or not even be run
    NOT_RUNNABLE = "not-runnable"
    CASCADE = "cascade"
    ROWS = "rows"
    REFERENCES = "references"
    EFFECTS = "effects"
    OWN_CHECK = "own-check"
    HISTORY = "history"
    BLOCKED = "blocked"
    CHANGED = "changed"
    NOT_PROVEN = "not-proven"
    FAILED = "failed"
    DEFECT = "defect"


class Where(str):
    """Where something is: ``migrations/0002_x.sql:3``, with its parts.

    ``line`` counts from 1; ``statement`` is the number of a statement in the file.
    """

    file: str
    line: int | None
    statement: int | None

    def __new__(
        cls, file: str, line: int | None = None, statement: int | None = None, *, column: int | None = None
    ) -> Where:
        """The text is the file alone where there is no line."""
        parts = [file] if line is None else [file, line] if column is None else [file, line, column]
        made = super().__new__(cls, ":".join(map(str, parts)))
        made.file, made.line, made.statement = file, line or None, statement
        return made


class LandedError(Exception):
    """Something that landed tells the user.

    ``message`` says in the user's words what happened; ``details`` are further lines (what had
    already happened, evidence); ``next`` is what to do, shown last: a ``Next``, a ``Command``, or plain
    words. ``where`` is a :class:`Where`, or the text of one that is no file (``flag --env``). ``code`` is
    stable and says what kind of trouble it is, ``sqlstate`` the server's own code. ``with_options`` puts the
    options that the user gave into a command of it: the command line hangs it on the error, as click keeps an
    error's context, and so it does ``plan``: the report of what would be done, where consent is missing.
    """

    exit_code = 1
    code = Code.FAILED

    def __init__(
        self,
        message: str,
        *,
        details: tuple[str, ...] | list[str] = (),
        next: str | None = None,
        where: str | None = None,
        code: Code | None = None,
        sqlstate: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        self.next = next
        self.where = where
        if code is not None:
            self.code = code
        self.sqlstate = sqlstate or None
        self.with_options: Given | None = None
        self.plan: object | None = None

    @property
    def way(self) -> Next:
        """What to do next as a value, whose actions can be taken."""
        from landed.core.next import as_next

        return as_next(self.next)


class UsageError(LandedError):
    """The command line asks for something that cannot be."""

    exit_code = 2
    code = Code.USAGE


class ConfigError(UsageError):
    """The project's configuration or its files are wrong."""

    code = Code.CONFIGURATION


class CannotKnow(LandedError):
    """landed could not find out: the database cannot be reached or read."""

    exit_code = 3
    code = Code.UNREADABLE


class Busy(CannotKnow):
    """Another process holds the database."""

    code = Code.BUSY


class LimitReached(CannotKnow):
    """A replay was stopped: it took more time, memory or disk than it may. Nothing is known of the rest."""

    code = Code.LIMIT


class Ambiguous(CannotKnow):
    """A write was sent, its reply was lost, and the database cannot be read: it may have happened."""

    code = Code.AMBIGUOUS


class NeedsConfirmation(LandedError):
    """A writing command without consent; nothing was changed."""

    exit_code = 4
    code = Code.CONSENT


class NotProven(LandedError):
    """A migration failed, or what it should have done is not there; it was not recorded."""

    exit_code = 1
    code = Code.NOT_PROVEN


class Interrupted(LandedError):
    """Stopped by a signal; says what became of the write that was under way.

    ``applied`` names what is committed and recorded all the same, and was not told before: the signal came
    too late for it.
    """

    exit_code = 130
    code = Code.INTERRUPTED

    def __init__(
        self,
        message: str,
        *,
        applied: Iterable[str] = (),
        details: tuple[str, ...] | list[str] = (),
        next: str | None = None,
        where: str | None = None,
    ) -> None:
        super().__init__(message, details=details, next=next, where=where)
        self.applied = tuple(applied)
