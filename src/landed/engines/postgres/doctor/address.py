"""doctor's look at how a Postgres or Supabase database is to be reached: what is set, and who said so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from landed.core.check import Check, Level
from landed.project.discovery import Project
from landed.project.npm import installed
from landed.project.pg_url import Dsn
from landed.project.supabase_config import SupabaseProject
from landed.project.supabase_search import CONFIG
from landed.project.target_spec import TargetSpec

_UNCHECKED = frozenset({"disable", "allow", "prefer"})
_ENCRYPTED = frozenset({"require", "verify-ca"})


def configuration(project: Project, spec: TargetSpec) -> Iterator[Check]:
    """What the project says about the database in force, and the address that comes of it."""
    assert spec.dsn is not None
    if spec.supabase is not None:
        yield from _project(spec.supabase, spec)
    yield from _address(spec.dsn, project)
    yield from _tls(spec, spec.dsn, project)
    yield _password(project, spec, spec.dsn)


def _project(supabase: SupabaseProject, spec: TargetSpec) -> Iterator[Check]:
    if supabase.project_id is not None:
        yield Check("configuration", "project-id", "project id", *supabase.project_id)
    if supabase.ref is not None:
        yield Check("configuration", "project-ref", "project ref", *supabase.ref)
    elif spec.locality == "REMOTE":
        yield Check(
            "configuration", "project-ref", "project ref", "unknown", None, Level.NOTE,
            "nothing says which hosted project this folder belongs to", "supabase link",
        )  # fmt: skip
    if supabase.major is not None:
        major = supabase.major
        yield Check("configuration", "major-version", "major version", str(major.value), major.origin)
    if supabase.pooler is not None:
        yield Check("configuration", "pooler-url", "stored pooler", "yes", supabase.pooler.origin)
    yield from _cli(supabase)
    if not supabase.enabled:
        yield Check(
            "configuration", "migrations-disabled", "migrations", "disabled", CONFIG, Level.WARNING,
            "[db.migrations] enabled is false: the Supabase CLI applies no migration file, landed does",
        )  # fmt: skip


def _cli(supabase: SupabaseProject) -> Iterator[Check]:
    """The Supabase CLI that npm installed for the project, where its version matters."""
    found = installed(supabase.root, "supabase")
    if found is None:
        return
    old = found.version.partition(".")[0] in ("0", "1", "2")
    yield Check(
        "configuration", "supabase-cli", "supabase CLI", f"{found.version} ({found.folder})", None,
        Level.NOTE if old else Level.GOOD,
        "before 3.0, supabase db push goes to the linked project and asks nothing without a terminal; "
        "from 3.0 on it goes to the local one unless told --remote"
        if old
        else None,
    )  # fmt: skip


def _address(dsn: Dsn, project: Project) -> Iterator[Check]:
    origin = dsn.origin or None
    shown = f"{dsn.place}, database {dsn.database or '(by default)'}, user {dsn.user or '(by default)'}"
    yield Check("database", "address", "address", shown, origin)
    for variable in ("PGSERVICE", "PGOPTIONS"):
        if project.environ.get(variable):
            yield Check(
                "database", variable.lower(), variable, "set", f"environment {variable}", Level.NOTE,
                "libpq adds to the address what it says",
            )  # fmt: skip
    if dsn.is_supabase_pooler:
        if dsn.port == 6543:
            yield Check("database", "route", "route", "Supabase's pooler, transaction mode")
        else:
            yield Check("database", "route", "route", "Supabase's pooler, session mode")
        if dsn.project_ref is None:
            yield Check(
                "database", "user-without-ref", "user", dsn.user or "none", origin, Level.ERROR,
                "the pooler tells projects apart by the user name, and this one has no project ref",
                f"log in as {dsn.user or 'postgres'}.<project ref>", 2,
            )  # fmt: skip
    elif dsn.is_supabase:
        yield Check(
            "database", "route", "route",
            "the project's PgBouncer, transaction mode" if dsn.port == 6543 else "direct (IPv6 only)",
            problem="GitHub's runners and other IPv4-only networks cannot reach it without the IPv4 add-on"
            if dsn.port != 6543 and dsn.fallback is None
            else None,
            level=Level.NOTE if dsn.fallback is None else Level.GOOD,
        )  # fmt: skip
    if dsn.fallback is not None:
        yield Check("database", "fallback", "if unreachable", dsn.fallback.place, dsn.fallback.origin or None)


def _tls(spec: TargetSpec, dsn: Dsn, project: Project) -> Iterator[Check]:
    if dsn.is_socket:
        return
    given = dsn.option("sslmode")
    variable = project.environ.get("PGSSLMODE")
    mode = given or variable or "prefer"
    origin = (dsn.origin or None) if given else "environment PGSSLMODE" if variable else "default"
    pooler = project.settings.pooler
    if spec.name == "supabase:linked" and not (pooler and "sslmode=" in pooler.value):
        origin = "default for Supabase"
    problem = None
    if dsn.locality == "REMOTE" and mode in _UNCHECKED:
        problem = "somebody in between could make the connection go unencrypted"
    elif dsn.locality == "REMOTE" and mode in _ENCRYPTED:
        problem = (
            "encrypted, but whose server it is is not fully checked; verify-full with its certificate does"
        )
    yield Check(
        "database", "sslmode", "sslmode", mode, origin,
        Level.WARNING if problem and mode in _UNCHECKED else Level.NOTE if problem else Level.GOOD, problem,
        "add sslmode=require to the URL, or better verify-full" if problem and mode in _UNCHECKED else None,
    )  # fmt: skip
    root, said = dsn.option("sslrootcert"), dsn.origin or None
    if root is None and project.environ.get("PGSSLROOTCERT"):
        root, said = project.environ["PGSSLROOTCERT"], "environment PGSSLROOTCERT"
    if root is not None and root != "system":
        there = Path(os.path.expanduser(root)).is_file()
        yield Check(
            "database", "certificate", "certificate", root, said, Level.GOOD if there else Level.ERROR,
            None if there else "this file does not exist", None if there else "correct sslrootcert",
            0 if there else 2,
        )  # fmt: skip


def _password(project: Project, spec: TargetSpec, dsn: Dsn) -> Check:
    if dsn.password is None and dsn.outside == "url":
        return Check(
            "database", "password", "password", "none given", None, Level.NOTE,
            "a target that a file of the project names is given what its URL says, and nothing else",
            "where the server wants a password: write it into the URL that the variable holds",
        )  # fmt: skip
    if dsn.password is None and dsn.outside == "none":
        return Check(
            "database", "password", "password", "none given", None, Level.NOTE,
            "a file of the project names this server: it is sent no password from outside of the URL",
            "where it wants one: name it by --target or in the environment (LANDED_TARGET)",
        )  # fmt: skip
    if dsn.password is None:
        needed = dsn.is_supabase
        return Check(
            "database", "password", "password", "none given", None, Level.WARNING if needed else Level.NOTE,
            "Supabase wants one" if needed else "where the server wants one, libpq looks into ~/.pgpass",
            "set SUPABASE_DB_PASSWORD in the environment or in .env" if needed else None,
        )  # fmt: skip
    origin = dsn.origin or None
    supabase = spec.supabase
    if spec.name == "supabase:local":
        return Check("database", "password", "password", "Supabase's own for local databases", "default")
    if (
        spec.name == "supabase:linked"
        and supabase
        and supabase.password
        and supabase.password.value.reveal() == dsn.password
    ):
        origin = supabase.password.origin
    elif project.environ.get("PGPASSWORD") == dsn.password:
        origin = "environment PGPASSWORD"
    return Check("database", "password", "password", "given, not shown", origin)
