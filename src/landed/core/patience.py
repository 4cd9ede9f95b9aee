"""The one loop "try, pause, until": what fails now and may succeed a moment later is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import TypeVar

Given = TypeVar("Given")
Pause = Callable[[Exception, int], "float | None"]
"""Told an error and how often was tried by then: the seconds until the next try, ``None`` if it is none to
wait for. May raise what is to be said instead."""


def patiently(
    attempt: Callable[[], Given], pause: Pause, *, sleep: Callable[[float], None] = time.sleep
) -> Given:
    """What ``attempt`` gives, tried again for as long as ``pause`` says so; then its error is raised."""
    for tried in count(1):
        try:
            return attempt()
        except Exception as error:
            seconds = pause(error, tried)
            if seconds is None:
                raise
        sleep(seconds)
    raise AssertionError("no end")


def until(end: float, pauses: Sequence[float], *kinds: type[Exception]) -> Pause:
    """Pauses (the last one again and again) after errors of these kinds, before ``end``, which is a
    ``time.monotonic()``."""

    def pause(error: Exception, tried: int) -> float | None:
        if not isinstance(error, kinds) or time.monotonic() >= end:
            return None
        return pauses[min(tried, len(pauses)) - 1]

    return pause
