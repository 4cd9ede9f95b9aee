"""Scratch databases and templates on a shadow's server; never one that landed did not make."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from landed.core.errors import Code, LandedError
from landed.engines.postgres.shadow.server.locks import alive
from landed.engines.postgres.shadow.server.patience import patiently
from landed.engines.postgres.shadow.server.roles_made import write_down_as_made
from landed.engines.postgres.shadow.server.soundness import gone

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.engines.postgres.shadow.platform.baseline import Baseline
    from landed.engines.postgres.shadow.server.servers import ShadowServer

PREFIX = "landed_shadow_"
"""Every database that landed makes has it, and nothing without it is ever dropped."""

SCRATCH = PREFIX + "s"
TEMPLATE = PREFIX + "t_"

_MARK = re.compile(r"landed (\d+) (\w+) (\d+)")

TEMPLATES_KEPT = 8
"""Replay states that are kept on a server, newest first; each is a database of some 10 MB."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """A database to replay in; dropped by whoever made it."""

    server: ShadowServer
    name: str
    admin: Connection[Any] | None = field(default=None, repr=False, compare=False)
    """Its maker's session in the database that the server is administered from."""

    def connect(self, user: str | None = None, *, autocommit: bool = True) -> Connection[tuple[Any, ...]]:
        """A new connection, as the superuser unless a role is given (``server.baseline.role`` replays)."""
        return self.server.connect(self.name, user, autocommit=autocommit)


@contextmanager
def new_database(server: ShadowServer, template: str | None = None) -> Iterator[Scratch]:
    """A new database: a copy of the baseline, or of the template kept under a key; dropped at the end.

    Raises :class:`KeyError` when a key is given and nothing is kept under it.
    """
    with server.connect(server.admin) as admin:
        name = _scratch_name()
        source = (server.base or "template0") if template is None else _template_name(template)
        if template is not None and not _exists(admin, source):
            raise KeyError(template)
        _create(server, admin, name, source)
        if server.shared:
            _mark(admin, name)
        if template is not None:
            _mark(admin, source)
        try:
            yield Scratch(server, name, admin)
        except BaseException:
            # What goes wrong at the end of what went wrong is nobody's concern; the next start sweeps.
            with contextlib.suppress(Exception):
                _leave(server, admin, name)
            raise
        _leave(server, admin, name)


def _leave(server: ShadowServer, admin: Connection[tuple[Any, ...]], name: str) -> None:
    if _is_alive(admin):
        _drop(admin, name)
        return
    # The server has crashed meanwhile, and this session with it.
    with patiently(lambda: server.connect(server.admin), lambda: gone(server)) as again:
        _drop(again, name)


@contextmanager
def temporary_database(server: ShadowServer) -> Iterator[str]:
    """An empty database to copy others from; dropped at the end."""
    with server.connect(server.admin) as admin:
        name = _scratch_name()
        _create(server, admin, name, "template0")
        _mark(admin, name)
        try:
            yield name
        finally:
            _drop(admin, name)


def has_template(server: ShadowServer, key: str) -> bool:
    """Whether a state is kept under a key (a content hash)."""
    with server.connect(server.admin) as admin:
        return _exists(admin, _template_name(key))


def kept_templates(server: ShadowServer) -> dict[str, str | None]:
    """The keys (shortened as in their names) under which states are kept, each with its ``roles``."""
    with server.connect(server.admin) as admin:
        rows = admin.execute(
            "SELECT d.datname, (SELECT substr(c, length('landed.roles=') + 1)"
            " FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE s.setdatabase = d.oid AND s.setrole = 0"
            " AND starts_with(c, 'landed.roles=')) FROM pg_database d WHERE starts_with(d.datname, %s)",
            (TEMPLATE,),
        ).fetchall()
    return {name.removeprefix(TEMPLATE): roles for name, roles in rows}


