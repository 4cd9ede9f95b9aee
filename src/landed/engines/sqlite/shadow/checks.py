"""Data checks derived from a statement's own form, where its result can be checked by a safe read.

Two forms (design, section 2.6): rows inserted under literal keys, and ``UPDATE t SET c = … WHERE c
IS NULL``. Anything else leaves no trace that could be checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from landed.core.facts import FactKey
from landed.core.migration import Statement
from landed.core.timeline import DataCheck
from landed.engines.sqlite.sql.head import head_of
from landed.engines.sqlite.sql.tokens import Token, fold, quote, unquote

_LITERALS = frozenset({"string", "number", "blob"})
_MAX_ROWS = 100


def derived_check(statement: Statement, facts: Mapping[FactKey, str]) -> DataCheck | None:
    """A read that is true once the statement's rows are there, or ``None`` if there is no safe one."""
    head = head_of(statement)
    found = None
    if head.verb in ("INSERT", "REPLACE"):
        found = _inserted(head.every, facts)
    elif head.verb == "UPDATE":
        found = _backfilled(head.every)
    if found is None:
        return None
    sql, text = found
    return DataCheck(statement.number, statement.line, sql, text, derived=True)


def _inserted(tokens: Sequence[Token], facts: Mapping[FactKey, str]) -> tuple[str, str] | None:
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
    rows = _rows(tokens[values + 1 :])
    if not rows or len(rows) > _MAX_ROWS or any(len(row) != len(columns) for row in rows):
        return None
    for key in _keys(table, facts):
        places = [columns.index(c) for c in key if c in columns]
        if len(places) != len(key):
            continue
        literals = [[_literal(row[p]) for p in places] for row in rows]
        if any(value is None for row in literals for value in row):
            continue
        conditions = [
            " AND ".join(f"{quote(c)} IS {v}" for c, v in zip(key, row, strict=True)) for row in literals
        ]
        where = " OR ".join(f"({c})" for c in dict.fromkeys(conditions))
        count = len(set(conditions))
        sql = f"SELECT count(*) >= {count} FROM {quote(table)} WHERE {where}"
        shown = ", ".join("/".join(str(v) for v in row) for row in literals[:3])
        more = f" and {count - 3} more" if count > 3 else ""
        return sql, f"{table} has {'/'.join(key)} {shown}{more}"
    return None


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


def _rows(tokens: Sequence[Token]) -> list[list[list[Token]]] | None:
    """The parenthesised rows after VALUES, each a list of expressions; ``None`` if more follows."""
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
            # ON CONFLICT DO UPDATE / DO NOTHING leave the key there as well; RETURNING does no harm.
            return rows if token.text.upper() in ("ON", "RETURNING") else None
        rows[-1][-1].append(tokens[at])
    return rows


def _literal(expression: Sequence[Token]) -> str | None:
    if len(expression) == 1 and expression[0].kind in _LITERALS:
        return expression[0].text
    if len(expression) == 2 and expression[0].text == "-" and expression[1].kind == "number":
        return "-" + expression[1].text
    return None


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
