"""Supabase projects: ``supabase/config.toml``, what the CLI remembers beside it, the databases they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from landed.core.errors import ConfigError, UsageError, Where
from landed.core.migration import Note
from landed.project.outside import by_person
from landed.project.pg_url import Dsn, parse_url
from landed.project.provenance import DEFAULT, Value
from landed.project.regular_files import read
from landed.project.supabase_search import CONFIG, MIGRATIONS

DEFAULT_PORT = 54322
SUPABASE_LEDGER = "supabase_migrations.schema_migrations"
"""The history table of the Supabase CLI; landed uses the same one in any Postgres unless told otherwise."""

URL_VARIABLES = (
    "SUPABASE_URL",
    "NEXT_PUBLIC_SUPABASE_URL",
    "VITE_SUPABASE_URL",
    "EXPO_PUBLIC_SUPABASE_URL",
    "PUBLIC_SUPABASE_URL",
)
_REF = re.compile(r"[a-z]{20}\Z")
_API_HOST = re.compile(r"([a-z0-9-]+)\.supabase\.(?:co|red|green|in)\Z")
_VARIABLE = re.compile(r"env\((\w+)\)\Z")


class SupabaseProject(NamedTuple):
    """What a Supabase project says about its databases; every value knows where it came from.

    ``root`` is the folder that has ``supabase/``; ``config`` its ``config.toml``, which need not exist.
    ``ref`` is the hosted project (20 letters) or ``None`` when nothing says which; ``pooler`` the shared
    pooler's URL that the CLI stored when it linked the project; ``major`` the configured major version.
    ``enabled`` is ``[db.migrations] enabled``.
    """

    root: Path
    config: Path | None
    project_id: Value[str] | None
    port: Value[int]
    major: Value[int] | None
    ref: Value[str] | None
    pooler: Value[str] | None
    password: Value[Secret] | None
    enabled: bool = True
    notes: tuple[Note, ...] = ()

    @property
    def migrations(self) -> Value[Path]:
        """The folder of the migrations."""
        return Value(self.root / MIGRATIONS, DEFAULT if self.config is None else "supabase/")


class Secret(str):
    """A text that is not shown by accident: ``repr`` and formatting give ``…``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return "…"

    def reveal(self) -> str:
        """The text itself."""
        return str.__getitem__(self, slice(None))


def read_supabase(
    root: Path, environ: Mapping[str, str], dotenv: Mapping[str, tuple[str, Path]]
) -> SupabaseProject:
    """Read a project. Writes nothing and asks no server. Raises ConfigError for a file that is wrong."""
    config = root / CONFIG
    document: Mapping[str, Any] = {}
    lines: Mapping[tuple[str | int, ...], int] = {}
    if config.exists():
        from landed.project.wrangler_config import read_document

        document, lines = read_document(config, CONFIG)
    known = _Variables(environ, dotenv)
    notes: list[Note] = []

    def value(*keys: str) -> Value[Any] | None:
        found: Any = document
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        line = lines.get(keys)
        origin = Where(CONFIG, line or None)
        if isinstance(found, str) and (named := _VARIABLE.match(found)):
            found = known.first(named[1])
            return Value(found.value, f"{found.origin}, from {origin}") if found else None
        return None if found is None else Value(found, origin)

    major = _number(value("db", "major_version"), "db.major_version")
    port = _number(value("db", "port"), "db.port") or Value(DEFAULT_PORT, DEFAULT)
    if not 0 < port.value < 65536:
        raise ConfigError("db.port is no number from 1 to 65535", where=port.origin)
    name = value("project_id")
    enabled = value("db", "migrations", "enabled")
    ref = _ref(root, known, notes)
    stored = _stored(root, "pooler-url")
    return SupabaseProject(
        root,
        config if document or config.is_file() else None,
        Value(str(name.value), name.origin) if name else None,
        port,
        major,
        ref,
        _pooler(stored, ref, notes) if stored else None,
        _password(known),
        enabled is None or enabled.value is not False,
        tuple(notes),
    )


class _Variables:
    """Environment first, then ``.env`` files."""

    def __init__(self, environ: Mapping[str, str], dotenv: Mapping[str, tuple[str, Path]]) -> None:
        self._environ = environ
        self._dotenv = dotenv

    def first(self, *names: str) -> Value[str] | None:
        for name in names:
            if self._environ.get(name):
                return Value(self._environ[name], f"environment {name}")
        for name in names:
            text, file = self._dotenv.get(name, ("", Path()))
            if text:
                return Value(text, f"{file.name} {name}")
        return None


def _password(known: _Variables) -> Value[Secret] | None:
    found = known.first("SUPABASE_DB_PASSWORD")
    return Value(Secret(found.value), found.origin) if found else None


def _number(found: Value[Any] | None, key: str) -> Value[int] | None:
    if found is None:
        return None
    if isinstance(found.value, bool) or not str(found.value).isdigit():
        raise ConfigError(f"{key} must be a number", where=found.origin)
    number = int(str(found.value)[:9])
    return Value(number, found.origin)


