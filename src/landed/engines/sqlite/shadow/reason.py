"""What an error of SQLite is, as a value: its result's name, and the table that it misses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from landed.core.facts import EXISTS, ObjectKey
from landed.core.timeline import Failure, Named, Step

REFUSED: Final = "refused"
"""The code of what D1, or landed itself, does not take."""

_ERROR: Final = "SQLITE_ERROR"
_SAID: Final = (
    ("NOT NULL constraint failed", "SQLITE_CONSTRAINT_NOTNULL"),
    ("UNIQUE constraint failed", "SQLITE_CONSTRAINT_UNIQUE"),
    ("FOREIGN KEY constraint failed", "SQLITE_CONSTRAINT_FOREIGNKEY"),
    ("CHECK constraint failed", "SQLITE_CONSTRAINT_CHECK"),
    ("constraint failed", "SQLITE_CONSTRAINT"),
    ("no such ", f"{_ERROR}_MISSING"),
    (" already exists", f"{_ERROR}_EXISTS"),
    ("duplicate column name", f"{_ERROR}_EXISTS"),
    ("there is already ", f"{_ERROR}_EXISTS"),
    ("syntax error", f"{_ERROR}_SYNTAX"),
    ("incomplete input", f"{_ERROR}_SYNTAX"),
    ("unrecognized token", f"{_ERROR}_SYNTAX"),
)
_NO_TABLE: Final = "no such table: "
_SAYS: Final = "constraint failed"
_CONSTRAINT: Final = "SQLITE_CONSTRAINT"
_OTHER: Final = frozenset({"SQLITE_CONSTRAINT_TRIGGER", "SQLITE_CONSTRAINT_DATATYPE"})
"""A trigger's own refusal, and a value of another type in a STRICT table."""


def code_of(error: Exception) -> str:
    """The name of SQLite's (extended) result, ``""`` for what is not SQLite's error.

    A constraint that is checked by statements of SQLite's own (ALTER TABLE … ADD COLUMN … CHECK) or of a
    trigger says so in its words only; its code is ``SQLITE_CONSTRAINT``.
    """
    import apsw

    if not isinstance(error, apsw.Error):
        return ""
    names = (apsw.mapping_extended_result_codes, "extendedresult"), (apsw.mapping_result_codes, "result")
    # apsw's own errors (a statement that is incomplete, bindings) have no result.
    found = (mapping.get(getattr(error, field, -1)) for mapping, field in names)
    code = next((str(name) for name in found if name), _ERROR)
    if _SAYS in str(error) and not is_of_rows(code):
        return _CONSTRAINT
    return code_of_words(str(error)) if code == _ERROR else code


def code_of_words(said: str) -> str:
    """The name for SQLite's result without a number of its own, and for what D1 sends: by its words.

    ``SQLITE_ERROR_SYNTAX``, ``SQLITE_ERROR_MISSING`` and ``SQLITE_ERROR_EXISTS`` are names of landed's.
    """
    return next((name for words, name in _SAID if words in said), _ERROR)


def is_of_rows(code: str) -> bool:
    """Whether a code is that of a constraint on rows."""
    return code.startswith(_CONSTRAINT) and code not in _OTHER


def missing_of(error: Exception) -> tuple[Named, ...]:
    """The table that is not there: SQLite says so in words only."""
    _, found, name = str(error).partition(_NO_TABLE)
    return (Named("table", name.strip()),) if found else ()


def needs_base(failure: Failure, steps: Sequence[Step]) -> bool:
    """Whether a statement failed for want of a table that no file of the history makes."""
    missing = failure.lacking("table")
    if missing is None:
        return False
    made = ObjectKey("table", "", missing.name.rpartition(".")[2].lower()).fact(EXISTS)
    return not any(
        made in step.net or any(c.key == made for t in step.traces for c in t.effects) for step in steps
    )
