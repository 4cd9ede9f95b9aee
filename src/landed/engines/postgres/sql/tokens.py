"""PostgreSQL's lexical rules: text to tokens, and names and values to text.

Source of the rules: the PostgreSQL manual, chapter "Lexical Structure", and libpg_query (PostgreSQL's own
scanner), which the tests compare against. Parsing itself needs no native library: loading one costs more
than reading all files of a project.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple


class Token(NamedTuple):
    """One token: its kind, its text as written and the character offset where it starts.

    Kinds: ``word`` (bare name or keyword), ``quoted`` (a name in ``""``), ``string`` (any of ``''``, ``E''``,
    ``B''``, ``X''``, ``U&''``), ``dollar`` (``$tag$ … $tag$``), ``number``, ``parameter``, ``operator``,
    ``comment``, ``space``, ``other`` (a backslash with what follows it: no SQL).
    Whatever is not terminated is a token that runs to the end of the text.
    """

    kind: str
    text: str
    start: int


_SPACE = r"[ \t\n\r\f\v\ufeff]"
# White space of Unicode is none to PostgreSQL; but around statements the Supabase CLI trims it away.
_TRIMMED = "\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_LINE = r"--[^\n\r]*+"
# Letters, "_" and everything beyond ASCII; then digits and "$", too (as what is left out: ranges up to
# U+10FFFF are slow to compile).
_FIRST = r"[^\x00-@\[-^`{-\x7f]"
_REST = r"[^\x00-#%-/:-@\[-^`{-\x7f]"
_TAG_REST = r"[^\x00-/:-@\[-^`{-\x7f]"
# No possessive groups: Python before 3.11.5 gets them wrong (cpython#106052).
# A literal goes on in the next pair of quotes when only white space with a line end is between them; in an
# E'' literal that next part has backslash escapes, too.
_ON = rf"(?:[ \t\f\v]|{_LINE})*[\n\r](?:{_SPACE}|{_LINE}[\n\r])*'"
_ESCAPED = r"[^'\\]*+(?:(?:\\(?s:.)|'')[^'\\]*+)*"
_TOKEN = rf"""(?P<space>[ \t\n\r\f\v\ufeff{_TRIMMED}]+)
    |(?P<comment>{_LINE}|/\*)
    |(?P<string>[eE]'{_ESCAPED}(?:'(?:{_ON}{_ESCAPED}'?)*|\\?\Z)
        |[bBxX]'[^']*+(?:'|\Z)|(?:[uU]&)?'[^']*+(?:''[^']*+)*(?:'|\Z))
    |(?P<quoted>(?:[uU]&)?"[^"]*+(?:""[^"]*+)*(?:"|\Z))
    |(?P<word>{_FIRST}{_REST}*+)
    |(?P<dollar>(?P<tag>\$(?:{_FIRST}{_TAG_REST}*+)?\$)(?s:.*?)(?:(?P=tag)|\Z))
    |(?P<number>0[xX][0-9a-fA-F_]++|0[oObB][0-7_]++
        |(?:[0-9][0-9_]*+(?:\.(?!\.)[0-9_]*+)?|\.[0-9][0-9_]*+)(?:[eE][+-]?[0-9][0-9_]*+)?)
    |(?P<parameter>\$[0-9]++)
    |(?P<operator>[(),;\[\]{{}}]|::|:=|\.\.|:|\.|\$|(?:(?!--|/\*)[-~!@\#^&|`?+*/%<>=])+)
    |(?P<other>\\(?s:.)?|(?s:.))"""
# What a split has to stop at; everything between is passed over in one step.
_EDGES = re.compile(r"/\*|\*/")
_SIGNED = frozenset("~!@#^&|`?%")


@cache
def _pattern() -> re.Pattern[str]:
    # It takes milliseconds to compile, and a status that has nothing new to read does without.
    return re.compile(_TOKEN, re.VERBOSE)


def scan(sql: str, start: int = 0) -> Iterator[tuple[str, str, int]]:
    """All tokens of a text as plain tuples (kind, text, start), in order and without gaps; from the offset
    ``start`` on, where one begins. For hot paths."""
    at, end = start, len(sql)
    match = _pattern().match
    while at < end:
        found = match(sql, at)
        assert found is not None
        kind, text = found.lastgroup or "other", found[0]
        if kind == "tag":
            kind = "dollar"
        elif text == "/*":
            text = sql[at : comment_end(sql, at)]
        elif kind == "operator" and text[-1] in "+-" and len(text) > 1 and _SIGNED.isdisjoint(text):
            # "=-1" is "=" and "-": a sign ends an operator only beside one of these characters.
            whole, text = text, text.rstrip("+-") or text[0]
            yield kind, text, at
            # What is cut off has nothing but signs in it, each an operator of its own.
            for place in range(len(text), len(whole)):
                yield kind, whole[place], at + place
            at += len(whole)
            continue
        yield kind, text, at
        at += len(text)


def escaped_end(sql: str, start: int) -> int:
    """Where the ``E''`` literal that starts here ends."""
    found = _pattern().match(sql, start)
    return found.end() if found else len(sql)


def comment_end(sql: str, start: int) -> int:
    """Where the block comment that starts here ends; block comments nest in PostgreSQL."""
    depth = 0
    for edge in _EDGES.finditer(sql, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)


def tokenize(sql: str) -> list[Token]:
    """All tokens of a text, in order and without gaps; raises nothing, whatever the text."""
    return [Token(*token) for token in scan(sql)]


def words(sql: str, limit: int = 24) -> list[str]:
    """The first ``limit`` tokens that are neither space nor comment, bare words in upper case."""
    found: list[str] = []
    for kind, text, _ in scan(sql):
        if kind in ("space", "comment"):
            continue
        found.append(text.upper() if kind == "word" else text)
        if len(found) == limit:
            break
    return found


def string_value(text: str) -> str:
    """What a plain literal (``'…'``) or a dollar-quoted one stands for; others are returned as written."""
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return text[1:-1].replace("''", "'")
    if text.startswith("$"):
        tag = text[: text.index("$", 1) + 1]
        return text[len(tag) : -len(tag)] if len(text) >= 2 * len(tag) and text.endswith(tag) else text
    return text


def quote(identifier: str) -> str:
    """An identifier in double quotes, safe to put into SQL text (psycopg's own quoting)."""
    from psycopg import sql

    return sql.Identifier(identifier).as_string(None)


def literal(value: object) -> str:
    """A value as a SQL literal (psycopg's own quoting)."""
    from psycopg import sql

    return sql.Literal(value).as_string(None)
