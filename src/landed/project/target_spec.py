"""What is known about a target before it is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from landed.core.migration import Note
from landed.project.d1_database import DEFAULT_LEDGER, D1Database
from landed.project.provenance import DEFAULT, Value

if TYPE_CHECKING:
    from landed.project.pg_url import Dsn
    from landed.project.supabase_config import SupabaseProject

Locality = Literal["LOCAL", "REMOTE", "FILE"]

LEDGER_BY_DEFAULT = Value(DEFAULT_LEDGER, DEFAULT)


class TargetSpec(NamedTuple):
    """One database, and how its migrations and its ledger are found.

    ``kind`` says which engine it has (``landed.engines.ENGINES``), ``mode`` by which rules files run.
    ``name`` can be given to ``--target`` again (a URL without its user, password and query);
    ``label`` is for headlines: ``D1 DB (LOCAL)``. ``path`` is the SQLite file, which need not
    exist. ``migrations_pattern`` is relative to ``migrations_dir``; ``None`` means ``*.sql``.
    ``dsn`` is how a Postgres database is reached, ``supabase`` the Supabase project that it belongs to.
    ``unsupported`` says why the target cannot be used yet. ``origin`` is who chose it.
    """

    kind: str
    name: str
    label: str
    locality: Locality
    mode: str
    origin: str
    path: Path | None = None
    ledger_table: Value[str] = LEDGER_BY_DEFAULT
    migrations_dir: Value[Path] | None = None
    migrations_pattern: Value[str] | None = None
    database: D1Database | None = None
    dsn: Dsn | None = None
    supabase: SupabaseProject | None = None
    unsupported: str | None = None
    notes: tuple[Note, ...] = ()

    @property
    def is_server(self) -> bool:
        """Whether it is reached by an address of its own: a server that may not run."""
        return self.dsn is not None

    @property
    def adopt_drizzle(self) -> bool:
        """Whether Drizzle's folder layout is used without being configured (wrangler would not)."""
        return self.kind == "sqlite"
