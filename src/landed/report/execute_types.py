"""PostgreSQL's own texts of values as JSON, by their types."""

from __future__ import annotations

import math
import re
from typing import Any

_INTEGERS = frozenset({"smallint", "integer", "bigint", "oid"})
_FLOATS = frozenset({"real", "double precision"})
_SAFE = 2**53 - 1
_BOUNDS = re.compile(r"(?:\[-?\d+:-?\d+\])+=")
_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def base_type(name: str) -> str:
    """A type without its modifier: ``numeric(10,2)`` is ``numeric``."""
    return re.sub(r"\([^)]*\)", "", name)


def is_number(name: str) -> bool:
    """Whether values of this type are numbers, for the side on which they are aligned."""
    base = base_type(name)
    return base in _INTEGERS or base in _FLOATS or base in ("numeric", "money")


def typed_json(name: str, text: str | None) -> Any:
    """A value as JSON: booleans, integers and floats as themselves where JSON can hold them, ``json`` and
    ``jsonb`` as what they are, ``bytea`` as ``{"base64": …}``, arrays as lists; every other type
    (``numeric``, ``uuid``, ``timestamptz``, enums, ranges, …) as the text that the server writes."""
    if text is None:
        return None
    base = base_type(name)
    if base.endswith("[]"):
        return _array(base.removesuffix("[]"), text)
    if base == "boolean":
        return text == "t"
    if base in _INTEGERS:
        number = int(text)
        return number if -_SAFE <= number <= _SAFE else {"integer": text}
    if base in _FLOATS:
        value = float(text)
        return value if math.isfinite(value) else {"real": text}
    if base in ("json", "jsonb"):
        return _document(text)
    if base == "bytea" and text.startswith("\\x"):
        from base64 import b64encode

        return {"base64": b64encode(bytes.fromhex(text[2:])).decode("ascii")}
    return text


def _document(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _array(element: str, text: str) -> Any:
    """Nested lists of an array's text; a text that is no array stays one (``int2vector``, …)."""
    text = _BOUNDS.sub("", text, count=1)
    if not text.startswith("{"):
        return text
    # A box is the only type whose elements are divided by something else.
    separator = ";" if element == "box" else ","
    found, at = _list(element, text, 1, separator)
    return found if at == len(text) else text


def _list(element: str, text: str, at: int, separator: str) -> tuple[list[Any], int]:
    values: list[Any] = []
    while at < len(text) and text[at] != "}":
        if text[at] == separator:
            at += 1
        elif text[at] == "{":
            inner, at = _list(element, text, at + 1, separator)
            values.append(inner)
        elif text[at] == '"':
            item = _ITEM.match(text, at)
            if item is None:
                return values, -1
            values.append(typed_json(element, re.sub(r"\\(.)", r"\1", item[1], flags=re.DOTALL)))
            at = item.end()
        else:
            end = at
            while end < len(text) and text[end] not in (separator, "}"):
                end += 1
            word = text[at:end]
            values.append(None if word.upper() == "NULL" else typed_json(element, word))
            at = end
    return values, at + 1
