"""landed's own settings: flags, environment, ``.env``, ``landed.toml`` or ``[tool.landed]``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from landed.core.errors import ConfigError, Where
from landed.core.limits import BOUNDS, DEFAULT, Given, Limits, read_limits
from landed.project.config_search import find_upward
from landed.project.named_targets import TABLE as NAMED
from landed.project.named_targets import NamedTarget, read_targets
from landed.project.outside import check_shadow
from landed.project.provenance import KeyPath, Value, nearest
from landed.project.regular_files import read
from landed.project.wrangler_config import read_document

FILE = "landed.toml"


class Settings(NamedTuple):
    """What the user decided about landed itself; ``None`` where nobody said anything.

    ``target`` is a target's name, ``env`` wrangler's environment, ``migrations`` the folder and
    ``pattern`` the glob below it, ``ledger`` the history table, ``lock`` the lock file and
    ``persist_to`` wrangler's ``--persist-to``. ``base`` (in the file ``[shadow] base``) is a SQL file
    with the schema that the history starts from, ``managed`` (``[shadow] managed``) one with what the
    platform manages, ``broken`` (``[shadow] broken``) the names of files that are known not to replay.
    ``shadow`` (``[shadow] server``) is where files are replayed for Postgres: ``own``, ``same-server`` or
    the URL of a server for scratch databases. ``pooler`` is the URL of a Supabase project's session
    pooler. Both URLs may hold a password: they are not to be shown. ``statement_seconds``, ``total_seconds``,
    ``memory_mb`` and ``disk_mb`` (in the file below ``[limits]``) bound every replay; :attr:`limits` has
    them as numbers. ``targets`` are those that the file names (``[targets.NAME]``). Paths are absolute.
    ``file`` is the settings file.
    """

    target: Value[str] | None = None
    env: Value[str] | None = None
    migrations: Value[str] | None = None
    pattern: Value[str] | None = None
    ledger: Value[str] | None = None
    lock: Value[str] | None = None
    persist_to: Value[str] | None = None
    base: Value[str] | None = None
    pooler: Value[str] | None = None
    managed: Value[str] | None = None
    shadow: Value[str] | None = None
    statement_seconds: Value[str] | None = None
    total_seconds: Value[str] | None = None
    memory_mb: Value[str] | None = None
    disk_mb: Value[str] | None = None
    broken: tuple[str, ...] = ()
    targets: tuple[NamedTarget, ...] = ()
    file: Path | None = None

    @property
    def limits(self) -> Limits:
        """The bounds of every replay. A file of the project raises one only so far; a person, freely."""
        given = [
            Given(name, value.value, value.origin, value.origin.startswith(_PERSON))
            for name in NUMBERS
            if (value := getattr(self, name)) is not None
        ]
        return read_limits(given) if given else DEFAULT


_PERSON = ("flag ", "environment ")
"""How the origins begin that no file of a project can have."""
NUMBERS = frozenset(bound.setting for bound in BOUNDS)
"""Settings that are numbers."""
KEYS = frozenset(Settings._fields) - {"file", "broken", "targets"}
PATHS = frozenset({"migrations", "lock", "persist_to", "base", "managed"})
TABLES = {
    "shadow": {"base": "base", "managed": "managed", "server": "shadow", "broken": "broken"},
    "limits": {name: name for name in NUMBERS},
}
"""Tables of the settings file: the names in them, and which settings these are."""
LISTS = frozenset({"broken"})
"""Settings that are lists of texts, and stand in the file only."""
_TOP = {
    key: key for key in (KEYS | TABLES.keys()) - {f for table in TABLES.values() for f in table.values()}
} | {name: name for name in (*TABLES, NAMED)}


def read_settings(
    start: Path, flags: Mapping[str, str | None], environ: Mapping[str, str], root: Path | None = None
) -> Settings:
    """Merge all sources: flag > environment > ``.env`` > file.

    ``start`` is the folder in which the user works; ``root``, where it is another one, that of the
    wrangler configuration: its ``.env`` counts too, after the one in ``start``.

    ``flags`` maps the keys of :class:`Settings` to what the command line gave, with paths relative
    to the working directory. ``env`` also listens to ``CLOUDFLARE_ENV`` after ``LANDED_ENV``.
    Raises ConfigError for an unknown key or a value that is not text, with the place.
    """
    merged, lists, targets, file = _file_values(start)
    dotenv = _dotenv((root, start) if root and root != start else (start,))
    for key in KEYS:
        names = (f"LANDED_{key.upper()}", *(("CLOUDFLARE_ENV",) if key == "env" else ()))
        value = _chosen(key, names, flags, environ, dotenv)
        if value is not None:
            merged[key] = value
    check_shadow(merged.get("shadow"))
    settings = Settings(**merged, broken=lists.get("broken", ()), targets=targets, file=file)
    _ = settings.limits  # a wrong number is said before anything is done
    return settings


def _dotenv(folders: tuple[Path, ...]) -> Mapping[str, tuple[str, Path]]:
    if not any(os.path.exists(f"{folder}/{name}") for folder in folders for name in (".env", ".env.local")):
        return {}
    from landed.project.dotenv import read_dotenv

    return read_dotenv(folders)


def _chosen(
    key: str,
    names: tuple[str, ...],
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    dotenv: Mapping[str, tuple[str, Path]],
) -> Value[str] | None:
    flag = flags.get(key)
    if flag is not None:
        return Value(_located(key, flag, Path.cwd()), f"flag --{key.replace('_', '-')}")
    for name in names:
        # An empty variable is how shells and CI say "not set".
        if environ.get(name):
            return Value(_located(key, environ[name], Path.cwd()), f"environment {name}")
    for name in names:
        value, file = dotenv.get(name, ("", Path()))
        if value:
            return Value(_located(key, value, file.parent), f"{file.name} {name}")
    return None


def _located(key: str, value: str, base: Path) -> str:
    if key in PATHS:
        return os.path.normpath(os.path.join(base, os.path.expanduser(value)))
    if key == "target":
        return _located_target(value, base)
    return value


def _located_target(value: str, base: Path) -> str:
    """A target's name with its path, if it has one, made absolute (later it is read elsewhere)."""
    if value.startswith("sqlite:"):
        return "sqlite:" + os.path.normpath(os.path.join(base, os.path.expanduser(value[7:])))
    if looks_like_file(value):
        return os.path.normpath(os.path.join(base, os.path.expanduser(value)))
    return value


