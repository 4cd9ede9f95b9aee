"""What is never sent through the session that user SQL is replayed in."""

from __future__ import annotations

from landed.core.migration import Statement
from landed.engines.postgres.shadow.reason import Reason
from landed.engines.postgres.sql.head import head_of


def unsendable(statement: Statement) -> Reason | None:
    """Why a statement cannot be replayed at all, if it cannot."""
    if "\0" in statement.text:
        return Reason("there is a NUL character in it: no server takes it")
    try:
        statement.text.encode()
    except UnicodeEncodeError:
        return Reason("it is not valid UTF-8")
    match head_of(statement).to_client:
        case "STDIN":
            return Reason("COPY … FROM stdin takes its rows from psql: write them as INSERT")
        case "STDOUT":
            return Reason("COPY … TO stdout gives its rows to psql: nothing in a migration reads them")
    return None
