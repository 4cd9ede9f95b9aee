"""A SQLite statement's head: what kind of statement it is and which table it names first, read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from landed.engines.sqlite.sql.tokens import Token, fold, tokenize, unquote

if TYPE_CHECKING:
    from landed.core.migration import Statement

LEADING = 2000
"""So many characters are the head: the rows of an INSERT are not read for it."""

_ROWS = frozenset({"DELETE", "INSERT", "REPLACE", "UPDATE"})
_WRITES = (("DELETE", "FROM"), ("INTO",), ("UPDATE",))
_CHANGES = (("DROP", "TABLE", "IF", "EXISTS"), ("DROP", "TABLE"), ("ALTER", "TABLE"))


@dataclass(frozen=True)
class Head:
    """What one statement is. ``tokens`` are its first ones, without space and comments."""

    text: str = field(repr=False)
    tokens: tuple[Token, ...]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The tokens in upper case."""
        return tuple(token.text.upper() for token in self.tokens)

    @property
    def verb(self) -> str:
        """The first word, or ``""``."""
        return self.words[0] if self.words else ""

    def begins(self, *said: str) -> bool:
        """Whether the statement begins with these words."""
        return self.words[: len(said)] == said

    @property
    def writes_rows(self) -> bool:
        """Whether the statement by itself writes rows."""
        return self.verb in _ROWS or (self.verb == "WITH" and not _ROWS.isdisjoint(self.words))

    @property
    def names(self) -> list[str]:
        """Names and bare words, folded, in order."""
        return [fold(unquote(token.text)) for token in self.tokens if token.kind in ("word", "quoted")]

    @property
    def written(self) -> str | None:
        """The table that a DELETE, UPDATE, INSERT or REPLACE names first (folded), or ``None``."""
        if self.verb not in _ROWS and self.verb != "WITH":
            return None
        return self._named_after(_WRITES)

    @property
    def changed(self) -> str | None:
        """The table that it writes to, drops or alters (folded), if any."""
        if self.verb in ("DROP", "ALTER"):
            return self._named_after(_CHANGES)
        return self.written

    @property
    def dropped(self) -> str | None:
        """The table of a DROP TABLE (folded), or ``None``."""
        return self._named_after(_CHANGES[:2]) if self.begins("DROP", "TABLE") else None

    def _named_after(self, starts: tuple[tuple[str, ...], ...]) -> str | None:
        for at in range(len(self.words)):
            start = next((s for s in starts if self.words[at : at + len(s)] == s), None)
            if start is None:
                continue
            place = at + len(start)
            if start == ("UPDATE",) and self.words[place : place + 1] == ("OR",):
                place += 2
            if self.words[place + 1 : place + 2] == (".",):
                place += 2
            return fold(unquote(self.tokens[place].text)) if place < len(self.tokens) else None
        return None


def read_head(sql: str) -> Head:
    """The head of one statement; raises nothing, whatever the text."""
    return Head(sql, tuple(t for t in tokenize(sql[:LEADING]) if t.kind not in ("space", "comment")))


def head_of(statement: Statement) -> Head:
    """The head of a statement of a file for SQLite or D1."""
    found = statement.head
    assert isinstance(found, Head)
    return found
