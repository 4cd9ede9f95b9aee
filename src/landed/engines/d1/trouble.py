"""The platform's own trouble by its words: what it means for a request, and what to do.

Only an error that ends in the name of SQLite's result was said by the database about the SQL, after which
nothing of the request is there. Every other one was said by something around the database, which may have
committed before: its outcome is not known.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from landed.core.errors import Code

_RESULT = re.compile(r": (SQLITE_[A-Z0-9_]+)(?: \(extended: SQLITE_[A-Z0-9_]+\))?\.?\s*\Z")
_OF_THE_DISK = frozenset(
    {
        "SQLITE_IOERR",
        "SQLITE_CORRUPT",
        "SQLITE_CANTOPEN",
        "SQLITE_PROTOCOL",
        "SQLITE_INTERNAL",
        "SQLITE_NOTADB",
    }
)
"""Results that say nothing about the SQL, and whose transaction may be at any point."""


class Trouble(NamedTuple):
    """One kind: words by which it is known (lower case, any of them), what it means, what to do.

    ``again`` says that the same request may succeed a moment later.
    """

    words: tuple[str, ...]
    means: str
    next: str
    code: Code = Code.AMBIGUOUS
    again: bool = True


_STATUS = "Try again; https://www.cloudflarestatus.com says whether there is an incident."
_SMALLER = "Do less in one request: fewer rows or statements in a file."
TROUBLES = (
    Trouble(
        ("daily read limit", "daily write limit", "free tier daily", "daily limit", "daily row"),
        "A daily limit of the account's plan is reached.",
        "Wait until 00:00 UTC, when the limit begins anew, or change the account's plan.",
        Code.LIMIT,
        again=False,
    ),
    Trouble(
        ("maximum account storage", "maximum db size", "maximum database size", "storage limit"),
        "A limit of D1's storage is reached.",
        "Make room, or change the account's plan.",
        Code.LIMIT,
        again=False,
    ),
    Trouble(
        ("cpu time limit",), "The database used more CPU time than D1 gives a request.", _SMALLER, again=False
    ),
    Trouble(
        ("memory limit",), "The database used more memory than D1 gives a request.", _SMALLER, again=False
    ),
    Trouble(
        ("long-running export", "long-running import", "currently processing a long-running"),
        "The database is busy with an export or an import.",
        "Wait until it is over, and try again.",
        Code.LOCK,
        again=False,
    ),
    Trouble(("code was updated",), "Cloudflare restarted the database for an update of its own.", _STATUS),
    Trouble(("overloaded", "requests queued"), "The database is overloaded.", "Try again in a minute."),
    Trouble(
        ("exceeded timeout", "timed out", "timeout"),
        "D1 stopped the request: it took too long.",
        f"Try again. If it stays so: {_SMALLER[0].lower()}{_SMALLER[1:]}",
    ),
    Trouble(("network connection lost", "client disconnected"), "Cloudflare lost the database.", _STATUS),
    Trouble(("replica disconnected",), "A replica of the database lost the primary.", _STATUS),
    Trouble(("cannot resolve d1 db", "transient issue"), "Cloudflare did not find the database.", _STATUS),
    Trouble(
        ("object to be reset", "was reset", "db reset", "durable object", "starting up"),
        "Cloudflare restarted the database.",
        _STATUS,
    ),
    Trouble(("internal error", "please retry"), "Cloudflare has trouble of its own.", _STATUS),
)
"""From the particular to the general; the wordings are those of
https://developers.cloudflare.com/d1/observability/debug-d1 and of users' reports."""


def is_of_sql(message: str) -> bool:
    """Whether an error was said by the database about the SQL, so that the request was rolled back."""
    found = _RESULT.search(message)
    return found is not None and not any(
        found[1] == name or found[1].startswith(f"{name}_") for name in _OF_THE_DISK
    )


def result_of(message: str) -> str:
    """The name of SQLite's result that a message ends in, as in ``SQLITE_AUTH``, or ``""``."""
    found = _RESULT.search(message)
    return found[1] if found else ""


def ending_of(message: str) -> str:
    """The end of a message that names SQLite's result, or ``""``: kept where a message is cut."""
    found = _RESULT.search(message)
    return found[0] if found else ""


def without_result(message: str) -> str:
    """The message without the name of SQLite's result at its end."""
    return _RESULT.sub("", message)


def trouble_of(message: str) -> Trouble | None:
    """What the platform's words mean, where they are known."""
    low = message.lower()
    return next((t for t in TROUBLES if any(words in low for words in t.words)), None)
