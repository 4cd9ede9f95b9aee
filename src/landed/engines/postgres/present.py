"""A throw-away copy of a Postgres target's schema, in which files are tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from landed.core.facts import FactKey
from landed.core.migration import Migration
from landed.core.timeline import Step
from landed.engines.base import NoCopy
from landed.engines.postgres.versions import without_versions

if TYPE_CHECKING:
    from landed.engines.postgres.base import PostgresBase
    from landed.engines.postgres.made_by import MadeBy
    from landed.engines.postgres.shadow.replay.replay import PostgresReplayer


class PgPresent:
    """The copy, as files leave it that are tried there one after another."""

    def __init__(self, replayer: PostgresReplayer, made_by: MadeBy | None) -> None:
        self._replayer = replayer
        self._made_by = made_by

    def replay(self, migration: Migration) -> Step:
        """What a file does here, as its target would show it."""
        before = dict(self._replayer.facts) if self._made_by is not None else {}
        there = self._replayer.replay(migration)
        if self._made_by is not None:
            (there,) = self._made_by.expected([there], before)
        return there

    def heals(self, migration: Migration, own: Step) -> Step | None:
        """What a pending file does here, all that it makes to be proven; ``None`` where it cannot run."""
        there = self.replay(migration)
        if there.failed:
            return None
        made = {key: change for key, change in there.net.items() if change[1] is not None}
        return replace(there, net=made | own.net)

    def facts(self, steps: Sequence[Step]) -> Mapping[FactKey, str]:
        """The facts of the copy as it stands, beside these steps."""
        return without_versions(self._replayer.tracker.facts, steps)


@contextmanager
def present(engine: PostgresBase, made_by: MadeBy | None) -> Iterator[PgPresent]:
    """Make the copy. Raises NoCopy where that fails, also while files run in it."""
    import psycopg

    try:
        with _copy(engine) as replayer:
            yield PgPresent(replayer, made_by)
    except psycopg.Error as error:
        raise NoCopy(f"{engine.spec.label}: no copy of its schema could be made") from error


@contextmanager
def _copy(engine: PostgresBase) -> Iterator[PostgresReplayer]:
    """A shadow with the schema that the target has now."""
    import psycopg

    from landed.engines.postgres.catalog.dump import dump_owned
    from landed.engines.postgres.shadow.replay.replay import PostgresReplayer
    from landed.engines.postgres.shadow.server.databases import load_leniently, new_database

    scope = engine.target.scope
    connected = engine.target.connect(readonly=True)
    try:
        text = dump_owned(connected.connection, scope)
    finally:
        connected.connection.close()
    with engine.shadow().open() as server, new_database(server) as scratch:
        replayer = PostgresReplayer(scratch, scope)
        try:
            if "CREATE ROLE" in text:
                replayer.have_roles_alone()
            with scratch.connect(server.role) as connection:
                try:
                    connection.execute(text.encode())
                except psycopg.Error:
                    # Not everything can be given to everybody here: whose an object is does not matter.
                    load_leniently(connection, text)
            replayer.tracker.reread()
            yield replayer
        finally:
            replayer.close()
