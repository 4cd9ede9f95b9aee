"""All facts of one Postgres database at one moment, read in one round trip."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from landed.engines.live import Roles
from landed.engines.postgres.catalog.queries import queries, text
from landed.engines.postgres.catalog.rows import Reader
from landed.engines.postgres.catalog.scope import Scope
from landed.engines.postgres.catalog.session import canonical

if TYPE_CHECKING:
    import psycopg

    from landed.core.facts import FactKey


def parameters(scope: Scope, major: int) -> dict[str, object]:
    """The parameters of the catalog queries."""
    return {
        "managed": scope.managed,
        "attached": list(scope.attached),
        "platform_roles": scope.platform_roles,
        "publications": list(scope.publications),
        "configured": list(scope.configured),
        "main_role": scope.main_role,
        "not_null_names": (scope.floor or 0) >= 18,
    }


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: hundreds of thousands of small new values hold no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def snapshot(connection: psycopg.Connection[Any], scope: Scope) -> dict[FactKey, str]:
    """The facts of the database that are in scope.

    Reads only, in a transaction of its own (or, in one that is open, leaves it as it was). Facts are
    the same for the same schema on PostgreSQL 15 to 18, if ``scope.floor`` is the oldest of them.
    Raises the driver's errors.
    """
    return snapshot_and_roles(connection, scope)[0]


def snapshot_and_roles(connection: psycopg.Connection[Any], scope: Scope) -> tuple[dict[FactKey, str], Roles]:
    """The same, and the server's roles; the default privileges of the scope's runners are the main role's."""
    major = connection.info.server_version // 10000
    arguments = parameters(scope, major)
    facts: dict[FactKey, str] = {}
    with canonical(connection), uncollected():
        asked = connection.execute(text("roles"), prepare=False)
        cursors = [connection.execute(query.full, arguments, prepare=False) for query in queries().values()]
        found = asked.fetchone()
        assert found is not None
        roles = Roles(*found[:4], *map(tuple, found[4:]))
        if not scope.runners:
            scope = replace(scope, runners=roles.runners(scope.main_role))
        reader = Reader(scope, major, roles.main(scope.main_role))
        for cursor in cursors:
            rows = cursor.fetchall()  # in a pipeline nothing is known of a result before it is fetched
            result = cursor.pgresult
            assert result is not None
            # Of its columns only the names are needed: cursor.description would tell all about each of them.
            titles = [(result.fname(at) or b"").decode() for at in range(result.nfields)]
            reader.read(titles, rows, facts)
    return facts, roles