def _stored(root: Path, name: str) -> Value[str] | None:
    """What ``supabase link`` left in ``supabase/.temp``."""
    path = root / "supabase" / ".temp" / name
    try:
        text = read(path, f"supabase/.temp/{name}").decode().strip()
    except (OSError, UnicodeDecodeError):
        return None
    return Value(text, f"supabase/.temp/{name}") if text else None


def _ref(root: Path, known: _Variables, notes: list[Note]) -> Value[str] | None:
    found = []
    for candidate in (known.first("SUPABASE_PROJECT_ID"), _stored(root, "project-ref")):
        if candidate is None:
            continue
        if _REF.match(candidate.value):
            found.append(candidate)
        elif candidate.origin.startswith("supabase/.temp"):
            notes.append(Note("project-ref", f"{candidate.origin} does not hold a project ref (20 letters)"))
    for name in URL_VARIABLES:
        url = known.first(name)
        host = _host(url.value) if url else ""
        api = _API_HOST.match(host)
        if url and api and _REF.match(api[1]):
            found.append(Value(api[1], url.origin))
    if not found:
        return None
    chosen = found[0]
    for other in found[1:]:
        if other.value != chosen.value:
            notes.append(
                Note(
                    "two-projects",
                    f"{chosen.origin} says the project {chosen.value}, {other.origin} says {other.value}: "
                    f"supabase:linked is {chosen.value}",
                )
            )
            break
    return chosen


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _pooler(stored: Value[str], ref: Value[str] | None, notes: list[Note]) -> Value[str] | None:
    """The stored pooler URL, if it is one of Supabase's and of this project."""
    try:
        dsn = parse_url(stored.value, {}, stored.origin)
    except UsageError:
        notes.append(Note("pooler-url", f"{stored.origin} does not hold a Postgres URL"))
        return None
    if not dsn.is_supabase_pooler:
        notes.append(Note("pooler-url", f"{stored.origin} names a host that is not Supabase's: not used"))
        return None
    if ref and dsn.project_ref not in (None, ref.value):
        notes.append(Note("pooler-url", f"{stored.origin} is of another project than {ref.value}: not used"))
        return None
    return stored


def local_dsn(project: SupabaseProject) -> Dsn:
    """The database that ``supabase start`` runs on this machine (fixed login, documented by Supabase)."""
    return Dsn(
        "127.0.0.1",
        project.port.value,
        "postgres",
        "postgres",
        "postgres",
        origin=project.port.origin,
        outside="none",
    )


def linked_dsn(project: SupabaseProject, pooler: Value[str] | None = None) -> Dsn:
    """The hosted database of a linked project.

    ``pooler`` is the session pooler's URL where the user gave one: then it is used and nothing else.
    Otherwise it is the direct host, with the pooler that the CLI stored to fall back to when the network has
    no way to the direct one (IPv6). A pooler's host is never guessed: it does not follow from the region.
    Raises UsageError when nothing says which project is meant.
    """
    password = project.password.value.reveal() if project.password else None
    if pooler is not None:
        dsn = parse_url(pooler.value, {}, pooler.origin)
        if not by_person(pooler.origin) and not dsn.is_supabase_pooler:
            raise ConfigError(
                "a file of the project names a pooler that is not Supabase's: the project's password is not "
                "sent there",
                where=pooler.origin,
                next="correct it, or name the pooler by the environment: LANDED_POOLER",
            )
        return _session(dsn, password)
    if project.ref is None:
        raise UsageError(
            "supabase:linked: nothing says which Supabase project this is",
            details=(
                "looked at: SUPABASE_PROJECT_ID, supabase/.temp/project-ref, and the host in "
                + ", ".join(URL_VARIABLES[:2]),
            ),
            next="link the project: supabase link. Or give the database's URL: --target postgresql://…",
        )
    ref = project.ref.value
    fallback = None
    if project.pooler is not None:
        fallback = _session(parse_url(project.pooler.value, {}, project.pooler.origin), password)
        if fallback.project_ref is None:
            fallback = None
    return Dsn(
        f"db.{ref}.supabase.co",
        5432,
        "postgres",
        "postgres",
        password,
        (("sslmode", "require"),),
        project.ref.origin,
        fallback=fallback,
        outside="passwords",
    )


def _session(dsn: Dsn, password: str | None) -> Dsn:
    """The pooler in session mode, whatever mode the URL was copied for, and never without TLS."""
    from dataclasses import replace

    notes = dsn.notes
    if dsn.is_supabase_pooler and dsn.port == 6543:
        notes = (*notes, Note("session-port", "port 6543 is the transaction pooler: 5432 is used instead"))
        dsn = replace(dsn, port=5432, notes=notes)
    mode = dsn.option("sslmode")
    if dsn.outside == "none":
        # A file's: told by its domain, and then given the project's password as the direct host is.
        dsn = replace(dsn, outside="passwords")
        mode = mode if mode in ("verify-ca", "verify-full") else None
    if mode is None and dsn.locality == "REMOTE":
        dsn = dsn.with_options(sslmode="require")
    return dsn if dsn.password else replace(dsn, password=password)
