"""Native code without a compiler: a shared library, made here, that acts as soon as it is loaded.

The library is the least that the loader of x86_64 Linux takes: one segment, one initialiser. What the
initialiser does is a list of system calls, made in order; the answer to each is written down in a file.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

Word = int | bytes | str
"""An argument: a number, bytes (a pointer to them), or ``"last"``, the answer of the call before."""

_BASE = 0x1000
_REGISTERS = (b"\x48\xbf", b"\x48\xbe", b"\x48\xba", b"\x49\xba", b"\x49\xb8", b"\x49\xb9")
"""mov rdi/rsi/rdx/r10/r8/r9, immediate."""
_FROM_BASE = (
    b"\x48\x8d\xbb",
    b"\x48\x8d\xb3",
    b"\x48\x8d\x93",
    b"\x4c\x8d\x93",
    b"\x4c\x8d\x83",
    b"\x4c\x8d\x8b",
)
"""lea the same, [rbx + offset]."""
_FROM_LAST = (
    b"\x4c\x89\xf7",
    b"\x4c\x89\xf6",
    b"\x4c\x89\xf2",
    b"\x4d\x89\xf2",
    b"\x4d\x89\xf0",
    b"\x4d\x89\xf1",
)
"""mov the same, r14."""


def library(calls: Sequence[tuple[int, Sequence[Word]]], answers: bytes) -> bytes:
    """A library that makes these calls (number, arguments) and writes each answer, eight bytes, to a file.

    ``answers`` is the path of that file, which the caller of the library has to be able to make.
    """
    strings = bytearray()

    def place(text: bytes) -> int:
        strings.extend(text + b"\0")
        return len(strings) - len(text) - 1

    code = bytearray()
    # call next; pop rbx: where this is in memory. r12: the file of the answers; r13: room for one.
    code += b"\x53\x41\x54\x41\x55\x41\x56\xe8\0\0\0\0\x5b"
    origin = len(code) - 1

    def call(number: int, words: Sequence[Word]) -> None:
        for at, word in enumerate(words):
            if isinstance(word, bytes):
                fixes.append((len(code) + 3, place(word)))
                code.extend(_FROM_BASE[at] + bytes(4))
            elif word == "last":
                code.extend(_FROM_LAST[at])
            elif word == "file":
                code.extend(b"\x4c\x89\xe7")
            else:
                code.extend(_REGISTERS[at] + struct.pack("<Q", int(word) & (1 << 64) - 1))
        code.extend(b"\xb8" + struct.pack("<I", number) + b"\x0f\x05")

    fixes: list[tuple[int, int]] = []
    call(2, [answers, 0o2101, 0o600])  # open(…, O_CREAT | O_WRONLY | O_APPEND)
    code += b"\x49\x89\xc4"  # mov r12, rax
    for number, words in calls:
        call(number, words)
        code += b"\x49\x89\xc6"  # mov r14, rax
        # push r14; write(r12, rsp, 8); pop r14
        code += b"\x41\x56\x48\x89\xe6\x4c\x89\xe7\xba\x08\0\0\0\xb8\x01\0\0\0\x0f\x05\x41\x5e"
    code += b"\x41\x5e\x41\x5d\x41\x5c\x5b\xc3"
    for at, offset in fixes:
        struct.pack_into("<i", code, at, len(code) + offset - origin)
    return _elf(bytes(code) + bytes(strings))


def _elf(body: bytes) -> bytes:
    """One readable, writable, executable segment: the head, the dynamic section, symbols, ``body``."""
    head, dynamic_at = 64 + 2 * 56, 64 + 2 * 56
    entries = 7
    symbols_at = dynamic_at + entries * 16
    strings_at = symbols_at + 24
    hash_at = strings_at + 8
    body_at = hash_at + 16
    size = body_at + len(body)
    dynamic = [(12, body_at), (4, hash_at), (5, strings_at), (6, symbols_at), (10, 1), (11, 24), (0, 0)]
    assert len(dynamic) == entries
    file = bytearray(size)
    file[:64] = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0
    )
    struct.pack_into("<IIQQQQQQ", file, 64, 1, 7, 0, 0, 0, size, size, _BASE)
    struct.pack_into(
        "<IIQQQQQQ", file, 120, 2, 6, dynamic_at, dynamic_at, dynamic_at, entries * 16, entries * 16, 8
    )
    for at, (tag, value) in enumerate(dynamic):
        struct.pack_into("<QQ", file, head + at * 16, tag, value)
    struct.pack_into("<IIII", file, hash_at, 1, 1, 0, 0)
    file[body_at:] = body
    return bytes(file)
