"""Which table of a Postgres database is its history table, and how the Supabase CLI writes that name."""

from __future__ import annotations

from typing import NamedTuple

from landed.core.errors import ConfigError
from landed.project.supabase_config import SUPABASE_LEDGER


class LedgerTable(NamedTuple):
    """The schema and the name of a ledger table."""

    schema: str
    table: str

    @property
    def sql(self) -> str:
        """The qualified name as the CLI writes it: bare where it can be, quoted where it must be."""
        return f"{spelled(self.schema)}.{spelled(self.table)}"


def ledger_table(name: str = SUPABASE_LEDGER) -> LedgerTable:
    """``schema.table`` from the settings; without a schema it is one in ``public``. Raises ConfigError."""
    parts = name.split(".")
    if len(parts) > 2 or not all(parts) or "\0" in name:
        raise ConfigError(f'"{name}" is no name of a table: write schema.table')
    return LedgerTable(*parts) if len(parts) == 2 else LedgerTable("public", parts[0])


def spelled(identifier: str) -> str:
    """An identifier as the CLI writes it: bare where it can be, quoted where it must be."""
    from landed.engines.postgres.sql.tokens import quote

    plain = identifier.isascii() and identifier.isidentifier() and identifier == identifier.lower()
    return identifier if plain else quote(identifier)
