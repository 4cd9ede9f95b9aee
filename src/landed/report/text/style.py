"""Colour and symbols: only on a terminal, never colour alone, and off where the user says so."""

from __future__ import annotations

import os
from typing import IO

from landed.report.terminal import coloured

_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36", "dim": "2", "bold": "1"}


def colour(stream: IO[str]) -> bool:
    """Whether to use colour: NO_COLOR and TERM=dumb say no, CLICOLOR_FORCE says yes, a pipe says no."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: IO[str]) -> str:
    """The text in a style, if the stream shows styles; for :func:`landed.report.terminal.say`."""
    if not colour(stream):
        return text
    return coloured(text, _CODES[style])


def symbols(stream: IO[str]) -> dict[str, str]:
    """Marks per kind of standing, in ASCII where the stream cannot show others."""
    encoding = (getattr(stream, "encoding", None) or "ascii").lower()
    if "utf" in encoding:
        return {"good": "✓", "bad": "✗", "wait": "·", "open": "?", "arrow": "→"}
    return {"good": "+", "bad": "x", "wait": ".", "open": "?", "arrow": "->"}
