"""How a Postgres database is reached: URLs and PG* variables as a value that never shows its password."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import unquote

from landed.core.errors import UsageError
from landed.core.migration import Note
from landed.core.secrets import keep
from landed.project.outside import Outside, files_parameter, is_supabase_pooler, kept_back, outside_for
from landed.project.pg_parameters import KNOWN, Parameters, read_parameters

_SHAPE = re.compile(r"postgres(?:ql)?://(?P<rest>.*)\Z", re.DOTALL)
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
_SUPABASE_HOST = re.compile(r"(?:[a-z0-9-]+\.)*supabase\.(?:co|com|red|green)\Z", re.IGNORECASE)
_DIRECT_HOST = re.compile(r"db\.([a-z0-9]{15,})\.supabase\.(?:co|red|green)\Z", re.IGNORECASE)
_HOST = re.compile(r"(?:[\w.-]+|[0-9A-Fa-f:.]+(?:%[\w.-]+)?|[/@][^,\x00-\x1f\x7f]*)?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, repr=False)
class Dsn:
    """Where a Postgres database is and how to log in.

    ``host`` is a name, an address, a folder with a socket (``/…``), or several names with commas; ``""`` is
    libpq's own default socket. ``password`` is ``None`` where none was given: libpq then asks its own places
    (``PGPASSWORD``, the password file). ``options`` are further parameters of libpq. ``origin`` says who
    gave it. ``fallback`` is where to go when the network does not lead to ``host``. ``outside`` says which
    credentials that are not part of it may be sent there. Neither ``str()`` nor ``repr()`` contains anything
    secret.
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
    outside: Outside = "all"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        if host.startswith("/"):
            return f"postgresql:///{self.database}?host={host}&port={self.port}"
        return f"postgresql://{host}:{self.port}/{self.database}"

    def __repr__(self) -> str:
        secret = "with a password" if self.password else "no password"
        return f"<Dsn {self} as {self.user or 'the default user'}, {secret}>"

    @property
    def locality(self) -> Literal["LOCAL", "LOOPBACK", "REMOTE"]:
        """Where it is, as far as its name tells.

        A Unix socket is LOCAL: on this machine. An address of this machine is LOOPBACK: what listens there
        may be a tunnel to any other one.
        """
        there = [host for host in f"{self.host},{self.option('hostaddr') or ''}".split(",") if host]
        if not there or (len(there) == 1 and there[0].startswith(("/", "@"))):
            return "LOCAL"
        return "LOOPBACK" if all(map(_is_loopback, there)) else "REMOTE"

    @property
    def place(self) -> str:
        """For people: ``host:port``, or the folder of the socket."""
        return self.host if self.host.startswith("/") else f"{self.host or 'the default socket'}:{self.port}"

    @property
    def address(self) -> str:
        """For people: ``host:port/database``; for a socket its folder instead of the host."""
        host = f"[{self.host}]" if ":" in self.host else self.host or "the default socket"
        return f"{host}:{self.port}" + (f"/{self.database}" if self.database else "")

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
        return is_supabase_pooler(self.host)

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
        elif self.outside in ("none", "url"):
            given["password"] = ""  # given, so that PGPASSWORD is not asked
        if self.outside != "all":
            from psycopg.pq import version

            kept = kept_back(self.outside, self.option("require_auth"), version())
            if self.outside == "url":
                own = given.keys() | ({"sslcertmode"} if self.option("sslcert") else set())
                kept = {name: value for name, value in kept.items() if name not in own}
            given.update(kept)
        for secret in (self.password, self.option("sslpassword")):
            if secret and secret not in (self.user, self.database, *self.host.split(".")):
                keep(secret)
        return given

    def with_options(self, **options: str) -> Dsn:
        """The same with further parameters."""
        return replace(self, options=tuple({**dict(self.options), **options}.items()))


