"""What an error of SQLite is, as a value: its result's name, and the table that it misses."""

from __future__ import annotations

from typing import Final

from landed.core.timeline import Named

REFUSED: Final = "refused"
"""The code of what D1, or landed itself, does not take."""

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
    code = next((str(name) for name in found if name), "SQLITE_ERROR")
    return _CONSTRAINT if _SAYS in str(error) and not is_of_rows(code) else code


def is_of_rows(code: str) -> bool:
    """Whether a code is that of a constraint on rows."""
    return code.startswith(_CONSTRAINT) and code not in _OTHER


def missing_of(error: Exception) -> tuple[Named, ...]:
    """The table that is not there: SQLite says so in words only."""
    _, found, name = str(error).partition(_NO_TABLE)
    return (Named("table", name.strip()),) if found else ()
