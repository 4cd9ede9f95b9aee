"""The whole history's timeline: cached steps first, only the rest replayed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
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

    A kept image that turns out to be damaged is left, and all is replayed. Raises LimitReached, Broken.
    """
    keys = chain(mode, ledger_table, migrations)
    known = cache.steps(keys) if cache is not None else []
    if len(known) == len(migrations) or any(map(hopeless, known)):
        return known
    from landed.engines.sqlite.shadow.faults import Broken

    start = len(known)
    image = cache.image(keys[start - 1]) if cache is not None and start else None
    run = partial(_run, mode, ledger_table, migrations, keys, cache, progress, hopeless, clock)
    if image is not None:
        try:
            return run(known, image)
        except Broken:
            pass
    return run([], None)


def _run(
    mode: str,
    ledger_table: str | None,
    migrations: Sequence[Migration],
    keys: Sequence[bytes],
    cache: Cache | None,
    progress: Progress | None,
    hopeless: Callable[[Step], bool],
    clock: Clock | None,
    known: Sequence[Step],
    image: bytes | None,
) -> list[Step]:
    """The steps after those that are known, of which there is an image."""
    from landed.engines.sqlite.shadow.faults import told
    from landed.engines.sqlite.shadow.replay import Replayer

    steps, start = list(known), len(known)
    with told("Going on from what was kept"):
        replayer = Replayer(mode, ledger_table=ledger_table, image=image, clock=clock)
    try:
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