def parse_url(url: str, environ: Mapping[str, str], origin: str = "") -> Dsn:
    """A ``postgresql://`` URL as a :class:`Dsn`; what it leaves open comes from PG* variables, then defaults.

    A password with characters that should have been written as %XX is read as it was meant (up to the last
    ``@``), with a note. Parameters for other programs (``pgbouncer=true``, ``schema=…``) are left out, with a
    note; all others must be known ones. A URL that a file gave (``origin``) is filled in by nothing, gets no
    credential from outside, and names none. Raises UsageError for what is no such URL; the message has
    nothing secret in it.
    """
    shape = _SHAPE.match(url.strip())
    if shape is None:
        raise UsageError("a Postgres URL starts with postgresql://", where=origin or None)
    notes: list[Note] = []
    login, place = _divide(shape["rest"])
    user, _, secret = login.partition(":")
    password = _decoded(secret) if secret else None
    place, _, query = place.partition("?")
    hosts, _, database = place.partition("/")
    host, port = _hosts(hosts, origin)
    more = read_parameters(_pairs(query), origin)
    outside = outside_for(origin)
    _check_source(more, outside, origin)
    if host and more.place.get("host", "/")[:1] not in ("/", "@", ""):
        raise UsageError("the URL names two hosts", where=origin or None, next="leave one of them out")
    if more.place.get("password"):
        password, secret = more.place["password"], ""
    if password in _PLACEHOLDERS:
        password = None
        notes.append(Note("password-placeholder", "the URL has a placeholder where the password belongs"))
    elif not _MUST_BE_ENCODED.isdisjoint(secret) or _PERCENT.search(secret):
        notes.append(Note("password-not-encoded", _NOT_ENCODED))
    host, port = more.place.get("host") or host, more.place.get("port") or port
    user = more.place.get("user") or _decoded(user)
    database = more.place.get("dbname") or _decoded(database)
    for part in host.split(","):
        if _HOST.match(part) is None:
            raise UsageError("the URL's host cannot be read", where=origin or None)
    if any(map(_CONTROL.search, (user, database, host, *more.passed.values()))) or "\0" in (password or ""):
        raise UsageError("the URL has control characters in it", where=origin or None)
    given = environ if outside == "all" else {}
    found = _filled(given, host, port, user, database, password, more.passed, origin, (*notes, *more.notes))
    return replace(found, outside=outside)


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
    ports = dict.fromkeys((port or environ.get("PGPORT", "") or "5432").split(","))
    port = next(iter(ports)) or "5432"
    # It is not repeated: behind a password that was not encoded there may be a piece of it.
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError("the port is no number from 1 to 65535", where=origin or None)
    if len(ports) > 1:
        raise UsageError(
            "several hosts with a port each are several servers",
            where=origin or None,
            next="name one of them",
        )
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
    return all(part.partition("=")[0] in KNOWN for part in query.split("&"))


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
    return ",".join(hosts), ",".join(ports) if any(ports) else ""


def _pairs(query: str) -> list[tuple[str, str]]:
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(_decoded(name), _decoded(value)) for name, _, value in parts]


def _check_source(more: Parameters, outside: Outside, origin: str) -> None:
    """Raises UsageError for a parameter of a file's URL that would reach for credentials outside of it."""
    if outside == "all":
        return
    for name, value in more.passed.items():
        if not files_parameter(name, value):
            raise UsageError(
                f"a URL in a file of the project cannot set {name}: it reaches for what is not part of it",
                where=origin,
                next="name the database by --target or by the environment: LANDED_TARGET",
            )
        if name in ("sslrootcert", "sslcrl") and value != "system" and not os.path.isfile(value):
            # A FIFO or a device would keep the TLS library reading for ever.
            raise UsageError(
                f"{name} of the URL is no file that is there", where=origin, next=f"correct {name}"
            )


def _is_loopback(host: str) -> bool:
    if host.startswith(("/", "@")) or host.lower() in ("localhost", "ip6-localhost"):
        return True
    try:
        return ipaddress.ip_address(host.split("%", maxsplit=1)[0]).is_loopback
    except ValueError:
        return host.lower().endswith(".localhost")
