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

Locality = Literal["LOCAL", "LOOPBACK", "REMOTE", "FILE"]
"""LOOPBACK: a server at an address of this machine, which may be a tunnel to another one."""

LEDGER_BY_DEFAULT = Value(DEFAULT_LEDGER, DEFAULT)


class TargetSpec(NamedTuple):
    """One database, and how its migrations and its ledger are found.

    ``kind`` says which engine it has (``landed.engines.ENGINES``), ``mode`` by which rules files run.
    ``name`` can be given to ``--target`` again (a URL without its user, password and query);
    ``label`` is for headlines and questions: ``D1 DB (LOCAL)``, ``Postgres db.example.com:5432/x (REMOTE)``.
    ``path`` is the SQLite file, which need not
    exist. ``migrations_pattern`` is relative to ``migrations_dir``; ``None`` means ``*.sql``.
    ``dsn`` is how a Postgres database is reached, ``supabase`` the Supabase project that it belongs to.
    ``unsupported`` says why the target cannot be used yet. ``origin`` is who chose it.
    ``alias`` is its name in the settings file (``[targets.NAME]``).
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
    alias: str | None = None

    @property
    def is_server(self) -> bool:
        """Whether it is reached by an address of its own: a server that may not run."""
        return self.dsn is not None

    @property
    def address(self) -> str | None:
        """Host, port and database of a server, without login; ``None`` where it has no address."""
        return self.dsn.address if self.dsn is not None else None

    @property
    def belongs_to(self) -> str | None:
        """The platform's project that a server's database is of, as far as names tell; else the one that the
        files belong to."""
        if self.dsn is None or self.kind != "supabase":
            return None
        if self.dsn.project_ref:
            return self.dsn.project_ref
        return self.supabase.project_id.value if self.supabase and self.supabase.project_id else None

    @property
    def adopt_drizzle(self) -> bool:
        """Whether Drizzle's folder layout is used without being configured (wrangler would not)."""
        return self.kind == "sqlite"
