"""A server that throw-away databases can be made on, and how it is connected to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from landed.engines.postgres.shadow.platform.baseline import Baseline
from landed.engines.postgres.shadow.server.walled import NONE, Walls

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.engines.postgres.shadow.platform.elevated import Powers
    from landed.engines.postgres.shadow.server.watched import Watcher

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
    sentence: Which
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
    stopwatch: Watcher | None = field(default=None, repr=False, compare=False)
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


class Which(str):
    """For the user: which server it is; ``other`` says that its version is not the target's."""

    other: bool

    def __new__(cls, text: str, *, other: bool = False) -> Which:
        """The sentence."""
        made = super().__new__(cls, text)
        made.other = other
        return made


def sentence(origin: str, major: int, wanted: int | None) -> Which:
    """For the user: which server, and what to know about it."""
    which = {
        "named": f"the shadow is a scratch database on the server that you named (Postgres {major})",
        "same-server": f"the shadow is a scratch database on the target's own server (Postgres {major})",
        "installed": f"the shadow is a throw-away Postgres {major}, started from the installed programs",
        "embedded": f"the shadow is a throw-away Postgres {major}, the one that comes with landed",
    }[origin]
    if wanted is None or wanted == major:
        return Which(which)
    return Which(f"{which}; the target is Postgres {wanted}", other=True)
