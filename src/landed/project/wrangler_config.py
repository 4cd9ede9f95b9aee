"""Reading a wrangler configuration: its environment and its D1 databases, with their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from landed.core.errors import CannotKnow, ConfigError, Where
from landed.core.migration import Note
from landed.project.d1_database import D1Database
from landed.project.provenance import KeyPath, Value, nearest
from landed.project.regular_files import read

_TEXT_KEYS = (
    "binding",
    "database_name",
    "database_id",
    "preview_database_id",
    "migrations_table",
    "migrations_dir",
    "migrations_pattern",
)
_KNOWN_KEYS = frozenset(
    (*_TEXT_KEYS, "remote", "jurisdiction", "database_internal_env", "experimental_remote")
)


class WranglerConfig(NamedTuple):
    """A wrangler configuration as read for one environment (``""`` is the top level).

    ``elsewhere`` are the databases of the top level and of all other environments: they explain
    local files that do not belong to ``databases``. ``account`` is ``account_id``, ``worker`` the
    Worker's ``name`` and ``region`` the ``compliance_region``, all inherited by environments.
    """

    path: Path
    environment: str
    environments: tuple[str, ...]
    databases: tuple[D1Database, ...]
    elsewhere: tuple[D1Database, ...]
    notes: tuple[Note, ...]
    account: Value[str] | None = None
    worker: Value[str] | None = None
    region: Value[str] | None = None

    @property
    def directory(self) -> Path:
        """The folder of the configuration file, to which its paths are relative."""
        return self.path.parent


_Read = TypeVar("_Read", bound=tuple[Any, Any])


def _kept(found: _Read, shown: str) -> _Read:
    """What is secret in a file that was read is shown by nothing; what no text can be is refused."""
    from landed.core.secrets import keep_document

    try:
        odd = any("\0" in text or not _encodable(text) for text in _texts(found[0]))
    except RecursionError:
        raise ConfigError(f"{shown} is nested too deep", where=Where(shown)) from None
    if odd:
        raise ConfigError(f"{shown} holds a NUL or half a character in a text", where=Where(shown))
    keep_document(found[0])
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_document(path: Path, shown: str) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    """A JSON, JSONC or TOML file as a table, with the lines of its keys.

    Raises ConfigError with line and column when it cannot be parsed, CannotKnow when not read.
    """
    try:
        text = read(path, shown).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{shown} is not valid UTF-8 (byte offset {error.start})", where=Where(shown)
        ) from None
    except OSError as error:
        raise CannotKnow(f"{shown} cannot be read: {error.strerror}", where=Where(shown)) from None
    if path.suffix == ".toml":
        from landed.project import toml

        try:
            return _kept(toml.parse(text), shown)
        except toml.TomlError as error:
            raise ConfigError(
                f"{shown} is not valid TOML: {error.reason}",
                where=Where(shown, error.line, column=error.column),
            ) from None
    from landed.project import jsonc

    try:
        document, lines = _kept(jsonc.parse(text), shown)
    except jsonc.JsoncError as error:
        raise ConfigError(
            f"{shown} is not valid JSON: {error.reason}", where=Where(shown, error.line, column=error.column)
        ) from None
    if not isinstance(document, dict):
        raise ConfigError(f"{shown} must contain an object", where=Where(shown, 1))
    return document, lines


def read_config(
    path: Path, environment: Value[str] | None = None, shown: str | None = None
) -> WranglerConfig:
    """Read the databases that are in force for an environment (``None`` or ``""``: the top level).

    Environments do not inherit ``d1_databases``. An environment that is not in the file is an error; wrangler
    takes the top level where the file has no environments at all.
    Raises ConfigError for a file that wrangler would refuse, with the place.
    """
    shown = shown or path.name
    document, lines = read_document(path, shown)
    file = _File(shown, lines)
    environments = document.get("env")
    environments = environments if isinstance(environments, dict) else {}
    everything = {"": file.databases(document, ())}
    for name, table in environments.items():
        everything[name] = file.databases(table if isinstance(table, dict) else {}, ("env", name), name)
    wanted = environment.value if environment else ""
    notes = list(file.notes)
    if wanted not in everything:
        _check_unknown_environment(wanted, environment, environments, document, shown)
        wanted = ""
    elif wanted and not everything[wanted] and everything[""]:
        notes.append(
            Note(
                "environment-without-databases",
                f'environment "{wanted}" has no d1_databases in {shown}; wrangler does not inherit them from '
                "the top level",
            )
        )
    return WranglerConfig(
        path,
        wanted,
        tuple(environments),
        everything[wanted],
        tuple(d for name, found in everything.items() if name != wanted for d in found),
        tuple(notes),
        file.inherited("account_id", document, wanted),
        file.inherited("name", document, wanted),
        file.inherited("compliance_region", document, wanted),
    )


_OF_PAGES = frozenset({"preview", "production"})
"""The environments that every Pages project has, also where its file does not name them."""


def _check_unknown_environment(
    wanted: str,
    environment: Value[str] | None,
    environments: Mapping[str, object],
    document: Mapping[str, object],
    shown: str,
) -> None:
    """Raises ConfigError: what was meant for staging is not done to the database of the top level."""
    if wanted in _OF_PAGES and "pages_build_output_dir" in document:
        return
    origin = f" ({environment.origin})" if environment else ""
    raise ConfigError(
        f'{shown} has no environment "{wanted}"{origin}{nearest(wanted, environments)}',
        details=(f"it has: {', '.join(environments)}" if environments else "it has no environments",),
        where=Where(shown),
        next="name one of them with --env, or none with --env=" if environments else "name none: --env=",
    )


class _File:
    """Reads entries of one configuration file and collects notes on the way."""

    def __init__(self, shown: str, lines: dict[KeyPath, int]) -> None:
        self.shown = shown
        self.lines = lines
        self.notes: list[Note] = []

    def place(self, path: KeyPath) -> Where:
        line = None
        for length in range(len(path), 0, -1):
            line = self.lines.get(path[:length])
            if line:
                break
        return Where(self.shown, line or None)

    def inherited(self, key: str, document: Mapping[str, Any], environment: str) -> Value[str] | None:
        """A text of the environment or, where it has none, of the top level."""
        if environment:
            own = document["env"][environment]
            if isinstance(own, dict) and isinstance(own.get(key), str):
                return Value(own[key], self.place(("env", environment, key)))
        value = document.get(key)
        return Value(value, self.place((key,))) if isinstance(value, str) and value else None

    def databases(
        self, table: Mapping[str, Any], path: KeyPath, environment: str = ""
    ) -> tuple[D1Database, ...]:
        entries = table.get("d1_databases")
        path = (*path, "d1_databases")
        if entries is None:
            return ()
        if not isinstance(entries, list):
            raise ConfigError(
                "d1_databases must be a list of databases",
                where=self.place(path),
                next="see [[d1_databases]]",
            )
        return tuple(self.database(entry, (*path, i), environment) for i, entry in enumerate(entries))

    def database(self, entry: object, path: KeyPath, environment: str) -> D1Database:
        if not isinstance(entry, dict):
            raise ConfigError("an entry of d1_databases must be a table", where=self.place(path))
        values: dict[str, Value[str]] = {}
        for key in _TEXT_KEYS:
            if key not in entry:
                continue
            if not isinstance(entry[key], str):
                raise ConfigError(f"{key} of a D1 database must be text", where=self.place((*path, key)))
            values[key] = Value(entry[key], self.place((*path, key)))
        if "binding" not in values:
            raise ConfigError("a D1 database must have a binding", where=self.place(path))
        for key in entry.keys() - _KNOWN_KEYS:
            self.notes.append(
                Note(
                    "unknown-key",
                    f'{self.place((*path, key))}: wrangler knows no "{key}" here{nearest(key, _KNOWN_KEYS)}',
                )
            )
        self.note_placeholders(values)
        return D1Database(
            binding=values["binding"],
            name=values.get("database_name"),
            id=values.get("database_id"),
            preview_id=values.get("preview_database_id"),
            table=values.get("migrations_table"),
            dir=values.get("migrations_dir"),
            pattern=values.get("migrations_pattern"),
            environment=environment,
            origin=self.place(path),
        )

    def note_placeholders(self, values: Mapping[str, Value[str]]) -> None:
        for key in ("database_id", "preview_database_id"):
            value = values.get(key)
            if value and ("${" in value.value or "{{" in value.value or value.value[:1] == "<"):
                self.notes.append(
                    Note(
                        "placeholder-id",
                        f"{value.origin}: {key} is a placeholder ({value.value}); wrangler does not "
                        "replace it, so the local database is filed under these very characters",
                    )
                )
