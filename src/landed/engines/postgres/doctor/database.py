"""doctor's look at a Postgres database: can we connect, to what, as whom, and what may we do. Reads only."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from landed.core.check import Check, Level, guarded
from landed.core.errors import LandedError, UsageError
from landed.core.next import Hint, landed, several
from landed.engines.postgres.base import PostgresBase
from landed.engines.postgres.connect.asking import ask, ask_one
from landed.engines.postgres.doctor import ledger
from landed.engines.postgres.doctor.asking import asking
from landed.engines.postgres.sql.names import quoted, role_name
from landed.engines.postgres.supabase.profile import API_ROLES
from landed.project.target_spec import TargetSpec

if TYPE_CHECKING:
    from psycopg import Connection

    from landed.engines.postgres.connect.connect import Connected

_MOST = 5
OLDEST = 15
"""The oldest major version that landed is tested with."""

_ROLE = """\
SELECT pg_catalog.jsonb_build_object(
'create', pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
'schemas', (SELECT pg_catalog.jsonb_object_agg(n.nspname, pg_catalog.has_schema_privilege(n.oid, 'CREATE'))
    FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (%(schemas)s)),
'search_path', (SELECT s.reset_val FROM pg_catalog.pg_settings s WHERE s.name = 'search_path'),
'statement_timeout', pg_catalog.current_setting('statement_timeout'),
'set', (SELECT pg_catalog.jsonb_agg(c) FROM (
    SELECT pg_catalog.unnest(s.setconfig) AS c FROM pg_catalog.pg_db_role_setting s
    WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d
                                WHERE d.datname = pg_catalog.current_database()))
      AND s.setrole IN (0, (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = session_user))
    ORDER BY s.setrole, s.setdatabase) AS x),
'grants', (SELECT pg_catalog.jsonb_agg(DISTINCT g.rolname) FROM pg_catalog.pg_default_acl a
    CROSS JOIN LATERAL pg_catalog.aclexplode(a.defaclacl) AS e
    JOIN pg_catalog.pg_roles g ON g.oid = e.grantee
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = a.defaclnamespace
    WHERE a.defaclobjtype = 'r' AND coalesce(n.nspname, 'public') = 'public'
      AND a.defaclrole = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)),
'api', (SELECT pg_catalog.jsonb_agg(r.rolname) FROM pg_catalog.pg_roles r
    WHERE r.rolname = ANY (%(api)s)),
