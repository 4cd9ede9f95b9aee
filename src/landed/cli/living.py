"""A line on stderr about a statement that takes long: which, where in which file, for how long already."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from landed.core import underway
from landed.core.underway import UnderWay
from landed.report.terminal import forget_line, line_for_now, say

FIRST = 1.0
"""Seconds after which a terminal shows it, and how often."""
LINES = (10.0, 60.0, 300.0)
"""Seconds after which a line of its own is written where there is no terminal; then as often as the last."""
_WIDTH = 60


@contextmanager
def living() -> Iterator[None]:
    """While this lasts, what takes long is shown."""
    ended = threading.Event()
    show = _on_terminal if sys.stderr.isatty() else _Now_and_then()
    thread = threading.Thread(target=_follow, args=(ended, show), name="landed-living", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(1)
        underway.over()
        forget_line()


def _follow(ended: threading.Event, show: Callable[[UnderWay, float], None]) -> None:
    while not ended.wait(FIRST / 2):
        at = underway.now()
        if at is not None and (lasted := monotonic() - at.since) >= FIRST:
            show(at, lasted)


def _on_terminal(at: UnderWay, lasted: float) -> None:
    line_for_now(f"{described(at)}   {_time(lasted)}", sys.stderr)


class _Now_and_then:
    """Where lines stay, there are few of them."""

    def __init__(self) -> None:
        self._of: UnderWay | None = None
        self._told = 0

    def __call__(self, at: UnderWay, lasted: float) -> None:
        if at is not self._of:
            self._of, self._told = at, 0
        due = LINES[self._told] if self._told < len(LINES) else LINES[-1] * (self._told - len(LINES) + 2)
        if lasted >= due:
            self._told += 1
            say(f"{described(at)}: for {_time(lasted)} already", sys.stderr)


def described(at: UnderWay) -> str:
    """The place, and how the statement begins: ``migrations/0002_b.sql:3  UPDATE big SET …``."""
    if at.statement is None:
        return at.file
    text = " ".join(at.statement.text[: 4 * _WIDTH].split())
    text = text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
    return f"{at.file}:{at.statement.line}  {text}"


def _time(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60:02} s"
