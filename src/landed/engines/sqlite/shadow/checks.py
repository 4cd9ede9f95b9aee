"""Data checks derived from a statement's own form, where its result can be checked by a safe read.

Two forms (design, section 2.6): rows inserted under literal keys, and ``UPDATE t SET c = … WHERE c
IS NULL``. Anything else leaves no trace that could be checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from landed.core.facts import FactKey
from landed.core.migration import Statement
from landed.core.timeline import DataCheck
from landed.engines.sqlite.shadow.clashes import Conflict, Expression, conflict_of
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import Token, fold, quote, unquote
from landed.engines.written import MAX_ROWS, Row, Written, checks_of

_LITERALS = frozenset({"string", "number", "blob"})
_WORDS = {"NULL": "NULL", "TRUE": "1", "FALSE": "0"}


def derived_checks(statement: Statement, facts: Mapping[FactKey, str]) -> list[DataCheck]:
    """Reads that are true once the statement's rows are there, the one that proves most first."""
    head = head_of(statement)
    if head.verb in ("INSERT", "REPLACE"):
        written = _inserted(head.every, facts)
        return checks_of(written, statement.number, statement.line, _same) if written else []
    if head.verb == "UPDATE" and (found := _backfilled(head.every)) is not None:
        sql, text = found
        return [DataCheck(statement.number, statement.line, sql, text, derived=True, again=True)]
    return []


def _same(column: str, literal: str, key: bool) -> str:
    # A key is what its index holds to be equal; a value is what was written.
    return f"{quote(column)} IS {literal}" if key else f"{quote(column)} COLLATE BINARY IS {literal}"


def _inserted(tokens: Sequence[Token], facts: Mapping[FactKey, str]) -> Written | None:
    """``INSERT INTO t (a, b) VALUES (1, 'x'), …`` with literals in all columns of a key."""
    upper = [t.text.upper() for t in tokens]
    if "INTO" not in upper or "VALUES" not in upper:
        return None
    at = upper.index("INTO") + 1
    values = upper.index("VALUES")
    table = name_of(tokens[at])
    if values == at + 1:
        order = facts.get(FactKey("table", "", table, "column order"))
        columns = order.split(", ") if order else []
    elif upper[at + 1] == "(" and upper[values - 1] == ")":
        columns = [name_of(t) for t in tokens[at + 2 : values - 1] if t.text != ","]
    else:
        return None
    read = _rows(tokens[values + 1 :])
    if read is None:
        return None
    rows, rest = read
    if not rows or len(rows) > MAX_ROWS or any(len(row) != len(columns) for row in rows):
        return None
    conflict = conflict_of(upper[: at - 1], rest)
    if conflict is None:
        return None
    for key in _keys(table, facts):
        if set(key) - set(columns) or (conflict.key and set(conflict.key) != set(key)):
            continue
        made = [_row(conflict, dict(zip(columns, row, strict=True)), key) for row in rows]
        known = [row for row in made if row is not None]
        if len(known) == len(made):
            others = list(conflict.values(dict.fromkeys(columns, ()), key))
            return Written(quote(table), table, tuple(key), tuple(others), tuple(known), conflict.clash)
    return None


def _row(conflict: Conflict, row: dict[str, Expression], key: Sequence[str]) -> Row | None:
    names = [_literal(row[column]) for column in key]
    if any(name is None for name in names):
        return None
    values = conflict.values(row, key).values()
    return Row(tuple(name or "" for name in names), tuple(None if v is None else _value(v) for v in values))


def _keys(table: str, facts: Mapping[FactKey, str]) -> list[list[str]]:
    keys = []
    primary = facts.get(FactKey("primary key", table, "", "columns"))
    if primary:
        keys.append([c.split(" ")[0] for c in primary.split(", ")])
    keys += [
        key.name.strip("()").split(", ")
        for key in facts
        if key.kind == "unique" and key.parent == table and key.prop == "exists"
    ]
    return keys


def _rows(tokens: Sequence[Token]) -> tuple[list[list[list[Token]]], Sequence[Token]] | None:
    """The parenthesised rows after VALUES, each a list of expressions, and what follows them."""
    rows: list[list[list[Token]]] = []
    depth = 0
    for at, token in enumerate(tokens):
        if token.text == "(":
            depth += 1
            if depth == 1:
                rows.append([[]])
                continue
        elif token.text == ")":
            depth -= 1
            if depth == 0:
                continue
        elif token.text == "," and depth == 1:
            rows[-1].append([])
            continue
        if depth == 0:
            if token.text == ",":
                continue
            return (rows, tokens[at:]) if token.text.upper() in ("ON", "RETURNING") else None
        rows[-1][-1].append(tokens[at])
    return rows, ()


def _literal(expression: Sequence[Token]) -> str | None:
    if len(expression) == 1 and expression[0].kind in _LITERALS:
        return expression[0].text
    if len(expression) == 2 and expression[0].text == "-" and expression[1].kind == "number":
        return "-" + expression[1].text
    return None


def _value(expression: Sequence[Token]) -> str | None:
    """A literal as it can be compared; a key holds no NULL."""
    if len(expression) == 1 and expression[0].kind == "word":
        return _WORDS.get(expression[0].text.upper())
    return _literal(expression)


def _backfilled(tokens: Sequence[Token]) -> tuple[str, str] | None:
    """``UPDATE t SET c = <not null> WHERE c IS NULL``, and nothing else."""
    upper = [t.text.upper() for t in tokens]
    if len(tokens) < 9 or upper[2] != "SET" or upper[4] != "=" or "WHERE" not in upper:
        return None
    where = len(upper) - 1 - upper[::-1].index("WHERE")
    value = upper[5:where]
    if value in ([], ["NULL"]) or upper[where + 2 :] != ["IS", "NULL"] or "," in _top_level(value):
        return None
    table, column = name_of(tokens[1]), name_of(tokens[3])
    if name_of(tokens[where + 1]) != column:
        return None
    sql = f"SELECT NOT EXISTS (SELECT 1 FROM {quote(table)} WHERE {quote(column)} IS NULL)"
    return sql, f"no {table}.{column} is NULL"


def _top_level(words: Sequence[str]) -> list[str]:
    depth, out = 0, []
    for word in words:
        if word == "(":
            depth += 1
        elif word == ")":
            depth -= 1
        elif depth == 0:
            out.append(word)
    return out


def name_of(token: Token) -> str:
    """The name that a token stands for: unquoted, in lower case, as facts have it."""
    return fold(unquote(token.text))
