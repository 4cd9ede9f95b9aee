"""One reading of a Postgres target beside a replay: what depends on who ran the files, and on the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from landed.core.timeline import Step
from landed.engines.postgres.made_by import MadeBy
from landed.engines.postgres.of_server import without_roles_of_base
from landed.engines.postgres.versions import without_versions

if TYPE_CHECKING:
    from landed.engines.cache import Cache
    from landed.engines.live import LiveState
    from landed.engines.postgres.base import PostgresBase
    from landed.engines.postgres.present import PgPresent


class PgReading:
    """What was read, and whose objects the target holds, where that makes a difference."""

    def __init__(self, engine: PostgresBase, state: LiveState, cache: Cache) -> None:
        self.state = state
        self._engine = engine
        self._made_by: MadeBy | None = None
        if state.facts is not None and state.roles is not None:
            files = engine.migrations().migrations
            self._made_by = MadeBy.of(state.facts, state.roles, engine.target.scope, files)
        self._start = engine.start_facts(cache) if self._made_by is not None else {}

    def expected(self, steps: list[Step]) -> list[Step]:
        """The steps without what objects are born with only if the usual role makes them, and without the
        roles of a starting schema."""
        steps = without_roles_of_base(steps)
        return self._made_by.expected(steps, self._start) if self._made_by is not None else steps

    def seen(self, steps: Sequence[Step]) -> LiveState:
        """The reading without what follows from who made its objects, and from the server's own choice."""
        if self.state.facts is None:
            return self.state
        facts = self.state.facts if self._made_by is None else self._made_by.seen(self.state.facts, steps)
        return self.state._replace(facts=without_versions(facts, steps))

    @property
    def mark(self) -> bytes:
        """Differs where something else is expected of the same files."""
        return self._made_by.mark if self._made_by is not None else b""

    def notes(self, steps: Sequence[Step]) -> Mapping[str, str]:
        """For files whose objects another role made: whose they are, and what they lack for that."""
        return self._made_by.notes(steps, self.state.facts or {}) if self._made_by is not None else {}

    def present(self) -> AbstractContextManager[PgPresent]:
        """A throw-away copy of the target's schema. Raises NoCopy."""
        from landed.engines.postgres.present import present

        return present(self._engine, self._made_by)
