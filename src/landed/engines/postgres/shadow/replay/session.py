"""What is never sent through the session that user SQL is replayed in."""

from __future__ import annotations

from landed.engines.postgres.shadow.reason import Reason
from landed.engines.postgres.sql.tokens import scan
from landed.engines.postgres.sql.traits import traits


def unsendable(sql: str) -> Reason | None:
    """Why a statement cannot be replayed at all, if it cannot."""
    if "\0" in sql:
        return Reason("there is a NUL character in it: no server takes it")
    try:
        sql.encode()
    except UnicodeEncodeError:
        return Reason("it is not valid UTF-8")
    if traits(sql).verb == "COPY":
        for kind, text, _ in scan(sql):
            if kind == "word" and text.upper() == "STDIN":
                return Reason("COPY … FROM stdin takes its rows from psql: write them as INSERT")
            if kind == "word" and text.upper() == "STDOUT":
                return Reason("COPY … TO stdout gives its rows to psql: nothing in a migration reads them")
    return None
