"""What may be shown as it is, and what is shown as an escape because it would steer a terminal or hide."""

from __future__ import annotations

import re
from functools import cache

_JOINING = "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\u1800-\u18af"
"""Scripts in which a (non-)joiner between letters is spelling: Arabic, the Indic ones, Khmer, Mongolian."""

_PICTURE = "\u00a9\u00ae\u2190-\u2bff\u3000-\u303f\u3297\u3299\U0001f000-\U0001faff"

_SPELLING = (
    # A joiner within a word of such a script, or between two pictures of one emoji.
    f"(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
    f"|(?<=[{_PICTURE}\ufe0f])\u200d(?=[{_PICTURE}])"
    # The form of a picture or an ideograph, and that of a key (1, variation selector, enclosing square).
    f"|(?<=[{_PICTURE}\u2000-\u218f\u3400-\u9fff])[\ufe00-\ufe0f]"
    "|(?<=[0-9#*])\ufe0f(?=\u20e3)"
)

_STEERING = (
    # C0, DEL, C1 with their escape sequences; the soft hyphen.
    "[\x00-\x1f\x7f-\x9f\xad"
    # What is drawn as nothing: joiners, fillers, variation selectors, invisible operators, byte order marks.
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u3164\ufe00-\ufe0f\ufeff\uffa0"
    # What turns the direction of what follows.
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"
    # Separators of lines and paragraphs; what is no character: halves of pairs, interlinear marks, tags.
    "\u2028\u2029\ud800-\udfff\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(f"(?P<spelling>{_SPELLING})|{_STEERING}")


_LINE = 1000
"""Characters: what is longer comes from outside."""
_MARKS = dict.fromkeys(map(ord, "…·—–→✓✗“”‘’"))
"""What landed's own words have besides ASCII: to them no pattern has to be compiled."""


def _is_plain(text: str) -> bool:
    if len(text) < _LINE and not text.isascii():
        text = text.translate(_MARKS)
    return text.isascii() and text.isprintable()


def escaped(text: str, keep: str = "") -> str:
    r"""The text with what steers a terminal or hides as a visible escape: ``\x1b``, ``\u202e``, ``\n``.

    Letters of all languages and emoji stay as they are. ``keep`` are characters that may stay besides,
    such as the line breaks of a text that is written line by line.
    """
    if _is_plain(text):
        return text

    def shown(found: re.Match[str]) -> str:
        character = found.group()
        return character if found["spelling"] or character in keep else _escape(character)

    return _pattern().sub(shown, text)


def is_shown_whole(text: str) -> bool:
    """Whether :func:`escaped` changes nothing."""
    return _is_plain(text) or escaped(text) == text


def _escape(character: str) -> str:
    code = ord(character)
    short = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
    if short is not None:
        return short
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def escaped_json(document: str) -> str:
    r"""A JSON document in which such characters of its texts are written as ``\uXXXX``: the same document.

    Line breaks and spaces between its parts stay; within a text JSON has none of them raw.
    """
    return "\n".join(
        line.replace("\x7f", "\\u007f")
        if line.isascii()
        else _pattern().sub(lambda m: _json(m.group()), line)
        for line in document.split("\n")
    )


def _json(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return character
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
