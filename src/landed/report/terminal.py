"""The one place that writes to people: nothing from a database, a file or a server steers their terminal.

One call is one line. Whatever is in it that breaks lines or steers a terminal comes from outside, and is
shown as an escape (``core.printable``); landed's own colours carry a mark that nothing outside can know.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import IO, Any, TextIO, cast

from landed.core.next import lines
from landed.core.printable import escaped, escaped_json

_MARK = f"\x1b{os.urandom(12).hex()}"
_RESET = "0"


Mask = Callable[[str], str]
_masks: dict[bool, Mask] = {}
"""What takes secrets out of a text of landed's own (``False``), and out of the user's data (``True``)."""


def mask_with(redact: Mask, masked: Mask) -> None:
    """Let nothing be written before ``redact`` has seen it; for rows of the user's, before ``masked`` has."""
    _masks.update({False: redact, True: masked})


def without_secrets(data: str) -> str:
    """Data of the user without the secrets in force; before it is cut to fit, which could show half."""
    mask = _masks.get(True)
    return data if mask is None else mask(data)


def coloured(text: str, code: str) -> str:
    """The text between landed's own marks for a style, which :func:`say` turns into the terminal's."""
    return f"{_MARK}[{code}m{text}{_MARK}[{_RESET}m"


def finished(text: str, keep: str = "", *, data: bool = False) -> str:
    """What is written for a text: secrets masked, all but ``keep`` that steers escaped, colours put in.

    ``data`` is the user's own, in which only the secrets in force are masked.
    """
    mask = _masks.get(data)
    first, *rest = (mask(text) if mask is not None and text else text).split(_MARK)
    parts = [escaped(first, keep)]
    for part in rest:
        style, _, after = part.partition("m")
        parts.append(f"\x1b{style}m{escaped(after, keep)}")
    return "".join(parts)


def say(text: str = "", out: IO[str] | None = None, *, data: bool = False) -> None:
    """Write one line (to standard output, where nothing else is said); a line break in it is shown as one."""
    put(finished(text, data=data) + "\n", out)


def say_all(lines: Iterable[str], out: IO[str] | None = None) -> None:
    """Write several lines."""
    for line in lines:
        say(line, out)


def say_next(text: str, out: IO[str] | None = None, *, head: str = "Next: ") -> None:
    """Write what to do next; only a ``Next`` has further lines, which stand below."""
    first, *more = lines(text)
    say(head + first, out)
    say_all(more, out)


def say_lines(text: str, out: IO[str] | None = None, *, indent: str = "") -> None:
    """Write a text that has lines of its own, such as SQL or a traceback, each set in by ``indent``."""
    for line in text.split("\n"):
        put(f"{indent}{finished(line, keep=chr(9))}\n", out)


def say_json(body: dict[str, Any], out: IO[str] | None = None, *, data: bool = False) -> None:
    """Write one JSON document, without secrets, its texts safe for a terminal and still the same values."""
    import json

    mask = _masks.get(data)
    text = json.dumps(body, indent=2, ensure_ascii=False)
    if mask is not None and mask(text) != text:
        text = json.dumps(_without_secrets(body, mask), indent=2, ensure_ascii=False)
    put(escaped_json(text) + "\n", out)


def _without_secrets(body: Any, mask: Mask) -> Any:
    """A JSON value with every text in it masked; keys stay what they are."""
    if isinstance(body, str):
        return mask(body)
    if isinstance(body, dict):
        return {key: _without_secrets(value, mask) for key, value in body.items()}
    if isinstance(body, list | tuple):
        return [_without_secrets(value, mask) for value in body]
    return body


def put(text: str, out: IO[str] | None = None) -> None:
    """Write what is finished already: the output of :func:`finished`, of a command that ran, a script."""
    forget_line()
    _write(text, sys.stdout if out is None else out)


def _write(text: str, stream: IO[str]) -> None:
    if isinstance(stream, Guarded):
        stream.put(text)
    else:
        stream.write(text)


_line: IO[str] | None = None


def line_for_now(text: str, out: IO[str]) -> None:
    """Show one line on a terminal, in place of the last such; whatever is written next takes its place."""
    global _line  # noqa: PLW0603
    import shutil

    shown = finished(text)[: shutil.get_terminal_size().columns - 1]
    _line = out
    _write(f"\r\x1b[K{shown}", out)
    out.flush()


def forget_line() -> None:
    """Take away what :func:`line_for_now` shows, if it shows anything."""
    global _line
    if _line is not None:
        stream, _line = _line, None
        _write("\r\x1b[K", stream)
        stream.flush()


class Guarded:
    """A standard stream to which also others write: libraries, the interpreter's own warnings.

    What comes by :func:`put` passes; in all else what steers is escaped, line by line.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def put(self, text: str) -> None:
        """Write what is finished."""
        self._stream.write(text)

    def write(self, text: str) -> int:
        """Write what nobody has looked at."""
        if not isinstance(text, str):
            raise TypeError("a text stream takes text")
        self._stream.write(finished(text, keep="\n\t"))
        return len(text)

    def writelines(self, texts: list[str]) -> None:
        """Write several."""
        for text in texts:
            self.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard() -> None:
    """Put both standard streams behind the guard; what they cannot encode becomes a ``?``."""
    import io

    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            # Names and marks may lie outside the terminal's character set: better a ? than no output.
            stream.reconfigure(errors="replace")
        if stream is not None and not isinstance(stream, Guarded):
            setattr(sys, name, cast(TextIO, Guarded(stream)))