def snapshot_as_template(scratch: Scratch, key: str) -> None:
    """Keep the present state of a database under a key; the longest unused ones go.

    No connection to the database may be open. It is complete once it has its name: nobody ever copies
    half of one. Keeping the same key twice keeps the first.
    """
    name = _template_name(key)
    if scratch.server.origin == "same-server":
        return  # nothing of landed's stays on the target's own server
    with scratch.server.connect(scratch.server.admin) as admin:
        if _exists(admin, name):
            return
        partial = _scratch_name()
        _create(scratch.server, admin, partial, scratch.name)
        _mark(admin, partial)
        _publish(admin, partial, name)
        _evict(admin)


def become_template(scratch: Scratch, key: str, roles: str | None = None) -> None:
    """Like :func:`snapshot_as_template`, but the database itself is kept: nothing is copied or dropped.

    ``roles`` is what its history made of the server's roles, to be kept with it.
    """
    from psycopg.sql import SQL, Identifier, Literal

    name = _template_name(key)
    if scratch.server.origin == "same-server":
        return
    with scratch.server.connect(scratch.server.admin) as admin:
        if not _exists(admin, name):
            _mark(admin, scratch.name)
            if roles is not None:
                # A setting of the database's own goes wherever that goes, and to no copy of it.
                setting = SQL("ALTER DATABASE {} SET landed.roles = {}")
                admin.execute(setting.format(Identifier(scratch.name), Literal(roles)))
            _publish(admin, scratch.name, name)
            _evict(admin)


def load_roles(server: ShadowServer) -> None:
    """Make the roles of a server of landed's own; none that user SQL can be is a superuser."""
    with server.connect(server.admin) as admin:
        admin.execute(server.baseline.own_roles.encode())
        # Migrations say ALTER DATABASE postgres SET …; on the platform it is their role's own.
        admin.execute(f"ALTER DATABASE postgres OWNER TO {_quote(server.role)}")


def make_base(server: ShadowServer) -> None:
    """Fill the database that all others of landed's own server are copied from: the baseline's objects, made
    by its administrator, then what was pulled, by the same without a superuser's rights, then the first wall.
    """
    baseline = server.baseline
    with server.connect(server.admin) as admin:
        name = _scratch_name()
        _create(server, admin, name, "template0")
        if baseline.objects:
            with server.connect(name, baseline.admin) as connection:
                connection.execute(baseline.sql(baseline.objects).encode())
            admin.execute(f"ALTER ROLE {_quote(baseline.admin)} NOSUPERUSER")
        if baseline.managed:
            # Somebody's file: it has no rights but those of a role of its own.
            with server.connect(name, baseline.admin) as connection:
                load_leniently(connection, baseline.managed)
        with server.connect(name) as connection:
            if baseline.last:
                connection.execute(baseline.sql(baseline.last).encode())
            connection.execute(baseline.wall.encode())
        _publish(admin, name, baseline.own_database)
        write_down_as_made(admin)
        # A server that is killed right after its making has it, too: commits are not waited for.
        admin.execute("CHECKPOINT")


def load_objects(connection: Connection[tuple[Any, ...]], baseline: Baseline) -> None:
    """Make the baseline's objects, as a superuser."""
    connection.execute(baseline.sql(baseline.objects).encode())
    if baseline.managed:
        load_leniently(connection, baseline.managed)
    if baseline.last:
        connection.execute(baseline.sql(baseline.last).encode())


def load_leniently(connection: Connection[tuple[Any, ...]], text: str) -> list[str]:
    """Run statements in one transaction, without those that fail; returns what the server said of these."""
    import psycopg

    from landed.engines.postgres.sql.split import split

    refused = []
    connection.execute("BEGIN")
    for statement in split(text):
        connection.execute("SAVEPOINT landed")
        try:
            connection.execute(statement.text.encode())
        except psycopg.Error as error:
            refused.append(str(error).strip().splitlines()[0])
            connection.execute("ROLLBACK TO SAVEPOINT landed")
    connection.execute("COMMIT")
    connection.execute("RESET ALL")
    return refused


