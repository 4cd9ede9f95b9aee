"""How a Postgres database is reached: URLs and PG* variables as a value that never shows its password."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import unquote

from landed.core.errors import UsageError
from landed.core.migration import Note

_TLS = """sslmode sslrootcert sslcert sslkey sslpassword sslcrl sslcrldir sslsni sslnegotiation sslcertmode
    ssl_min_protocol_version ssl_max_protocol_version"""
_LOGIN = (
    "requirepeer channel_binding require_auth gssencmode krbsrvname gsslib gssdelegation passfile service"
)
_NETWORK = """hostaddr connect_timeout target_session_attrs load_balance_hosts tcp_user_timeout keepalives
    keepalives_idle keepalives_interval keepalives_count options application_name client_encoding"""

PASSED_ON = frozenset(f"{_TLS} {_LOGIN} {_NETWORK}".split())
"""Parameters of libpq that a URL may carry and that are handed on as they are."""

_SHAPE = re.compile(r"postgres(?:ql)?://(?P<rest>.*)\Z", re.DOTALL)
_KNOWN = PASSED_ON | {"host", "port", "user", "password", "dbname", "ssl", "pgbouncer", "schema"}
_PLACE = re.compile(
    r"(?:\[[^\]@]*\]|[\w.%-]*)(?::\d*)?(?:,[\w.%:-]*)*(?:/[^/?#@]*)?(?:\?(?P<query>.*))?\Z", re.DOTALL
)
_MUST_BE_ENCODED = frozenset("@/?#[]: ")
_PLACEHOLDERS = frozenset({"[YOUR-PASSWORD]", "[YOUR_PASSWORD]", "YOUR-PASSWORD", "[password]"})
# Which characters they are is not said: it would be a piece of the password.
_NOT_ENCODED = (
    "the password in the URL has characters with a meaning in URLs, which have to be written as codes (@ as "
    "%40, / as %2F, # as %23, …): landed reads them as part of the password, other programs will not"
)
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SUPABASE_HOST = re.compile(r"(?:.*\.)?(?:supabase\.(?:co|com|red|green))\Z", re.IGNORECASE)
_DIRECT_HOST = re.compile(r"db\.([a-z0-9]{15,})\.supabase\.(?:co|red|green)\Z", re.IGNORECASE)
_POOLER_HOST = re.compile(r".*\.pooler\.supabase\.(?:com|co|red|green)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class Dsn:
    """Where a Postgres database is and how to log in.

    ``host`` is a name, an address, a folder with a socket (``/…``), or several names with commas; ``""`` is
    libpq's own default socket. ``password`` is ``None`` where none was given: libpq then asks its own places
    (``PGPASSWORD``, the password file). ``options`` are further parameters of libpq. ``origin`` says who
    gave it. ``fallback`` is where to go when the network does not lead to ``host``. Neither ``str()`` nor
    ``repr()`` contains anything secret.
    """

    host: str
    port: int
    user: str
    database: str
    password: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    origin: str = ""
    notes: tuple[Note, ...] = ()
    fallback: Dsn | None = field(default=None, compare=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        if host.startswith("/"):
            return f"postgresql:///{self.database}?host={host}&port={self.port}"
        return f"postgresql://{host}:{self.port}/{self.database}"

    def __repr__(self) -> str:
        secret = "with a password" if self.password else "no password"
        return f"<Dsn {self} as {self.user or 'the default user'}, {secret}>"

    @property
    def locality(self) -> Literal["LOCAL", "REMOTE"]:
        """Whether it is on this machine, as far as its name tells."""
        return "LOCAL" if all(_is_local(host) for host in self.host.split(",")) else "REMOTE"

    @property
    def place(self) -> str:
        """For people: ``host:port``, or the folder of the socket."""
        return self.host if self.host.startswith("/") else f"{self.host or 'the default socket'}:{self.port}"

    @property
    def is_socket(self) -> bool:
        """Whether it is a Unix socket."""
        return not self.host or self.host.startswith(("/", "@"))

    @property
    def is_supabase(self) -> bool:
        """Whether the host is one of Supabase's."""
        return _SUPABASE_HOST.match(self.host) is not None

    @property
    def is_supabase_pooler(self) -> bool:
        """Whether the host is one of Supabase's shared poolers (Supavisor)."""
        return _POOLER_HOST.match(self.host) is not None

    @property
    def project_ref(self) -> str | None:
        """The Supabase project that host or user name, or ``None``."""
        if found := _DIRECT_HOST.match(self.host):
            return found[1].lower()
        if self.is_supabase_pooler and "." in self.user:
            return self.user.rsplit(".", 1)[1]
        return None

    def option(self, name: str) -> str | None:
        """One of the further parameters, or ``None``."""
        return dict(self.options).get(name)

    def parameters(self) -> dict[str, Any]:
        """Keyword arguments for :func:`psycopg.connect`. May hold the password: never to be shown."""
        given: dict[str, Any] = dict(self.options)
        place = {"host": self.host, "user": self.user, "dbname": self.database}
        given.update((key, value) for key, value in place.items() if value)
        given["port"] = self.port
        if self.password is not None:
            given["password"] = self.password
        return given

    def with_options(self, **options: str) -> Dsn:
        """The same with further parameters."""
        return replace(self, options=tuple({**dict(self.options), **options}.items()))


