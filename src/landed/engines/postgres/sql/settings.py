"""Statements of a PostgreSQL file that set something for the session, on which later ones rely."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from landed.core.migration import Statement
from landed.engines.postgres.sql.tokens import words

_NOT_OF_THE_SESSION = frozenset({"LOCAL", "CONSTRAINTS", "TRANSACTION"})


def sets_session(sql: str) -> bool:
    """Whether a statement only changes a setting or the role until the session ends: SET, RESET, and
    ``SELECT set_config(…)`` as dumps have it. Raises nothing."""
    w = words(sql, 5)
    if w[:1] == ["SET"]:
        return w[1:2] != [] and w[1] not in _NOT_OF_THE_SESSION
    if w[:1] == ["RESET"]:
        return True
    return w[:1] == ["SELECT"] and (w[3:5] if w[1:3] == ["PG_CATALOG", "."] else w[1:3]) == [
        "SET_CONFIG",
        "(",
    ]


def with_settings(statements: Sequence[Statement], numbers: Collection[int]) -> list[Statement]:
    """The statements with these numbers and, in file order, every one before the last of them that sets
    something for the session: what a part of a file needs when it runs in a session without the parts before
    it (a file cut at CREATE INDEX CONCURRENTLY, or one that is resumed in the middle)."""
    last = max(numbers, default=0)
    return [s for s in statements if s.number in numbers or (s.number < last and sets_session(s.text))]
