"""A shadow on the target's own server, only when asked for: scratch databases that leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from landed.core.errors import CannotKnow, Code, ConfigError
from landed.core.next import DOCTOR
from landed.engines.postgres.shadow.platform.baseline import Baseline
from landed.engines.postgres.shadow.server.borrowed import first_line, lent, log_in, missing_roles, on_server
from landed.engines.postgres.shadow.server.servers import ShadowServer, sentence

_SAID = "--shadow same-server"
_PLACE = "the target's server"


@contextmanager
def same_server(parameters: Mapping[str, Any], baseline: Baseline) -> Iterator[ShadowServer]:
    """The target's server, on which its login must be allowed to make databases, and nothing else.

    A login that owns the target has rights on it, and what the files say would run with them: it is refused.
    No role is made or changed there, and nothing stays: neither templates nor the baseline. The platform's
    schemas are the login's own in the scratch databases, and what the platform would refuse there is not
    refused. Raises :class:`ConfigError` when the login has other rights or roles are missing,
    :class:`CannotKnow` when the server cannot be used.
    """
    import psycopg

    # An empty password is given so that none from elsewhere is taken.
    given = {k: v for k, v in parameters.items() if v is not None and (v != "" or k == "password")}
    try:
        login = log_in(given, _PLACE, _SAID)
    except psycopg.Error as error:
        raise CannotKnow(
            f"{_SAID}: the target's server cannot be used",
            code=Code.SHADOW,
            details=(first_line(error, given),),
            next=DOCTOR,
        ) from None
    if missing := missing_roles(baseline, login):
        raise ConfigError(
            f"{_SAID}: the target's server lacks roles of a {baseline.name} project: {', '.join(missing)}",
            details=("roles belong to the whole server: landed makes none there",),
            next="leave --shadow out: landed starts a server of its own",
        )
    given.pop("dbname", None)
    server = ShadowServer(
        host=str(given.get("host", "")),
        port=int(given.get("port", 5432)),
        superuser=login.name,
        major=login.major,
        origin="same-server",
        sentence=sentence("same-server", login.major, login.major),
        baseline=lent(baseline),
        role=login.name,
        admin=login.database,
        parameters=given,
    )
    with ExitStack() as scratch:
        try:
            ready = scratch.enter_context(on_server(server))
        except psycopg.Error as error:
            raise CannotKnow(
                f"{_SAID}: no scratch database can be made on the target's server",
                code=Code.SHADOW,
                details=(first_line(error, given),),
                next="leave --shadow out: landed starts a server of its own",
            ) from None
        yield ready