def parse_url(url: str, environ: Mapping[str, str], origin: str = "") -> Dsn:
    """A ``postgresql://`` URL as a :class:`Dsn`; what it leaves open comes from PG* variables, then defaults.

    A password with characters that should have been written as %XX is read as it was meant (up to the last
    ``@``), with a note. Parameters for other programs (``pgbouncer=true``, ``schema=…``) are left out, with a
    note. Raises UsageError for what is no such URL; the message has nothing secret in it.
    """
    shape = _SHAPE.match(url.strip())
    if shape is None:
        raise UsageError("a Postgres URL starts with postgresql://", where=origin or None)
    notes: list[Note] = []
    login, place = _divide(shape["rest"])
    user, _, secret = login.partition(":")
    password = _decoded(secret) if secret else None
    if password in _PLACEHOLDERS:
        password = None
        notes.append(Note("password-placeholder", "the URL has a placeholder where the password belongs"))
    elif not _MUST_BE_ENCODED.isdisjoint(secret) or _PERCENT.search(secret):
        notes.append(Note("password-not-encoded", _NOT_ENCODED))
    place, _, query = place.partition("?")
    hosts, _, database = place.partition("/")
    host, port = _hosts(hosts, origin)
    options, extra = _options(query, origin)
    for name, value in extra.items():
        if name == "host":
            host = value
        elif name == "port":
            port = value
        elif name == "user":
            user = value
        elif name == "password":
            password = value
        elif name == "dbname":
            database = value
        else:
            notes.append(
                Note("ignored-parameter", f"{name} in the URL is meant for another program and left out")
            )
    return _filled(
        environ, host, port, _decoded(user), _decoded(database), password, options, origin, tuple(notes)
    )


def from_environment(environ: Mapping[str, str]) -> Dsn:
    """The database that the PG* variables name."""
    return _filled(environ, "", "", "", "", None, {}, "PG* variables", ())


def _filled(
    environ: Mapping[str, str],
    host: str,
    port: str,
    user: str,
    database: str,
    password: str | None,
    options: Mapping[str, str],
    origin: str,
    notes: tuple[Note, ...],
) -> Dsn:
    host = host or environ.get("PGHOST", "")
    port = (port or environ.get("PGPORT", "") or "5432").split(",")[0]
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(f'"{_shown_port(port)}" is no port', where=origin or None)
    user = user or environ.get("PGUSER", "")
    return Dsn(
        host,
        int(port),
        user,
        database or environ.get("PGDATABASE", "") or user,
        password if password is not None else environ.get("PGPASSWORD") or None,
        tuple(options.items()),
        origin,
        notes,
    )


def _shown_port(port: str) -> str:
    # Behind an @ that was meant as part of a password there may be a piece of it.
    return port if len(port) <= 5 and port.isalnum() else "…"


def _divide(rest: str) -> tuple[str, str]:
    """Login and place: divided at the last @ that is in neither a password nor a parameter's value."""
    chosen = -1
    at = rest.rfind("@")
    while at >= 0:
        found = _PLACE.match(rest, at + 1)
        # An earlier @ is the right one only if parameters explain the later one.
        if found and ("@" not in (found["query"] or "") or _known_parameters(found["query"])):
            chosen = at
        at = rest.rfind("@", 0, at)
    return (rest[:chosen], rest[chosen + 1 :]) if chosen >= 0 else ("", rest)


def _known_parameters(query: str) -> bool:
    return all(part.partition("=")[0] in _KNOWN for part in query.split("&"))


def _decoded(text: str) -> str:
    # A % that starts no code is meant as itself.
    return unquote(_PERCENT.sub("%25", text), errors="surrogateescape")


def _hosts(text: str, origin: str) -> tuple[str, str]:
    hosts, ports = [], []
    for part in text.split(","):
        found = re.fullmatch(r"(?:\[(?P<six>[^\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>\d*))?", part)
        if found is None:
            raise UsageError("the URL's host and port cannot be read", where=origin or None)
        hosts.append(_decoded(found["six"] or found["name"] or ""))
        ports.append(found["port"] or "")
    return ",".join(hosts), ports[0]


def _options(query: str, origin: str) -> tuple[dict[str, str], dict[str, str]]:
    passed: dict[str, str] = {}
    extra: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        name, value = _decoded(name), _decoded(value)
        if name == "ssl" and value.lower() == "true":
            name, value = "sslmode", "require"
        (passed if name in PASSED_ON else extra)[name] = value
    return passed, extra


def _is_local(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or host.lower() in ("localhost", "ip6-localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%", maxsplit=1)[0]).is_loopback
    except ValueError:
        return host.lower().endswith(".localhost")
