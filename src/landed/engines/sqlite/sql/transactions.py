"""Transaction statements in files for SQLite and D1: which are left out; all others are refused."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.migration import Migration, Statement

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


def left_out(mode: str, migration: Migration) -> frozenset[int]:
    """The numbers of the transaction statements that are not run: every file is one anyway."""
    return wrapping(migration.statements) if mode == "sqlite" else as_wrangler(migration)


def as_wrangler(migration: Migration) -> frozenset[int]:
    """The numbers of the transaction statements that wrangler takes out of a file before D1 sees it.

    The first ``BEGIN TRANSACTION;`` and the first ``COMMIT;`` of the text, spelt exactly so, wherever they
    stand; a text with a second BEGIN TRANSACTION is refused (workers-sdk, d1-trimmer.ts, trimSqlQuery).
    """
    if migration.text.count("BEGIN TRANSACTION") != 1:
        return frozenset()
    places = {migration.text.find(word + ";"): word for word in ("BEGIN TRANSACTION", "COMMIT")}
    return frozenset(s.number for s in migration.statements if places.get(s.start) == s.text)


def _is(sql: str, verbs: frozenset[str]) -> bool:
    words = sql.upper().split()
    return bool(words) and words[0] in verbs and all(word in _KINDS for word in words[1:])
