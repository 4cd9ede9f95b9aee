"""Confining the running process for good: limits of the system's, Landlock, a filter for system calls."""

from __future__ import annotations

import os
import sys

from landed.engines.postgres.shadow.walls import landlock, seccomp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

NEWEST_LANDLOCK = 7
"""The newest version of Landlock whose rights are used."""
_MOST_STACK = 8 << 20
_NO_NEW_PRIVILEGES = 38


def confine(
    rights: Mapping[int, int],
    *,
    memory: int = 0,
    file_size: int = 0,
    execute: tuple[int, int, int] | None = None,
    newest: int = NEWEST_LANDLOCK,
) -> dict[str, object]:
    """Confine this process and all that it starts; nothing takes it back.

    ``rights`` are descriptors of folders and files with what is allowed below them (:mod:`.landlock`);
    ``memory`` (private memory of one process) and ``file_size`` (of one file) are in bytes, 0 for no limit;
    ``execute`` are the addresses of the only arguments that ``execve`` may have. Returns what is in force:
    ``landlock`` (version, 0 for none), ``seccomp``, ``lacking`` (why something is not in force).
    """
    lacking: list[str] = []
    found: dict[str, object] = {"landlock": 0, "seccomp": False, "lacking": lacking}
    limit(memory, file_size)
    if sys.platform != "linux":
        lacking.append(f"landed knows no walls for {sys.platform}")
        return found
    try:
        import ctypes

        if ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
            raise landlock.Missing("the kernel does not let a process give up new privileges")
    except (ImportError, OSError, landlock.Missing) as problem:
        lacking.append(str(problem))
        return found
    try:
        version = min(landlock.abi(), newest)
        landlock.restrict(rights, version)
        found["landlock"] = version
    except landlock.Missing as problem:
        lacking.append(str(problem))
    try:
        seccomp.install(seccomp.program(os.uname().machine, execute))
        found["seccomp"] = True
    except landlock.Missing as problem:
        lacking.append(str(problem))
    return found


def limit(memory: int, file_size: int) -> None:
    """The system's limits: they hold for each process by itself, and no process can raise them again."""
    import resource

    wanted = {resource.RLIMIT_CORE: 0, resource.RLIMIT_STACK: _MOST_STACK}
    if memory:
        wanted[resource.RLIMIT_DATA] = memory
    if file_size:
        wanted[resource.RLIMIT_FSIZE] = file_size
    for which, most in wanted.items():
        soft, hard = resource.getrlimit(which)
        unlimited = resource.RLIM_INFINITY
        low = min((each for each in (most, soft, hard) if each != unlimited), default=most)
        # macOS refuses some values; there this limit is not in force.
        try:
            resource.setrlimit(which, (low, low if which != resource.RLIMIT_STACK else hard))
        except (ValueError, OSError):
            continue
