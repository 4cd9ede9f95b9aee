"""One spelling for what a catalog keeps as it was written, or in the order in which it was written."""

from __future__ import annotations

import re
from typing import Final

_TRUE: Final = frozenset(("true", "on", "yes", "1", "t"))
_FALSE: Final = frozenset(("false", "off", "no", "0", "f"))
_SWITCHES: Final = frozenset(
    ("security_invoker", "security_barrier", "autovacuum_enabled", "toast.autovacuum_enabled", "fastupdate",
     "deduplicate_items", "autosummarize", "user_catalog_table", "vacuum_truncate", "toast.vacuum_truncate",
     "vacuum_index_cleanup", "toast.vacuum_index_cleanup")
)  # fmt: skip
_WORDS: Final = frozenset(("check_option", "buffering"))
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE)

_NAME: Final = r'(?:"(?:[^"]|"")*"|[^\s",]+)'
_UPDATE_OF: Final = re.compile(rf" UPDATE OF ({_NAME}(?:, {_NAME})+)(?= ON | OR )")
_LITERAL: Final = r"E?'(?:[^'\\]|''|\\.)*'"
_IN: Final = re.compile(rf"FOR VALUES IN \(((?:{_LITERAL}|[^'])*)\)", re.DOTALL)
_VALUE: Final = re.compile(rf"(?:{_LITERAL}|[^',])+", re.DOTALL)
_PARAMETER: Final = re.compile(rf"{_NAME} = (?:{_LITERAL}|[^\s',]+)", re.DOTALL)


def option_value(name: str, value: str) -> str:
    """A storage parameter's, a view's or a column's option; PostgreSQL keeps it letter by letter.

    >>> option_value("autovacuum_enabled", "OFF"), option_value("autovacuum_vacuum_scale_factor", ".10")
    ('false', '0.1')
    """
    if name in _SWITCHES:
        folded = value.lower()
        return "true" if folded in _TRUE else "false" if folded in _FALSE else folded
    if name in _WORDS:
        return value.lower()
    if _NUMBER.fullmatch(value):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return value


def trigger_definition(text: str) -> str:
    """``UPDATE OF`` names a set of columns: in the order of their names.

    >>> trigger_definition("CREATE TRIGGER t BEFORE UPDATE OF b, a ON s.w EXECUTE FUNCTION s.f()")
    'CREATE TRIGGER t BEFORE UPDATE OF a, b ON s.w EXECUTE FUNCTION s.f()'
    """
    found = _UPDATE_OF.search(text)
    if found is None:
        return text
    columns = ", ".join(sorted(re.findall(_NAME, found[1])))
    return f"{text[: found.start(1)]}{columns}{text[found.end(1) :]}"


def partition_bound(text: str) -> str:
    """The values of a list partition are a set, too.

    >>> partition_bound("FOR VALUES IN ('b', NULL, 'a, c')")
    "FOR VALUES IN ('a, c', 'b', NULL)"
    """
    found = _IN.fullmatch(text)
    if found is None:
        return text
    values = [value.strip() for value in _VALUE.findall(found[1])]
    return f"FOR VALUES IN ({', '.join(sorted(values))})" if ", ".join(values) == found[1] else text


def dictionary_parameters(text: str) -> str:
    """The options of a text search dictionary, in the order of their names.

    >>> dictionary_parameters("stopwords = 'english', language = 'it''s, a = b'")
    "language = 'it''s, a = b', stopwords = 'english'"
    """
    found = _PARAMETER.findall(text)
    return ", ".join(sorted(found)) if ", ".join(found) == text else text
