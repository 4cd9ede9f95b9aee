"""Ctrl-C and the signals to end, held back for the moments in which stopping would leave half a truth.

What is committed and what is said to be committed have to agree. Within :func:`held` a signal is noted only,
and raised as KeyboardInterrupt when that ends; within :func:`heard`, inside it, it is raised at once: around
everything that may last and that an interruption rolls back. Only the main thread gets signals; in others
both do nothing.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = tuple(
    found for name in ("SIGINT", "SIGTERM", "SIGHUP") if (found := getattr(signal, name, None)) is not None
)
"""What asks the process to stop. (Windows has no SIGHUP.)"""


class _State:
    """How deep the main thread is in what must not be stopped, and whether somebody wanted to."""

    def __init__(self) -> None:
        self.depth = 0
        self.listening = 0
        self.noted = False


_state = _State()


def _arrived(number: int, frame: FrameType | None) -> None:
    if _state.listening:
        raise KeyboardInterrupt
    _state.noted = True


@contextmanager
def held(*, last: bool = False) -> Iterator[None]:
    """Signals to stop wait until this ends; then KeyboardInterrupt is raised, unless an exception is already
    on its way. ``last``: nothing comes after it that would have to be stopped, so they are forgotten."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if _state.depth:
        _state.depth += 1
        deafened, _state.listening = _state.listening, 0
        try:
            yield
        finally:
            _state.depth -= 1
            _state.listening = deafened
        return
    before: dict[signal.Signals, Any] = {}
    _state.depth, _state.listening, _state.noted = 1, 0, False
    try:
        for one in SIGNALS:
            # One that is ignored (nohup) stays so, and one that is not Python's own cannot be put back.
            if signal.getsignal(one) not in (signal.SIG_IGN, None):
                before[one] = signal.signal(one, _arrived)
        yield
    finally:
        _state.depth = 0
        for one, handler in before.items():
            signal.signal(one, handler)
    if _state.noted and not last:
        raise KeyboardInterrupt


@contextmanager
def heard() -> Iterator[None]:
    """Within :func:`held`: a signal to stop, also one that was noted before, is a KeyboardInterrupt here."""
    if not _state.depth or threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.listening += 1
    try:
        if _state.noted:
            raise KeyboardInterrupt
        yield
    finally:
        _state.listening -= 1


def on_signals() -> None:
    """SIGTERM and SIGHUP end the process as Ctrl-C does, with everything in order; once, at the start.

    A process that ignores them goes on doing so.
    """
    for one in SIGNALS:
        if one is not signal.SIGINT and signal.getsignal(one) == signal.SIG_DFL:
            signal.signal(one, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
