"""Landlock: which files a process may read, write and execute from now on, and whom it may reach.

Rights that the running kernel does not know yet are left out; :func:`abi` says how many it knows.
Source: the kernel's ``include/uapi/linux/landlock.h`` and ``Documentation/userspace-api/landlock.rst``.
"""

from __future__ import annotations

import os
import stat
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_CHAR, MAKE_DIR = 1 << 4, 1 << 5, 1 << 6, 1 << 7
MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK = 1 << 8, 1 << 9, 1 << 10, 1 << 11
MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV = 1 << 12, 1 << 13, 1 << 14, 1 << 15

READ = READ_FILE | READ_DIR
OWN = READ | WRITE_FILE | TRUNCATE | REFER | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG
"""For folders that are the process's own: no devices, no pipes, no links to elsewhere, nothing to execute."""
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""What can be allowed for a single file."""

_KNOWN_SINCE = ((1, MAKE_SYM * 2 - 1), (2, REFER), (3, TRUNCATE), (5, IOCTL_DEV))
_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2
_PATH_ONLY = getattr(os, "O_PATH", 0)
_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""Numbers of the system calls, the same on every architecture."""


class Missing(Exception):
    """This kernel, or the container's runtime, offers nothing of the kind; says why."""


def abi() -> int:
    """The version of the running kernel's Landlock, from 1 on. Raises :class:`Missing`."""
    found = _call(_CREATE, None, 0, 1)
    if found < 1:
        raise Missing("the kernel has no Landlock, or does not allow it here")
    return found


def handled(version: int) -> int:
    """Every right to files that a kernel of this version can take away."""
    return sum(rights for since, rights in _KNOWN_SINCE if version >= since)


def restrict(descriptors: Mapping[int, int], version: int) -> None:
    """Allow this process nothing but these rights below these folders or files, given as descriptors.

    TCP, abstract sockets of others and signals to others are taken away where ``version`` can do it.
    ``PR_SET_NO_NEW_PRIVS`` must be set. Raises :class:`Missing`.
    """
    import ctypes

    everything = handled(version)
    words = [everything]
    if version >= 4:
        words.append(_BIND_TCP | _CONNECT_TCP)
    if version >= 6:
        words.append(_ABSTRACT_SOCKETS | _SIGNALS)
    wanted = struct.pack(f"={len(words)}Q", *words)
    ruleset = _call(_CREATE, ctypes.c_char_p(wanted), len(wanted), 0)
    if ruleset < 0:
        raise Missing("Landlock refused the rules")
    try:
        for descriptor, rights in descriptors.items():
            rule = struct.pack("=Qi", rights & everything, descriptor)
            if _call(_ADD, ruleset, 1, ctypes.c_char_p(rule), 0) != 0:
                raise Missing("Landlock refused a rule")
        if _call(_RESTRICT, ruleset, 0) != 0:
            raise Missing("Landlock refused to restrict the process")
    finally:
        os.close(ruleset)


def opened(rights: Iterable[tuple[str, int]]) -> dict[int, int]:
    """Descriptors for :func:`restrict` of the paths that are there; several rights to one path add up."""
    if not _PATH_ONLY:
        return {}
    whole: dict[str, int] = {}
    for path, given in rights:
        whole[path] = whole.get(path, 0) | given
    found = {}
    for path, given in whole.items():
        try:
            descriptor = os.open(path, _PATH_ONLY | os.O_CLOEXEC)
        except OSError:
            continue
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        found[descriptor] = given if folder else given & OF_FILES
    return found


def _call(number: int, *arguments: object) -> int:
    import ctypes

    given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *given))
