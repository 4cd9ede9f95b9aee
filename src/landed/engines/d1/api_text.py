"""What a server says, made fit for a message: one line, not too long, without the secret sent to it."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

from landed.core.secret_forms import DOTS

LONGEST = 500
"""Characters of a server's words that a message shows."""
_MASK = DOTS
_SHORTEST = 8
"""A run of this many characters of a secret is masked: a server may give back a part of it."""


def one_line(text: str, longest: int = LONGEST) -> str:
    """The text on one line, without characters that cannot be seen, cut where it is too long."""
    seen = "".join([c if c.isprintable() else " " for c in text[: longest * 4]])
    shown = " ".join(seen.split())
    return shown if len(shown) <= longest else f"{shown[:longest]}…"


def said(text: str, secrets: Iterable[str], longest: int = LONGEST) -> str:
    """A server's words for a message: :func:`one_line`, and no run of a secret's characters, plain or as
    base64, hexadecimal or a URL would have them."""
    shown = one_line(text, longest)
    for secret in secrets:
        shown = without(shown, secret)
    return shown


def without(text: str, secret: str) -> str:
    """The text with every part of the secret masked."""
    if not secret:
        return text
    runs, length = _runs(secret)
    low = text.lower()
    hidden = bytearray(len(low))
    for at in range(len(low) - length + 1):
        if low[at : at + length] in runs:
            hidden[at : at + length] = b"\1" * length
    if len(low) != len(text) or 1 not in hidden:
        # A character whose lower case is longer moves the places: then nothing of the text is kept.
        return text if 1 not in hidden else _MASK
    pieces: list[str] = []
    for at, char in enumerate(text):
        if not hidden[at]:
            pieces.append(char)
        elif not at or not hidden[at - 1]:
            pieces.append(_MASK)
    return "".join(pieces)


def forms(secret: str) -> list[str]:
    """The ways in which a secret may be written: as it is, in a URL, in hexadecimal, in base64 at each of the
    three places that it can have there."""
    raw = secret.encode("utf-8", "surrogatepass")
    found = [secret, quote(secret, safe=""), raw.hex(), "".join(f"%{byte:02x}" for byte in raw)]
    for shift in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            coded = encode(b"\0" * shift + raw).decode()
            # What stands beside it changes the first characters and the last ones.
            found.append(coded[(0, 2, 3)[shift] : len(coded) - 4 if len(coded) > 12 else len(coded)])
    return list(dict.fromkeys(found))


@lru_cache(maxsize=8)
def _runs(secret: str) -> tuple[frozenset[str], int]:
    length = min(_SHORTEST, len(secret))
    runs: set[str] = set()
    for form in forms(secret):
        low = form.lower()
        runs.update(low[at : at + length] for at in range(len(low) - length + 1))
    return frozenset(runs), length
