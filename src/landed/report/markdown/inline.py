"""Texts from outside in Markdown: whatever a table or a file is called, it makes no markup.

No emphasis, no link, no image, no mention, no reference to an issue, no tag. Names stand in
code, which nothing looks into. Prose has everything that could mean something written as a character
reference, and what GitHub looks for after that (``@name``, ``#1``, addresses, ``:emoji:``) in pieces.
"""

from __future__ import annotations

import re
from html import escape

from landed.report.terminal import finished

_NOT_QUOTED = re.compile(r"[`|\\]|^ | $|  |^$")
"""What cannot stand between backquotes in a table, or would not be seen there."""
_INERT = frozenset(" .,;'\"()/=%?+-:")
_FIRST = re.compile(r" *(?:[-+=]|[0-9]+[.)])| {4}")
"""What makes a list, code, or a heading of what stands above it, at the beginning of a line."""
_WITHIN = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")
"""Underscores that are no emphasis: those inside of a word."""
_ALIVE = re.compile(r"[@#]|:(?=//|[\w+-]+:)|(?<=GH)-(?=\d)|(?<=www)\.", re.IGNORECASE)
"""What GitHub looks for in the finished text: mentions, issues, addresses, emoji."""
_RUNS = re.compile(r"`+")


def prose(text: str) -> str:
    """A sentence as plain text on one line."""
    text = finished(text)
    parts, at = ([_reference(text[0])], 1) if _FIRST.match(text) else ([], 0)
    for found in _ALIVE.finditer(text, at):
        parts += [_inert(text[at : found.start()]), f"<span>{_reference(found[0])}</span>"]
        at = found.end()
    return "".join([*parts, _inert(text[at:])])


def code(text: str) -> str:
    """A name, or a value, as code on one line."""
    text = finished(text)
    if not _NOT_QUOTED.search(text):
        return f"`{text}`"
    return _tagged("".join(_as_code(c) for c in text))


def code_in_html(text: str) -> str:
    """The same where a line is HTML, as in ``<summary>``."""
    return _tagged(escape(finished(text)))


def fenced(text: str, language: str = "") -> str:
    """Lines as a block of code, which nothing in them ends."""
    lines = [finished(line, keep="\t") for line in text.split("\n")]
    longest = max((len(run) for line in lines for run in _RUNS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}{language}", *lines, fence])


def _tagged(shown: str) -> str:
    # Spaces that nobody would see.
    return f"<code>{re.sub(r'^ | $|(?<= ) ', '&nbsp;', shown)}</code>"


def _as_code(character: str) -> str:
    if character.isalnum() or character == " " or not character.isascii():
        return character
    # Addresses of mail are looked for after references are read, also between tags.
    return f"<span>{_reference(character)}</span>" if character == "@" else _reference(character)


def _inert(text: str) -> str:
    within = {at for found in _WITHIN.finditer(text) for at in range(*found.span())}
    return "".join(
        c if c.isalnum() or not c.isascii() or c in _INERT or at in within else _reference(c)
        for at, c in enumerate(text)
    )


def _reference(character: str) -> str:
    return f"&#{ord(character)};"