'unvalidated', (SELECT pg_catalog.jsonb_agg(c.conrelid::pg_catalog.regclass::text || ' ' || c.conname)
    FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
    WHERE NOT c.convalidated AND c.conrelid <> 0 AND n.nspname NOT LIKE 'pg\\_%%'))"""


def examine(engine: PostgresBase) -> tuple[list[Check], int | None]:
    """Everything about the database, over one connection that reads; and its major version if it answered.

    A login that is refused is not tried again.
    """
    spec = engine.spec
    opened: list[Connected] = []
    checks = guarded("database", "connection", "connection", lambda: _connect(spec, opened))
    if not opened:
        table = spec.ledger_table
        return [*checks, Check("ledger", "table", "table", table.value, table.origin)], None
    connected = opened[0]
    try:
        checks += guarded("database", "server", "server", lambda: _server(spec, connected))
        checks += guarded("database", "role", "role", lambda: _role(spec, connected))
        checks += guarded("database", "event-triggers", "event triggers", lambda: _events(connected))
        checks += guarded("database", "indexes", "indexes", lambda: _indexes(connected.connection))
        folder = spec.migrations_dir
        if folder is not None and folder.value.is_dir():
            checks += guarded("database", "extensions", "extensions", lambda: _extensions(engine, connected))
        checks += ledger.examine(spec, connected)
    finally:
        connected.connection.close()
    return checks, connected.capabilities.major


def _connect(spec: TargetSpec, opened: list[Connected]) -> Iterator[Check]:
    from landed.engines.postgres.connect.connect import open_connection

    assert spec.dsn is not None
    started = time.perf_counter()
    try:
        connected = open_connection(spec.dsn, readonly=True)
    except LandedError as error:
        # Where the address comes from stands beside it already.
        error.where = None
        raise
    took = (time.perf_counter() - started) * 1000
    opened.append(connected)
    encrypted = "encrypted" if connected.connection.pgconn.ssl_in_use else "not encrypted"
    how = "through a socket" if connected.dsn.is_socket else encrypted
    yield Check("database", "connection", "connection", f"{connected.dsn.place} in {took:.0f} ms, {how}")
    for note in connected.notes:
        if note not in spec.dsn.notes:
            yield Check(
                "database", note.code, note.code.replace("-", " "), level=Level.NOTE, problem=note.text
            )


def _server(spec: TargetSpec, connected: Connected) -> Iterator[Check]:
    from landed.engines.postgres.connect.advisory import refuse_unwritable

    known = connected.capabilities
    version = f"Postgres {known.major}.{known.version % 10000}, database {known.database}"
    wanted = spec.supabase.major if spec.supabase else None
    if known.major < OLDEST:
        yield Check(
            "database", "server", "server", version, None, Level.WARNING,
            f"landed is tested with Postgres {OLDEST} and later",
        )  # fmt: skip
    elif wanted is not None and wanted.value != known.major:
        yield Check(
            "database", "server", "server", version, None, Level.WARNING,
            f"{wanted.origin} says major version {wanted.value}: supabase start runs another one than this",
            f"set major_version = {known.major} under [db] in supabase/config.toml",
        )  # fmt: skip
    else:
        yield Check("database", "server", "server", version)
    try:
        # Whether the session was made read-only by landed itself says nothing about the database.
        refuse_unwritable(known._replace(read_only=False), connected.dsn)
    except UsageError as error:
        reason = several([error.message, *error.details])
        value = "transaction mode" if known.pooler == "transaction" else "a replica"
        code = "pooler" if known.pooler == "transaction" else "replica"
        yield Check("database", code, code, value, None, Level.WARNING, reason, error.next)
    else:
        value = "none" if known.pooler == "none" else f"{known.pooler} mode"
        yield Check("database", "pooler", "pooler", f"{value}: {known.why}")


def _role(spec: TargetSpec, connected: Connected) -> Iterator[Check]:
    known, connection = connected.capabilities, connected.connection
    ledger = spec.ledger_table.value.rpartition(".")[0] or "public"
    with asking("the role's rights"):
        row = ask_one(connection, _ROLE, {"schemas": ["public", ledger], "api": list(API_ROLES)})
    assert row is not None
    found: dict[str, Any] = row[0]
    schemas: Mapping[str, bool] = found["schemas"] or {}
    may = [f"create schemas: {'yes' if found['create'] else 'no'}"]
    may += [f"create in {name}: {'yes' if given else 'no'}" for name, given in schemas.items()]
    shown = f"{known.role}{' (superuser)' if known.is_superuser else ''}"
    shown += f", logged in as {known.login}" if known.login != known.role else ""
    lacks = [name for name, given in schemas.items() if not given]
    missing = f"it may create nothing in {' and '.join(lacks)}: migrations that do will be refused"
    yield Check(
        "database", "role", "role", f"{shown}; {'; '.join(may)}", None,
        Level.WARNING if lacks else Level.GOOD,
        missing if lacks else None,
        f"connect as the owner, or: GRANT CREATE ON SCHEMA {quoted(lacks[0])} TO {role_name(known.role)}"
        if lacks
        else None,
    )  # fmt: skip
    if ledger not in schemas and not found["create"]:
        yield Check(
            "ledger", "schema", "schema", f"{ledger} (not there yet)", spec.ledger_table.origin,
            Level.WARNING,
            f"{known.role} may not create it: landed apply could record nothing",
            f"connect as the database's owner, or: GRANT CREATE ON DATABASE {quoted(known.database)} "
            f"TO {role_name(known.role)}",
        )  # fmt: skip
    settings = dict(entry.split("=", 1) for entry in found["set"] or ())
    if settings.get("default_transaction_read_only", "off") in ("on", "true", "1", "yes"):
        yield Check(
            "database", "read-only", "read-only", "yes", "ALTER DATABASE or ALTER ROLE", Level.WARNING,
            "default_transaction_read_only is on: nothing can be applied. Supabase sets it when the disk is "
            "full",
            f"make room, then: ALTER DATABASE {quoted(known.database)} RESET default_transaction_read_only",
        )  # fmt: skip
    yield _timeouts(found["statement_timeout"], settings)
    path = found["search_path"]
    yield Check("database", "search-path", "search_path", path)
    if found["api"] and set(found["api"]) == set(API_ROLES):
        yield _grants(found["grants"] or [])
    loose = found["unvalidated"] or []
    if loose:
        more = f" and {len(loose) - _MOST} more" if len(loose) > _MOST else ""
        yield Check(
            "database", "not-valid", "NOT VALID", f"{', '.join(loose[:_MOST])}{more}", None, Level.NOTE,
            "these constraints do not hold for rows from before them",
            "ALTER TABLE … VALIDATE CONSTRAINT …, in a migration",
        )  # fmt: skip


_EVENTS = """\
SELECT e.evtname, e.evtevent, p.pronamespace::pg_catalog.regnamespace::pg_catalog.text || '.' || p.proname,
       pg_catalog.pg_get_userbyid(p.proowner), o.rolsuper OR o.rolname = current_user
