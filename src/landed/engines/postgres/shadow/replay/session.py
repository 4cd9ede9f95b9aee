"""The session that user SQL is replayed in, and what is never sent through it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from landed.core.errors import CannotKnow
from landed.engines.postgres.sql.tokens import scan
from landed.engines.postgres.sql.traits import traits

Opened = TypeVar("Opened")

PATIENCE = 30.0
"""Seconds that a server may take to come back after a crash."""


def patiently(opening: Callable[[], Opened]) -> Opened:
    """What ``opening`` gives once the server answers; one that has crashed takes a moment to come back.

    Raises :class:`CannotKnow` when it does not.
    """
    import psycopg

    end = time.monotonic() + PATIENCE
    while True:
        try:
            return opening()
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                raise CannotKnow(
                    "the shadow's Postgres is gone, and does not come back",
                    details=(str(error).strip(),),
                    next="run the command again: a new one is started",
                ) from None
            time.sleep(0.05)


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
