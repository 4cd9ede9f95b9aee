"""Transaction statements in SQLite files: the pair that wraps a whole file, and all others."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.migration import Statement

_OPENS = frozenset({"BEGIN"})
_CLOSES = frozenset({"COMMIT", "END"})
_KINDS = frozenset({"DEFERRED", "IMMEDIATE", "EXCLUSIVE", "TRANSACTION"})


def wrapping(statements: Sequence[Statement]) -> frozenset[int]:
    """The numbers of a BEGIN … COMMIT pair around a whole file, or nothing.

    landed runs every file in one transaction of its own, so that such a pair asks for what happens
    anyway; it is left out. Transaction statements anywhere else would break the file in parts.
    """
    if len(statements) < 2:
        return frozenset()
    first, last = statements[0], statements[-1]
    if _is(first.text, _OPENS) and _is(last.text, _CLOSES):
        return frozenset({first.number, last.number})
    return frozenset()


def _is(sql: str, verbs: frozenset[str]) -> bool:
    words = sql.upper().split()
    return bool(words) and words[0] in verbs and all(word in _KINDS for word in words[1:])
