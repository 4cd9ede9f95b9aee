"""One finished process: wall clock, CPU of the process and its children, peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple


class Sample(NamedTuple):
    """``wall`` and ``cpu`` (user + system, reaped children included) in seconds; ``peak`` in MB.

    The peak is that of the biggest single process among the process and its reaped children.
    """

    wall: float
    cpu: float
    peak: float


class Failed(Exception):
    """A measured process did not end with the expected exit code; the text is what it printed."""


def measure(words: Sequence[str], *, folder: Path, environ: Mapping[str, str], expect: int = 0) -> Sample:
    """Run a process to its end, output thrown away, nothing on stdin."""
    log = folder / ".bench-stderr"
    with open(log, "wb") as stderr:
        started = time.perf_counter()
        process = subprocess.Popen(
            words,
            cwd=folder,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expect:
        printed = log.read_text(errors="replace")[-2000:]
        raise Failed(f"{' '.join(words)}: exit {process.returncode}\n{printed}")
    log.unlink()
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def middle(samples: Sequence[Sample]) -> Sample:
    """The median of each figure."""
    return Sample(*(median(figures) for figures in zip(*samples, strict=True)))


class Bench:
    """The samples of one run, by name, and the folder that it works in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.samples: dict[str, list[Sample]] = {}
        self.facts: dict[str, object] = {}

    def take(self, name: str, words: list[str], folder: Path, environ: dict[str, str] | None = None) -> None:
        """Measure one process and keep the sample."""
        self.samples.setdefault(name, []).append(measure(words, folder=folder, environ=environ or {}))

    def of(self, name: str) -> Sample:
        """The median sample of this name."""
        return middle(self.samples[name])


def filesystem(path: Path) -> str:
    """The kind of file system that a path is on (Linux), or ``unknown``."""
    best, kind = "", "unknown"
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except OSError:
        return kind
    for line in mounts:
        _, point, found = line.split()[:3]
        if os.path.commonpath([point, path]) == point and len(point) >= len(best):
            best, kind = point, found
    return kind
