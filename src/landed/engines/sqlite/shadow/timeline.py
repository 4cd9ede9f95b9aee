"""The whole history's timeline: cached steps first, only the rest replayed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from landed.core.migration import Migration
from landed.core.timeline import Progress, Step
from landed.engines.cache import Cache, chain

if TYPE_CHECKING:
    from landed.engines.clock import Clock


def timeline(
    mode: str,
    ledger_table: str | None,
    migrations: Sequence[Migration],
    *,
    cache: Cache | None = None,
    progress: Progress | None = None,
    hopeless: Callable[[Step], bool] = lambda step: False,
    clock: Clock | None = None,
) -> list[Step]:
    """Replay a history in the given order: one step per migration, none after a ``hopeless`` one.

    Raises LimitReached.
    """
    keys = chain(mode, ledger_table, migrations)
    known = cache.steps(keys) if cache is not None else []
    if len(known) == len(migrations) or any(map(hopeless, known)):
        return known
    from landed.engines.sqlite.shadow.replay import Replayer

    start = len(known)
    image = cache.image(keys[start - 1]) if cache is not None and start else None
    replayer = Replayer(mode, ledger_table=ledger_table, image=image, clock=clock)
    try:
        steps = known
        if image is None:
            steps, start = [], 0
        for index in range(start, len(migrations)):
            if progress is not None:
                progress(index, len(migrations), migrations[index].name)
            steps.append(replayer.replay(migrations[index]))
            if hopeless(steps[-1]):
                break
        if cache is not None:
            cache.store(keys[start : len(steps)], steps[start:], replayer.image())
    finally:
        replayer.close()
    return steps
