"""The JSON of an answer, read strictly: what a server of the API's never sends is no answer."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MOST_PARTS = 1_000_000
"""How many lists and objects an answer may hold: each takes far more memory than its two characters."""

# A surrogate by itself is no character: no output can be written with it.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)",
    re.DOTALL,
)
_ALONE = re.compile(r"\\u[dD][89a-fA-F]..\Z")


class NotAnAnswer(ValueError):
    """Why the text is not taken for an answer, in the user's words."""


def read_answer(body: bytes) -> Any:
    """The value of a JSON text. Raises NotAnAnswer for what is no JSON in UTF-8 as RFC 8259 has it, names
    something twice, is nested too deeply, or holds too much or a number that is none."""
    if body.count(b"[") + body.count(b"{") > MOST_PARTS:
        raise NotAnAnswer(f"it has more than {MOST_PARTS:,} parts")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise NotAnAnswer("it is not in UTF-8") from None
    if b"\\u" in body:
        text = _ESCAPE.sub(lambda m: "\\ufffd" if _ALONE.match(m[0]) else m[0], text)
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise NotAnAnswer("it is nested too deeply") from None
    except NotAnAnswer:
        raise
    except ValueError:
        # Also what Python says of a number with more digits than it reads.
        raise NotAnAnswer("it is no JSON") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotAnAnswer("it says something twice")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise NotAnAnswer("it has a number that is none")
    return value


def _no_number(text: str) -> NoReturn:
    raise NotAnAnswer("it has a number that is none")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=_finite, parse_constant=_no_number)
