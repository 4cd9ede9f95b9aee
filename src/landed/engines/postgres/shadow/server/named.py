"""A shadow's server that the user names: scratch databases on it with landed's prefix, nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from landed.core.errors import CannotKnow, Code, ConfigError, UsageError
from landed.engines.postgres.shadow.platform.baseline import Baseline
from landed.engines.postgres.shadow.server.borrowed import first_line, lent, log_in, missing_roles, on_server
from landed.engines.postgres.shadow.server.servers import ShadowServer, sentence
from landed.project.pg_url import parse_url


@contextmanager
def named_server(url: str, wanted: int | None, baseline: Baseline) -> Iterator[ShadowServer]:
    """The server behind a URL, whose user must be one that may make databases and nothing else.

    The URL comes from an option or from the real environment, so PG* variables and the password file fill in
    what it leaves open. Files run as that user. Raises :class:`ConfigError` when the URL is none or its user
    may do more or less, and :class:`CannotKnow` when there is no connection. No message repeats the URL: it
    may hold a password.
    """
    import psycopg

    try:
        dsn = parse_url(url, os.environ)
    except UsageError as error:
        raise ConfigError(
            f"the shadow's server is not named by a URL that can be used: {error.message}",
            details=error.details,
            next=error.next,
        ) from None
    place = f"the shadow's server {dsn.place}"
    parameters = dsn.parameters()
    try:
        login = log_in(parameters, place, "--shadow")
    except psycopg.OperationalError as error:
        raise CannotKnow(
            f"{place} cannot be used", code=Code.SHADOW, details=(first_line(error, parameters),)
        ) from None
    if missing := missing_roles(baseline, login):
        raise ConfigError(
            f"{place} lacks roles of a {baseline.name} project: {', '.join(missing)}",
            details=("roles belong to the whole server: landed makes none there",),
            next="as an administrator of it: "
            + " ".join(f"CREATE ROLE {role};" for role in missing)
            + "   or name no server: landed starts one by itself",
        )
    parameters.pop("dbname", None)
    server = ShadowServer(
        host=dsn.host,
        port=dsn.port,
        superuser=login.name,
        major=login.major,
        origin="named",
        sentence=sentence("named", login.major, wanted),
        baseline=lent(baseline),
        role=login.name,
        admin=login.database,
        parameters=parameters,
    )
    with on_server(server) as ready:
        yield ready
