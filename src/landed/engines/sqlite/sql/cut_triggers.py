"""Triggers that hosted D1 cuts: which spellings it is known to stumble over, and one that works.

Its own splitter of SQL, which sits before SQLite and which local D1 does not have, looks for BEGIN and END
in capitals and takes an END before a semicolon for the trigger's end (workers-sdk#15314, #15690, #14991).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from landed.core.migration import Migration
from landed.engines.sqlite.sql.tokens import Token, tokenize

CUT = "incomplete input"
"""What SQLite says of a trigger that was cut."""


def perils(sql: str) -> list[str]:
    """What in this statement hosted D1 is known to stumble over, in words; none for other statements."""
    tokens = _real(sql)
    if not _makes_trigger(tokens):
        return []
    found = []
    words = [t.text for t in tokens if t.kind == "word"]
    if any(w.upper() in ("BEGIN", "END") and not w.isupper() for w in words):
        found.append("BEGIN or END in lower case")
    last = max((n for n, t in enumerate(tokens) if _is(t, "END")), default=0)
    # In parentheses, or before a comma, it is not taken for the end.
    if any(_is(a, "END") and b.text not in (")", ",") for a, b in pairwise(tokens[: last + 1])):
        found.append("CASE … END")
    if "\r" in sql:
        found.append("Windows line ends")
    return found


def whole(sql: str) -> str:
    """The same trigger in a spelling that is not known to be cut: on one line, BEGIN and END in capitals,
    each CASE … END in parentheses. What stands in quotes is left alone."""
    tokens = [t for t in _read(sql) if t.kind != "comment"]
    pieces: list[str] = []
    depth = 0
    last = max((n for n, t in enumerate(tokens) if _is(t, "END")), default=-1)
    for number, token in enumerate(tokens):
        if token.kind == "space":
            pieces.append(" " if pieces and pieces[-1] != " " else "")
        elif _is(token, "CASE"):
            depth += 1
            pieces.append("(CASE")
        elif _is(token, "END") and number != last and depth:
            depth -= 1
            pieces.append("END)")
        elif _is(token, "BEGIN") or _is(token, "END"):
            pieces.append(token.text.upper())
        else:
            pieces.append(token.text)
    return "".join(pieces).strip()


def told(migration: Migration, numbers: Iterable[int] | None = None) -> list[str]:
    """A sentence for each trigger of a file that hosted D1 is known to cut, with the form that works."""
    wanted = None if numbers is None else set(numbers)
    return [
        f"line {s.line}: hosted D1 may cut this trigger ({', '.join(found)}). "
        f"A form that works: {whole(s.text)}"
        for s in migration.statements
        if (wanted is None or s.number in wanted) and (found := perils(s.text))
    ]


def is_trigger(sql: str) -> bool:
    """Whether a statement makes a trigger."""
    return _makes_trigger(_real(sql))


def _makes_trigger(tokens: Sequence[Token]) -> bool:
    words = [t.text.upper() for t in tokens[:3]]
    return words[:1] == ["CREATE"] and "TRIGGER" in words[1:]


def _real(sql: str) -> list[Token]:
    return [t for t in _read(sql) if t.kind not in ("space", "comment")]


def _read(sql: str) -> list[Token]:
    """The tokens; a word after a point is a name, whatever it is (``new.end``)."""
    found: list[Token] = []
    for token in tokenize(sql):
        after_point = bool(found) and found[-1].text == "."
        found.append(token._replace(kind="name") if after_point and token.kind == "word" else token)
    return found


def _is(token: Token, word: str) -> bool:
    return token.kind == "word" and token.text.upper() == word
