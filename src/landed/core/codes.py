"""From what a database calls its own trouble to the stable code of an error."""

from __future__ import annotations

from typing import Final

from landed.core.errors import Code
from landed.core.timeline import Failure

_EXACT: Final = {
    "42601": Code.SYNTAX,
    **dict.fromkeys(("42P01", "42703", "42704", "42883", "3F000", "3D000", "42P02"), Code.MISSING_OBJECT),
    **dict.fromkeys(("42P07", "42701", "42710", "42723", "42P06", "42P04", "42712"), Code.EXISTS),
    "2BP01": Code.DEPENDENT,
    "23502": Code.NOT_NULL,
    "23503": Code.FOREIGN_KEY,
    "23505": Code.UNIQUE,
    "23514": Code.CHECK,
    "42501": Code.RIGHTS,
    **dict.fromkeys(("55P03", "40P01", "40001", "55006"), Code.LOCK),
    "57014": Code.TIMEOUT,
    "SQLITE_ERROR_SYNTAX": Code.SYNTAX,
    "SQLITE_ERROR_MISSING": Code.MISSING_OBJECT,
    "SQLITE_ERROR_EXISTS": Code.EXISTS,
    "SQLITE_CONSTRAINT_NOTNULL": Code.NOT_NULL,
    "SQLITE_CONSTRAINT_FOREIGNKEY": Code.FOREIGN_KEY,
    **dict.fromkeys(
        ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_ROWID"), Code.UNIQUE
    ),
    "SQLITE_CONSTRAINT_CHECK": Code.CHECK,
    "refused": Code.NOT_RUNNABLE,
}
_BEGINNINGS: Final = {
    "08": Code.CONNECTION,
    "23": Code.CONSTRAINT,
    "28": Code.LOGIN,
    "53": Code.LIMIT,
    "54": Code.LIMIT,
    "57": Code.CONNECTION,
    "SQLITE_CONSTRAINT": Code.CONSTRAINT,
    "SQLITE_BUSY": Code.LOCK,
    "SQLITE_LOCKED": Code.LOCK,
    "SQLITE_AUTH": Code.NOT_RUNNABLE,
    "SQLITE_TOOBIG": Code.LIMIT,
    "SQLITE_FULL": Code.LIMIT,
    "SQLITE_NOMEM": Code.LIMIT,
}


def code_of(native: str | None) -> Code:
    """The code for a SQLSTATE of Postgres or the name of a result of SQLite; else ``statement``."""
    name = native or ""
    if name in _EXACT:
        return _EXACT[name]
    found = (code for beginning, code in _BEGINNINGS.items() if name.startswith(beginning))
    return next(found, Code.STATEMENT)


def trouble_of(native: str | None, otherwise: Code) -> Code:
    """The same for a question of landed's own: what its statement was is not the user's trouble."""
    found = code_of(native)
    return found if found in (Code.RIGHTS, Code.LOCK, Code.TIMEOUT, Code.CONNECTION) else otherwise


def code_of_failure(failure: Failure) -> Code:
    """The code for a statement that could not be replayed."""
    found = code_of(failure.code)
    return Code.MISSING_OBJECT if failure.missing and found is Code.STATEMENT else found


def sqlstate_of(failure: Failure) -> str | None:
    """The server's SQLSTATE of a failure, where it has one."""
    return failure.code if len(failure.code) == 5 and failure.code.isalnum() else None
