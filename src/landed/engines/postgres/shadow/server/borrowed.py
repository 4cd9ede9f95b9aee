"""A server that is not landed's own: what its login must not be able to do, and the scratch databases on it.

Files of a repository run there with the login's rights, and nothing else stands between them and the server.
So the login may make databases, and nothing else that reaches beyond the databases that landed makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib.resources import files
from typing import Any, NamedTuple

from landed.core.errors import CannotKnow, Code, ConfigError
from landed.core.next import DOCTOR
from landed.core.secrets import redact
from landed.engines.postgres.shadow.platform.baseline import Baseline
from landed.engines.postgres.shadow.server.databases import (
    PREFIX,
    load_leniently,
    sweep_old,
    temporary_database,
)
from landed.engines.postgres.shadow.server.servers import ShadowServer
from landed.engines.postgres.supabase.profile import GUARD

ROLE = "landed_shadow"
MAKE_ROLE = f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '…'"
"""What an administrator runs for a login that replays may use."""

_WALL = "files run there with the rights of this login, and nothing else keeps them from the server"
_AUTHORIZATION = re.compile(
    r"(?i)\b(create\s++schema\s++(?:if\s++not\s++exists\s++)?\w++)\s++authorization\s++\w++"
)
_MAKERS = re.compile(r"(?i)(\bforeach\s++maker\s++in\s++array\s++)array\[[^\]]*+\]")
"""Whose new objects get the platform's default privileges: in a scratch database, those of the login."""


class Login(NamedTuple):
    """A login that may be used for replays; ``database`` is where it logged in, ``roles`` the server's."""

    name: str
    database: str
    major: int
    roles: frozenset[str]


def log_in(parameters: Mapping[str, Any], place: str, said: str) -> Login:
    """Look who the login is, in one question.

    ``place`` names the server in messages, ``said`` is what led there (``--shadow URL``). Raises ConfigError
    for a login that may do more, or less, than make databases; psycopg.Error where there is no connection.
    """
    import psycopg

    with psycopg.connect(**{**parameters, "connect_timeout": 20}, autocommit=True) as connection:
        connection.execute("SET search_path = pg_catalog, pg_temp", prepare=False)
        here = files("landed.engines.postgres.shadow")
        rights = here.joinpath("login_rights.sql").read_text(encoding="utf-8")
        row = connection.execute(rights.encode(), {"prefix": PREFIX}, prepare=False).fetchone()
    if row is None:
        raise CannotKnow(f"{place}: the server does not say who has logged in", code=Code.SHADOW, next=DOCTOR)
    name, database, major, may_create, powers, member_of, elsewhere, roles = row
    powers += [f"it is a member of {role}" for role in member_of]
    powers += [
        f"it has rights in the database {other}" if other else "it has rights on the whole server"
        for other in elsewhere
    ]
    if powers:
        raise ConfigError(
            f"{said}: {name} may do more on {place} than make databases, so nothing is replayed there",
            details=(*powers[:8], _WALL),
            next=how_to(place),
        )
    if not may_create:
        raise ConfigError(f"{said}: {name} may not make databases on {place}", next=how_to(place))
    return Login(name, database, major, frozenset(roles))


def how_to(place: str) -> str:
    """How to come to a login that may be used."""
    return (
        f"as an administrator of {place}: {MAKE_ROLE};   then: "
        f"--shadow postgresql://{ROLE}:…@HOST:PORT/postgres   (or leave --shadow out: landed starts a server)"
    )


def missing_roles(baseline: Baseline, login: Login) -> list[str]:
    """The roles that the starting state takes for granted and the server does not have."""
    return sorted(set(baseline.needs) - login.roles)


@contextmanager
def on_server(server: ShadowServer) -> Iterator[ShadowServer]:
    """The server with a scratch base to copy databases from, for as long as it is used; nothing stays."""
    with ExitStack() as scratch:
        sweep_old(server)
        if server.baseline.objects or server.baseline.managed:
            base = scratch.enter_context(temporary_database(server))
            _load(server, base)
            server = replace(server, base=base)
        yield server


def lent(baseline: Baseline) -> Baseline:
    """The starting state without what only a server of landed's own may have."""
    return replace(baseline, objects=tuple(n for n in baseline.objects if n not in GUARD), last=())


def _load(server: ShadowServer, base: str) -> None:
    """Load those of the baseline's objects that the login can make."""
    baseline = server.baseline
    text = f"{baseline.sql(baseline.objects)}\n{baseline.managed}"
    text = _MAKERS.sub(r"\1ARRAY[CURRENT_USER::text]", _AUTHORIZATION.sub(r"\1", text))
    with server.connect(base) as connection:
        load_leniently(connection, text)


def first_line(error: Exception, parameters: Mapping[str, Any]) -> str:
    """What the driver says, in one line without secrets."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    password = str(parameters.get("password") or "")
    return redact(text.replace(password, "…") if len(password) > 3 else text)
