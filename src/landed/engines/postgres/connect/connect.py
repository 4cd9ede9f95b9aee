"""Connections to Postgres: how they are opened, made read-only, and told apart from pooled ones."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from landed.core.migration import Note
from landed.engines.postgres.connect.capabilities import Capabilities, capabilities
from landed.project.pg_url import Dsn

if TYPE_CHECKING:
    from psycopg import Connection

APPLICATION = "landed"

_DEFAULTS = {
    "connect_timeout": "10",
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "gssencmode": "disable",
}
_VARIABLES = {"connect_timeout": "PGCONNECT_TIMEOUT", "gssencmode": "PGGSSENCMODE", "sslmode": "PGSSLMODE"}

READING = {"default_transaction_read_only": "on", "lock_timeout": "10s"}
"""Settings of every reading session: a write is refused by the server itself, and a table that somebody holds
locked exclusively does not keep a reader waiting for ever."""

_NO_OPTIONS = r"unsupported startup parameter(?: in options)?:?|unrecognized configuration parameter"
_NO_TLS = "server does not support SSL, but SSL was required"


class Connected(NamedTuple):
    """An open connection, what it can do, and the address that it was really opened to."""

    connection: Connection[Any]
    capabilities: Capabilities
    dsn: Dsn
    notes: tuple[Note, ...] = ()


def connect(dsn: Dsn, readonly: bool) -> Connection[Any]:
    """An open connection in autocommit mode, without prepared statements.

    With ``readonly`` the server refuses every write: by the session's ``default_transaction_read_only`` where
    sessions are one's own, and by ``READ ONLY`` in every ``connection.transaction()`` in any case. Behind a
    transaction pooler, and behind Supabase's, nothing is set on the session, because it may leak to other
    clients; there, read in ``connection.transaction()``. A failed login is never tried again.
    Raises CannotKnow with what is really wrong.
    """
    return open_connection(dsn, readonly).connection


def open_connection(dsn: Dsn, readonly: bool) -> Connected:
    """Like :func:`connect`, with all that was found out on the way."""
    connection, used, notes = _open(dsn, readonly)
    try:
        known = capabilities(connection, used, lambda: _open(used, readonly=False)[0])
        if readonly:
            if not known.read_only and known.pooler != "transaction" and not used.is_supabase_pooler:
                # Whatever is in between took no options; a session of one's own can still be told.
                connection.execute("; ".join(f"SET {k} = '{v}'" for k, v in READING.items()), prepare=False)
                known = known._replace(read_only=True)
            connection.read_only = True
    except BaseException as error:
        connection.close()
        if isinstance(error, Exception) and _is_psycopg(error):
            from landed.engines.postgres.connect.failures import explain

            raise explain(error, used) from None
        raise
    return Connected(connection, known, used, notes)


def _open(dsn: Dsn, readonly: bool) -> tuple[Connection[Any], Dsn, tuple[Note, ...]]:
    """Open to the address itself, or to its fallback when the network does not lead there."""
    try:
        return _login(dsn, readonly), dsn, dsn.notes
    except Exception as error:
        if not _is_psycopg(error):
            raise
        from landed.engines.postgres.connect.failures import explain, no_route

        failed = explain(error, dsn)
        if dsn.fallback is None or not no_route(error):
            raise failed from None
    note = Note("fallback", f"{dsn.host} cannot be reached from this network: using {dsn.fallback.place}")
    return _login_or_explain(dsn.fallback, readonly), dsn.fallback, (*dsn.fallback.notes, note)


def _login_or_explain(dsn: Dsn, readonly: bool) -> Connection[Any]:
    try:
        return _login(dsn, readonly)
    except Exception as error:
        if not _is_psycopg(error):
            raise
        from landed.engines.postgres.connect.failures import explain

        raise explain(error, dsn) from None


def _is_psycopg(error: Exception) -> bool:
    import psycopg

    return isinstance(error, psycopg.Error)


def _login(dsn: Dsn, readonly: bool) -> Connection[Any]:
    """One login. What the other side says *before* any login (no TLS, no options) is taken up; a login that
    was refused is final. Raises psycopg.Error."""
    import psycopg

    given = _parameters(dsn)
    # A pooler hands the session on to others, or refuses these.
    if readonly and not dsn.is_supabase_pooler:
        own = " ".join(f"-c {k}={v}" for k, v in READING.items())
        given["options"] = f"{given.get('options') or os.environ.get('PGOPTIONS', '')} {own}".strip()
    # libpq's "prefer" logs in twice when the first login is refused: with TLS, then without.
    prefers = not dsn.is_socket and given.get("sslmode", "prefer") == "prefer"
    if prefers:
        given["sslmode"] = "require"
    last: psycopg.Error | None = None
    for address in _addresses(dsn, given):
        for _ in range(3):
            try:
                return _session({**given, **address})
            except psycopg.Error as error:
                last = error
                text = str(error)
                if prefers and _NO_TLS in text and given["sslmode"] == "require":
                    given["sslmode"] = "disable"
                elif readonly and "options" in given and re.search(_NO_OPTIONS, text):
                    given["options"] = dsn.option("options") or ""
                    readonly = False
                else:
                    break
        # psycopg would log in at the next address, too; only an address that gave no answer is passed over.
        from landed.engines.postgres.connect.failures import is_network_failure

        if last is not None and not is_network_failure(last):
            break
    assert last is not None
    raise last


def _session(given: dict[str, Any]) -> Connection[Any]:
    import logging

    import psycopg

    # What the driver only logs is told by landed itself, once and in words.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    return psycopg.connect(**given, autocommit=True, prepare_threshold=None)


def _parameters(dsn: Dsn) -> dict[str, Any]:
    given = dsn.parameters()
    for name, value in _DEFAULTS.items():
        if name not in given and not os.environ.get(_VARIABLES.get(name, "")):
            given[name] = value
    if "sslmode" not in given and os.environ.get("PGSSLMODE"):
        given["sslmode"] = os.environ["PGSSLMODE"]
    given["application_name"] = APPLICATION
    given["client_encoding"] = "UTF8"
    return given


def _addresses(dsn: Dsn, given: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The addresses of the host, one by one; nothing to add for sockets and lists of hosts."""
    host = given.get("host", "")
    if not host or host.startswith(("/", "@")) or "," in host or given.get("hostaddr"):
        yield {}
        return
    try:
        found = socket.getaddrinfo(host, dsn.port, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        # libpq says it in its own words, which are explained like all others.
        yield {}
        return
    for address in dict.fromkeys(str(entry[4][0]) for entry in found):
        yield {"hostaddr": address}
