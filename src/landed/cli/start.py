"""Where the process starts: a signal that comes while the rest is loaded waits until it can be answered."""

from __future__ import annotations

import signal
from types import FrameType

_noted: list[int] = []


def main() -> None:
    """Run the command line. Ctrl-C ends it with exit code 130 from its first moment to its last."""
    python = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if python:
        signal.signal(signal.SIGINT, _note)
    from landed.cli.main import main as run

    run(_listen if python else None)


def _note(number: int, frame: FrameType | None) -> None:
    _noted.append(number)


def _listen() -> None:
    """Everything is there that tells what an interruption means."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if _noted:
        raise KeyboardInterrupt
