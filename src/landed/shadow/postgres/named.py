"""A shadow's server that the user names: scratch databases on it with landed's prefix, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from landed.core.errors import CannotKnow, ConfigError
from landed.shadow.postgres.baseline import Baseline
from landed.shadow.postgres.databases import PREFIX, has_database, load_roles, make_base, sweep_old
from landed.shadow.postgres.servers import ShadowServer, sentence


@contextmanager
def named_server(url: str, wanted: int | None, baseline: Baseline) -> Iterator[ShadowServer]:
    """The server behind a URL, which must let its user make databases.

    Raises :class:`ConfigError` when the URL is none or the user may not make databases, and
    :class:`CannotKnow` when there is no connection. No message repeats the URL: it may hold a password.
    """
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        parameters: dict[str, Any] = {k: v for k, v in conninfo_to_dict(url).items() if v is not None}
    except psycopg.ProgrammingError:
        raise ConfigError("the shadow's server is not a Postgres URL") from None
    host, port = str(parameters.get("host", "")), int(str(parameters.get("port", 5432)))
    place = f"the shadow's server {host or 'localhost'}:{port}"
    try:
        with psycopg.connect(**{**parameters, "connect_timeout": 20}, autocommit=True) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper, rolsuper, current_user, current_database(),"
                " current_setting('server_version_num')::int / 10000"
                " FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            assert row is not None
            may_create, superuser, user, database, major = row
            others = connection.execute(
                "SELECT count(*) FROM pg_database WHERE NOT datistemplate"
                " AND datname NOT IN ('postgres', current_database()) AND NOT starts_with(datname, %s)",
                (PREFIX,),
            ).fetchone()
            roles = {role for (role,) in connection.execute("SELECT rolname FROM pg_roles")}
    except psycopg.OperationalError as error:
        raise CannotKnow(f"{place} cannot be used", details=(_said(error, parameters),)) from None
    if not may_create:
        raise ConfigError(f"{place}: its user may not make databases")
    parameters.pop("dbname", None)
    missing = sorted(set(baseline.needs) - roles)
    server = ShadowServer(
        host=host,
        port=port,
        superuser=user,
        major=major,
        origin="named",
        sentence=sentence("named", major, wanted),
        baseline=baseline,
        role=baseline.role if baseline.needs else user,
        base=baseline.database,
        admin=database,
        parameters=parameters,
    )
    if missing:
        # Roles belong to the whole server: they are only made where nothing else lives.
        if not superuser or others != (0,):
            raise ConfigError(
                f"{place} lacks roles of a {baseline.name} project: {', '.join(missing)}",
                details=("roles belong to the whole server, and it holds other databases or is not yours",),
                next="name a server of its own, or none: landed starts one by itself",
            )
        load_roles(server)
    sweep_old(server)
    if baseline.objects and not has_database(server, baseline.database):
        make_base(server)
    yield server


def _said(error: Exception, parameters: dict[str, Any]) -> str:
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    password = str(parameters.get("password") or "")
    return text.replace(password, "…") if password else text
