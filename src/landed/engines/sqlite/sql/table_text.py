"""CREATE TABLE as a text in parts: what each column and each constraint says, as it was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from landed.engines.sqlite.sql.tokens import Token, fold, quote, tokenize, unquote

_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})


class Item(NamedTuple):
    """A column (``name`` is its folded name) or a constraint of the table (``name`` is ``None``), its text as
    written. ``words`` are its tokens, by which items are compared: bare words and names folded."""

    name: str | None
    text: str
    words: tuple[str, ...]

    @property
    def spelt(self) -> str:
        """The column's name as it is written, without quotes."""
        first = next(t for t in tokenize(self.text) if t.kind not in ("space", "comment"))
        return unquote(first.text)


class TableText(NamedTuple):
    """What stands between the parentheses of a CREATE TABLE, and what stands behind them (``tail``)."""

    items: tuple[Item, ...]
    tail: str

    @property
    def columns(self) -> dict[str, Item]:
        """The columns by their folded names, in order."""
        return {item.name: item for item in self.items if item.name is not None}

    @property
    def constraints(self) -> tuple[Item, ...]:
        """The constraints of the table."""
        return tuple(item for item in self.items if item.name is None)

    def with_items(self, columns: Iterable[Item], constraints: Iterable[Item]) -> TableText:
        """The same with other columns and constraints."""
        return TableText((*columns, *constraints), self.tail)

    def create(self, name: str, others: Mapping[str, str] | None = None) -> str:
        """The statement (without ``;``) that makes it under a name; references to the tables in ``others``
        (folded names) are to these instead."""
        body = ",\n".join(f"  {_with_references(item.text, others or {})}" for item in self.items)
        return f"CREATE TABLE {quote(name)} (\n{body}\n)" + (f" {self.tail}" if self.tail else "")


def read_text(sql: str) -> TableText | None:
    """The parts of a CREATE TABLE that sqlite_master holds; ``None`` where it has none (CREATE VIRTUAL TABLE,
    a text that cannot be read)."""
    tokens = [t for t in tokenize(sql) if t.kind not in ("space", "comment")]
    start = next((i for i, t in enumerate(tokens) if t.text == "("), None)
    if start is None or "VIRTUAL" in [t.text.upper() for t in tokens[:start]]:
        return None
    items: list[Item] = []
    begin, depth = start + 1, 1
    for place in range(start + 1, len(tokens)):
        text = tokens[place].text
        depth += (text == "(") - (text == ")")
        if depth == 0 or (depth == 1 and text == ","):
            if place == begin:
                return None
            items += _items(sql, tokens[begin:place])
            begin = place + 1
        if depth == 0:
            rest = tokens[begin:]
            return TableText(tuple(items), _slice(sql, rest) if rest else "")
    return None


def _items(sql: str, tokens: list[Token]) -> list[Item]:
    first = tokens[0]
    if first.kind == "word" and first.text.upper() in _CONSTRAINTS:
        # Constraints of a table may stand behind each other without a comma.
        return [Item(None, _slice(sql, tokens), _words(tokens))]
    return [Item(fold(unquote(first.text)), _slice(sql, tokens), _words(tokens))]


def _slice(sql: str, tokens: list[Token]) -> str:
    return sql[tokens[0].start : tokens[-1].start + len(tokens[-1].text)]


def _words(tokens: Iterable[Token]) -> tuple[str, ...]:
    return tuple(fold(unquote(t.text)) if t.kind in ("word", "quoted") else t.text for t in tokens)


def _with_references(text: str, others: Mapping[str, str]) -> str:
    """The text with the table after each REFERENCES exchanged."""
    if not others:
        return text

    def other(token: Token, after: str) -> str:
        name = others.get(fold(unquote(token.text))) if after == "REFERENCES" else None
        return token.text if name is None else quote(name)

    return _exchanged(text, other)


def _exchanged(text: str, other: Callable[[Token, str], str]) -> str:
    parts, before = [], ""
    for token in tokenize(text):
        parts.append(other(token, before))
        if token.kind not in ("space", "comment"):
            before = token.text.upper() if token.kind == "word" else ""
    return "".join(parts)


def mentions(sql: str, names: Iterable[str]) -> bool:
    """Whether a text names one of these (folded)."""
    wanted = set(names)
    kinds = ("word", "quoted", "string")
    return any(t.kind in kinds and fold(unquote(t.text)) in wanted for t in tokenize(sql))
