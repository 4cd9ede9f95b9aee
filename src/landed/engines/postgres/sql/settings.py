"""Statements of a PostgreSQL file that set something for the session, on which later ones rely."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from landed.core.migration import Statement
from landed.engines.postgres.sql.head import head_of


def with_settings(statements: Sequence[Statement], numbers: Collection[int]) -> list[Statement]:
    """The statements with these numbers and, in file order, every one before the last of them that sets
    something for the session: what a part of a file needs when it runs in a session without the parts before
    it (a file cut at CREATE INDEX CONCURRENTLY, or one that is resumed in the middle)."""
    last = max(numbers, default=0)
    return [s for s in statements if s.number in numbers or (s.number < last and head_of(s).sets_session)]
