"""What a file of a project may say about servers and credentials: one rule, and what follows from it.

Whoever can change a file of a repository must not be able to have somebody else's password, key, ticket or
token sent to a server of theirs. So what a *person* names (an option, a variable of the real environment) may
be given any credential. A server that a *file* names (``landed.toml``, ``pyproject.toml``, ``.env``, those of
wrangler and Supabase) is given what stands in the same URL, and nothing from outside. A platform's own
servers, told by their domain, are given passwords over TLS, in a way that does not reveal them.
"""

from __future__ import annotations

import os
import re
from typing import Literal

from landed.core.errors import ConfigError
from landed.project.provenance import Value

Outside = Literal["all", "passwords", "url", "none"]
"""Which credentials from outside of a URL a server is given: all that libpq finds; passwords, by SCRAM only;
only those that the parameters of a person's URL name (``url``); or none."""

NOWHERE = os.path.join(os.devnull, "none")
"""A password file that cannot be there."""

_KEPT_BACK = {"sslcertmode": "disable", "gssencmode": "disable"}
_POOLER = r"(?i)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.pooler\.supabase\.(?:com|co|red|green)\Z"
_ROUTE = r"(?:reference|project|endpoint)=[\w.-]+\Z"
_WAYS = frozenset({"scram-sha-256", "md5", "password", "none"})
PERSONS_ONLY = frozenset({
    "passfile", "service", "sslcert", "sslkey", "sslpassword", "sslcertmode", "gssencmode", "krbsrvname",
    "gsslib", "gssdelegation", "hostaddr", "options", "require_auth", "requirepeer", "sslcrldir",
})  # fmt: skip
"""Parameters of a URL that say where credentials come from, or where a connection goes besides its host."""


def by_person(origin: str) -> bool:
    """Whether an option or a variable of the real environment said it; everything else is a file's word."""
    return origin.startswith(("flag ", "environment "))


def outside_for(origin: str) -> Outside:
    """What a server is given whose URL has this origin; one without an origin comes from a caller's code."""
    return "all" if not origin or by_person(origin) else "none"


def is_supabase_pooler(host: str) -> bool:
    """Whether a host is one of Supabase's poolers."""
    return re.match(_POOLER, host) is not None


def files_parameter(name: str, value: str) -> bool:
    """Whether a URL in a file may have this parameter with this value."""
    if name == "options":
        return re.match(_ROUTE, value) is not None
    if name == "require_auth":
        return set(value.split(",")) <= _WAYS
    return name not in PERSONS_ONLY


def kept_back(outside: Outside, require_auth: str | None, libpq: int = 160000) -> dict[str, str]:
    """The parameters of libpq that keep everything else from being sent.

    ``libpq`` is its version: before 16 it can neither leave out certificates nor choose among ways to log in.
    There no certificate and no ticket is found; a password that has to go by SCRAM only is not sent at all.
    Raises ConfigError.
    """
    if outside == "all":
        return {}
    if libpq < 160000:
        if outside == "passwords":
            raise ConfigError(
                "this libpq cannot be kept from revealing a password: it is too old",
                next="install libpq 16 or newer, or the package psycopg-binary",
            )
        hidden = {"sslcert": NOWHERE, "krbsrvname": "nobody", "gssencmode": "disable"}
        return {**hidden, "passfile": NOWHERE}
    if outside == "passwords":
        return {**_KEPT_BACK, "require_auth": "scram-sha-256"}
    return {**_KEPT_BACK, "require_auth": require_auth or "!gss,!sspi", "passfile": NOWHERE}


def check_shadow(shadow: Value[str] | None) -> None:
    """Raises ConfigError for a server for replays that a file names."""
    if shadow is None or shadow.value == "own" or by_person(shadow.origin):
        return
    raise ConfigError(
        "a file of the project names the server that files are replayed on: only you may",
        details=("who can change this file could have your password sent to any server",),
        where=shadow.origin,
        next="take it out of the file, and name the server by --shadow or by the environment: LANDED_SHADOW",
    )


def check_api(address: Value[str], credentials: str | None) -> None:
    """Raises ConfigError for an address of a platform's API that a file names, but for a file's credentials.

    ``credentials`` is the origin of those in force, ``None`` for a login of the person's.
    """
    if by_person(address.origin) or (credentials is not None and "environment " not in credentials):
        return
    raise ConfigError(
        f"{address.origin} names another address for Cloudflare's API, but the credentials in force do not "
        "come from a file of the project: they are not sent there",
        next="take it out there; if you trust that address: export CLOUDFLARE_API_BASE_URL yourself",
    )
