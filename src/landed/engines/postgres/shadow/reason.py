"""Why the server refused a statement: its words, its SQLSTATE, and what it says is not there."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from landed.core.timeline import Named

UNDEFINED: Final = frozenset({"42P01", "42704", "3F000", "42883"})
"""SQLSTATEs for a relation, an object, a schema or a function that is not there."""

_SAYS: Final = UNDEFINED | {"42703", "0A000", "58P01", "22023"}
"""SQLSTATEs whose messages name what is missing: these, a column, an extension's files, SET ROLE's role."""

_KIND: Final = r"\b([a-z]+(?:[ -][a-z]+){0,3})"
_OBJECT: Final = re.compile(
    rf'{_KIND} "([^"]+)"(?: (?:of|for) {_KIND} "([^"]+)")? does not exist(?: for {_KIND} "([^"]+)")?'
)
_ROUTINE: Final = re.compile(r"\b(function|procedure|aggregate) ([^ (]+\(.*\)) does not exist", re.DOTALL)
_TYPE: Final = re.compile(r'(?<!to )\b(type) ([^" ]+) does not exist')
"""As CREATE FUNCTION says it of its arguments and result."""
_EXTENSION: Final = re.compile(
    r'(extension) "([^"]+)" (?:is not available|has no installation script|is not allow)'
)

_SAYS_THERE: Final = frozenset({"42701", "42710", "42P07", "42723", "42P06", "42P16"})
"""SQLSTATEs for a column, object, relation, function, schema or primary key that is there already."""

_PART_THERE: Final = re.compile(
    r'\b(column|constraint|policy|trigger) "(.+)" (?:of|for) (?:relation|table) "(.+)" already exists'
)
_WHOLE_THERE: Final = re.compile(r'\b(relation|type|schema|function) "(.+)" already exists')
_SECOND_KEY: Final = re.compile(r'multiple primary keys for table "(.+)" are not allowed')

_LONGEST: Final = 8000
"""Characters that are read: the server's own sentences are shorter, a RAISE says as many as it likes."""


class Reason(NamedTuple):
    """Why a statement failed: in words, which end with the SQLSTATE where there is one, and the SQLSTATE.

    ``at`` is that of :class:`~landed.core.timeline.Failure`; ``raised`` says that SQL gave it the SQLSTATE,
    not the server.
    """

    text: str
    code: str = ""
    at: str = ""
    raised: bool = False

    @property
    def missing(self) -> tuple[Named, ...]:
        """What is not there, and what it would be a part of. No field of the server's diagnostics has it."""
        if self.code not in _SAYS:
            return ()
        words = self.text[:_LONGEST]
        tries = (pattern.search(words) for pattern in (_OBJECT, _ROUTINE, _TYPE, _EXTENSION))
        found = next(filter(None, tries), None)
        if found is None:
            return ()
        if found[1] == "column" and found.re is _OBJECT:
            return (Named("column", f"{found[4]}.{found[2]}" if found[3] == "relation" else found[2]),)
        each = iter(found.groups())
        return tuple(Named(kind, name) for kind, name in zip(each, each, strict=True) if kind)

    @property
    def there(self) -> tuple[Named, ...]:
        """What is there already, and what it is a part of, as :attr:`missing`."""
        if self.code not in _SAYS_THERE:
            return ()
        words = self.text[:_LONGEST]
        if found := _PART_THERE.search(words):
            return (Named(found[1], found[2]), Named("relation", found[3]))
        if found := _WHOLE_THERE.search(words):
            return (Named(found[1], found[2]),)
        found = _SECOND_KEY.search(words)
        return (Named("primary key", found[1]),) if found else ()

    def at_commit(self) -> Reason:
        """The same, said by the COMMIT."""
        return self._replace(text=f"at the COMMIT: {self.text}", at="commit")

    def of_session(self) -> Reason:
        """The same of a statement that ended the session."""
        return self._replace(text=f"it ended the session: {self.text}", at="session")


def reason(error: Exception) -> Reason:
    """What an error says that has a SQLSTATE: the driver's, or one of the pipeline's."""
    diagnosis = getattr(error, "diag", None)
    message = (diagnosis.message_primary if diagnosis is not None else None) or str(error).strip()
    code = getattr(error, "sqlstate", None) or ""
    said = getattr(getattr(error, "error", error), "diag", None)
    raised = said is not None and said.source_function == "exec_stmt_raise"
    return Reason(f"{message} ({code})" if code else message, code, raised=raised)
