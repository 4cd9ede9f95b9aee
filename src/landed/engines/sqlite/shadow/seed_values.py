"""Values for seeded rows: likely ones per column, read from types, names, defaults and CHECKs."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from landed.engines.sqlite.shadow.seed_checks import (
    Check,
    Value,
    lengths_of,
    literal_value,
    literals,
    suggested,
)
from landed.engines.sqlite.sql.tokens import fold, tokenize, unquote

_SAMPLE_DATE = "2020-01-01 00:00:00"
_SAMPLE_SECONDS = 1577836800
_MOMENT = re.compile(r"(_at|_on|date|time|timestamp|expires|created|updated|deleted)$")
_JSON = re.compile(
    r"json|^(meta|metadata|settings|config|payload|data|options|preferences|attributes|properties|extra)$"
)
_LIST = re.compile(r"^(tags|scopes|permissions|roles|features)$")


class Column(NamedTuple):
    """What matters of a column for choosing a value; ``default`` is the default's SQL text."""

    name: str
    type: str
    not_null: bool
    default: str | None
    key: int
    """Its 1-based place in the primary key, or 0."""


def candidates(table: str, column: Column, checks: Sequence[Check]) -> list[Value]:
    """Values to try in a column, the likeliest first; without NULL."""
    own = fold(column.name)
    relevant = [check for check in checks if own in check.columns]
    values: list[Value] = []
    for check in relevant:
        values += suggested(check.tokens, own)
    lengths = [n for n in values if isinstance(n, int)]
    texts = [v for v in values if isinstance(v, str)]
    for check in relevant:
        for n in lengths_of(check.tokens, own):
            texts += [(text * (n // max(len(text), 1) + 1))[:n] for text in (*texts[:8], "a", "0", "1")]
    ordinary = _ordinary(table, column)
    values = [*ordinary, *values, *texts, *literals(relevant), *_fallbacks(lengths, bool(relevant))]
    kinds: dict[tuple[type, Value], Value] = {(type(v), v): v for v in values}
    return list(kinds.values())


def _ordinary(table: str, column: Column) -> list[Value]:
    """What an application might put into the column, going by its default, type and name."""
    name, kind = fold(column.name), column.type.upper()
    like_default = _from_default(column.default)
    number = 700_000 + zlib.crc32(fold(table).encode()) % 90_000
    key = f"seed-{table}-{column.name}" if column.key else f"seed-{column.name}"
    if "INT" in kind:
        if column.key:
            return [number]
        return [*like_default, _SAMPLE_SECONDS if _MOMENT.search(name) else 1]
    if any(part in kind for part in ("CHAR", "CLOB", "TEXT")) or kind in ("", "ANY"):
        return [*like_default, _text(name) or key]
    if "BLOB" in kind:
        return [b"seed"]
    if any(part in kind for part in ("REAL", "FLOA", "DOUB")):
        return [*like_default, 1.5]
    if "DATE" in kind or "TIME" in kind:
        return [*like_default, _SAMPLE_DATE]
    if "BOOL" in kind:
        return [1]
    if "JSON" in kind:
        return [*like_default, "{}"]
    if any(part in kind for part in ("NUM", "DEC")):
        return [*like_default, number if column.key else 1]
    return [*like_default, key]


def _from_default(default: str | None) -> list[Value]:
    """A literal default is a value that the application knows how to handle."""
    if default is None:
        return []
    tokens = [t for t in tokenize(default) if t.kind not in ("space", "comment") and t.text not in "()"]
    if len(tokens) != 1:
        return []
    value = unquote(tokens[0].text) if tokens[0].kind == "quoted" else literal_value(tokens[0])
    if value is None or value == "":
        return []
    # A flag that is off by default is on in the seeded row: a value that a careless copy would lose.
    return [1] if value == 0 and isinstance(value, int) else [value]


def _text(name: str) -> str | None:
    if _MOMENT.search(name):
        return _SAMPLE_DATE
    if _JSON.search(name):
        return "{}"
    if _LIST.search(name):
        return "[]"
    if "email" in name:
        return "seed@example.com"
    if "url" in name or "uri" in name:
        return "https://example.com/seed"
    return None


def _fallbacks(numbers: Sequence[int], checked: bool) -> list[Value]:
    if not checked:
        return []
    biggest = max(numbers, default=0)
    return [1, 0, -1, biggest + 1, 0.5, "a", "1", "{}", "[]", "", b"seed"]
