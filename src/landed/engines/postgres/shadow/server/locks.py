"""Whether a server of ours runs, and the locks and signals around that; all by means of the system."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

PORT = 5432
"""Part of the name of the socket; there is no network port."""

_SMALL = 1 << 18


def flock(path: Path, *, shared: bool, wait: bool = True) -> int | None:
    """A lock on a file, made if need be; the descriptor to close, or ``None`` when not waiting in vain."""
    import fcntl

    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BaseException as error:
        os.close(fd)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return fd


def listens(folder: Path) -> bool:
    """Whether a server listens on the socket in a folder."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(folder / f".s.PGSQL.{PORT}"))
        except OSError:
            return False
    return True


def alive(pid: int) -> bool:
    """Whether a process of this number runs; one that ended and was not waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    # "number (name) state …"; systems without /proc have an init that waits.
    return read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()[:1] not in (["Z"], ["X"])


def server_pid(data: Path) -> int | None:
    """The running server of a data directory.

    Its own pid file may be stale, or hold what a stranger's SQL wrote there; beside the folder lies what
    landed was told when it started it.
    """
    for pid in (_number(read(data.parent / "pid")), recorded_pid(data)):
        if pid is not None and alive(pid) and str(data) in _arguments(pid):
            return pid
    return None


def _arguments(pid: int) -> str:
    command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return read(Path(f"/proc/{pid}/cmdline"))


def _number(text: str) -> int | None:
    first = text.partition("\n")[0]
    return int(first) if first.isdecimal() and first not in ("0", "1") and len(first) < 12 else None


def recorded_pid(data: Path) -> int | None:
    """The number in a data directory's pid file."""
    return _number(read(data / "postmaster.pid"))


def stop(data: Path, *, at_once: bool = True) -> None:
    """Stop the server of a data directory: at once, or so that what is in it is on disk."""
    pid = server_pid(data)
    for sign in (*(() if at_once else (signal.SIGINT,)), signal.SIGQUIT, signal.SIGKILL):
        if pid is None:
            return
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        end = time.monotonic() + 5
        while alive(pid) and time.monotonic() < end:
            time.sleep(0.005)
        pid = server_pid(data)


def read(path: Path) -> str:
    """A small file's text (of a large one its beginning), or nothing."""
    try:
        with path.open(errors="replace") as file:
            return file.read(_SMALL)
    except OSError:
        return ""
