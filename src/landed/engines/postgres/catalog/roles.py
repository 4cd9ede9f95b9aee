"""Whose objects are the normal case: who owns a database, and who runs the migrations there."""

from __future__ import annotations

from typing import NamedTuple

from landed.engines.postgres.catalog.scope import Scope


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

    def main(self, scope: Scope) -> str:
        """The role by which ownership is no fact: the scope's, or the database's owner."""
        return scope.main_role or self.owner

    def runners(self, scope: Scope) -> tuple[str, ...]:
        """Roles other than the main one that run the files there.

        Whoever made the ledger did. The connected role will, and may have; of a superuser that is assumed
        only as long as there is no ledger, because superusers look at databases of others, too.
        """
        found = [self.ledger_owner, None if self.superuser and self.ledger_owner else self.current]
        return tuple(sorted({role for role in found if role} - {self.main(scope)}))
