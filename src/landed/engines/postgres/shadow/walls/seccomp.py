"""A filter for system calls: no network, no other program, no other process, however the code got in.

Refused calls fail with EPERM, so that a server says what it could not do; ones that this module does not
know fail with ENOSYS. Source: the kernel's ``Documentation/userspace-api/seccomp_filter.rst``.
"""

from __future__ import annotations

import os
import struct

from landed.engines.postgres.shadow.walls.landlock import Missing
from landed.engines.postgres.shadow.walls.syscalls import ARCHITECTURES, CHECKED, DENIED, NEWEST, UNKNOWN

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = _ERRNO | 1, _ERRNO | 38
_LOAD, _RETURN, _AND = 0x20, 0x06, 0x54
_EQUAL, _ABOVE, _ANY_OF = 0x15, 0x25, 0x45
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_NEW_PROCESS_WITH = (
    0x00000100 | 0x00002000 | 0x00004000 | 0x00008000 | 0x00010000  # VM PTRACE VFORK PARENT THREAD
    | 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
    | 0x00800000  # every namespace, UNTRACED
)  # fmt: skip
"""Flags of ``clone`` that no ``fork`` has: threads and shared memory, so also ``posix_spawn``."""
_TERMINAL_INPUT = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: typing for somebody."""
_OWN_SOCKET = 0o700
"""The only mode that is ever set: the server's, of its socket."""

Instruction = tuple[int, int, int, int]


def program(machine: str, execute: tuple[int, int, int] | None = None) -> list[Instruction]:
    """The filter for an architecture (``platform.machine()``). Raises :class:`Missing` for others.

    ``execute`` are the addresses of the only arguments that ``execve`` may be called with: the filter is set
    before the server's program takes the place of the one that sets it, and a program does not keep the
    addresses of the one before it. Without them nothing can be executed.
    """
    if machine not in ARCHITECTURES:
        raise Missing(f"no filter for system calls was made for {machine}")
    architecture, column = ARCHITECTURES[machine]
    filters = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
        (_ABOVE, 0, 1, NEWEST),  # x32's too
        (_RETURN, 0, 0, _ENOSYS),
    ]
    checks = {
        "socket": [*_must_be(0, 1), _low(1), (_AND, 0, 0, 0xF), (_EQUAL, 1, 0, 1), _no(), _yes()],
        "sendto": [*_must_point(4, 0), _yes()],
        "clone": [_low(0), (_ANY_OF, 0, 1, _NEW_PROCESS_WITH), _no(), _yes()],
        "kill": [_low(0), (_EQUAL, 0, 1, 0xFFFFFFFF), _no(), _yes()],
        "prlimit64": [*_must_be(0, 0), _yes()],
        "chmod": [*_must_be(1, _OWN_SOCKET), _yes()],
        "fchmodat": [*_must_be(2, _OWN_SOCKET), _yes()],
        "ioctl": [
            *(_low(1), (_EQUAL, 1, 0, _TERMINAL_INPUT[0]), (_EQUAL, 0, 1, _TERMINAL_INPUT[1])),
            *(_no(), _yes()),
        ],
        "execve": [
            *(step for place, address in enumerate(execute or ()) for step in _must_point(place, address)),
            _yes() if execute else _no(),
        ],
    }  # fmt: skip
    for name, numbers in CHECKED.items():
        if (number := numbers[column]) is not None:
            steps = checks[name]
            filters += [(_EQUAL, 0, len(steps), number), *steps]
    for names, answer in ((DENIED, _EPERM), (UNKNOWN, _ENOSYS)):
        for numbers in names.values():
            if (number := numbers[column]) is not None:
                filters += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, answer)]
    return [*filters, _yes()]


def install(filters: list[Instruction]) -> None:
    """Put a filter in force, for good. ``PR_SET_NO_NEW_PRIVS`` must be set. Raises :class:`Missing`."""
    import ctypes

    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in filters))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(filters), ctypes.addressof(code)))
    system = ctypes.CDLL(None, use_errno=True)
    number = {"x86_64": 317, "aarch64": 277}[os.uname().machine]
    # Without slowing the processor down for it (4): nothing in the process is kept from itself.
    for flags in (4, 0):
        if system.syscall(ctypes.c_long(number), ctypes.c_long(1), ctypes.c_long(flags), head) == 0:
            return
    raise Missing("the kernel takes no filter for system calls here")


def _low(argument: int) -> Instruction:
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)


def _yes() -> Instruction:
    return (_RETURN, 0, 0, _ALLOW)


def _no() -> Instruction:
    return (_RETURN, 0, 0, _EPERM)


def _must_be(argument: int, value: int) -> list[Instruction]:
    """An ``int``: the kernel looks at no more than its lower half either."""
    return [_low(argument), (_EQUAL, 1, 0, value), _no()]


def _must_point(argument: int, address: int) -> list[Instruction]:
    low, high = _low(argument), (_LOAD, 0, 0, _ARGUMENTS + 8 * argument + 4)
    return [
        low, (_EQUAL, 1, 0, address & 0xFFFFFFFF), _no(),
        high, (_EQUAL, 1, 0, address >> 32), _no(),
    ]  # fmt: skip
