"""What is never sent through the session that user SQL is replayed in."""

from __future__ import annotations

from landed.engines.postgres.sql.tokens import scan
from landed.engines.postgres.sql.traits import traits


def unsendable(sql: str) -> str:
    """Why a statement cannot be replayed at all, or ``""``."""
    if "\0" in sql:
        return "there is a NUL character in it: no server takes it"
    try:
        sql.encode()
    except UnicodeEncodeError:
        return "it is not valid UTF-8"
    if traits(sql).verb == "COPY":
        for kind, text, _ in scan(sql):
            if kind == "word" and text.upper() == "STDIN":
                return "COPY … FROM stdin takes its rows from psql: write them as INSERT"
            if kind == "word" and text.upper() == "STDOUT":
                return "COPY … TO stdout gives its rows to psql: nothing in a migration reads them"
    return ""
