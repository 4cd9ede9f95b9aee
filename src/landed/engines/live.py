"""What one reading of a database brings, whatever its engine."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from landed.core.facts import FactKey
    from landed.core.ledger import LedgerRow
    from landed.core.migration import Note


class SchemaRow(NamedTuple):
    """One row of sqlite_master; ``sql`` is None for the indexes that SQLite makes by itself."""

    type: str
    name: str
    tbl_name: str
    sql: str | None


class StoredRow(NamedTuple):
    """One row of a ledger that keeps more than names, as Supabase's does.

    ``name`` is ``None`` in tables that are older than that column, and for rows written without it;
    ``statements`` likewise: such a row does not say what was run. The table has no time, no checksum and no
    sign of success.
    """

    version: str
    name: str | None = None
    statements: tuple[str, ...] | None = None


class Roles(NamedTuple):
    """Roles as one connection sees them; ``ledger_owner`` is ``None`` where there is no ledger yet."""

    current: str
    owner: str
    superuser: bool
    ledger_owner: str | None
    names: tuple[str, ...]
    """All roles of the server but its own (``pg_…``)."""
    able: tuple[str, ...] = ()
    """Superusers, and members of the database's owner or of ``postgres``: whoever may have run files."""

    def main(self, usual: str | None) -> str:
        """The role by which ownership is no fact: the usual one of a platform, or the database's owner."""
        return usual or self.owner

    def runners(self, usual: str | None) -> tuple[str, ...]:
        """Roles other than the main one that run the files there.

        Whoever made the ledger did. The connected role will, and may have; of a superuser that is assumed
        only as long as there is no ledger, because superusers look at databases of others, too.
        """
        found = [self.ledger_owner, None if self.superuser and self.ledger_owner else self.current]
        return tuple(sorted({role for role in found if role} - {self.main(usual)}))


class LiveState(NamedTuple):
    """One reading of a database: whether it is there, its schema rows and its ledger.

    ``ledger`` is ``None`` when the ledger table does not exist; ``ledger_problem`` says why it
    could not be read though it does. Postgres gives ``facts`` instead of ``rows``, the ledger's rows as
    they are ``stored``, and for each recorded file whether its row holds the file's SQL (``content``,
    ``None`` where the row holds none), and the server's ``roles``.
    """

    present: bool
    rows: tuple[SchemaRow, ...] = ()
    ledger: tuple[LedgerRow, ...] | None = None
    ledger_problem: str | None = None
    facts: Mapping[FactKey, str] | None = None
    stored: tuple[StoredRow, ...] = ()
    content: Mapping[str, bool | None] = MappingProxyType({})
    roles: Roles | None = None
    notes: tuple[Note, ...] = ()
    """What is worth knowing of the database itself, such as what writing to its ledger would run."""


def same_content(one: LiveState, other: LiveState) -> bool:
    """Whether two readings show the same schema and the same history."""
    return (one.present, one.rows, one.facts, one.ledger, one.stored) == (
        other.present,
        other.rows,
        other.facts,
        other.ledger,
        other.stored,
    )
