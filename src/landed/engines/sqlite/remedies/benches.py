"""The schemas of a target and of its files, each where scripts can be tried."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from landed.engines.sqlite.remedies.bench import Bench

if TYPE_CHECKING:
    from landed.engines.base import Known
    from landed.engines.sqlite.base import SqliteBase


class Benches:
    """The two schemas: the one that is there, and those that files make."""

    def __init__(self, engine: SqliteBase, known: Known) -> None:
        self.engine, self.known = engine, known
        self._made: dict[frozenset[str], Bench] = {}

    @cached_property
    def live(self) -> Bench:
        """What is there, whatever of it can be built."""
        replayer = self.engine.replayer()
        replayer.load(self.known.state.rows)
        return Bench(self.engine.replayer, replayer, self.engine.parse)

    def made(self, *more: str) -> Bench:
        """What the files make that count as applied, and ``more`` (names).

        It is replayed from their texts and not read from the cache: what comes out of it is run.
        """
        names = self.known.applied | set(more)
        if names not in self._made:
            replayer = self.engine.replayer()
            for step in self.known.steps:
                if step.name in names and step.name in self.known.files:
                    replayer.replay(self.known.files[step.name])
            self._made[names] = Bench(self.engine.replayer, replayer, self.engine.parse)
        return self._made[names]