FROM pg_catalog.pg_event_trigger e JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid
JOIN pg_catalog.pg_roles o ON o.oid = p.proowner
WHERE e.evtenabled <> 'D' ORDER BY e.evtevent <> 'login', e.evtname"""


def _events(connected: Connected) -> Iterator[Check]:
    """Event triggers run with the rights of whoever makes a change, those of a login before anything else."""
    with asking("the event triggers"):
        found = ask(connected.connection, _EVENTS)
    for name, event, function, owner, trusted in found[:_MOST]:
        shown = f"{name} at {event}: function {function} of {owner}"
        if event == "login":
            off = "connect with event_triggers off: PGOPTIONS='-c event_triggers=off' (superusers only)"
            yield Check(
                "database", "login-trigger", "login trigger", shown, None,
                Level.NOTE if trusted else Level.WARNING,
                "it runs with the rights of every login, before landed can do anything about it",
                off,
            )  # fmt: skip
        elif not trusted:
            yield Check(
                "database", "event-trigger", "event trigger", shown, None, Level.WARNING,
                f"{owner} can change what it does, and it runs with your rights whenever a file changes "
                "the schema",
                f"ALTER FUNCTION {function} OWNER TO … a role that you trust, or: "
                "ALTER EVENT TRIGGER … DISABLE",
            )  # fmt: skip
    if len(found) > _MOST:
        more = f"{len(found) - _MOST} more"
        yield Check("database", "more-event-triggers", "event triggers", more, None, Level.NOTE)


def _timeouts(statement: str, settings: Mapping[str, str]) -> Check:
    lock = settings.get("lock_timeout", "0")
    shown = f"statement_timeout {'none' if statement == '0' else statement}"
    shown += f", lock_timeout {'none' if lock == '0' else lock}"
    note = None if statement == "0" else "a statement of a migration that runs longer is cancelled"
    origin = (
        "ALTER ROLE or ALTER DATABASE" if {"statement_timeout", "lock_timeout"} & settings.keys() else None
    )
    return Check(
        "database", "timeouts", "timeouts", shown, origin, Level.NOTE if note else Level.GOOD, note,
        "SET statement_timeout = '30min'; at the top of a file that needs it" if note else None,
    )  # fmt: skip


def _grants(granted: list[str]) -> Check:
    """Whether tables that migrations make are open to the API roles."""
    api = [role for role in API_ROLES if role in granted]
    if api:
        return Check(
            "database", "default-privileges", "new tables", f"granted to {', '.join(api)}",
            "default privileges",
        )  # fmt: skip
    return Check(
        "database", "default-privileges", "new tables", "granted to none of the API roles",
        "default privileges", Level.NOTE,
        "Supabase's API does not see a table of public unless its migration grants it "
        "(new projects since 2026-05-30)",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON … TO authenticated; beside CREATE TABLE",
    )  # fmt: skip


def _extensions(engine: PostgresBase, connected: Connected) -> Iterator[Check]:
    """Whether the server has what the files create."""
    needed = sorted(engine.shadow(connected.capabilities.major).extensions)
    if not needed:
        return
    with asking("the extensions"):
        available = "SELECT name::text FROM pg_catalog.pg_available_extensions WHERE name = ANY (%s)"
        rows = ask(connected.connection, available, (needed,))
    lacking = sorted(set(needed) - {row[0] for row in rows})
    yield Check(
        "database", "extensions", "extensions", ", ".join(needed), "the migration files",
        Level.WARNING if lacking else Level.GOOD,
        f"this server does not have {', '.join(lacking)}: files that create it will fail"
        if lacking
        else None,
    )  # fmt: skip


def _indexes(connection: Connection[Any]) -> Iterator[Check]:
    from landed.engines.postgres.write.indexes import invalid_indexes

    with asking("the indexes"):
        broken = invalid_indexes(connection)
    for index in broken[:_MOST]:
        if index.builder is not None:
            yield Check(
                "database", "building-index", "index", index.shown, None, Level.NOTE,
                f"process {index.builder} is building it at this moment",
            )  # fmt: skip
            continue
        yield Check(
            "database", "invalid-index", "INVALID index", f"{index.shown} on {index.table}", None,
            Level.WARNING,
            f"left by a CONCURRENTLY that failed; {index.harm}. IF NOT EXISTS takes it for the real one",
            landed("exec", Hint(index.drop)),
        )  # fmt: skip
    if len(broken) > _MOST:
        yield Check(
            "database", "more-indexes", "INVALID indexes", f"{len(broken) - _MOST} more", None, Level.WARNING
        )  # fmt: skip
