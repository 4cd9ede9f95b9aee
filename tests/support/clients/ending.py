"""Real clients come to an end: a hung one fails its test with what it printed, and nobody waits on.

What they print goes to files, not to pipes: a process that a client has left behind would keep a pipe open,
and whoever reads it waiting, for ever.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

LONGEST = 300.0
"""Seconds after which a client has hung, whatever else the machine is doing: its calls take 1 to 5."""


class Hung(Exception):
    """A real client did not come to an end; the text is its command and what it had printed."""


def finished(
    command: Sequence[str], folder: Path, environ: Mapping[str, str], longest: float = LONGEST
) -> tuple[int, str, str]:
    """Exit code, standard output and standard error; raises :class:`Hung` after ``longest`` seconds."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            code: int | None = process.wait(longest)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            # Also what it left behind: workerd outlives a client that was ended.
            end(process)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
        if code is None:
            raise Hung(f"{' '.join(command)}: no end within {longest:g} s\n{''.join(texts)}")
        return code, texts[0], texts[1]


def end(process: subprocess.Popen[Any]) -> None:
    """End a process that leads a session of its own, with all that it started there."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


@contextlib.contextmanager
def bounded(process: subprocess.Popen[Any], longest: float = LONGEST) -> Iterator[None]:
    """While a line of the process is waited for: one that has hung is ended, so that the reader goes on."""
    timer = threading.Timer(longest, end, [process])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
