"""One ``d1_databases`` entry of a wrangler configuration, with wrangler's defaults."""

from __future__ import annotations

import posixpath
from typing import NamedTuple

from landed.core.errors import ConfigError
from landed.project.provenance import DEFAULT, Value

DEFAULT_LEDGER = "d1_migrations"
DEFAULT_MIGRATIONS = "migrations"


class D1Database(NamedTuple):
    """One entry of ``d1_databases``; absent keys are ``None``, defaults are filled in by the methods."""

    binding: Value[str]
    name: Value[str] | None = None
    id: Value[str] | None = None
    preview_id: Value[str] | None = None
    table: Value[str] | None = None
    dir: Value[str] | None = None
    pattern: Value[str] | None = None
    environment: str = ""
    origin: str = ""

    @property
    def local_id(self) -> Value[str]:
        """What the local database is filed under: ``preview_database_id ?? database_id ?? binding``."""
        return self.preview_id or self.id or self.binding

    @property
    def ledger_table(self) -> Value[str]:
        """``migrations_table``; an empty one means the default, as in wrangler."""
        return self.table if self.table and self.table.value else Value(DEFAULT_LEDGER, DEFAULT)

    @property
    def migrations_dir(self) -> Value[str]:
        """``migrations_dir`` in canonical form (``/``, no ``./``), relative to the configuration file."""
        if self.dir is None:
            return Value(DEFAULT_MIGRATIONS, DEFAULT)
        return Value(normalise_relative(self.dir.value), self.dir.origin)

    @property
    def migrations_pattern(self) -> Value[str] | None:
        """``migrations_pattern`` relative to ``migrations_dir``, or ``None`` when it is not set.

        Raises ConfigError where wrangler does: a pattern without ``migrations_dir``, or outside it.
        """
        if self.pattern is None:
            return None
        folder = self.migrations_dir.value
        pattern = normalise_relative(self.pattern.value)
        prefix = "" if folder == "." else f"{folder}/"
        if self.dir is None:
            raise ConfigError(
                f'migrations_pattern "{self.pattern.value}" is set without migrations_dir',
                where=self.pattern.origin,
                next=f'add "migrations_dir": "{pattern.split("/")[0]}" to the same database',
            )
        if not pattern.startswith(prefix):
            raise ConfigError(
                f'migrations_pattern "{self.pattern.value}" does not start with migrations_dir "{folder}/"',
                where=self.pattern.origin,
                next=f'write it as "{prefix}*.sql" or the like',
            )
        return Value(pattern[len(prefix) :], self.pattern.origin)

    def answers_to(self, name: str) -> bool:
        """Whether a user can mean this database by ``name``: binding, database_name or an id."""
        return any(
            v is not None and v.value == name for v in (self.binding, self.name, self.id, self.preview_id)
        )


def normalise_relative(path: str) -> str:
    """A relative path or glob in wrangler's canonical form: ``/``, no ``./``, no ``//``, no final ``/``."""
    return posixpath.normpath(path.replace("\\", "/"))
