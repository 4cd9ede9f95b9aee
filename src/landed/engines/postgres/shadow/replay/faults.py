"""Faults of the shadow itself: never a file's, never kept, and told at once.

A server may be killed, its folder removed, its disk or memory full, its catalog damaged. What a statement
fails with then says nothing about the statement, and nothing that was found out by then is relied on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from landed.core.errors import CannotKnow, Code, Where
from landed.engines.postgres.catalog.queries import text
from landed.engines.postgres.shadow.reason import Reason, reason
from landed.engines.postgres.shadow.server.soundness import gone, spoil

if TYPE_CHECKING:
    from landed.core.migration import Migration, Statement
    from landed.engines.postgres.shadow.server.databases import Scratch
    from landed.engines.postgres.shadow.server.servers import ShadowServer

_NO_ROOM: Final = frozenset({"53100", "58030"})
_ALWAYS: Final = re.compile("53|57P0[2-9]|58000|58030|XX00[1-9]")
"""SQLSTATEs that say nothing about a statement: no resources, a server that goes or comes, a disk that cannot
be read or written, damaged rows and indexes."""
_OWN_FILE: Final = re.compile(r'"(?:base|global|pg_\w+)/')
"""A file of the server's own data, in its messages: others are an extension's, or what a statement names."""


def refuse_fault(why: Reason, scratch: Scratch, migration: Migration, statement: Statement) -> None:
    """Raise CannotKnow where a statement failed for a fault of the shadow."""
    if why.raised:
        return
    if why.code in _NO_ROOM:
        raise CannotKnow(
            "The files could not be replayed: the shadow's disk is full or broken "
            f"({migration.name}, statement {statement.number}).",
            code=Code.LIMIT,
            details=[why.text, "Nothing was judged and nothing was changed."],
            next="make room there, or set LANDED_SHADOW_DIR to a folder on another disk",
        )
    if is_fault(why, scratch):
        raise fault(scratch.server, why.text, migration, statement)


def is_fault(why: Reason, scratch: Scratch) -> bool:
    """Whether what a statement failed with is the shadow's fault, as far as the shadow tells."""
    if _ALWAYS.match(why.code) and why.code != "XX000":
        return True
    if not why.code:
        return why.at == "session"  # the session was ended without a word: a process was killed, or crashed
    if why.code.startswith("58"):
        return _OWN_FILE.search(why.text) is not None or gone(scratch.server) is not None
    return why.code == "XX000" and damage(scratch) is not None


def damage(scratch: Scratch) -> str | None:
    """What is wrong with the catalog of a shadow's database; ``None`` where nothing is found."""
    import psycopg

    try:
        with scratch.connect() as connection:
            connection.execute(text("dangling").encode())
    except psycopg.Error as error:
        if not (error.sqlstate or "").startswith("42"):
            return reason(error).text
    return None


def fault(
    server: ShadowServer, said: str, migration: Migration | None = None, statement: Statement | None = None
) -> CannotKnow:
    """The error for a fault; a server of landed's own is made anew for the next command."""
    why = gone(server)
    spoil(server)
    at = f" ({migration.name}, statement {statement.number})" if migration and statement else ""
    return CannotKnow(
        f"The files could not be replayed: the shadow's Postgres failed{at}{f': {why}' if why else ''}.",
        code=Code.SHADOW,
        details=[
            *([said] if said else []),
            "It says nothing about the files. Nothing was judged or changed.",
        ],
        where=Where(migration.file, statement.line, statement.number) if migration and statement else None,
        next="run it again: a new one is started"
        if not server.shared
        else "look at that server's log, then run it again",
    )