def sweep(server: ShadowServer) -> int:
    """Drop the scratch databases of a server that was just started: nobody can be using them."""
    with server.connect(server.admin) as admin:
        left = admin.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (SCRATCH,)
        ).fetchall()
        for (name,) in left:
            _drop(admin, name)
        return len(left)


def sweep_old(server: ShadowServer) -> int:
    """Drop what crashed runs left on a shared server: without a session, and a day old or its maker dead."""
    with server.connect(server.admin) as admin:
        rows = admin.execute(
            "SELECT datname, shobj_description(d.oid, 'pg_database'),"
            " to_char(clock_timestamp() - interval '1 day', 'YYYYMMDDHH24MISSUS')"
            " FROM pg_database d WHERE starts_with(datname, %s)"
            " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)",
            (SCRATCH,),
        ).fetchall()
        dropped = 0
        for name, comment, yesterday in rows:
            mark = _MARK.fullmatch(comment or "")
            if mark and (mark[1] < yesterday or (mark[2] == _host() and not alive(int(mark[3])))):
                _drop(admin, name)
                dropped += 1
        return dropped


def _scratch_name() -> str:
    return f"{SCRATCH}{os.getpid()}_{secrets.token_hex(4)}"


def _publish(admin: Connection[tuple[Any, ...]], partial: str, name: str) -> None:
    """Close a finished database to connections and give it its name; somebody else's of that name stays."""
    from psycopg import errors

    _must_be_ours(partial)
    _must_be_ours(name)
    try:
        admin.execute(f'ALTER DATABASE "{partial}" WITH ALLOW_CONNECTIONS false')
        admin.execute(f'ALTER DATABASE "{partial}" RENAME TO "{name}"')
    except errors.DuplicateDatabase:
        _drop(admin, partial)


def _host() -> str:
    return sha256(socket.gethostname().encode()).hexdigest()[:12]


def _template_name(key: str) -> str:
    name = f"{TEMPLATE}{key[:40]}"
    if not key or not name.replace("_", "").isalnum() or not name.isascii():
        raise ValueError("a template's key is a hash in hex")
    return name


def _create(server: ShadowServer, admin: Connection[tuple[Any, ...]], name: str, source: str) -> None:
    _must_be_ours(name)
    strategy = " STRATEGY file_copy" if server.major >= 15 else ""
    admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"{strategy} OWNER {_quote(server.role)}')


def _drop(admin: Connection[tuple[Any, ...]], name: str) -> None:
    _must_be_ours(name)
    admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _is_alive(connection: Connection[tuple[Any, ...]]) -> bool:
    from psycopg import OperationalError

    try:
        connection.execute("SELECT")
    except OperationalError:
        return False
    return True


def _must_be_ours(name: str) -> None:
    if not name.startswith(PREFIX) or not name.isascii() or '"' in name:
        raise LandedError(
            f"refusing to touch the database {name!r}: landed did not make it", code=Code.DEFECT
        )


def has_database(server: ShadowServer, name: str) -> bool:
    """Whether a database is there."""
    with server.connect(server.admin) as admin:
        return _exists(admin, name)


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _exists(admin: Connection[tuple[Any, ...]], name: str) -> bool:
    return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def _mark(admin: Connection[tuple[Any, ...]], name: str) -> None:
    """Write down when a database was last used (the server's clock, as text that sorts), and by whom."""
    _must_be_ours(name)
    row = admin.execute("SELECT to_char(clock_timestamp(), 'YYYYMMDDHH24MISSUS')").fetchone()
    assert row is not None
    admin.execute(f"COMMENT ON DATABASE \"{name}\" IS 'landed {row[0]} {_host()} {os.getpid()}'")


def _evict(admin: Connection[tuple[Any, ...]]) -> None:
    kept = admin.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        " ORDER BY shobj_description(oid, 'pg_database') DESC NULLS LAST OFFSET %s",
        (TEMPLATE, TEMPLATES_KEPT),
    ).fetchall()
    for (name,) in kept:
        _drop(admin, name)
