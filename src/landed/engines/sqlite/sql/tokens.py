"""SQLite's lexical rules: text to tokens, and names and literals to text.

Source of the rules: the SQLite documentation (lang_keywords, lang_expr) and the behaviour of the
engine itself, which the tests compare against.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple


class Token(NamedTuple):
    """One token: its kind, its text as written and the character offset where it starts.

    Kinds: ``word`` (bare), ``quoted`` (a name in ``""``, backticks or ``[]``), ``string``, ``blob``,
    ``number``, ``operator``, ``parameter``, ``comment``, ``space``, ``other`` (no SQL character).
    Whatever is not terminated is a token that runs to the end of the text.
    """

    kind: str
    text: str
    start: int


# Letters, "_" and everything beyond ASCII; then digits and "$", too. Written as what is left out: a range
# up to U+10FFFF takes 10 ms to compile, every time that landed starts.
_FIRST = r"[^\x00-@\[-^`{-\x7f]"
_REST = r"[^\x00-#%-/:-@\[-^`{-\x7f]"

# No possessive groups: Python before 3.11.5 gets them wrong (cpython#106052).
# The Unicode byte order mark counts as white space where a token could start, as in SQLite.
_SPACE = r"[ \t\n\f\r\ufeff]+"
_COMMENT = r"--[^\n]*|/\*(?=.)[^*]*+(?:\*(?!/)[^*]*+)*(?:\*/)?"
_REAL = rf"""(?P<blob>[xX]'[0-9a-fA-F]*')
    |(?P<word>{_FIRST}{_REST}*)
    |(?P<operator>->>|->|\|\||<<|>>|<=|>=|<>|==|!=|\.(?![0-9])|[-+*/%&|~<>=(),;])
    |(?P<number>0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)
    |(?P<string>'[^']*+(?:''[^']*+)*(?:'|\Z))
    |(?P<quoted>"[^"]*+(?:""[^"]*+)*(?:"|\Z)|`[^`]*+(?:``[^`]*+)*(?:`|\Z)|\[[^\]]*+(?:\]|\Z))
    |(?P<parameter>\?[0-9]*|[:@$\#]{_REST}+(?:::{_REST}+)*)
    |(?P<other>.)"""
# The same without space and comments; the empty token at the end keeps a last comment from being read.
_READ = re.compile(f"(?:{_SPACE}|{_COMMENT})*(?:{_REAL}|(?P<end>\\Z))", re.VERBOSE | re.DOTALL)

_RESERVED = """
    ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE DEFAULT DEFERRABLE
    DELETE DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IN INDEX INSERT INTERSECT INTO IS
    ISNULL JOIN LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY REFERENCES RETURNING SELECT SET TABLE THEN
    TO TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE"""
_JOINS = "CROSS FULL INNER JOIN LEFT NATURAL OUTER RIGHT"
_SOMETIMES = """
    ABORT ACTION AFTER ALWAYS ANALYZE ASC ATTACH BEFORE BEGIN BY CASCADE CAST COLUMN CONFLICT CURRENT
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATABASE DEFERRED DESC DETACH DO EACH END EXCLUDE
    EXCLUSIVE EXPLAIN FAIL FILTER FIRST FOLLOWING FOR GENERATED GLOB GROUPS IF IGNORE IMMEDIATE INDEXED
    INITIALLY INSTEAD KEY LAST LIKE MATCH MATERIALIZED NO NULLS OF OFFSET OTHERS OVER PARTITION PLAN
    PRAGMA PRECEDING QUERY RAISE RANGE RECURSIVE REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT ROLLBACK
    ROW ROWS SAVEPOINT TEMP TEMPORARY TIES TRIGGER UNBOUNDED VACUUM VIEW VIRTUAL WINDOW WITH WITHOUT"""

RESERVED = frozenset(_RESERVED.split())
"""Keywords that SQLite never takes as a bare name."""

JOIN_WORDS = frozenset(_JOINS.split())
"""Keywords of joins; all but JOIN are names in most places, none is an alias without ``AS``."""

KEYWORDS = RESERVED | JOIN_WORDS | frozenset(_SOMETIMES.split())
"""Every SQLite keyword, upper case."""

_NOT_BARE = KEYWORDS | {"TRUE", "FALSE"}

_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_PLAIN = re.compile(f"{_FIRST}{_REST}*\\Z")


@cache
def _pattern() -> re.Pattern[str]:
    # A status whose files are known reads real tokens only.
    return re.compile(f"(?P<space>{_SPACE})|(?P<comment>{_COMMENT})|{_REAL}", re.VERBOSE | re.DOTALL)


def scan(sql: str) -> Iterator[re.Match[str]]:
    """The raw matches behind :func:`tokenize`; ``lastgroup`` is the kind. For hot paths."""
    return _pattern().finditer(sql)


def scan_real(sql: str) -> Iterator[re.Match[str]]:
    """Matches of the real tokens alone, ``lastgroup`` the kind and its group the text; the last is
    ``end``. For hot paths."""
    return _READ.finditer(sql)


def tokenize(sql: str) -> list[Token]:
    """All tokens of a text, in order and without gaps; raises nothing, whatever the text."""
    return [Token(m.lastgroup or "other", m[0], m.start()) for m in _pattern().finditer(sql)]


def fold(name: str) -> str:
    """The form under which SQLite compares names: ASCII letters in lower case, others untouched."""
    return name.lower() if name.isascii() else name.translate(_ASCII_LOWER)


def unquote(text: str) -> str:
    """The name that a token stands for: quotes of any of the four kinds removed, case kept."""
    mark = text[:1]
    if mark == "[":
        return text[1:-1] if text.endswith("]") else text[1:]
    if mark and mark in "\"'`":
        body = text[1:-1] if len(text) > 1 and text.endswith(mark) else text[1:]
        return body.replace(mark + mark, mark)
    return text


def quote(identifier: str) -> str:
    """An identifier in double quotes, safe to put into SQL text.

    Raises ValueError for a name with a NUL character, which SQLite cannot hold.
    """
    if "\0" in identifier:
        raise ValueError("a name cannot contain a NUL character")
    return '"' + identifier.replace('"', '""') + '"'


def is_plain(name: str) -> bool:
    """Whether a name can be written without quotes as far as its characters go."""
    return _PLAIN.match(name) is not None


def shown(name: str) -> str:
    """A name for lists in facts: as it is when plain, in double quotes otherwise."""
    return name if _PLAIN.match(name) else quote(name)


def identifier(name: str) -> str:
    """A name as SQL text: quoted only where its bare form would be something else."""
    return name if _PLAIN.match(name) and name.upper() not in _NOT_BARE else quote(name)


def literal(value: str | bytes | int | float | None) -> str:
    """A value as a SQL literal, in the driver's own formatting (numbers, text, blobs, NULL)."""
    if isinstance(value, bool):
        return "1" if value else "0"
    import apsw

    return apsw.format_sql_value(value)
