"""SQLite statements: splitting with positions, normalising, and reading a migration's text."""

from __future__ import annotations

from landed.core.annotations import verifies
from landed.core.migration import Head, Parsed, Statement
from landed.engines.sqlite.sql.tokens import KEYWORDS, RESERVED, Token, literal, quote, scan, tokenize

__all__ = ["Token", "literal", "normalise", "parse", "quote", "split", "tokenize"]

# SQLite's own rule for "is this statement complete" (sqlite3_complete): a `;` ends a statement,
# except inside CREATE [TEMP] TRIGGER, where only `; END ;` does.
_INVALID, _START, _NORMAL, _EXPLAIN, _CREATE, _TRIGGER, _SEMI, _END = range(8)
_AFTER_WORD = {
    _START: {"EXPLAIN": _EXPLAIN, "CREATE": _CREATE},
    _NORMAL: {},
    _EXPLAIN: {"CREATE": _CREATE, "QUERY": _EXPLAIN, "PLAN": _EXPLAIN},
    _CREATE: {"TEMP": _CREATE, "TEMPORARY": _CREATE, "TRIGGER": _TRIGGER},
    _TRIGGER: {},
    _SEMI: {"END": _END},
    _END: {},
}
_OTHERWISE = (_NORMAL, _NORMAL, _NORMAL, _NORMAL, _NORMAL, _TRIGGER, _TRIGGER, _TRIGGER)
_AFTER_SEMICOLON = (_START, _START, _START, _START, _START, _SEMI, _SEMI, _START)

# A keyword that may also be a name is taken for a name after these, and its letter case is kept.
_BEFORE_NAMES = "( , . = < > <= >= <> == != + - * / % || COLUMN TO AS SELECT DISTINCT BY SET WHERE AND OR"
_NAME_FOLLOWS = frozenset(_BEFORE_NAMES.split())
_NEVER_NAMES = RESERVED | {"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"}


def split(sql: str) -> tuple[Statement, ...]:
    """The statements of a text, with the same boundaries as SQLite.

    Comments and empty statements between them belong to none; a statement starts at its first
    token and ends with its last one, the final ``;`` excluded. Raises nothing.
    """
    return parse(sql).statements


def normalise(sql: str) -> str:
    """The text over which edits are judged: two texts are equal here if they differ only in
    comments, in white space outside literals, in the letter case of keywords, or in empty
    statements and the last ``;``. Everything else is kept as written."""
    return parse(sql).normalised


def parse(text: str) -> Parsed:
    """Statements, ``-- landed:verify`` checks and the normalised form of a migration's text.

    A check is one line comment, continued by the next line comment while it ends in a backslash.
    Raises nothing: any text can be split.
    """
    statements: list[Statement] = []
    comments: list[tuple[int, str]] = []
    normal: list[str] = []
    state = _START
    first = last = counted = 0
    line = 1
    before = ";"
    for match in scan(text):
        kind = match.lastgroup
        if kind == "space":
            continue
        if kind == "comment":
            comments.append((match.start(), match[0]))
            continue
        piece = match[0]
        if piece == ";":
            state = _AFTER_SEMICOLON[state]
            if state == _START:
                if first < last:
                    statements.append(_statement(len(statements) + 1, line, first, last, text))
                    normal.append(";")
                first = last = match.end()
                before = ";"
                continue
        elif kind == "word":
            upper = piece.upper()
            state = _AFTER_WORD[state].get(upper, _OTHERWISE[state])
            if upper in KEYWORDS and (upper in _NEVER_NAMES or before not in _NAME_FOLLOWS):
                piece = upper
        else:
            state = _OTHERWISE[state]
        if first >= last:
            first = match.start()
            line += text.count("\n", counted, first)
            counted = first
        last = match.end()
        normal.append(piece)
        before = piece
    if first < last:
        statements.append(_statement(len(statements) + 1, line, first, last, text))
    while normal and normal[-1] == ";":
        normal.pop()
    return Parsed(tuple(statements), tuple(verifies(text, comments)), " ".join(normal))


def _statement(number: int, line: int, first: int, last: int, text: str) -> Statement:
    return Statement(number, line, first, last, text[first:last], _head)


def _head(sql: str) -> Head:
    # Most commands cut files in statements and ask nothing of them.
    from landed.engines.sqlite.sql.head import read_head

    return read_head(sql)
