"""What ends this process when its work hears no interruption: one call into a C library can take hours."""

from __future__ import annotations

from collections.abc import Callable

from landed.core.errors import LandedError

handlers: list[Callable[[LandedError], None]] = []
"""The command line puts a function here that reports the error and exits; a library call has none."""

cleanups: list[Callable[[], None]] = []
"""What must not be left behind even then (a copy of somebody's database); run before the exit."""


def end(error: LandedError) -> bool:
    """Report and exit, from any thread; false where nobody took this process over."""
    if not handlers:
        return False
    for clean in reversed(cleanups):
        try:
            clean()
        except Exception:  # the exit must not fail
            continue
    handlers[-1](error)
    return True
