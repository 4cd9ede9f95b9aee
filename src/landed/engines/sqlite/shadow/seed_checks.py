"""What CHECK constraints say about the values of a column: lists, comparisons, lengths, patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from landed.engines.sqlite.sql.tokens import Token, fold, tokenize, unquote

Value = None | int | float | str | bytes

_SAMPLE_DATE = "2020-01-01 00:00:00"
_OPERATORS = frozenset({"=", "==", "<>", "!=", "<", "<=", ">", ">="})
_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_MAX_LENGTH = 10_000


class Check(NamedTuple):
    """A CHECK's expression as written, its tokens, and the (folded) columns that it names."""

    sql: str
    tokens: tuple[Token, ...]
    columns: frozenset[str]


def checks_of(create_table: str, columns: Sequence[str]) -> list[Check]:
    """The CHECK constraints in a CREATE TABLE statement."""
    known = frozenset(map(fold, columns))
    tokens = [t for t in tokenize(create_table) if t.kind not in ("space", "comment")]
    found = []
    for at, token in enumerate(tokens[:-1]):
        if token.kind == "word" and token.text.upper() == "CHECK" and tokens[at + 1].text == "(":
            depth, end = 0, at + 1
            while end < len(tokens):
                depth += {"(": 1, ")": -1}.get(tokens[end].text, 0)
                if depth == 0:
                    break
                end += 1
            inside = tuple(tokens[at + 2 : end])
            last = tokens[end].start if end < len(tokens) else len(create_table)
            named = frozenset(filter(None, (_name(t) for t in inside))) & known
            found.append(Check(create_table[tokens[at + 1].start + 1 : last], inside, named))
    return found


def _name(token: Token) -> str | None:
    return fold(unquote(token.text)) if token.kind in ("word", "quoted") else None


def literal_value(token: Token) -> Value:
    """What a literal token stands for; None for one that is no string, number or blob."""
    if token.kind == "string":
        return unquote(token.text)
    if token.kind == "blob":
        return bytes.fromhex(token.text[2:-1])
    if token.kind == "number":
        text = token.text.replace("_", "")
        try:
            return int(text, 16) if text[:2] in ("0x", "0X") else int(text)
        except ValueError:
            return float(text)
    return None


def suggested(tokens: Sequence[Token], own: str) -> list[Value]:
    """Values that the comparisons of a CHECK with the column, or a function of it, point to."""
    values: list[Value] = []
    for at, token in enumerate(tokens):
        if _name(token) != own:
            continue
        function, start, end = _call_around(tokens, at)
        following = [t.text.upper() for t in tokens[end : end + 3]]
        if function.startswith("JSON"):
            values += ["{}", "[]", '"seed"', "1"]
        elif function in ("DATE", "DATETIME", "JULIANDAY", "STRFTIME", "UNIXEPOCH", "TIME"):
            values += ["2020-01-01", _SAMPLE_DATE, "2020-01-01T00:00:00.000Z", "00:00:00"]
        elif function == "TYPEOF":
            values += [1, 1.5, "seed", b"seed"]
        if following[:1] == ["IN"] or following[:2] == ["NOT", "IN"]:
            values += _list_after(tokens, end)
        elif following[:1] == ["BETWEEN"] and len(tokens) > end + 1:
            values += _around(_signed(tokens, end + 1), ">=")
        elif following[:1] and following[0] in ("LIKE", "GLOB"):
            values += _matching(following[0], tokens[end + 1 : end + 2])
        elif following[:2] in (["NOT", "LIKE"], ["NOT", "GLOB"]):
            values += _characters(tokens[end + 2 : end + 3])
        elif following[:1] and (following[0] in _OPERATORS or following[0] == "IS"):
            values += _around(_signed(tokens, end + 1), following[0])
        if start >= 2 and tokens[start - 1].text in _OPERATORS:
            mirrored = _MIRROR.get(tokens[start - 1].text, tokens[start - 1].text)
            values += _around(literal_value(tokens[start - 2]), mirrored)
    return [v for v in values if v is not None]


