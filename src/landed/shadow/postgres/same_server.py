"""A shadow on the target's own server, only when asked for: scratch databases that leave nothing behind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from landed.core.errors import CannotKnow, ConfigError
from landed.shadow.postgres.baseline import Baseline
from landed.shadow.postgres.databases import load_leniently, load_objects, sweep_old, temporary_database
from landed.shadow.postgres.servers import ShadowServer, sentence

_AUTHORIZATION = re.compile(
    r"(?i)\b(create\s++schema\s++(?:if\s++not\s++exists\s++)?\w++)\s++authorization\s++\w++"
)
_GUARD = "supabase/guard.sql"
"""Raises the rights of a role for some statements: never on a server that is not landed's own."""


@contextmanager
def same_server(parameters: Mapping[str, Any], baseline: Baseline) -> Iterator[ShadowServer]:
    """The target's server, on which its login must be allowed to make databases.

    No role is made or changed there, and nothing stays: neither templates nor the baseline. A login that is
    no superuser cannot give the platform's schemas to their owners; they are then its own in the scratch
    databases, and what the platform would refuse there is not refused. Raises :class:`ConfigError` when
    the login has no right to make databases or roles are missing, :class:`CannotKnow` when the server
    cannot be used.
    """
    import psycopg

    given = {key: value for key, value in parameters.items() if value not in (None, "")}
    try:
        with psycopg.connect(**{"connect_timeout": 20, **given}, autocommit=True) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper, rolsuper, session_user::text, current_database()::text,"
                " current_setting('server_version_num')::int / 10000"
                " FROM pg_catalog.pg_roles WHERE rolname = session_user",
                prepare=False,
            ).fetchone()
            roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_catalog.pg_roles")}
    except psycopg.Error as error:
        raise CannotKnow(
            "--shadow same-server: the target's server cannot be used",
            details=(_first_line(error, given),),
            next="landed doctor",
        ) from None
    assert row is not None
    may_create, superuser, login, database, major = row
    _check(may_create, login, baseline, roles)
    given.pop("dbname", None)
    server = ShadowServer(
        host=str(given.get("host", "")),
        port=int(given.get("port", 5432)),
        superuser=login,
        major=major,
        origin="same-server",
        sentence=sentence("same-server", major, major),
        baseline=replace(baseline, objects=tuple(n for n in baseline.objects if n != _GUARD), last=()),
        role=baseline.role if baseline.needs and superuser else login,
        admin=database,
        parameters=given,
    )
    with ExitStack() as scratch:
        try:
            sweep_old(server)
            if baseline.objects:
                base = scratch.enter_context(temporary_database(server))
                _load(server, base, whole=superuser)
                server = replace(server, base=base)
        except psycopg.Error as error:
            raise CannotKnow(
                "--shadow same-server: no scratch database can be made on the target's server",
                details=(_first_line(error, given),),
                next="leave --shadow out: landed starts a server of its own",
            ) from None
        yield server


def _check(may_create: bool, login: str, baseline: Baseline, roles: set[str]) -> None:
    missing = sorted(set(baseline.needs) - roles)
    if not may_create:
        raise ConfigError(
            f"--shadow same-server: {login} may not make databases on the target's server",
            next="leave --shadow out: landed starts a server of its own",
        )
    if missing:
        raise ConfigError(
            f"--shadow same-server: the target's server lacks roles of a {baseline.name} project: "
            f"{', '.join(missing)}",
            details=("roles belong to the whole server: landed makes none there",),
            next="leave --shadow out: landed starts a server of its own",
        )


def _load(server: ShadowServer, base: str, *, whole: bool) -> None:
    """Load the baseline's objects; without a superuser's rights, those that can be."""
    baseline = server.baseline
    with server.connect(base) as connection:
        if whole:
            load_objects(connection, baseline)
            return
        text = f"{baseline.sql(baseline.objects)}\n{baseline.managed}"
        load_leniently(connection, _AUTHORIZATION.sub(r"\1", text))


def _first_line(error: Exception, parameters: Mapping[str, Any]) -> str:
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    password = str(parameters.get("password") or "")
    return text.replace(password, "…") if password else text