def looks_like_file(target: str) -> bool:
    """Whether a target's name is a bare path of a database file (``data/app.db``)."""
    if target.split(":", 1)[0] in ("d1", "sqlite", "supabase", "postgres", "postgresql"):
        return False
    return target.endswith((".sqlite", ".sqlite3", ".db")) or os.sep in target or "/" in target


_FileValues = tuple[dict[str, Value[str]], dict[str, tuple[str, ...]], tuple[NamedTarget, ...], Path | None]


def _file_values(start: Path) -> _FileValues:
    path = find_upward(start, FILE)
    if path is not None:
        document, lines = read_document(path, FILE)
        return _values_of(document, (), lines, path, FILE)
    path = find_upward(start, "pyproject.toml")
    # Most projects have a pyproject.toml without us: do not parse those.
    if path is None or b"tool.landed" not in _content(path):
        return {}, {}, (), None
    document, lines = read_document(path, "pyproject.toml")
    table = document.get("tool", {}).get("landed")
    if table is None:
        return {}, {}, (), None
    return _values_of(table, ("tool", "landed"), lines, path, "pyproject.toml")


def _values_of(
    table: Mapping[str, Any], prefix: KeyPath, lines: Mapping[KeyPath, int], path: Path, shown: str
) -> _FileValues:
    targets: tuple[NamedTarget, ...] = ()
    if NAMED in table:
        targets = read_targets(table[NAMED], (*prefix, NAMED), lines, shown)
    rest = {name: value for name, value in table.items() if name != NAMED}
    return *_checked(rest, prefix, lines, path, shown), targets, path


def _content(path: Path) -> bytes:
    try:
        return read(path, path.name)
    except OSError:
        return b""  # reading it for what is in it says why


def _checked(
    table: Mapping[str, Any],
    prefix: KeyPath,
    lines: Mapping[KeyPath, int],
    path: Path,
    shown: str,
    known: Mapping[str, str] = _TOP,
) -> tuple[dict[str, Value[str]], dict[str, tuple[str, ...]]]:
    values: dict[str, Value[str]] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for written, value in table.items():
        name = written.replace("-", "_")
        line = lines.get((*prefix, written))
        origin = Where(shown, line or None)
        if known is _TOP and name in TABLES and isinstance(value, dict):
            more, more_lists = _checked(value, (*prefix, written), lines, path, shown, TABLES[name])
            values |= more
            lists |= more_lists
            continue
        if name not in known:
            raise ConfigError(
                f'landed has no setting "{written}"{nearest(name, known)}',
                details=(f"settings: {', '.join(sorted(known))}",),
                where=origin,
            )
        key = known[name]
        if key in LISTS:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ConfigError(f'the setting "{written}" must be a list of texts', where=origin)
            lists[key] = tuple(value)
            continue
        if known is _TOP and name in TABLES:
            raise ConfigError(f'the setting "{written}" must be a table: [{written}]', where=origin)
        if key in NUMBERS and isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            what = "a number" if key in NUMBERS else "text"
            raise ConfigError(f'the setting "{written}" must be {what}', where=origin)
        values[key] = Value(_located(key, value, path.parent), origin)
    return values, lists