def _call_around(tokens: Sequence[Token], at: int) -> tuple[str, int, int]:
    """The function that the column is the first argument of, and the operand's bounds."""
    if at >= 2 and tokens[at - 1].text == "(" and tokens[at - 2].kind == "word":
        depth, end = 1, at + 1
        while end < len(tokens) and depth:
            depth += {"(": 1, ")": -1}.get(tokens[end].text, 0)
            end += 1
        function = tokens[at - 2].text.upper()
        if function not in ("AND", "OR", "NOT", "IN", "CHECK", "WHEN", "THEN", "ELSE"):
            return function, at - 2, end
    return "", at, at + 1


def _signed(tokens: Sequence[Token], at: int) -> Value:
    if at >= len(tokens):
        return None
    if tokens[at].text == "-" and at + 1 < len(tokens):
        value = literal_value(tokens[at + 1])
        return -value if isinstance(value, int | float) else value
    return literal_value(tokens[at])


def _list_after(tokens: Sequence[Token], at: int) -> list[Value]:
    values: list[Value] = []
    for index in range(at, len(tokens)):
        if tokens[index].text == ")":
            break
        if tokens[index].text in ("(", ","):
            values.append(_signed(tokens, index + 1))
    return values


def _around(value: Value, operator: str) -> list[Value]:
    if isinstance(value, int | float) and operator in (">", "<", "<>", "!="):
        return [value - 1, value + 1] if operator == "<" else [value + 1, value - 1]
    if isinstance(value, str) and operator in (">", "<>", "!="):
        return [value + "a", value]
    return [value]


def _matching(operator: str, pattern: Sequence[Token]) -> list[Value]:
    value = literal_value(pattern[0]) if pattern else None
    if not isinstance(value, str):
        return []
    if operator == "LIKE":
        return [value.replace("%", "").replace("_", "a"), value.replace("%", "a").replace("_", "a")]
    return [_glob_sample(value, ""), _glob_sample(value, "a")]


def _characters(pattern: Sequence[Token]) -> list[Value]:
    """Strings of allowed characters for ``NOT GLOB '*[^a-z]*'``."""
    value = literal_value(pattern[0]) if pattern else None
    if not isinstance(value, str):
        return []
    return [*re.findall(r"\[\^(.)", value), "a"]


def _glob_sample(pattern: str, star: str) -> str:
    sample, at = [], 0
    while at < len(pattern):
        character = pattern[at]
        if character == "*":
            sample.append(star)
        elif character == "?":
            sample.append("a")
        elif character == "[" and (end := pattern.find("]", at + 2)) > 0:
            sample.append(_member(pattern[at + 1 : end]))
            at = end
        else:
            sample.append(character)
        at += 1
    return "".join(sample)


def _member(members: str) -> str:
    """A character that a GLOB class such as ``a-f`` or ``^0-9`` takes."""
    if not members.startswith("^"):
        return members[0]
    taken = {chr(n) for a, b in re.findall(r"(.)-(.)", members) for n in range(ord(a), ord(b) + 1)}
    return next((c for c in "a0A-_ " if c not in taken and c not in members), "~")


def lengths_of(tokens: Sequence[Token], own: str) -> list[int]:
    """The lengths that ``length(column)`` is compared with, or one more or less."""
    lengths: list[int] = []
    for at, token in enumerate(tokens):
        if _name(token) == own:
            function, start, end = _call_around(tokens, at)
            if function in ("LENGTH", "OCTET_LENGTH"):
                values = suggested(tokens[start : end + 5], own)
                if start >= 2:
                    values += suggested(tokens[start - 2 : end], own)
                lengths += [n for n in values if isinstance(n, int) and 0 <= n <= _MAX_LENGTH]
    return lengths


def literals(checks: Sequence[Check]) -> list[Value]:
    """Every literal of the CHECKs, and numbers beside them."""
    values: list[Value] = []
    for check in checks:
        for at, token in enumerate(check.tokens):
            value = _signed(check.tokens, at - 1 if at and check.tokens[at - 1].text == "-" else at)
            if value is not None and token.kind in ("string", "number", "blob"):
                values.append(value)
                if isinstance(value, int):
                    values += [value + 1, value - 1]
    return values
