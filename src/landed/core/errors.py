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

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class LandedError(Exception):
    """Something that landed tells the user.

    ``message`` says in the user's words what happened; ``details`` are further lines (what had
    already happened, evidence); ``next`` is the command or action to take, shown last; ``where`` is
    a place such as ``migrations/0002_x.sql:3``. ``with_options`` puts the options that the user gave into
    a command of it: the command line hangs it on the error, as click keeps an error's context.
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        details: tuple[str, ...] | list[str] = (),
        next: str | None = None,
        where: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        self.next = next
        self.where = where
        self.with_options: Callable[[str], str] | None = None


class UsageError(LandedError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class ConfigError(UsageError):
    """The project's configuration or its files are wrong."""


class CannotKnow(LandedError):
    """landed could not find out: the database cannot be reached or read."""

    exit_code = 3


class Busy(CannotKnow):
    """Another process holds the database."""


class LimitReached(CannotKnow):
    """A replay was stopped: it took more time, memory or disk than it may. Nothing is known of the rest."""


class Ambiguous(CannotKnow):
    """A write was sent, its reply was lost, and the database cannot be read: it may have happened."""


class NeedsConfirmation(LandedError):
    """A writing command without consent; nothing was changed."""

    exit_code = 4


class NotProven(LandedError):
    """A migration failed, or what it should have done is not there; it was not recorded."""

    exit_code = 1


class Interrupted(LandedError):
    """Stopped by the user while a write was under way on a server; says what became of it."""

    exit_code = 130
