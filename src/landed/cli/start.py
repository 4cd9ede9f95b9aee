"""Where the process starts: a signal that comes while the rest is loaded waits until it can be answered."""

from __future__ import annotations

import signal
from types import FrameType

from landed.core.stopping import SIGNALS

_noted: list[int] = []


def main() -> None:
    """Run the command line. A signal to stop ends it with exit code 130 from the first moment on."""
    # One that is ignored (nohup), or that somebody else answers, stays as it is.
    usual = (signal.default_int_handler, signal.SIG_DFL)
    ours = {one: before for one in SIGNALS if (before := signal.getsignal(one)) in usual}
    for one in ours:
        signal.signal(one, _note)
    from landed.cli.main import main as run

    def listen() -> None:
        """Everything is there that tells what an interruption means."""
        for one, before in ours.items():
            signal.signal(one, before)
        if _noted:
            raise KeyboardInterrupt

    run(listen if signal.SIGINT in ours else None)


def _note(number: int, frame: FrameType | None) -> None:
    _noted.append(number)
