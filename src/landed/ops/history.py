"""A history of files beside one reading of a target: replayed, and judged by what is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from landed.core.judge import CheckResult, Ruling
from landed.core.timeline import BASE
from landed.ops.alternatives import never_ran, without_hidden
from landed.ops.needed import needed_by
from landed.ops.orders import troubles
from landed.ops.ruling import rule

if TYPE_CHECKING:
    from landed.core.migration import Migration
    from landed.core.timeline import Progress, Step
    from landed.engines.base import Reading
    from landed.engines.cache import Cache
    from landed.engines.contract import Engine
    from landed.engines.live import LiveState


class Replays:
    """Replays of a history and of variants of it, as they are to be expected of the target."""

    def __init__(self, engine: Engine, reading: Reading, cache: Cache, progress: Progress | None) -> None:
        self.reading = reading
        self.cache = cache
        self._engine = engine
        self._progress = progress
        self._first: list[Step] = []

    def again(
        self,
        files: Sequence[Migration],
        *,
        keep: bool = False,
        hopeless: Callable[[Step], bool] = lambda step: False,
    ) -> list[Step]:
        """The steps of these files in this order; what does the same as before is not looked after anew."""
        found = self._engine.replay(
            files, cache=self.cache, keep=keep, progress=self._progress, hopeless=hopeless, like=self._first
        )
        self._first.extend(found if not self._first else ())
        return self.reading.expected(found)


class History:
    """Files in the order of their replay, the starting schema before them, and what the target shows of them.

    ``files``, ``steps``, ``state`` and ``facts`` belong together; ``ruling`` is there once it is judged.
    """

    ruling: Ruling

    def __init__(
        self,
        engine: Engine,
        replays: Replays,
        migrations: Sequence[Migration],
        steps: list[Step],
        state: LiveState,
        results: Mapping[str, Sequence[CheckResult]],
    ) -> None:
        self._engine = engine
        self._replays = replays
        self._results = results
        self.files = engine.history(migrations)
        self.steps = steps
        self.state = state
        self.facts = engine.facts_of(state)
        self._recorded = frozenset(row.name for row in state.ledger or ())
        if len(self.files) > len(migrations):
            self._recorded |= {BASE}
        self._key = engine.history_key(self.files) + replays.reading.mark

    def judged(self) -> History:
        """The history itself, once it is judged."""
        self._judge()
        return self

    @property
    def troubles(self) -> int:
        """How much the ruling has against this order of the files."""
        return troubles(self.ruling, self._recorded)

    def _judge(self) -> None:
        self.ruling = rule(
            self._replays.cache,
            self._key,
            self.steps,
            self.state,
            self.facts,
            self._results,
            self._recorded,
        )

    def leave_the_unimportant(self) -> dict[str, str]:
        """Judge again without what nobody has to mend; what to say of which files (by name)."""
        as_expected, told = self._engine.unimportant(self.ruling)
        if as_expected:
            self.state = self.state._replace(facts={**self.facts, **as_expected})
            self.facts = self._engine.facts_of(self.state)
            self._judge()
        return told

    def look_behind_files(self) -> None:
        """Judge again without files that never ran, and whose place a later one has taken."""
        hidden = never_ran(
            self.steps,
            self._recorded,
            self.facts,
            self.ruling,
            lambda name, hopeless: self._without({name}, hopeless),
            self._engine.may_hide(self.files, self.steps),
        )
        if hidden:
            others = self._without(hidden.keys())
            self.steps, self.ruling = without_hidden(
                self.steps, self.ruling, hidden, others, self._recorded, self.facts, self._results
            )

    def needed(self) -> dict[str, str]:
        """What other files need of files that were never recorded."""
        return needed_by(self.steps, self._recorded, self.ruling, self._without)

    def _without(
        self, names: Collection[str], hopeless: Callable[[Step], bool] = lambda step: False
    ) -> list[Step]:
        return self._replays.again([m for m in self.files if m.name not in names], hopeless=hopeless)

    def leave_the_start(self) -> None:
        """Take what a database has before its first file out of what nothing explains."""
        if not self.ruling.unexplained:
            return
        start = self._engine.start_facts(self._replays.cache)
        left = tuple(key for key in self.ruling.unexplained if start.get(key) != self.facts[key])
        self.ruling = self.ruling._replace(unexplained=left)
