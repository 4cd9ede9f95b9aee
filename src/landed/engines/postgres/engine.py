"""Postgres and Supabase databases as engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from landed.core.check import Check, guarded
from landed.core.errors import UsageError
from landed.core.next import REHEARSE
from landed.engines.postgres.base import PostgresBase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from landed.core.findings import Rehearsal
    from landed.core.timeline import Progress
    from landed.engines.base import DatabaseCopy, Words
    from landed.engines.live import LiveState

_DEFAULT = frozenset({"default privileges", "default revocation"})
"""Kinds of facts about what new objects are born with."""


class Postgres(PostgresBase):
    """A Postgres database."""

    def rehearse(self, *, progress: Progress | None = None) -> Rehearsal:
        """Run all files in order as ``apply`` would."""
        from landed.engines.postgres.rehearse.files import rehearse

        return rehearse(self, progress=progress)

    def copied(self) -> AbstractContextManager[DatabaseCopy]:
        """Never: raises UsageError."""
        raise UsageError(
            "--with-data is for local SQLite and D1 databases: a Postgres database is not copied.",
            next=REHEARSE,
        )

    def examine(self) -> list[Check]:
        """The address, the server, the role's rights, the history table."""
        from landed.engines.postgres.doctor import address, database

        if self.spec.dsn is None:
            return []
        checks = guarded(
            "database", "address", "address", lambda: address.configuration(self.project, self.spec)
        )
        found, self._major = database.examine(self)
        return checks + found

    def where_replayed(self) -> Iterator[Check]:
        """Which server files are replayed on, and whether its version is the target's."""
        if self.spec.dsn is None:
            return iter(())
        from landed.engines.postgres.doctor.shadow import examine

        return examine(self)

    @classmethod
    def software(cls) -> Iterator[Check]:
        """The driver."""
        from landed.engines.postgres.doctor.software import psycopg_in_use

        yield psycopg_in_use()


class Supabase(Postgres):
    """A Supabase project's database, hosted or local."""

    @property
    def words(self) -> Words:
        """How messages name what differs between engines."""
        return super().words._replace(rules="Supabase's rules")

    def learn(self, state: LiveState) -> None:
        """Also whether new objects get grants by default: new projects come without since 2026-05-30.

        Files that speak of default privileges say it themselves.
        """
        super().learn(state)
        if state.facts is None:
            return
        # Of the hundreds of thousands of facts that a large schema has, these are read among the last.
        given = any("anon" in k.name for k in reversed(list(state.facts)) if k.kind in _DEFAULT)
        grants = given or any("efault privileges" in m.text.lower() for m in self.migrations().migrations)
        if grants != self._grants:
            self._grants, self._choice = grants, None
