"""How a rebuild copies a column: as it is, or through an expression that its author wrote."""

from __future__ import annotations

from collections.abc import Sequence

from landed.core.migration import Statement
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import Token, fold, unquote

_ENDS = frozenset({"FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "RETURNING"})


def inserted_columns(statement: Statement) -> tuple[str, ...] | None:
    """The column list (folded) of ``INSERT INTO t (a, b) …``; ``None`` where there is none."""
    tokens = head_of(statement).every
    at = _word(tokens, "INTO", 0)
    if at is None or at + 2 >= len(tokens) or tokens[at + 2].text != "(":
        return None
    parts, _ = _parts(tokens, at + 3)
    return tuple(fold(unquote(part[0].text)) for part in parts if part)


def is_transformed(statement: Statement, column: str) -> bool:
    """Whether an ``INSERT INTO t (…, column, …) SELECT`` fills the column by an expression.

    A plain name, ``*``, or a statement of another form is no transformation: then a value that
    changes on the way was not meant to.
    """
    columns = inserted_columns(statement)
    if columns is None or column not in columns:
        return False
    tokens = head_of(statement).every
    at = _word(tokens, "SELECT", 0)
    if at is None:
        return False
    if at + 1 < len(tokens) and tokens[at + 1].text.upper() in ("DISTINCT", "ALL"):
        at += 1
    parts, _ = _parts(tokens, at + 1)
    if len(parts) != len(columns):
        return False
    part = parts[columns.index(column)]
    plain = len(part) == 1 or (len(part) == 3 and part[1].text == ".")
    return not plain or part[0].kind in ("string", "number", "blob") or part[0].text.upper() == "NULL"


def _word(tokens: Sequence[Token], word: str, start: int) -> int | None:
    return next(
        (i for i in range(start, len(tokens)) if tokens[i].kind == "word" and tokens[i].text.upper() == word),
        None,
    )


def _parts(tokens: Sequence[Token], start: int) -> tuple[list[list[Token]], int]:
    """Split at commas of this depth, up to the closing parenthesis or the next clause."""
    parts: list[list[Token]] = [[]]
    depth, at = 0, start
    while at < len(tokens):
        text = tokens[at].text
        if depth == 0 and (text == ")" or (tokens[at].kind == "word" and text.upper() in _ENDS)):
            break
        depth += {"(": 1, ")": -1}.get(text, 0)
        if text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(tokens[at])
        at += 1
    return parts, at
