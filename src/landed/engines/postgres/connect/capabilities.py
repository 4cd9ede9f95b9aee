"""What a Postgres connection can do: version, rights, and what stands between landed and the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.project.pg_url import Dsn

Pooler = Literal["none", "session", "transaction"]

TRANSACTION_PORT = 6543

# Every name is qualified, here and elsewhere: a search_path may have others before pg_catalog.
QUERY = """\
SELECT pg_catalog.pg_backend_pid(),
       pg_catalog.current_setting('server_version_num')::pg_catalog.int4,
       current_user::pg_catalog.text,
       session_user::pg_catalog.text,
       coalesce((SELECT r.rolsuper FROM pg_catalog.pg_roles r
                 WHERE r.rolname OPERATOR(pg_catalog.=) current_user), false),
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.current_setting('default_transaction_read_only')::pg_catalog.bool,
       pg_catalog.current_database()::pg_catalog.text"""


class Capabilities(NamedTuple):
    """What is on the other side of a connection, and what that allows.

    ``pooler`` is ``transaction`` where consecutive transactions may run in different server sessions: then
    nothing that belongs to a session works (advisory locks, SET, temporary tables). ``why`` says how that
    is known. ``version`` is ``server_version_num``. ``replica`` is a server in recovery: nobody can write.
    ``read_only`` is whether the session refuses writes by itself (``default_transaction_read_only``).
    """

    pooler: Pooler
    why: str
    version: int
    role: str
    login: str
    is_superuser: bool
    replica: bool
    read_only: bool
    database: str

    @property
    def major(self) -> int:
        """The server's major version."""
        return self.version // 10000


def capabilities(connection: Connection[Any], dsn: Dsn, again: Callable[[], Connection[Any]]) -> Capabilities:
    """Read them, in one round trip where no pooler is in between.

    ``again`` opens a second connection; that is done only behind a pooler whose mode its address does not
    tell, to find it out as :func:`landed.engines.postgres.connect.pool_mode.pool_mode` does.
    """
    row = connection.execute(QUERY, prepare=False).fetchone()
    assert row is not None
    backend, version, role, login, is_superuser, replica, read_only, database = row
    pooler, why = _by_address(dsn)
    if pooler == "none" and connection.info.backend_pid != backend:
        pooler, why = _by_behaviour(connection, backend, again, dsn)
    return Capabilities(pooler, why, version, role, login, is_superuser, replica, read_only, database)


def _by_address(dsn: Dsn) -> tuple[Pooler, str]:
    """What Supabase documents about its own hosts and ports."""
    if dsn.is_supabase_pooler:
        if dsn.port == TRANSACTION_PORT:
            return "transaction", f"port {TRANSACTION_PORT} of {dsn.host} is Supabase's transaction pooler"
        return "session", f"{dsn.host} is Supabase's pooler, in session mode on port {dsn.port}"
    if dsn.is_supabase and dsn.port == TRANSACTION_PORT:
        return "transaction", f"port {TRANSACTION_PORT} of {dsn.host} is the project's PgBouncer"
    return "none", "the server itself answers: its process is the one that the connection was given"


def _by_behaviour(
    connection: Connection[Any], backend: int, again: Callable[[], Connection[Any]], dsn: Dsn
) -> tuple[Pooler, str]:
    from landed.engines.postgres.connect.pool_mode import pool_mode

    between = "a pooler is in between: the server process is not the one that the connection was given"
    if dsn.port == TRANSACTION_PORT:
        return "transaction", f"{between}, on port {TRANSACTION_PORT}"
    mode, why = pool_mode(connection, backend, again)
    return mode, f"{between}, and {why}"
