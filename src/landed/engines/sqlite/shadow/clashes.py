"""What an INSERT does where a row is there already: OR …, ON CONFLICT …, and which values it leaves then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from landed.engines.sqlite.sql.tokens import Token, fold, unquote
from landed.engines.written import Clash

Expression = Sequence[Token]


class Conflict(NamedTuple):
    """``key`` are the columns that it names, if any; ``assigned`` what DO UPDATE sets, by column."""

    clash: Clash
    key: tuple[str, ...] = ()
    assigned: dict[str, Expression] | None = None

    def values(self, row: dict[str, Expression], key: Sequence[str]) -> dict[str, Expression | None]:
        """The expressions of the columns, beside the key's, that are known once the statement ran."""
        if self.assigned is None:
            return {column: value for column, value in row.items() if column not in key}
        return {column: _taken(value, row) for column, value in self.assigned.items()}


def _taken(value: Expression, row: dict[str, Expression]) -> Expression | None:
    """``excluded.c`` is what the row would have had in c."""
    if len(value) == 3 and value[0].text.upper() == "EXCLUDED" and value[1].text == ".":
        return row.get(fold(unquote(value[2].text)))
    return value


def conflict_of(lead: Sequence[str], rest: Sequence[Token]) -> Conflict | None:
    """``lead`` are the words before INTO, upper case; ``rest`` is what follows the rows.

    ``None`` for more than one ON CONFLICT, and for forms that are not known.
    """
    if lead[0] == "REPLACE" or lead[-1] == "REPLACE":
        how = Clash.WRITES
    else:
        how = Clash.KEEPS if lead[-1] == "IGNORE" else Clash.FAILS
    upper = [token.text.upper() for token in rest]
    if "RETURNING" in upper:
        rest, upper = rest[: upper.index("RETURNING")], upper[: upper.index("RETURNING")]
    if not rest:
        return Conflict(how)
    if upper[:2] != ["ON", "CONFLICT"] or upper.count("CONFLICT") > 1 or "DO" not in upper:
        return None
    do = upper.index("DO")
    key = _named(rest[2:do])
    if key is None:
        return None
    if upper[do + 1 :] == ["NOTHING"]:
        return Conflict(Clash.KEEPS, key)
    if upper[do + 1 : do + 3] != ["UPDATE", "SET"]:
        return None
    parts = list(_split(rest[do + 3 :], "WHERE"))
    assigned: dict[str, Expression] = {}
    for part in _split(parts[0], ","):
        if len(part) < 3 or part[1].text != "=":
            return None
        assigned[fold(unquote(part[0].text))] = part[2:]
    return Conflict(Clash.MAY if len(parts) > 1 else Clash.WRITES, key, assigned)


def _named(target: Sequence[Token]) -> tuple[str, ...] | None:
    """The columns of ``(a, b)``; none of nothing; ``None`` of an expression or a part of an index."""
    if not target:
        return ()
    inner = target[1:-1]
    if target[0].text != "(" or target[-1].text != ")" or any(t.text != "," for t in inner[1::2]):
        return None
    return tuple(fold(unquote(token.text)) for token in inner[::2])


def _split(tokens: Sequence[Token], word: str) -> Iterator[list[Token]]:
    """The pieces between a word, outside of parentheses."""
    depth = 0
    piece: list[Token] = []
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.kind in ("word", "operator") and token.text.upper() == word:
            yield piece
            piece = []
        else:
            piece.append(token)
    yield piece
