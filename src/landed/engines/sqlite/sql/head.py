"""A SQLite statement's head: what kind of statement it is and which table it names first, read once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """What one statement is."""

    text: str = field(repr=False)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Its first tokens, without space and comments."""
        return _real(self.text[:LEADING])

    @cached_property
    def every(self) -> tuple[Token, ...]:
        """All its tokens, without space and comments."""
        return self.tokens if len(self.text) <= LEADING else _real(self.text)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The first tokens in upper case."""
        return _upper(self.tokens)

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
        return _named_after(self.tokens, _WRITES)

    @property
    def changed(self) -> str | None:
        """The table that it writes to, drops or alters (folded), if any; wherever it stands."""
        known = self.verb in _ROWS or self.verb in ("WITH", "DROP", "ALTER")
        return _named_after(self.every, (*_CHANGES, *_WRITES)) if known else None

    @property
    def dropped(self) -> str | None:
        """The table of a DROP TABLE (folded), or ``None``."""
        return _named_after(self.tokens, _CHANGES[:2]) if self.begins("DROP", "TABLE") else None

    @property
    def altered(self) -> str | None:
        """The table of an ALTER TABLE (folded), or ``None``."""
        return _named_after(self.tokens, _CHANGES[2:]) if self.begins("ALTER", "TABLE") else None

    @property
    def renamed(self) -> tuple[str, str] | None:
        """The old and the new name of an ALTER TABLE … RENAME TO (folded), or ``None``."""
        words = _upper(self.every) if self.begins("ALTER", "TABLE") else ()
        at = words.index("RENAME") if "RENAME" in words else 0
        if at < 3 or words[at + 1 : at + 2] != ("TO",) or at + 2 >= len(words):
            return None
        return fold(unquote(self.every[at - 1].text)), fold(unquote(self.every[at + 2].text))

    def mentions(self, tables: Iterable[str]) -> set[str]:
        """Which of these tables it names anywhere (folded), also as what may be a literal."""
        kinds = ("word", "quoted", "string")
        named = {fold(unquote(token.text)) for token in self.every if token.kind in kinds}
        return {fold(table) for table in tables} & named


def _named_after(tokens: Sequence[Token], starts: tuple[tuple[str, ...], ...]) -> str | None:
    words = _upper(tokens)
    for at in range(len(words)):
        start = next((s for s in starts if words[at : at + len(s)] == s), None)
        if start is None:
            continue
        place = at + len(start)
        if start == ("UPDATE",) and words[place : place + 1] == ("OR",):
            place += 2
        if words[place + 1 : place + 2] == (".",):
            place += 2
        return fold(unquote(tokens[place].text)) if place < len(tokens) else None
    return None


def _upper(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(token.text.upper() for token in tokens)


def _real(text: str) -> tuple[Token, ...]:
    return tuple(t for t in tokenize(text) if t.kind not in ("space", "comment"))


def read_head(sql: str) -> Head:
    """The head of one statement; raises nothing, whatever the text."""
    return Head(sql)


def head_of(statement: Statement) -> Head:
    """The head of a statement of a file for SQLite or D1."""
    found = statement.head
    assert isinstance(found, Head)
    return found
